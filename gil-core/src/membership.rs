//! Which member of which lock the running thread is, found without being told.
//!
//! The lock asked for last is cached in a plain cell; the others are in a list. A lock is known by
//! a number of its own and not by its address, which another lock may get later.
//!
//! # Thread exit
//! A thread's ids go back to their locks when it ends, through a mailbox that outlives the lock. An
//! id stays taken where the thread still holds the lock (it has forgotten its guard): references
//! to the data may live on in other threads, so the lock can never be free again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Mutex as Mailbox;
use std::sync::atomic::{AtomicU64 as StdAtomicU64, Ordering as StdOrdering};

use crate::protocol::ThreadId;
use crate::raw::Member;
use std::sync::Arc;

use crate::deferred::Garbage;
use crate::sync::{AccessError, thread_local};

/// Ids that threads left behind, on their way back to the lock.
pub(crate) type Returned = Arc<Mailbox<Vec<ThreadId>>>;

/// The running thread's standing with one lock.
#[derive(Debug)]
pub(crate) struct Membership {
    lock: u64,
    pub(crate) member: Member,
    /// The thread has lent its token: [`Gil::with`](crate::Gil::with) may use it.
    pub(crate) lent: Cell<bool>,
    /// The thread has a guard that it has not dropped.
    pub(crate) attached: Cell<bool>,
    /// Objects whose last handle this thread gave up.
    pub(crate) garbage: Garbage,
    returned: Returned,
}

impl Drop for Membership {
    fn drop(&mut self) {
        if !self.attached.get()
            && let Ok(mut returned) = self.returned.lock()
        {
            returned.push(self.member.id());
        }
    }
}

// loom's thread-locals know no const initialisers.
#[cfg(loom)]
thread_local! {
    static LAST: RefCell<Option<Rc<Membership>>> = RefCell::new(None);
    static ALL: RefCell<Vec<Rc<Membership>>> = RefCell::new(Vec::new());
}

#[cfg(not(loom))]
thread_local! {
    static LAST: RefCell<Option<Rc<Membership>>> = const { RefCell::new(None) };
    static ALL: RefCell<Vec<Rc<Membership>>> = const { RefCell::new(Vec::new()) };
}

/// A number that no other lock of this process has had.
pub(crate) fn new_lock_number() -> u64 {
    static NEXT: StdAtomicU64 = StdAtomicU64::new(1);
    NEXT.fetch_add(1, StdOrdering::Relaxed) // only uniqueness matters
}

/// The running thread's membership of `lock`; `join` makes one. `None` while the thread's locals
/// are being destroyed.
#[inline(always)]
pub(crate) fn of(lock: u64, join: impl FnOnce() -> (Member, Returned)) -> Option<Rc<Membership>> {
    let last = LAST.try_with(|last| {
        last.borrow().as_ref().filter(|membership| membership.lock == lock).cloned()
    });
    match last.ok()? {
        Some(membership) => Some(membership),
        None => find_or_join(lock, join),
    }
}

/// Whether the running thread holds `lock`. Does not make it a member.
#[inline]
pub(crate) fn is_attached(lock: u64) -> bool {
    let last = LAST.try_with(|last| match &*last.borrow() {
        Some(membership) if membership.lock == lock => Some(membership.attached.get()),
        _ => None,
    });
    match last {
        Ok(Some(attached)) => attached,
        _ => of_attached(lock).is_some(),
    }
}

/// The running thread's membership of `lock`, if it holds it.
#[cold]
pub(crate) fn of_attached(lock: u64) -> Option<Rc<Membership>> {
    known(lock).ok()?.filter(|membership| membership.attached.get())
}

fn known(lock: u64) -> Result<Option<Rc<Membership>>, AccessError> {
    ALL.try_with(|all| all.borrow().iter().find(|m| m.lock == lock).cloned())
}

#[cold]
fn find_or_join(lock: u64, join: impl FnOnce() -> (Member, Returned)) -> Option<Rc<Membership>> {
    let membership = match known(lock).ok()? {
        Some(membership) => membership,
        None => {
            let (member, returned) = join();
            let (lent, attached) = (Cell::new(false), Cell::new(false));
            let garbage = Garbage::default();
            let membership = Membership { lock, member, lent, attached, garbage, returned };
            let membership = Rc::new(membership);
            ALL.try_with(|all| all.borrow_mut().push(membership.clone())).ok()?;
            membership
        }
    };
    LAST.try_with(|last| last.replace(Some(membership.clone()))).ok()?;
    Some(membership)
}
