//! The counted objects of the heap from below: counts, pending drops, destructors.
//!
//! # Why a drop is pending
//! A count is a plain integer that belongs to the lock. A thread that drops a handle while it does not
//! hold the lock cannot decrement. It leaves a note, and the next thread that acquires the lock
//! decrements for it, in the lock's `after_acquire` hook. The count is too high until then, never too
//! low.
//!
//! # The queue does not grow unnoticed
//! After every [`NUDGE_EVERY`] notes, the thread that leaves one acquires the lock if it is free, which
//! applies them. If it is not, it sends the holder's next safepoint through the slow path, which does.
//! A holder that reaches no safepoint lets the queue grow: `deferred_drops` says how far.
//!
//! # Destructors
//! They run under the lock, without a token, one after the other. An object whose last handle goes away
//! inside a destructor is freed after it, so a long chain does not overflow the stack. A panic in one
//! goes on after the others have run; a second one aborts.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use super::Brand;
use crate::sync::{Mutex, UnsafeCell, const_unless_loom, fail, mutant};

/// After this many pending drops, a thread is made to apply them.
pub(super) const NUDGE_EVERY: usize = 1024;

/// What every counted object begins with. The count is guarded by the brand's lock.
pub(super) struct Head {
    count: UnsafeCell<usize>,
    free: unsafe fn(NonNull<Head>),
}

impl Head {
    /// `free` frees the object that this head begins.
    pub(super) fn new(free: unsafe fn(NonNull<Self>)) -> Self {
        Self { count: UnsafeCell::new(1), free }
    }

    /// How many handles there are, deferred drops included.
    ///
    /// # Safety
    /// The running thread holds the brand's lock.
    pub(super) unsafe fn count(&self) -> usize {
        // SAFETY: counts are touched under the lock only, which this thread holds.
        self.count.with(|count| unsafe { *count })
    }

    /// # Safety
    /// As [`Head::count`].
    #[inline]
    pub(super) unsafe fn increment(&self) {
        self.count.with_mut(|count| {
            // SAFETY: as in `count`.
            let more = unsafe { *count }.checked_add(1);
            let Some(more) = more else { fail(&"more handles than a count can hold") };
            // SAFETY: as in `count`.
            unsafe { *count = more }
        });
    }

    /// Whether it was the last handle.
    ///
    /// # Safety
    /// As [`Head::count`], and a handle is given up.
    #[inline]
    unsafe fn decrement(&self) -> bool {
        self.count.with_mut(|count| {
            // SAFETY: as in `count`; a handle exists, so the count is at least 1.
            unsafe { *count -= 1 };
            // SAFETY: as in `count`.
            unsafe { *count == 0 }
        })
    }
}

/// A handle that was dropped by a thread without the lock.
#[derive(Debug)]
struct PendingDrop(NonNull<Head>);

// SAFETY: it stands for a handle of an object that is Send and Sync (`GilRc::new`), to be dropped by
// another thread.
unsafe impl Send for PendingDrop {}

/// The drops of a brand that threads without the lock left to the next one that acquires it.
#[derive(Debug)]
pub struct PendingDrops(Mutex<Vec<PendingDrop>>);

impl PendingDrops {
    const_unless_loom! {
        /// None.
        #[allow(clippy::new_without_default, reason = "const")]
        pub fn new() -> Self {
            Self(Mutex::new(Vec::new()))
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.lock().len()
    }
}

/// Leaves a note for the next thread that acquires the lock; how many there are.
fn push<B: Brand>(head: NonNull<Head>) -> usize {
    let after_acquire = &B::lock().after_acquire;
    let too_early = mutant!(PendingAnnouncedTooEarly);
    if too_early {
        after_acquire.set_pending(true);
    }
    let mut queue = B::pending_drops().0.lock();
    queue.push(PendingDrop(head));
    let unannounced = mutant!(PendingNotAnnounced);
    if !unannounced && !too_early {
        after_acquire.set_pending(true);
    }
    queue.len()
}

/// Applies every pending drop: the `after_acquire` hook of the brand's lock, which the running thread
/// holds, with no token in use.
#[cold]
pub(super) fn apply_pending<B: Brand>() {
    if mutant!(PendingNotApplied) {
        return;
    }
    let pending = {
        let mut queue = B::pending_drops().0.lock();
        B::lock().after_acquire.set_pending(false);
        std::mem::take(&mut *queue)
    };
    for PendingDrop(head) in pending {
        // SAFETY: this thread holds the lock, and a handle was left to it.
        if unsafe { head.as_ref().decrement() } {
            enqueue::<B>(head);
        }
    }
    B::with_drop_queue(DropQueue::collect);
}

/// Drops a handle of an object of the brand.
///
/// # Safety
/// There is such a handle, and it is not used again.
#[inline]
pub(super) unsafe fn drop_handle<B: Brand>(head: NonNull<Head>) {
    if B::lock().is_attached() || mutant!(DetachedDropDirect) {
        // SAFETY: this thread holds the lock; the handle is the caller's.
        unsafe { drop_handle_attached::<B>(head) }
    } else {
        defer::<B>(head);
    }
}

/// As [`drop_handle`], on a thread that holds the lock.
///
/// # Safety
/// As there, and the thread holds the lock.
#[inline]
pub(super) unsafe fn drop_handle_attached<B: Brand>(head: NonNull<Head>) {
    // SAFETY: the caller's.
    if unsafe { head.as_ref().decrement() } {
        free::<B>(head);
    }
}

#[cold]
fn free<B: Brand>(head: NonNull<Head>) {
    enqueue::<B>(head);
    B::with_drop_queue(DropQueue::collect);
}

/// Puts an object without handles into this thread's queue. The thread holds the lock.
fn enqueue<B: Brand>(head: NonNull<Head>) {
    if !B::with_drop_queue(|queue| queue.objects.borrow_mut().push(head)) {
        // The thread's locals are half gone: the drop is left to another thread, as if detached.
        // SAFETY: the caller has just decremented, so it holds the lock.
        unsafe { head.as_ref().increment() };
        push::<B>(head);
    }
}

#[cold]
fn defer<B: Brand>(head: NonNull<Head>) {
    if push::<B>(head).is_multiple_of(NUDGE_EVERY) && B::lock().try_attach().is_err() {
        B::lock().raw.force_slow_safepoint();
    }
}

/// Objects of a brand without handles that one thread has to free.
#[derive(Debug, Default)]
pub struct DropQueue {
    objects: RefCell<Vec<NonNull<Head>>>,
    collecting: Cell<bool>,
}

impl DropQueue {
    /// Empty.
    #[must_use]
    pub const fn new() -> Self {
        Self { objects: RefCell::new(Vec::new()), collecting: Cell::new(false) }
    }

    /// Frees them all, unless this thread is in the middle of that further out.
    fn collect(&self) {
        if self.collecting.replace(true) {
            return;
        }
        let _guard = CollectGuard(self);
        while let Some(head) = self.next() {
            // SAFETY: its last handle is gone, and `free` is the one it was made with.
            unsafe { (head.as_ref().free)(head) }
        }
    }

    fn next(&self) -> Option<NonNull<Head>> {
        self.objects.borrow_mut().pop()
    }
}

/// Ends a collection; goes on with the rest when a destructor panicked.
struct CollectGuard<'a>(&'a DropQueue);

impl Drop for CollectGuard<'_> {
    fn drop(&mut self) {
        self.0.collecting.set(false);
        if !self.0.objects.borrow().is_empty() {
            self.0.collect();
        }
    }
}
