//! Timing a routine: one call runs all repetitions, and the loop's own cost is included.

use std::time::{Duration, Instant};

/// A timed routine: a name, and a function of the number of repetitions.
pub type Timed = (&'static str, fn(u64) -> Duration);

/// The time of `count` calls.
pub(crate) fn timed(count: u64, mut routine: impl FnMut()) -> Duration {
    let began = Instant::now();
    for _ in 0..count {
        routine();
    }
    began.elapsed()
}
