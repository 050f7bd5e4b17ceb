//! The facade on loom. No clock runs; a park asks [`super::choice`] what happens to it.
//!
//! With `--cfg shuttle` as well, on shuttle: random schedules of many threads, in which every
//! access is sequentially consistent. Its paths are loom's, except the cell's.

use std::rc::{Rc, Weak};
use std::sync::{TryLockError, TryLockResult};
use std::time::Duration;

use super::choice;
use super::mutants::Mutant;
use super::{Clock, Parked};

#[cfg(not(shuttle))]
pub(crate) use self::loom::cell::UnsafeCell;
pub(crate) use self::loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
pub(crate) use self::loom::sync::{Mutex as StdMutex, MutexGuard as StdMutexGuard};
pub(crate) use self::loom::thread::AccessError;
#[cfg(shuttle)]
pub(crate) use super::cell::UnsafeCell;
#[cfg(not(shuttle))]
pub use ::loom;
#[cfg(shuttle)]
pub use shuttle as loom;

/// Most suites do without: each look for a notification multiplies what loom has to explore.
pub(crate) fn spins() -> u32 {
    choice::spins()
}

pub(crate) fn spin_loop() {}

pub(crate) const YIELDS: u32 = 0;

pub(crate) fn yield_now() {}

/// There is no time under loom: that a timer is armed is all there is to know of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Instant;

impl Instant {
    pub(crate) fn now() -> Self {
        Self
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

/// Models the memory of a lock: a touch reads it, and `free` writes it. loom reports a touch that
/// nothing orders before `free`. shuttle does not check this.
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

/// Where something is, without a reference count. A use after it was freed is seen. It leaks, so it
/// can be copied.
pub(crate) struct Pointer<T: 'static>(&'static Weak<T>);

/// Points at what `owner` owns.
pub(crate) fn pointer<T>(owner: &Rc<T>) -> Pointer<T> {
    Pointer(Box::leak(Box::new(Rc::downgrade(owner))))
}

impl<T> Clone for Pointer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Pointer<T> {}

impl<T> Pointer<T> {
    /// What it points at.
    ///
    /// # Safety
    /// Its owner must not free it while the reference is in use.
    pub(crate) unsafe fn as_ref(&self) -> &T {
        assert!(self.0.strong_count() > 0, "ID-3: a registration is used after it was freed");
        // SAFETY: it has not been freed yet, and the caller promises that it will not be.
        unsafe { &*self.0.as_ptr() }
    }
}

/// Where one thread sleeps. The handle is set before a thread's section and read after it, so the
/// lock's mutex orders the two and loom need not see this one.
#[derive(Debug)]
pub(crate) struct Park(std::sync::Mutex<Option<loom::thread::Thread>>);

impl Park {
    pub(crate) const fn new() -> Self {
        Self(std::sync::Mutex::new(None))
    }

    /// The running thread is the one that will sleep here.
    pub(crate) fn bind(&self) {
        *self.0.lock().expect("nothing panics under it") = Some(loom::thread::current());
    }

    pub(crate) fn unpark(&self) {
        let thread = self.0.lock().expect("nothing panics under it").clone();
        if let Some(thread) = thread {
            thread.unpark();
        }
    }

    pub(crate) fn park(&self, timer: Option<Instant>, deadline: Option<Instant>) -> Parked {
        if timer.is_some() && choice::take(choice::Kind::TimeOut) {
            Parked::TimedOut
        } else if deadline.is_some() && choice::take(choice::Kind::GiveUp) {
            Parked::GaveUp
        } else if choice::take(choice::Kind::Spurious) {
            let expires = Mutant::ReturnIsTimeout.is_on() && timer.is_some();
            if expires { Parked::TimedOut } else { Parked::Returned }
        } else {
            loom::thread::park();
            Parked::Returned
        }
    }

    /// A recheck that is due always comes.
    pub(crate) fn pause(&self, _: Instant, deadline: Option<Instant>) -> Parked {
        if deadline.is_some() && choice::take(choice::Kind::GiveUp) {
            Parked::GaveUp
        } else {
            Parked::Returned
        }
    }
}

/// A clock that stands still.
pub(crate) struct SectionClock;

impl SectionClock {
    pub(crate) const fn new() -> Self {
        Self
    }
}

impl Clock for SectionClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        Instant
    }

    fn elapsed_since(&self, _: Instant) -> Duration {
        Duration::ZERO
    }

    /// A recheck comes when it is due, and not before.
    fn is_future(&self, _: Instant) -> bool {
        false
    }

    fn later(&self, _: Instant, _: Duration) -> Option<Instant> {
        Some(Instant)
    }

    /// A free choice.
    fn deadline_if_younger(&self, began: Instant, _: Duration) -> Option<Instant> {
        choice::take(choice::Kind::Young).then_some(began)
    }
}

/// Always finds the mutex locked, so that loom explores the wait. loom's own `try_lock` cannot be
/// used: a thread that locks the mutex blocks every thread that is about to try.
pub(crate) fn try_lock<M: ?Sized>(_: &StdMutex<M>) -> TryLockResult<StdMutexGuard<'_, M>> {
    Err(TryLockError::WouldBlock)
}

pub(crate) fn fail(what: &dyn std::fmt::Display) -> ! {
    panic!("gil-core: {what}");
}
