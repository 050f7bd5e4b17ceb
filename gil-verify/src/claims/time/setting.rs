//! What is searched: the number of threads, the limits, and the switch intervals.

use std::time::Duration;

use gil_core::engine::Limits;
use gil_core::protocol::{Budgets, Handoff};

use super::TIMER;
use super::timer_bug::TimerBug;
use super::world::{FAR, SleepBug, ticks};

/// The limits of the search: 4 ticks of grace, 1 at a time while the lock is free, 3 for a
/// request.
pub const LIMITS: Limits = Limits {
    grace: Duration::from_micros(200),
    free: Duration::from_micros(50),
    defer: Duration::from_micros(150),
};

/// Those of the search with three threads: 2 ticks of grace, 1 at a time, 2 for a request.
pub const LIMITS_OF_THREE: Limits = Limits {
    grace: Duration::from_micros(100),
    free: Duration::from_micros(50),
    defer: Duration::from_micros(100),
};

/// The switch interval of a new lock where it is changed: 5 ticks.
pub const CREATION: Duration = Duration::from_micros(250);

/// The switch intervals to which it is changed: zero, which counts as 1 us, 3 ticks, 5 ticks,
/// longer than any search, and never.
pub const CHANGES: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_micros(150),
    CREATION,
    Duration::from_secs(3_600),
    Duration::MAX,
];

/// Those of the search with three threads: zero and 2 ticks, which is also that of a new lock.
pub const CHANGES_OF_THREE: [Duration; 2] = [Duration::ZERO, Duration::from_micros(100)];

/// The configuration of a search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting {
    /// How many threads.
    pub threads: usize,
    /// The switch interval of a new lock.
    pub interval: Duration,
    /// The switch intervals to which it is changed, at any moment. If there are none, TIME-3 is not
    /// judged.
    pub changes: &'static [Duration],
    /// The limits of the delays.
    pub limits: Limits,
    /// The limits that are promised.
    pub promised: Limits,
    /// The budgets of the protocol.
    pub budgets: Budgets,
    /// Whether sleeps end spuriously.
    pub spurious: bool,
    /// A deliberate bug of how a thread sleeps.
    pub sleep_bug: Option<SleepBug>,
    /// A deliberate bug of the switch interval.
    pub timer_bug: Option<TimerBug>,
}

impl Setting {
    /// What is searched at an interval: the default budgets, with spurious returns. Three threads
    /// have smaller limits.
    #[must_use]
    pub fn new(threads: usize, interval: Duration) -> Self {
        let limits = if threads == 2 { LIMITS } else { LIMITS_OF_THREE };
        let budgets = Handoff::new().budgets_left();
        Self {
            threads,
            interval,
            changes: &[],
            limits,
            promised: limits,
            budgets,
            spurious: true,
            sleep_bug: None,
            timer_bug: None,
        }
    }

    /// The same with a switch interval that is changed at any moment, any number of times.
    #[must_use]
    pub fn changing(threads: usize) -> Self {
        let (creation, changes): (_, &[_]) = if threads == 2 {
            (CREATION, &CHANGES)
        } else {
            (CHANGES_OF_THREE[1], &CHANGES_OF_THREE)
        };
        Self { changes, ..Self::new(threads, creation) }
    }

    /// The claims that its search judges.
    #[must_use]
    pub const fn claims(&self) -> &'static [&'static str] {
        if self.changes.is_empty() { &["TIME-1", "TIME-2"] } else { &[TIMER] }
    }

    /// How long ago something is at most: what is longer ago than every span is the same.
    pub(super) fn past(&self) -> i32 {
        let Limits { grace, defer, .. } = self.promised;
        let intervals = self.changes.iter().copied().chain([self.interval]).map(ticks);
        let interval = intervals.filter(|ticks| *ticks < FAR).max().unwrap_or(0);
        -(ticks(grace).max(ticks(defer)).max(interval) + 2)
    }
}
