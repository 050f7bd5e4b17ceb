//! What counted objects are made of: a head with the count, and the queues that objects wait in.
//!
//! # Destructors
//! Destructors run under the lock, without a token, one after another. An object whose last handle
//! goes away inside a destructor is freed after that destructor, so a long chain does not overflow
//! the stack. If a destructor panics, the others run before the panic goes on. A second panic
//! aborts.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use crate::sync::{Mutex, UnsafeCell, const_unless_loom, fail};

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

    /// How many handles there are, pending drops included.
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

    /// Counts one handle less, and returns whether it was the last.
    ///
    /// # Safety
    /// As [`Head::count`], and the caller gives up one handle.
    #[inline]
    pub(super) unsafe fn decrement(&self) -> bool {
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
pub(super) struct PendingDrop(pub(super) NonNull<Head>);

// SAFETY: it stands for a handle of an object that is Send and Sync (`GilRc::new`), to be dropped
// by another thread.
unsafe impl Send for PendingDrop {}

/// A brand's pending drops: threads without the lock leave them to the next thread that acquires
/// it.
#[derive(Debug)]
pub struct PendingDrops(pub(super) Mutex<Vec<PendingDrop>>);

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

/// One thread's queue of a brand's objects that have no handles and have to be freed.
#[derive(Debug, Default)]
pub struct DropQueue {
    pub(super) objects: RefCell<Vec<NonNull<Head>>>,
    collecting: Cell<bool>,
}

impl DropQueue {
    /// Empty.
    #[must_use]
    pub const fn new() -> Self {
        Self { objects: RefCell::new(Vec::new()), collecting: Cell::new(false) }
    }

    /// Frees all objects in the queue, unless an outer call on this thread is doing so already.
    pub(super) fn collect(&self) {
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
