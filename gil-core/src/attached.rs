//! The token of an attached thread, and every way to give the lock or the token up for a while.

use std::cell::Cell;
use std::fmt::{Debug, Formatter};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, TryLockError};

use crate::gil::Gil;
use crate::protocol::{Handoff, Protocol};
use crate::registration::CurrentRegistration;
use crate::sync::{StdMutex, StdMutexGuard, fail, mutant, try_lock};

/// The token of an attached thread: the way to the data. Dropping it detaches.
///
/// ```compile_fail
/// let gil = gil_core::Gil::new(1);
/// let mut attached = gil.attach();
/// let kept = &*attached;
/// attached.safepoint(); // another thread may change the data here
/// assert_eq!(*kept, 1);
/// ```
/// ```compile_fail
/// let gil = gil_core::Gil::new(1);
/// let attached = gil.attach();
/// std::thread::scope(|threads| { threads.spawn(|| println!("{}", *attached)); });
/// ```
#[must_use = "dropping the token detaches the thread at once"]
pub struct Attached<'g, T, P: Protocol = Handoff> {
    gil: &'g Gil<T, P>,
    current: CurrentRegistration,
    /// Not 0 if [`Gil::with_lent`] made the token from a lent one: then dropping it does not
    /// detach. A word and not a byte: a guard in memory is copied by words. The load of a word
    /// would wait for the store of a single byte.
    lent: usize,
    /// Invariant in `'g`, so that the token a closure gets from [`Gil::with`] cannot be swapped
    /// for one that lives longer.
    brand: PhantomData<fn(&'g ()) -> &'g ()>,
}

impl<'g, T, P: Protocol> Attached<'g, T, P> {
    /// The token of a thread that owns the lock; `lent`: dropping it does not detach.
    pub(crate) fn new(gil: &'g Gil<T, P>, current: CurrentRegistration, lent: bool) -> Self {
        Self { gil, current, lent: usize::from(lent), brand: PhantomData }
    }

    /// As [`Attached::new`], and then runs the hook. If the hook panics, the token is dropped and
    /// the thread is detached. The token is made here and not passed in: a guard that is moved in
    /// memory doubles the cost of an attach.
    #[cold]
    pub(crate) fn new_after_hook(gil: &'g Gil<T, P>, current: CurrentRegistration) -> Self {
        let attached = Self::new(gil, current, false);
        attached.gil.run_after_acquire();
        attached
    }

    /// As [`Gil::switch_requested`]. One relaxed load: an interpreter spills its registers and
    /// calls [`Attached::safepoint`] only if this is true. A protocol that counts ticks needs every
    /// call.
    pub fn switch_requested(&self) -> bool {
        self.gil.raw.switch_requested()
    }

    /// Lets another thread run if one requested a switch; returns attached. One relaxed load
    /// otherwise.
    pub fn safepoint(&mut self) {
        match self.gil.raw.safepoint(&self.current.registration) {
            Ok(false) => {}
            Ok(true) => self.gil.run_after_acquire(),
            Err(fault) => fail(&fault),
        }
    }

    /// Runs `f`, say a blocking call, detached; returns attached, also when `f` panics.
    ///
    /// Aborts the process when a guard that `f` made by attaching is still alive at its end.
    ///
    /// ```
    /// # if gil_core::UNDER_LOOM { return }
    /// let gil = gil_core::Gil::new(1);
    /// let mut attached = gil.attach();
    /// let seen = attached.detach(|| gil.with(|attached| **attached).unwrap());
    /// assert_eq!(seen, 1);
    /// ```
    #[inline]
    pub fn detach<R>(&mut self, f: impl FnOnce() -> R) -> R {
        self.current.attached.set(false);
        self.gil.raw.detach_or_abort(&self.current.registration);
        let _back = Reattach(self.gil, self.current);
        f()
    }

    /// Runs `f` with the lock kept and the token lent: inside, [`Gil::with`] finds it. For
    /// callbacks that know the lock and not the token.
    pub fn lend<R>(&mut self, f: impl FnOnce() -> R) -> R {
        let _back = Restore::set(&self.current.lent, true);
        f()
    }

    /// Locks another mutex. If it has to wait for that mutex, it waits detached, so the mutex and
    /// the lock do not deadlock. Every attached thread has to lock that mutex in this way, and two
    /// such mutexes can still deadlock with each other.
    ///
    /// ```
    /// # if gil_core::UNDER_LOOM { return }
    /// # #[cfg(loom)]
    /// # use gil_core::loom::sync::Mutex;
    /// # #[cfg(not(loom))]
    /// use std::sync::Mutex;
    /// let gil = gil_core::Gil::new(());
    /// let file = Mutex::new(1);
    /// *gil.attach().lock_detached(&file).unwrap() += 1;
    /// assert_eq!(*file.lock().unwrap(), 2);
    /// ```
    ///
    /// # Errors
    /// As [`std::sync::Mutex::lock`]: the mutex is poisoned.
    pub fn lock_detached<'m, M: ?Sized>(
        &mut self,
        mutex: &'m StdMutex<M>,
    ) -> LockResult<StdMutexGuard<'m, M>> {
        match try_lock(mutex) {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(poisoned)) => Err(poisoned),
            Err(TryLockError::WouldBlock) if mutant!(LockWithoutDetaching) => mutex.lock(),
            Err(TryLockError::WouldBlock) => self.detach(|| mutex.lock()),
        }
    }
}

impl<T, P: Protocol> Deref for Attached<'_, T, P> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: this thread owns the lock (SAFE-1), and `self` is its only usable token: others
        // are borrowed away (`detach`, `lend`) while one that was made inside lives.
        unsafe { &*self.gil.state_pointer() }
    }
}

impl<T, P: Protocol> DerefMut for Attached<'_, T, P> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` keeps every other reference away.
        unsafe { &mut *self.gil.state_pointer() }
    }
}

impl<T, P: Protocol> Drop for Attached<'_, T, P> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.lent != 0 {
            return;
        }
        self.current.attached.set(false);
        self.gil.raw.detach_or_abort(&self.current.registration);
    }
}

impl<T: Debug, P: Protocol> Debug for Attached<'_, T, P> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Attached").field(&**self).finish()
    }
}

/// Attaches again at the end of [`Attached::detach`], on every way out of it.
struct Reattach<'a, T, P: Protocol>(&'a Gil<T, P>, CurrentRegistration);

impl<T, P: Protocol> Drop for Reattach<'_, T, P> {
    fn drop(&mut self) {
        let Self(gil, current) = self;
        if current.attached.get() {
            fail(&"a guard escaped from the closure of `detach`: it would make two tokens");
        }
        gil.raw.attach(&current.registration).unwrap_or_else(|fault| fail(&fault));
        current.attached.set(true);
        gil.run_after_acquire();
    }
}

/// Puts a flag back on every way out.
pub(crate) struct Restore<'a>(&'a Cell<bool>, bool);

impl<'a> Restore<'a> {
    pub(crate) fn set(flag: &'a Cell<bool>, value: bool) -> Self {
        Self(flag, flag.replace(value))
    }
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}
