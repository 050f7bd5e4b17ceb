//! Dropping a handle: at once, or pending until the next acquire.
//!
//! # Why a drop is pending
//! A count is a plain integer that belongs to the lock. A thread that drops a handle while it does
//! not hold the lock cannot decrement. It queues a pending drop, and the next thread that acquires
//! the lock decrements for it, in the lock's `after_acquire` hook. The count is too high until
//! then, never too low.
//!
//! # The queue does not grow unnoticed
//! At every [`NUDGE_EVERY`]th pending drop, the thread that queues it tries to acquire the lock. If
//! the lock is free, this applies the queue. If the lock is held, the holder's next safepoint takes
//! the slow path and applies the queue. A holder that reaches no safepoint lets the queue grow, and
//! `deferred_drops` says how far.

use std::ptr::NonNull;

use super::brand::Brand;
use super::counted::{DropQueue, Head, PendingDrop};
use crate::sync::{Ordering, mutant};

/// After this many pending drops, a thread is made to apply them.
const NUDGE_EVERY: usize = 1024;

/// Queues a pending drop for the next thread that acquires the lock. Returns the queue's length.
fn push<B: Brand>(head: NonNull<Head>) -> usize {
    let announce = || B::lock().pending.store(true, Ordering::Relaxed); // a hint, see there
    let too_early = mutant!(PendingAnnouncedTooEarly);
    if too_early {
        announce();
    }
    let mut queue = B::pending_drops().0.lock();
    queue.push(PendingDrop(head));
    let unannounced = mutant!(PendingNotAnnounced);
    if !unannounced && !too_early {
        announce();
    }
    queue.len()
}

/// Applies every pending drop: the `after_acquire` hook of the brand's lock, which the running
/// thread holds, with no token in use.
#[cold]
pub(super) fn apply_pending<B: Brand>() {
    if mutant!(PendingNotApplied) {
        return;
    }
    let pending = {
        let mut queue = B::pending_drops().0.lock();
        B::lock().pending.store(false, Ordering::Relaxed);
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
        // This thread's queue is gone: as on a detached thread, the drop is left to another one.
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
