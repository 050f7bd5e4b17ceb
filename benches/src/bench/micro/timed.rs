//! Timing a routine: one call makes all repetitions, and the loop's own cost is included.

use std::time::{Duration, Instant};

/// What is timed: a name, and a number of repetitions of it.
pub type Timed = (&'static str, fn(u64) -> Duration);

/// The time of `count` calls.
pub(crate) fn timed(count: u64, mut routine: impl FnMut()) -> Duration {
    let began = Instant::now();
    for _ in 0..count {
        routine();
    }
    began.elapsed()
}
