//! A global interpreter lock that can be trusted.
//!
//! Most users want four things: [`Gil`], a lock that owns the interpreter's state; [`Attached`],
//! the token of a thread that holds it; [`AttachError`]; and [`heap`], objects that threads share.
//!
//! A GIL has two parts. A [`Protocol`](protocol::Protocol) decides: who goes next, who waits on
//! what, when a switch is requested. A mechanism carries that out ([`raw`]: a word, a mutex, parked
//! threads, clocks). The protocol is a pure state machine inside a [`Monitor`](engine::Monitor),
//! and `gil-verify` runs the same code under loom and through all its states.
//!
//! ```
//! use gil_core::Gil;
//! # if gil_core::UNDER_LOOM { return }
//! let interpreter = Gil::new(Vec::new());
//! std::thread::scope(|threads| {
//!     for thread in 0..2 {
//!         let interpreter = &interpreter;
//!         threads.spawn(move || {
//!             let mut attached = interpreter.attach();
//!             for i in 0..100 {
//!                 attached.push((thread, i)); // plain data, one thread at a time
//!                 attached.safepoint(); // a waiting thread may run here
//!             }
//!             attached.detach(|| { /* a blocking call: the others run */ });
//!         });
//!     }
//! });
//! assert_eq!(interpreter.attach().len(), 200);
//! ```

mod attach;
mod attached;
mod gil;
pub mod heap;
mod monitor;
mod observe;
mod pacing;
pub mod protocol;
pub mod raw;
mod registration;
mod sync;
mod timed_monitor;

pub use attach::AttachError;
pub use attached::Attached;
pub use gil::Gil;

/// For those who run the lock's own decisions elsewhere: checkers, simulators, other mechanisms.
pub mod engine {
    pub use crate::monitor::*;
    pub use crate::pacing::{Limits, Pacing};
    pub use crate::sync::Clock;
    #[cfg(loom)]
    pub use crate::sync::{choice, mutants};
    pub use crate::timed_monitor::{TimedMonitor, WaitPlan};
}

/// Whether this build runs on loom's types instead of real threads. Nothing that attaches to a
/// lock works outside a loom model then.
pub const UNDER_LOOM: bool = cfg!(loom);

#[cfg(loom)]
pub use sync::loom; // for `brand!`

/// The README's first example, compiled and run as a test.
#[cfg(all(doctest, not(loom)))]
#[doc = include_str!("../../README.md")]
pub struct Readme;
