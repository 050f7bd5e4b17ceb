//! Deliberate bugs of the delays: TIME-1 or TIME-2 must catch each, as named here.

use std::time::Duration;

use gil_core::engine::Limits;

use crate::claims::time::{LIMITS, Setting, SleepBug};

/// A deliberate bug of the delays.
#[derive(Clone, Copy, Debug)]
pub struct TimeMutant {
    /// Its name in reports.
    pub name: &'static str,
    /// What it changes.
    change: Change,
    /// The claim that must catch it.
    pub breaks: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    /// A limit is missing.
    NoLimit,
    /// A limit is a share of the switch interval, as in an earlier version.
    ShareOfInterval,
    /// A thread sleeps differently.
    Sleep(SleepBug),
}

const fn mutant(name: &'static str, change: Change, breaks: &'static str) -> TimeMutant {
    TimeMutant { name, change, breaks }
}

/// All of them.
pub const TIME_MUTANTS: &[TimeMutant] = &[
    mutant("grace-without-limit", Change::NoLimit, "TIME-1"),
    mutant("grace-as-share-of-the-interval", Change::ShareOfInterval, "TIME-1"),
    mutant("woken-thread-rechecks-late", Change::Sleep(SleepBug::RechecksLate), "TIME-1"),
    mutant("woken-thread-never-rechecks", Change::Sleep(SleepBug::NeverRechecks), "TIME-1"),
    mutant("request-deferred-without-limit", Change::NoLimit, "TIME-2"),
    mutant("request-deferred-for-a-share-of-the-interval", Change::ShareOfInterval, "TIME-2"),
    mutant("deferred-request-rechecked-late", Change::Sleep(SleepBug::RechecksLate), "TIME-2"),
    mutant("deferred-request-never-published", Change::Sleep(SleepBug::NeverRechecks), "TIME-2"),
];

impl TimeMutant {
    /// The search for it: two threads, at an interval of an hour.
    #[must_use]
    pub fn setting(&self) -> Setting {
        let interval = Duration::from_secs(3_600);
        let (limits, sleep_bug) = match self.change {
            Change::NoLimit => (self.without(Duration::MAX), None),
            Change::ShareOfInterval => (self.without(interval / 100), None),
            Change::Sleep(bug) => (LIMITS, Some(bug)),
        };
        Setting { limits, sleep_bug, ..Setting::new(2, interval) }
    }

    fn without(&self, limit: Duration) -> Limits {
        match self.breaks {
            "TIME-1" => Limits { grace: limit, free: limit, ..LIMITS },
            _ => Limits { defer: limit, ..LIMITS },
        }
    }
}
