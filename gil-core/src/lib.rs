//! A global interpreter lock that can be trusted.
//!
//! A GIL is two things: a [`Protocol`] that decides (who goes next, who waits on what, when a
//! switch is requested) and a mechanism that does it ([`RawGil`]: a word, a mutex, parked threads,
//! clocks). The protocol is a pure state machine inside a [`Monitor`], and `gil-verify` runs that
//! very code under loom and through all its states.
//!
//! Most users want [`Gil`]: a lock that owns the interpreter's state, attached to by a thread that
//! gets a token for it.
//!
//! ```
//! use gil_core::Gil;
//! # if gil_core::UNDER_LOOM { return }
//! let interpreter = Gil::with_protocol(Vec::new(), gil_core::Handoff::new());
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

mod alarm;
mod attached;
#[cfg(loom)]
pub mod choice;
mod deferred;
mod effects;
mod event;
mod fault;
mod gil;
mod handoff;
mod happened;
pub mod heap;
mod inner;
mod membership;
mod monitor;
mod observe;
mod parker;
mod protocol;
mod raw;
#[cfg(not(loom))]
mod recorder;
mod runs;
mod sync;
mod thread_state;
mod timekeeper;
mod word;

pub use attached::Attached;
pub use event::Event;
pub use fault::Fault;
pub use gil::{AttachError, Gil};
pub use handoff::Handoff;
pub use happened::{TraceEvent, TraceRecord};
pub use monitor::{Monitor, Operation, Outcome, WakeFirst, WakePolicy};
pub use observe::{Counters, Observe};
pub use protocol::{
    Context, Order, Preemption, Protocol, Release, Request, Step, ThreadId, Timer, WaitSet, Wake,
};
pub use raw::{RawGil, Registration};
#[cfg(not(loom))]
pub use recorder::Recorder;
pub use runs::{Clock, Runs};
pub use sync::Instant;
pub use thread_state::{MAX_SETS, Phase, ThreadState};
pub use timekeeper::Timekeeper;

/// Whether this build runs on loom's types instead of real threads. Nothing that attaches to a
/// lock works outside a loom model then.
pub const UNDER_LOOM: bool = cfg!(loom);

#[cfg(loom)]
#[doc(hidden)]
pub use sync::loom; // for `brand!`

/// The README's first example, compiled and run as a test.
#[cfg(all(doctest, not(loom)))]
#[doc = include_str!("../../README.md")]
pub struct Readme;
