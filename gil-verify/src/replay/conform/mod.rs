//! Conformance: runs recorded inside a real lock are replayed through the model, event by event.
//!
//! The inputs are the operations of each thread and the waiter that a signal woke, which the
//! operating system chooses. Every decision is compared: to wait, to request and from which owner,
//! to take the lock, to wait for the switch, and the switch number.

mod recorded;
mod replay;
mod trace;

pub use recorded::{Recorded, SectionRecorder, replay_recorded};
pub use replay::{Accepted, Rejection, replay};
pub use trace::{Kind, Line, Reason, TraceError, read};

use gil_models::Python3;

/// The variants of CPython's protocol that a trace can be replayed through.
pub const VARIANTS: &[&str] = &["python3", "python3-no-forced-switch", "python3-no-switch-check"];

/// The variant of a name.
#[must_use]
pub fn variant(name: &str) -> Option<Python3> {
    match name {
        "python3" => Some(Python3::new()),
        "python3-no-forced-switch" => Some(Python3::without_forced_switching()),
        "python3-no-switch-check" => Some(Python3::without_switch_check()),
        _ => None,
    }
}
