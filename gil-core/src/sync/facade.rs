//! The facade on parking_lot and std.

pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
pub(crate) use std::thread::{AccessError, yield_now};
pub use std::time::Instant;

use parking_lot::Condvar;
pub(crate) use parking_lot::Mutex;
use std::sync::TryLockResult;
pub(crate) use std::sync::{Mutex as StdMutex, MutexGuard as StdMutexGuard};
use std::time::Duration;

pub(crate) use super::cell::UnsafeCell;
use super::{Clock, Parked};

/// How often a waiter looks for its notification before it parks: about 1 us. A longer spin costs
/// more than it gives as soon as holder and waiter share a processor.
pub(crate) const fn spins() -> u32 {
    40
}

/// How often a thread that waits for an answer yields its processor after that.
pub(crate) const YIELDS: u32 = 3;

/// Nothing: only a checker cares where a lock's memory is touched.
pub(crate) struct Memory;

impl Memory {
    pub(crate) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) const fn touch(&self) {}
}

/// Where something is, without a reference count.
pub(crate) type Pointer<T> = std::ptr::NonNull<T>;

/// Points at what `owner` owns.
pub(crate) fn pointer<T>(owner: &std::rc::Rc<T>) -> Pointer<T> {
    Pointer::from(&**owner)
}

/// Where one thread sleeps: a token that `unpark` leaves and `park` consumes.
///
/// [`std::thread::park`] would do, were it not for the thread's handle: it lives in a thread-local,
/// which is gone in a late thread-exit destructor, and it binds the sleeper to one thread for ever.
/// parking_lot's condition variable falls back to the stack there.
#[derive(Debug)]
pub(crate) struct Park {
    token: Mutex<Token>,
    left: Condvar,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token {
    None,
    /// None, and the thread sleeps until there is one.
    Asleep,
    Left,
}

impl Park {
    pub(crate) const fn new() -> Self {
        Self { token: Mutex::new(Token::None), left: Condvar::new() }
    }

    /// The running thread is the one that will sleep here; only loom needs to know.
    pub(crate) const fn bind(&self) {}

    pub(crate) fn unpark(&self) {
        let was = std::mem::replace(&mut *self.token.lock(), Token::Left);
        if was == Token::Asleep {
            self.left.notify_one(); // after unlocking: the sleeper takes the mutex first
        }
    }

    /// Sleeps until unparked or the first of the two points in time, or returns spuriously.
    pub(crate) fn park(&self, timer: Option<Instant>, deadline: Option<Instant>) -> Parked {
        let first = timer.into_iter().chain(deadline).min();
        let mut token = self.token.lock();
        if *token == Token::None {
            *token = Token::Asleep;
            match first {
                None => self.left.wait(&mut token),
                Some(first) => drop(self.left.wait_until(&mut token, first)),
            }
        }
        let was = std::mem::replace(&mut *token, Token::None);
        drop(token);
        match first {
            Some(_) if was != Token::Left => after_park(Instant::now(), timer, deadline),
            _ => Parked::Returned,
        }
    }

    /// Sleeps until unparked or one of the two points in time: a thread that has to recheck
    /// something.
    pub(crate) fn pause(&self, due: Instant, deadline: Option<Instant>) -> Parked {
        match self.park(Some(due), deadline) {
            Parked::GaveUp => Parked::GaveUp,
            Parked::TimedOut | Parked::Returned => Parked::Returned,
        }
    }
}

/// The real clock as one section sees it: read once.
pub(crate) struct SectionClock(Instant);

impl SectionClock {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SectionClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        self.0
    }

    fn elapsed_since(&self, instant: Instant) -> Duration {
        self.0.saturating_duration_since(instant)
    }

    fn later(&self, instant: Instant, by: Duration) -> Option<Instant> {
        instant.checked_add(by)
    }
}

/// What a return from a timed park at `now` means.
fn after_park(now: Instant, timer: Option<Instant>, deadline: Option<Instant>) -> Parked {
    if deadline.is_some_and(|instant| now >= instant) {
        Parked::GaveUp
    } else if timer.is_some_and(|instant| now >= instant) {
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
    fn return_from_park_is_judged_by_the_clock() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(after_park(at(4), Some(at(5)), None), Parked::Returned);
        assert_eq!(after_park(at(5), Some(at(5)), None), Parked::TimedOut);
        assert_eq!(after_park(at(5), Some(at(6)), Some(at(5))), Parked::GaveUp);
        assert_eq!(after_park(at(5), Some(at(5)), Some(at(5))), Parked::GaveUp);
        assert_eq!(after_park(at(5), Some(at(4)), Some(at(6))), Parked::TimedOut);
        assert_eq!(after_park(at(5), None, Some(at(6))), Parked::Returned);
    }

    #[test]
    fn park_until_the_past_does_not_sleep() {
        assert_eq!(Park::new().park(Some(Instant::now()), None), Parked::TimedOut);
        assert_eq!(Park::new().park(None, Some(Instant::now())), Parked::GaveUp);
    }

    #[test]
    fn token_left_before_the_park_ends_it_once() {
        let park = Park::new();
        park.unpark();
        park.unpark();
        let soon = Some(Instant::now());
        assert_eq!(park.park(None, None), Parked::Returned);
        assert_eq!(park.park(soon, None), Parked::TimedOut, "the token is consumed");
    }

    #[test]
    fn clock_measures_what_has_passed() {
        let (clock, span) = (SectionClock::new(), Duration::from_millis(5));
        let later = clock.now() + span;
        assert_eq!(SectionClock(later).elapsed_since(clock.now()), span);
        assert_eq!(clock.elapsed_since(later), Duration::ZERO, "an instant of another thread");
    }

    #[test]
    fn interval_beyond_the_clock_is_never() {
        let clock = SectionClock::new();
        assert_eq!(clock.later(clock.now(), Duration::MAX), None);
        assert_eq!(clock.deadline_if_younger(clock.now(), Duration::from_secs(u64::MAX)), None);
        assert!(clock.later(clock.now(), Duration::from_secs(3_600)).is_some());
    }
}
