//! TIME-3's own record of the run and its timers. It follows the claim's definitions and uses
//! neither [`Pacing`](gil_core::engine::Pacing) nor a [`WaitPlan`](gil_core::engine::WaitPlan).
//!
//! - The *run* counts since its owner gained the lock in a section, or since the word was frozen
//!   under an owner that came by the fast path. A retake by the same owner goes on with the run.
//! - A timer's *interval* is the one that was set when its thread last set the timer.
//! - *Too soon*: an expired timer causes a request before the run is as old as the interval.
//! - *Too late*: no request has come, although the run is older than the interval by more than one
//!   thread start. If the timer was set before the run, it is two thread starts: the first one
//!   finds that the timer is of an earlier run.
//!
//! Too late counts only while the lock is held and no switch is requested. A timer that is set
//! after the end of the interval expires at once, or after [`FREE_RECHECK`] if the lock is free.

use std::time::Duration;

use gil_core::protocol::ThreadId;

use super::world::{FAR, START, ticks};

/// How long a timer lasts at least that is set while the lock is free.
const FREE_RECHECK: Duration = Duration::from_micros(50);

/// What the lock is like when a section ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lock {
    Free,
    Held,
    /// It is held, and a switch is requested.
    Requested,
}

/// The timer of a waiter. A point in time is a number of ticks from the present.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Timer {
    interval: i32,
    /// When its thread is to start, so that it requests a switch.
    due: i32,
    /// How many threads start until then.
    starts: i32,
}

/// The record.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct RunTimer {
    interval: Duration,
    owner: Option<ThreadId>,
    began: i32,
    timers: Vec<Option<Timer>>,
    too_soon: bool,
}

impl RunTimer {
    pub(super) fn new(threads: usize, interval: Duration) -> Self {
        Self { interval, owner: None, began: 0, timers: vec![None; threads], too_soon: false }
    }

    /// The interval that is set.
    pub(super) const fn interval(&self) -> Duration {
        self.interval
    }

    pub(super) const fn set_interval(&mut self, interval: Duration) {
        self.interval = interval;
    }

    /// Moves every point in time by `earlier`.
    pub(super) fn tick(&mut self, earlier: impl Fn(i32) -> i32) {
        self.began = earlier(self.began);
        for timer in self.timers.iter_mut().flatten() {
            timer.due = earlier(timer.due);
        }
    }

    /// A run begins, or the word is frozen. Timers that are set are then for an earlier run.
    pub(super) fn begin_run(&mut self, owner: Option<ThreadId>) {
        (self.owner, self.began) = (owner, 0);
        for timer in self.timers.iter_mut().flatten() {
            (timer.due, timer.starts) = (timer.interval, 2);
        }
    }

    /// A section has left the lock with `owner`.
    pub(super) fn owned_by(&mut self, owner: Option<ThreadId>) {
        if owner.is_some() && owner != self.owner {
            self.begin_run(owner);
        }
    }

    /// The timer of `thread` has expired, and the thread has requested a switch.
    pub(super) fn requests(&mut self, thread: ThreadId) {
        let timer = self.timers[thread.index()];
        self.too_soon |= timer.is_none_or(|timer| -self.began < timer.interval);
    }

    /// `thread` waits with a timer of the run.
    pub(super) fn set_timer(&mut self, thread: ThreadId, lock: Lock) {
        // Zero counts as 1 us.
        let interval = ticks(self.interval.max(Duration::from_micros(1)));
        let end = if interval == FAR { FAR } else { self.began + interval };
        let due = match lock {
            Lock::Free => end.max(ticks(FREE_RECHECK)),
            Lock::Held => end.max(0),
            Lock::Requested => FAR, // the request ends the run
        };
        let timer = &mut self.timers[thread.index()];
        let overdue =
            timer.filter(|it| lock == Lock::Held && it.interval == interval && it.due < 0);
        *timer = overdue.or(Some(Timer { interval, due, starts: 1 }));
    }

    /// `thread` has no timer of the run.
    pub(super) fn clear_timer(&mut self, thread: usize) {
        self.timers[thread] = None;
    }

    /// Whether a request came too soon.
    pub(super) const fn is_too_soon(&self) -> bool {
        self.too_soon
    }

    /// Whether a request is too late, while the lock is held and no switch is requested.
    pub(super) fn is_too_late(&self) -> bool {
        let starts = |timer: &Timer| timer.starts * i32::from(START);
        self.timers.iter().flatten().any(|timer| timer.due + starts(timer) < 0)
    }
}
