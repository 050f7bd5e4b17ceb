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
use std::ops::Deref;
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Mutex as Mailbox;
use std::sync::atomic::{AtomicU64 as StdAtomicU64, Ordering as StdOrdering};

use crate::protocol::ThreadId;
use crate::raw::Registration;
use std::sync::Arc;

use crate::deferred::Garbage;
use crate::sync::{AccessError, thread_local};

/// Ids that threads left behind, on their way back to the lock.
pub(crate) type Returned = Arc<Mailbox<Vec<ThreadId>>>;

/// The running thread's standing with one lock.
#[derive(Debug)]
pub(crate) struct Membership {
    lock: u64,
    pub(crate) member: Registration,
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
        if let Ok(mut returned) = self.returned.lock() {
            returned.push(self.member.id());
        }
    }
}

/// A membership of the running thread, found without counting who has it: a count is four of the stores
/// that a compare-and-swap has to wait for.
///
/// MEMBER-1: a membership lives until the end of its thread, and for ever where the thread is attached
/// then. Who has one of these is in the middle of a call of that thread, or has a token: then the thread
/// is attached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mine(NonNull<Membership>);

impl Deref for Mine {
    type Target = Membership;

    #[inline(always)]
    fn deref(&self) -> &Membership {
        // SAFETY: MEMBER-1; and as a pointer it has not left its thread.
        unsafe { self.0.as_ref() }
    }
}

/// A thread's memberships. Each in an `Rc`, because what a `Box` owns nothing else may point at.
#[derive(Default)]
struct All(RefCell<Vec<Rc<Membership>>>);

impl Drop for All {
    fn drop(&mut self) {
        let _ = LAST.try_with(|last| last.set(None)); // gone with the rest
        for membership in self.0.take() {
            if membership.attached.get() {
                std::mem::forget(membership); // MEMBER-1
            }
        }
    }
}

// loom's thread-locals know no const initialisers.
#[cfg(loom)]
thread_local! {
    static LAST: Cell<Option<Mine>> = Cell::new(None);
    static ALL: All = All::default();
}

// A thread-local with nothing to drop has not to be asked each time whether it is still there.
#[cfg(not(loom))]
thread_local! {
    static LAST: Cell<Option<Mine>> = const { Cell::new(None) };
    static ALL: All = const { All(RefCell::new(Vec::new())) };
}

/// A number that no other lock of this process has had.
pub(crate) fn new_lock_number() -> u64 {
    static NEXT: StdAtomicU64 = StdAtomicU64::new(1);
    NEXT.fetch_add(1, StdOrdering::Relaxed) // only uniqueness matters
}

/// The running thread's membership of `lock`; `join` makes one. `None` while the thread's locals
/// are being destroyed.
#[inline(always)]
pub(crate) fn of(lock: u64, join: impl FnOnce() -> (Registration, Returned)) -> Option<Mine> {
    match LAST.try_with(Cell::get).ok()? {
        Some(last) if last.lock == lock => Some(last),
        _ => find_or_join(lock, join),
    }
}

/// Whether the running thread holds `lock`. Does not make it a member.
#[inline]
pub(crate) fn is_attached(lock: u64) -> bool {
    match LAST.try_with(Cell::get) {
        Ok(Some(last)) if last.lock == lock => last.attached.get(),
        _ => of_attached(lock).is_some(),
    }
}

/// The running thread's membership of `lock`, if it holds it.
#[cold]
pub(crate) fn of_attached(lock: u64) -> Option<Mine> {
    known(lock).ok()?.filter(|membership| membership.attached.get())
}

fn known(lock: u64) -> Result<Option<Mine>, AccessError> {
    ALL.try_with(|all| all.0.borrow().iter().find(|m| m.lock == lock).map(mine))
}

fn mine(membership: &Rc<Membership>) -> Mine {
    Mine(NonNull::from(&**membership))
}

#[cold]
fn find_or_join(lock: u64, join: impl FnOnce() -> (Registration, Returned)) -> Option<Mine> {
    let membership = match known(lock).ok()? {
        Some(membership) => membership,
        None => {
            let (member, returned) = join();
            let (lent, attached) = (Cell::new(false), Cell::new(false));
            let garbage = Garbage::default();
            let membership = Membership { lock, member, lent, attached, garbage, returned };
            let membership = Rc::new(membership);
            let found = mine(&membership);
            ALL.try_with(|all| all.0.borrow_mut().push(membership)).ok()?;
            found
        }
    };
    LAST.try_with(|last| last.set(Some(membership))).ok()?;
    Some(membership)
}
