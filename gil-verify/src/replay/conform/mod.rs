//! Held to reality: runs recorded inside a real lock, replayed through the model, event by event.
//!
//! The inputs are who does what and which waiter a signal woke, which is the operating system's
//! choice. What is compared is every decision: to wait, to ask and whom, to take, to wait for the
//! switch or not, and the switch number.

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
