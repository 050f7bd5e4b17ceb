//! Virtual time for the lock's timers and pacing.

use std::time::Duration;

use gil_core::engine::Clock;

/// The present of a simulation, as the clock of its lock. A point in time is a duration since the
/// simulation began.
///
/// ```
/// use std::time::Duration;
/// use gil_core::engine::Clock;
/// let clock = gil_models::sim::Virtual::at(2_000);
/// assert!(clock.is_future(Duration::from_micros(3)));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Virtual(Duration);

impl Virtual {
    /// The present is this long after the beginning.
    #[must_use]
    pub const fn at(now_ns: u64) -> Self {
        Self(Duration::from_nanos(now_ns))
    }
}

impl Clock for Virtual {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0
    }

    fn elapsed_since(&self, instant: Duration) -> Duration {
        self.0.saturating_sub(instant)
    }

    fn later(&self, instant: Duration, by: Duration) -> Option<Duration> {
        instant.checked_add(by).filter(|later| later.as_nanos() < u128::from(u64::MAX))
    }
}

/// A point in time on the simulator's scale.
pub(super) fn ns(instant: Duration) -> u64 {
    instant.as_nanos() as u64
}
