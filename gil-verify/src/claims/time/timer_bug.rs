//! Deliberate bugs of the switch interval and of the timers that it sets.

use std::time::Duration;

use gil_core::engine::WaitPlan;

/// A deliberate bug of the switch interval.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TimerBug {
    /// Timers use the interval of the lock's creation.
    IntervalOfCreation,
    /// Only the first change of the interval counts.
    OnlyFirstChange,
    /// A change does not count while a thread waits.
    IgnoredWhileAThreadWaits,
    /// The longest of the intervals that were set counts.
    KeepsLongest,
    /// Timers use twice the interval.
    TwiceTheInterval,
    /// Timers use half the interval.
    HalfTheInterval,
    /// A timer counts from the moment at which its thread waits.
    CountsFromTheWait,
    /// A timer of an earlier run counts for the present run.
    EarlierRunCounts,
}

impl TimerBug {
    /// The interval after a change from `present` to `interval`. `waits`: a thread waits.
    pub(super) fn set(
        self,
        creation: Duration,
        present: Duration,
        interval: Duration,
        waits: bool,
    ) -> Duration {
        match self {
            Self::OnlyFirstChange if present != creation => present,
            Self::IgnoredWhileAThreadWaits if waits => present,
            Self::KeepsLongest => interval.max(present),
            _ => interval,
        }
    }

    /// The interval that a section uses for `interval`.
    pub(super) fn of_section(self, creation: Duration, interval: Duration) -> Duration {
        match self {
            Self::IntervalOfCreation => creation,
            Self::TwiceTheInterval => interval.saturating_mul(2),
            Self::HalfTheInterval => interval / 2,
            _ => interval,
        }
    }

    /// The plan of a thread that waits with a timer of the run; `from_now`: the timer's deadline if
    /// it counts from now.
    pub(super) fn plan(self, plan: WaitPlan<i32>, from_now: Option<i32>) -> WaitPlan<i32> {
        match self {
            Self::CountsFromTheWait => WaitPlan { deadline: from_now, ..plan },
            _ => plan,
        }
    }
}
