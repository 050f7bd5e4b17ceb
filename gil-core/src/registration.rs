//! Finds the running thread's registration with each lock, so that no caller has to pass it.
//!
//! A map has them all, and a plain cell caches the one used last. A lock is known by a number of
//! its own and not by its address, which another lock may get later.
//!
//! # When a thread ends
//! The thread's ids go back to their locks through [`ReturnedIds`]. An id is never used again if
//! its thread still holds the lock, because it has forgotten its guard. References to the data may
//! live on in other threads, so that lock must never become free.
//!
//! # When a lock is dropped
//! Its registrations become useless. A thread drops them when it registers with a new lock and has
//! twice as many registrations as the last cleanup left. It has at least [`PRUNE_MIN`] then. So
//! memory stays within about twice what the living locks need. A registration takes constant time
//! on average.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::protocol::ThreadId;
use crate::raw::Registration;
use crate::sync::{AccessError, Pointer, mutant, pointer};

/// How many registrations a thread has at least before it looks for useless ones.
const PRUNE_MIN: usize = 32;

/// The ids that ended threads return to a lock. The lock owns it.
pub(crate) type ReturnedIds = Arc<Mutex<Vec<ThreadId>>>;

/// The running thread's registration with one lock.
pub(crate) struct ThreadRegistration {
    lock_id: u64,
    pub(crate) registration: Registration,
    /// The thread has lent its token: [`Gil::with`](crate::Gil::with) may use it.
    pub(crate) lent: Cell<bool>,
    /// The thread is attached: it has a guard, and is not inside `Attached::detach`.
    pub(crate) attached: Cell<bool>,
    returned_ids: Weak<Mutex<Vec<ThreadId>>>,
}

impl Drop for ThreadRegistration {
    fn drop(&mut self) {
        if let Some(ids) = self.returned_ids.upgrade() {
            ids.lock().unwrap_or_else(PoisonError::into_inner).push(self.registration.id());
        }
    }
}

/// A registration of the running thread, without a reference count. A count would add four stores,
/// which the next compare-and-swap has to wait for.
///
/// REG-1: a registration lives at least until its thread ends or its lock is dropped. If the thread
/// is attached when it ends, the registration lives for ever. Its user is a call on that thread or
/// a token, and both borrow the lock. (ID-3)
#[derive(Clone, Copy)]
pub(crate) struct CurrentRegistration(Pointer<ThreadRegistration>);

impl Deref for CurrentRegistration {
    type Target = ThreadRegistration;

    #[inline(always)]
    fn deref(&self) -> &ThreadRegistration {
        // SAFETY: REG-1. A `Pointer` is not Send, so this value has not left its thread.
        unsafe { self.0.as_ref() }
    }
}

/// A thread's registrations by lock. Each is in an `Rc`, because nothing else may point at what a
/// `Box` owns.
type Map = HashMap<u64, Rc<ThreadRegistration>, BuildHasherDefault<DefaultHasher>>;

struct Registrations {
    map: RefCell<Map>,
    prune_at: Cell<usize>,
}

impl Registrations {
    const fn new() -> Self {
        let map = HashMap::with_hasher(BuildHasherDefault::new());
        Self { map: RefCell::new(map), prune_at: Cell::new(PRUNE_MIN) }
    }

    fn add(&self, registration: ThreadRegistration) -> CurrentRegistration {
        let mut map = self.map.borrow_mut();
        if map.len() >= self.prune_at.get() {
            let _ = CACHED.try_with(|cached| cached.set(None)); // it may be useless
            let pruned = mutant!(LivingRegistrationPruned);
            map.retain(|_, it| it.returned_ids.strong_count() > 0 && !pruned);
            self.prune_at.set((2 * map.len()).max(PRUNE_MIN));
        }
        let registration = Rc::new(registration);
        let current = handle(&registration);
        map.insert(registration.lock_id, registration);
        current
    }
}

impl Drop for Registrations {
    fn drop(&mut self) {
        let _ = CACHED.try_with(|cached| cached.set(None)); // gone with the rest
        let attached = self.map.take().into_values().filter(|it| it.attached.get());
        attached.for_each(std::mem::forget); // REG-1
    }
}

// `CACHED` has no destructor, so an access need not check whether it has been destroyed.
crate::thread_local_unless_loom! { CACHED: Cell<Option<CurrentRegistration>> = Cell::new(None); }
crate::thread_local_unless_loom! { REGISTRATIONS: Registrations = Registrations::new(); }

/// A number that no other lock of this process has had.
pub(crate) fn new_lock_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed) // only uniqueness matters
}

/// The running thread's registration with `lock_id`; `join` makes one. `None` while the thread's
/// locals are being destroyed.
#[inline(always)]
pub(crate) fn current(
    lock_id: u64,
    join: impl FnOnce() -> (Registration, ReturnedIds),
) -> Option<CurrentRegistration> {
    match CACHED.try_with(Cell::get).ok()? {
        Some(cached) if cached.lock_id == lock_id => Some(cached),
        _ => find_or_join(lock_id, join),
    }
}

/// Whether the running thread holds the lock. Does not register it.
#[inline]
pub(crate) fn is_attached(lock_id: u64) -> bool {
    match CACHED.try_with(Cell::get) {
        Ok(Some(cached)) if cached.lock_id == lock_id => cached.attached.get(),
        _ => lookup(lock_id).is_ok_and(|it| it.is_some_and(|it| it.attached.get())),
    }
}

fn lookup(lock_id: u64) -> Result<Option<CurrentRegistration>, AccessError> {
    REGISTRATIONS.try_with(|all| all.map.borrow().get(&lock_id).map(handle))
}

fn handle(registration: &Rc<ThreadRegistration>) -> CurrentRegistration {
    CurrentRegistration(pointer(registration))
}

#[cold]
fn find_or_join(
    lock_id: u64,
    join: impl FnOnce() -> (Registration, ReturnedIds),
) -> Option<CurrentRegistration> {
    let registration = match lookup(lock_id).ok()? {
        Some(registration) => registration,
        None => {
            let (registration, returned_ids) = join();
            let (lent, attached) = (Cell::new(false), Cell::new(false));
            let returned_ids = Arc::downgrade(&returned_ids);
            let it = ThreadRegistration { lock_id, registration, lent, attached, returned_ids };
            REGISTRATIONS.try_with(|all| all.add(it)).ok()?
        }
    };
    CACHED.try_with(|cached| cached.set(Some(registration))).ok()?;
    Some(registration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Handoff;
    use crate::raw::RawGil;

    /// A registration with a lock that lives as long as `ids`.
    fn registration(lock_id: u64, ids: &ReturnedIds, attached: bool) -> ThreadRegistration {
        let registration = RawGil::new(Handoff::new()).register();
        let (lent, attached) = (Cell::new(false), Cell::new(attached));
        let returned_ids = Arc::downgrade(ids);
        ThreadRegistration { lock_id, registration, lent, attached, returned_ids }
    }

    #[test]
    fn registrations_with_locks_that_are_gone_are_pruned() {
        if crate::UNDER_LOOM {
            return; // a lock needs loom's model there
        }
        let (all, living) = (Registrations::new(), ReturnedIds::default());
        let kept = PRUNE_MIN as u64;
        for id in 0..kept {
            all.add(registration(id, &living, false));
        }
        for id in kept..100 * kept {
            let forgotten = id % 2 == 0; // the thread has forgotten its guard
            all.add(registration(id, &ReturnedIds::default(), forgotten));
            assert!(all.map.borrow().len() <= 3 * PRUNE_MIN, "after {id} locks");
        }
        let map = all.map.borrow();
        assert!((0..kept).all(|id| map.contains_key(&id)), "a living lock");
    }

    #[test]
    fn registration_of_an_attached_thread_outlives_the_thread() {
        if crate::UNDER_LOOM {
            return; // a lock needs loom's model there
        }
        let (all, ids) = (Registrations::new(), ReturnedIds::default());
        all.add(registration(1, &ids, true));
        all.add(registration(2, &ids, false));
        drop(all);
        let returned = ids.lock().unwrap().len();
        assert_eq!(returned, 1, "a guard may still use the registration that is attached");
    }

    #[test]
    fn next_pruning_waits_for_twice_as_many_registrations() {
        if crate::UNDER_LOOM {
            return; // a lock needs loom's model there
        }
        let (all, living) = (Registrations::new(), ReturnedIds::default());
        for id in 0..PRUNE_MIN as u64 {
            assert_eq!(all.prune_at.get(), PRUNE_MIN);
            all.add(registration(id, &living, false));
        }
        all.add(registration(PRUNE_MIN as u64, &living, false));
        assert_eq!(all.prune_at.get(), 2 * PRUNE_MIN);
    }
}
