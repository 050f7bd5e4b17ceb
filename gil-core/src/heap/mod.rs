//! Objects shared by the threads of an interpreter, guarded by its lock and paid for as if there
//! were one thread.
//!
//! A *brand* is a type that stands for one static lock, made by [`brand!`](crate::brand). The token
//! of an attached thread opens every [`GilCell`] of its brand. With the token, a thread counts the
//! handles of a [`GilRc`] with a plain integer. Such cheap counts are a reason to have a GIL: none
//! of them is atomic, and the compiler rejects what would race.
//!
//! ```
//! use gil_core::heap::{Brand, GilCell, GilRc};
//! # if gil_core::UNDER_LOOM { return }
//! gil_core::brand!(struct Interpreter);
//!
//! let list = GilRc::<Interpreter, _>::new(GilCell::new(vec![1, 2]));
//! let mut token = Interpreter::attach();
//! let shared = list.clone_ref(&token); // a plain increment
//! list.get_mut(&mut token).push(3);
//! token.detach(|| drop(list)); // this thread cannot count now: the next acquire does
//! assert_eq!(shared.handles(&token), 1);
//! assert_eq!(*shared.get(&token), [1, 2, 3]);
//! shared.drop_ref(&token); // the last one: freed here and now
//! ```
//!
//! # What is rejected
//! | attempt                                                           | by |
//! |-------------------------------------------------------------------|----|
//! | a reference kept across `safepoint`, `detach`, `lend` or the guard | the compiler |
//! | the token of another brand; a token sent to, or shared with, a thread | the compiler |
//! | two `&mut` at once                                                | the compiler |
//! | an object that is not Send and Sync in a [`GilRc`], not Send in a shared [`GilCell`] | the compiler |
//! | a borrow hidden in a wrapper that claims to be Send               | the compiler: `detach` takes the token mutably, whatever is captured |
//! | a guard that escapes from `detach`                                | abort |
//! | [`GilRc::try_clone`] while detached                               | `None` |
//!
//! # Dropping a handle
//! [`GilRc::drop_ref`] decrements at once. A plain drop of an attached thread does the same. A
//! detached thread leaves the decrement to the next acquire; [`Brand::deferred_drops`] says how
//! many wait. Destructors run under the lock and without a token, so they can open no cell. Cycles
//! are not collected.

use std::fmt::{Debug, Formatter};
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::gil::Gil;
use crate::sync::{UnsafeCell, const_unless_loom, mutant};

mod brand;
mod counted;
mod pending;

pub use brand::{Brand, BrandState, Token};
use counted::Head;
#[doc(hidden)] // for `brand!`
pub use counted::{DropQueue, PendingDrops};

const_unless_loom! {
    /// For [`brand!`](crate::brand): a brand's lock, which applies its pending drops.
    #[doc(hidden)]
    #[must_use]
    pub fn brand_lock<B: Brand>(
        state: BrandState<B>,
        protocol: B::Protocol,
    ) -> Gil<BrandState<B>, B::Protocol> {
        Gil::with_after_acquire(state, protocol, pending::apply_pending::<B>)
    }
}

/// A value that a brand's token opens. As large as the value: no flag, no lock of its own.
pub struct GilCell<B, V> {
    value: UnsafeCell<V>,
    brand: PhantomData<fn() -> B>,
}

// SAFETY: the value is reached only with the brand's token, by one thread at a time (SAFE-1), each
// seeing what the last one wrote (SAFE-2). That moves the value between threads, so `V: Send`.
unsafe impl<B, V: Send> Sync for GilCell<B, V> {}

impl<B: Brand, V> GilCell<B, V> {
    const_unless_loom! {
        /// A cell. `const`, so it can be a `static`.
        pub fn new(value: V) -> Self {
            Self { value: UnsafeCell::new(value), brand: PhantomData }
        }
    }

    /// A reference to the value. While it lives, the token cannot be used mutably.
    #[inline]
    pub fn get<'a>(&'a self, _: &'a Token<'_, B>) -> &'a V {
        // SAFETY: the token says that this thread owns the lock, and borrows from it keep every
        // `&mut` to any cell of the brand away.
        self.value.with(|value| unsafe { &*value })
    }

    /// A mutable reference to the value. While it lives, no cell of the brand can be opened.
    #[inline]
    pub fn get_mut<'a>(&'a self, _: &'a mut Token<'_, B>) -> &'a mut V {
        // SAFETY: as in `get`, and the token's mutable borrow keeps every other reference away.
        self.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<B, V> Debug for GilCell<B, V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("GilCell { .. }")
    }
}

/// An object in memory: the head that [`Head`] pointers point to, then the value.
#[repr(C)]
struct Counted<O> {
    head: Head,
    value: O,
}

/// A counted handle of a shared object, as [`std::sync::Arc`], with a plain integer for a count
/// that the brand's lock guards.
///
/// There is no `Clone`: an increment cannot wait for the next acquire, as a decrement can. With a
/// token there is [`GilRc::clone_ref`], without one [`GilRc::try_clone`].
pub struct GilRc<B: Brand, O> {
    head: NonNull<Head>,
    of: PhantomData<(fn() -> B, O)>,
}

// SAFETY: the object is Send and Sync (`new`), and its count is touched only under the lock.
unsafe impl<B: Brand, O: Send + Sync> Send for GilRc<B, O> {}
// SAFETY: as above.
unsafe impl<B: Brand, O: Send + Sync> Sync for GilRc<B, O> {}

impl<B: Brand, O: Send + Sync + 'static> GilRc<B, O> {
    /// Allocates an object. Needs no token.
    pub fn new(value: O) -> Self {
        /// # Safety
        /// `head` is the head of a `Counted<O>` in a box, whose last handle is gone.
        unsafe fn free<O>(head: NonNull<Head>) {
            // SAFETY: the caller's; `head` was made from the whole box.
            drop(unsafe { Box::from_raw(head.cast::<Counted<O>>().as_ptr()) });
        }
        let object = Box::new(Counted { head: Head::new(free::<O>), value });
        Self { head: NonNull::from(Box::leak(object)).cast(), of: PhantomData }
    }

    /// Another handle: a plain increment.
    #[inline]
    #[must_use]
    pub fn clone_ref(&self, _: &Token<'_, B>) -> Self {
        // SAFETY: the token says that this thread holds the lock.
        unsafe { self.head().increment() };
        Self { head: self.head, of: PhantomData }
    }

    /// Another handle, without a token at hand: `None` when this thread is not attached.
    #[inline]
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        (B::lock().is_attached() || mutant!(CountOutsideLock)).then(|| {
            // SAFETY: this thread holds the lock.
            unsafe { self.head().increment() };
            Self { head: self.head, of: PhantomData }
        })
    }

    /// Drops the handle: a plain decrement. The last one frees the object.
    #[inline]
    pub fn drop_ref(self, _: &Token<'_, B>) {
        let handle = std::mem::ManuallyDrop::new(self);
        // SAFETY: the token says that this thread holds the lock; the handle is not used again.
        unsafe { pending::drop_handle_attached::<B>(handle.head) }
    }

    /// How many handles there are, those of pending drops included.
    #[must_use]
    pub fn handles(&self, _: &Token<'_, B>) -> usize {
        // SAFETY: the token says that this thread holds the lock.
        unsafe { self.head().count() }
    }
}

impl<B: Brand, O> GilRc<B, O> {
    #[inline]
    fn head(&self) -> &Head {
        // SAFETY: a handle keeps its object alive.
        unsafe { self.head.as_ref() }
    }

    /// Whether both are handles of the same object.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.head == other.head
    }
}

impl<B: Brand, O> Deref for GilRc<B, O> {
    type Target = O;
    #[inline]
    fn deref(&self) -> &O {
        // SAFETY: a handle keeps its object alive, and the value is only ever shared.
        unsafe { &self.head.cast::<Counted<O>>().as_ref().value }
    }
}

impl<B: Brand, O> Drop for GilRc<B, O> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this handle is not used again.
        unsafe { pending::drop_handle::<B>(self.head) }
    }
}

impl<B: Brand, O: Debug> Debug for GilRc<B, O> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("GilRc").field(&**self).finish()
    }
}
