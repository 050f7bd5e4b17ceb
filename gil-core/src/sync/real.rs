//! The facade on parking_lot and std.

use std::cell::Cell;
pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
pub(crate) use std::thread::AccessError;
pub(crate) use std::thread::yield_now;
pub(crate) use std::thread_local;
pub use std::time::Instant;

pub(crate) use parking_lot::Mutex;
use std::sync::TryLockResult;
pub(crate) use std::sync::{Mutex as StdMutex, MutexGuard as StdMutexGuard};
use std::time::Duration;

use super::Parked;
pub(crate) use super::cell::UnsafeCell;
use crate::runs::Clock;

/// How often a waiter looks at its bell before it parks: about 1 us. A longer spin costs more than
/// it gives as soon as holder and waiter share a core.
pub(crate) const fn spins() -> u32 {
    40
}

/// How often a thread that waits for an answer leaves its processor to others after that.
pub(crate) const fn yields() -> u32 {
    3
}

pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Nothing: where a lock's memory is touched is of interest to a checker.
#[derive(Debug)]
pub(crate) struct Memory;

impl Memory {
    pub(crate) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) const fn touch(&self) {}
}

/// A handle to wake a thread by.
#[derive(Debug)]
pub(crate) struct Thread(std::thread::Thread);

impl Thread {
    pub(crate) fn current() -> Self {
        Self(std::thread::current())
    }

    pub(crate) fn unpark(&self) {
        self.0.unpark();
    }
}

/// Sleeps until unparked or the first of the two moments, or for no reason.
pub(crate) fn park(expires: Option<Instant>, gives_up: Option<Instant>) -> Parked {
    let first = match (expires, gives_up) {
        (Some(expires), Some(gives_up)) => Some(expires.min(gives_up)),
        (expires, gives_up) => expires.or(gives_up),
    };
    let Some(first) = first else {
        std::thread::park();
        return Parked::Returned;
    };
    std::thread::park_timeout(first.saturating_duration_since(now()));
    after_park(now(), expires, gives_up)
}

/// Sleeps until unparked or one of the two moments: a thread that has something to do then.
pub(crate) fn pause(due: Instant, gives_up: Option<Instant>) -> Parked {
    match park(Some(due), gives_up) {
        Parked::GaveUp => Parked::GaveUp,
        Parked::TimedOut | Parked::Returned => Parked::Returned,
    }
}

/// The clock on the wall, as one section sees it: looked at once, if at all.
pub(crate) struct Wall(Cell<Option<Instant>>);

impl Wall {
    pub(crate) const fn new() -> Self {
        Self(Cell::new(None))
    }
}

impl Clock for Wall {
    type Moment = Instant;

    fn now(&self) -> Instant {
        let moment = self.0.get().unwrap_or_else(now);
        self.0.set(Some(moment));
        moment
    }

    fn since(&self, moment: Instant) -> Duration {
        self.now().saturating_duration_since(moment)
    }

    fn is_to_come(&self, moment: Instant) -> bool {
        self.now() < moment
    }
}

/// What a return from the timed park at `now` means.
fn after_park(now: Instant, expires: Option<Instant>, gives_up: Option<Instant>) -> Parked {
    if gives_up.is_some_and(|moment| now >= moment) {
        Parked::GaveUp
    } else if expires.is_some_and(|moment| now >= moment) {
        Parked::TimedOut
    } else {
        Parked::Returned
    }
}

pub(crate) fn try_lock<M: ?Sized>(mutex: &StdMutex<M>) -> TryLockResult<StdMutexGuard<'_, M>> {
    mutex.try_lock()
}

/// A protocol or the mechanism broke a rule of the lock: the process must not go on.
pub(crate) fn fail(what: &dyn std::fmt::Display) -> ! {
    eprintln!("gil-core: {what}; the lock can no longer be trusted, aborting");
    std::process::abort();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_is_judged_by_the_clock_and_not_by_the_wake_up() {
        let start = now();
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(after_park(at(4), Some(at(5)), None), Parked::Returned);
        assert_eq!(after_park(at(5), Some(at(5)), None), Parked::TimedOut);
        assert_eq!(after_park(at(5), Some(at(6)), Some(at(5))), Parked::GaveUp);
        assert_eq!(after_park(at(5), Some(at(5)), Some(at(5))), Parked::GaveUp);
        assert_eq!(after_park(at(5), Some(at(4)), Some(at(6))), Parked::TimedOut);
        assert_eq!(after_park(at(5), None, Some(at(6))), Parked::Returned);
    }

    #[test]
    fn a_moment_in_the_past_does_not_sleep() {
        assert_eq!(park(Some(now()), None), Parked::TimedOut);
        assert_eq!(park(None, Some(now())), Parked::GaveUp);
    }
}
