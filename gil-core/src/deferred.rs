//! The counted objects of [`heap`](crate::heap) from below: counts, deferred drops, destructors.
//!
//! # Why a drop is deferred
//! A count is a plain integer that belongs to the lock. A thread that gives up a handle while it
//! does not hold the lock cannot decrement: it leaves a note, and the next thread that takes the
//! lock decrements for it. The count is too high until then, never too low.
//!
//! # The queue does not grow unnoticed
//! After every [`NUDGE_EVERY`] notes the thread that leaves one takes the lock and settles, if the
//! lock is free; if not, it sends the holder's next safepoint through the slow path, which settles.
//! A holder that comes to no safepoint lets it grow: `deferred_drops` says how far.
//!
//! # Destructors
//! They run under the lock, without a token, one after the other: an object whose last handle goes
//! away inside a destructor is freed after it, so a long chain does not overflow the stack. A panic
//! in one goes on after the others have run; a second one aborts.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use crate::gil::Gil;
use crate::protocol::Protocol;
use crate::sync::{AtomicBool, Mutex, Ordering, UnsafeCell, const_unless_loom, fail, mutant};

/// After so many deferred drops, somebody is asked to make them.
pub(crate) const NUDGE_EVERY: usize = 1024;

/// What every counted object begins with. The count is guarded by the brand's lock.
pub(crate) struct Head {
    count: UnsafeCell<usize>,
    free: unsafe fn(NonNull<Head>),
}

impl Head {
    /// `free` frees the object that this head begins.
    pub(crate) fn new(free: unsafe fn(NonNull<Self>)) -> Self {
        Self { count: UnsafeCell::new(1), free }
    }

    /// How many handles there are, deferred drops included.
    ///
    /// # Safety
    /// The running thread holds the brand's lock.
    pub(crate) unsafe fn count(&self) -> usize {
        // SAFETY: counts are touched under the lock only, which this thread holds.
        self.count.with(|count| unsafe { *count })
    }

    /// # Safety
    /// As [`Head::count`].
    #[inline]
    pub(crate) unsafe fn increment(&self) {
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

/// A handle given up by a thread that did not hold the lock.
#[derive(Debug)]
struct Due(NonNull<Head>);

// SAFETY: it stands for a handle of an object that is Send and Sync (`GilRc::new`), to be given up
// by another thread.
unsafe impl Send for Due {}

/// The drops that threads without the lock left to the next one that has it.
#[derive(Debug)]
pub(crate) struct Deferred {
    /// Whether the queue has anything. Relaxed: a hint, stored under the mutex; a take that comes
    /// after a drop sees it, by whatever brought it after.
    any: AtomicBool,
    queue: Mutex<Vec<Due>>,
}

impl Deferred {
    const_unless_loom! {
        pub(crate) fn new() -> Self {
            Self { any: AtomicBool::new(false), queue: Mutex::new(Vec::new()) }
        }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.queue.lock().len()
    }

    /// Whether any seem to wait.
    #[inline]
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    fn push(&self, head: NonNull<Head>) -> usize {
        let too_early = mutant!(DeferredSaidTooEarly);
        if too_early {
            self.any.store(true, Ordering::Relaxed);
        }
        let mut queue = self.queue.lock();
        queue.push(Due(head));
        let unsaid = mutant!(DeferredNotSaid);
        if !unsaid && !too_early {
            self.any.store(true, Ordering::Relaxed);
        }
        queue.len()
    }

    /// Makes all that wait, by a thread that holds the lock and lets nobody use a token.
    #[inline]
    pub(crate) fn settle(&self, garbage: &Garbage) {
        if self.any() && !mutant!(DeferredNotDrained) {
            self.settle_slow(garbage);
        }
    }

    #[cold]
    fn settle_slow(&self, garbage: &Garbage) {
        let due = {
            let mut queue = self.queue.lock();
            self.any.store(false, Ordering::Relaxed);
            std::mem::take(&mut *queue)
        };
        for Due(head) in due {
            // SAFETY: this thread holds the lock, and a handle was left to it.
            if unsafe { head.as_ref().decrement() } {
                garbage.objects.borrow_mut().push(head);
            }
        }
        garbage.collect();
    }
}

impl<T, P: Protocol> Gil<T, P> {
    /// Gives up a handle of an object on this lock.
    ///
    /// # Safety
    /// There is such a handle, and it is not used again.
    #[inline]
    pub(crate) unsafe fn give_up(&self, head: NonNull<Head>) {
        if self.is_attached() || mutant!(DetachedDropDirect) {
            // SAFETY: this thread holds the lock; the handle is the caller's.
            unsafe { self.give_up_attached(head) }
        } else {
            self.defer(head);
        }
    }

    /// As [`Gil::give_up`], on a thread that is known to hold the lock.
    ///
    /// # Safety
    /// As there, and the thread holds the lock.
    #[inline]
    pub(crate) unsafe fn give_up_attached(&self, head: NonNull<Head>) {
        // SAFETY: the caller's.
        if unsafe { head.as_ref().decrement() } {
            self.free(head);
        }
    }

    #[cold]
    fn free(&self, head: NonNull<Head>) {
        match crate::membership::of_attached(self.number()) {
            Some(membership) => {
                membership.garbage.objects.borrow_mut().push(head);
                membership.garbage.collect();
            }
            // The thread's locals are half gone: as if it were detached.
            None => {
                // SAFETY: the caller has just decremented, so it holds the lock.
                unsafe { head.as_ref().increment() };
                self.deferred.push(head);
            }
        }
    }

    #[cold]
    fn defer(&self, head: NonNull<Head>) {
        if self.deferred.push(head).is_multiple_of(NUDGE_EVERY) && self.try_attach().is_err() {
            self.raw.nudge();
        }
    }
}

/// Objects without handles that one thread has to free.
#[derive(Debug, Default)]
pub(crate) struct Garbage {
    objects: RefCell<Vec<NonNull<Head>>>,
    collecting: Cell<bool>,
}

impl Garbage {
    /// Frees them all, unless this thread is in the middle of that further out.
    fn collect(&self) {
        if self.collecting.replace(true) {
            return;
        }
        let _rest = Rest(self);
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
struct Rest<'a>(&'a Garbage);

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        self.0.collecting.set(false);
        if !self.0.objects.borrow().is_empty() {
            self.0.collect();
        }
    }
}
