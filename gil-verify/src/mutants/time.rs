//! Deliberate bugs of the delays and of the switch interval: TIME-1, TIME-2 or TIME-3 must catch
//! each, as named here.

use std::time::Duration;

use gil_core::engine::Limits;
use gil_core::protocol::Handoff;

use crate::claims::time::{LIMITS, Setting, SleepBug, TimerBug};

/// A deliberate bug of the delays or of the switch interval.
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
    /// The switch interval or a timer is wrong.
    Timer(TimerBug),
}

const fn mutant(name: &'static str, change: Change, breaks: &'static str) -> TimeMutant {
    TimeMutant { name, change, breaks }
}

const fn timer(name: &'static str, bug: TimerBug) -> TimeMutant {
    mutant(name, Change::Timer(bug), "TIME-3")
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
    timer("timers-use-the-interval-of-creation", TimerBug::IntervalOfCreation),
    timer("only-the-first-change-of-the-interval-counts", TimerBug::OnlyFirstChange),
    timer("interval-is-not-changed-while-a-thread-waits", TimerBug::IgnoredWhileAThreadWaits),
    timer("interval-is-never-shortened", TimerBug::KeepsLongest),
    timer("timer-lasts-twice-the-interval", TimerBug::TwiceTheInterval),
    timer("timer-lasts-half-the-interval", TimerBug::HalfTheInterval),
    timer("timer-counts-from-the-wait", TimerBug::CountsFromTheWait),
    timer("timer-of-an-earlier-run-requests", TimerBug::EarlierRunCounts),
];

impl TimeMutant {
    /// The search for it: two threads, at an interval of an hour. For a timer it is plain hand-off,
    /// whose requests all come from timers, with an interval that is changed.
    #[must_use]
    pub fn setting(&self) -> Setting {
        let interval = Duration::from_secs(3_600);
        let (limits, sleep_bug) = match self.change {
            Change::NoLimit => (self.without(Duration::MAX), None),
            Change::ShareOfInterval => (self.without(interval / 100), None),
            Change::Sleep(bug) => (LIMITS, Some(bug)),
            Change::Timer(bug) => {
                let budgets = Handoff::plain().budgets_left();
                // Two threads have no timer of an earlier run: one of them owns the lock.
                let threads = if bug == TimerBug::EarlierRunCounts { 3 } else { 2 };
                return Setting { timer_bug: Some(bug), budgets, ..Setting::changing(threads) };
            }
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
