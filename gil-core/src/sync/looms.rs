//! The facade on loom. No clock runs; a park asks [`crate::choice`] what happens to it.
//!
//! With `--cfg shuttle` as well, on shuttle: random schedules of many threads, in which every access
//! is sequentially consistent. Its paths are loom's, but for the cell.

use std::sync::{TryLockError, TryLockResult};
use std::time::Duration;

use super::Parked;
use crate::choice;
use crate::runs::Clock;

#[cfg(shuttle)]
pub(crate) use super::cell::UnsafeCell;
#[cfg(not(shuttle))]
pub use loom;
#[cfg(not(shuttle))]
pub(crate) use loom::cell::UnsafeCell;
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
pub(crate) use loom::sync::{Mutex as StdMutex, MutexGuard as StdMutexGuard};
pub(crate) use loom::thread::AccessError;
pub(crate) use loom::thread_local;
#[cfg(shuttle)]
pub use shuttle as loom;

/// Most suites do without: each look at the bell multiplies what loom has to explore.
pub(crate) fn spins() -> u32 {
    choice::spins()
}

pub(crate) fn spin_loop() {}

pub(crate) fn yields() -> u32 {
    0
}

pub(crate) fn yield_now() {}

/// There is no time under loom: that a timer is armed is all there is to know of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instant;

impl std::ops::Add<Duration> for Instant {
    type Output = Self;
    fn add(self, _: Duration) -> Self {
        self
    }
}

#[derive(Debug)]
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().expect("loom's mutex does not poison")
    }
}

/// The memory of a lock: a touch is a read of it, its end a write. loom reports a touch that nothing
/// orders before the end; shuttle has no eye for that.
#[derive(Debug)]
pub(crate) struct Memory {
    #[cfg(not(shuttle))]
    cell: UnsafeCell<()>,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            #[cfg(not(shuttle))]
            cell: UnsafeCell::new(()),
        }
    }

    pub(crate) fn touch(&self) {
        #[cfg(not(shuttle))]
        self.cell.with(|_| ());
    }

    pub(crate) fn free(&self) {
        #[cfg(not(shuttle))]
        self.cell.with_mut(|_| ());
    }
}

#[derive(Debug)]
pub(crate) struct Thread(loom::thread::Thread);

impl Thread {
    pub(crate) fn current() -> Self {
        Self(loom::thread::current())
    }

    pub(crate) fn unpark(&self) {
        self.0.unpark();
    }
}

pub(crate) fn park(expires: Option<Instant>, gives_up: Option<Instant>) -> Parked {
    if expires.is_some() && choice::take(choice::Kind::TimeOut) {
        Parked::TimedOut
    } else if gives_up.is_some() && choice::take(choice::Kind::GiveUp) {
        Parked::GaveUp
    } else if choice::take(choice::Kind::Spurious) {
        Parked::Returned
    } else {
        loom::thread::park();
        Parked::Returned
    }
}

/// Its moment always comes.
pub(crate) fn pause(_: Instant, gives_up: Option<Instant>) -> Parked {
    if gives_up.is_some() && choice::take(choice::Kind::GiveUp) {
        Parked::GaveUp
    } else {
        Parked::Returned
    }
}

/// A clock that stands still.
pub(crate) struct Wall;

impl Wall {
    pub(crate) const fn new() -> Self {
        Self
    }
}

impl Clock for Wall {
    type Moment = Instant;

    fn now(&self) -> Instant {
        Instant
    }

    fn since(&self, _: Instant) -> Duration {
        Duration::ZERO
    }

    /// A pause ends when its moment comes, and not before.
    fn is_to_come(&self, _: Instant) -> bool {
        false
    }

    /// A free choice.
    fn young_until(&self, began: Instant, _: Duration) -> Option<Instant> {
        choice::take(choice::Kind::Young).then_some(began)
    }
}

/// loom's own `try_lock` blocks: who acquires the mutex blocks every thread that is about to try.
/// So here it is always taken, and what is explored is the waiting.
pub(crate) fn try_lock<M: ?Sized>(_: &StdMutex<M>) -> TryLockResult<StdMutexGuard<'_, M>> {
    Err(TryLockError::WouldBlock)
}

pub(crate) fn fail(what: &dyn std::fmt::Display) -> ! {
    panic!("gil-core: {what}");
}
