//! Objects shared by the threads of an interpreter, guarded by its lock and paid for as if there
//! were one thread.
//!
//! A *brand* is a type that stands for one static lock, made by [`brand!`](crate::brand). The token
//! of an attached thread opens every [`GilCell`] of its brand, and lets it count the handles of a
//! [`GilRc`] with a plain integer. That is the article's reason for a GIL, as types: nothing here
//! is atomic, and the compiler rejects what would race.
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
//! token.detach(|| drop(list)); // this thread cannot count now: the next take does it
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
//! [`GilRc::drop_ref`] decrements at once. A plain drop asks "is it me?": attached it does the
//! same, detached it leaves the decrement to the next take; [`Brand::deferred_drops`] says how many
//! wait. Destructors run under the lock and without a token, so they can open no cell. Cycles are
//! not collected.

use std::fmt::{Debug, Formatter};
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::attach::AttachError;
use crate::attached::Attached;
use crate::gil::Gil;
use crate::protocol::Protocol;
use crate::sync::{UnsafeCell, const_unless_loom, mutant};

mod pending;

use pending::Head;
#[doc(hidden)] // for `brand!`
pub use pending::{DropQueue, PendingDrops};

/// A type that stands for one lock. Made by [`brand!`](crate::brand).
///
/// # Safety
/// [`Brand::lock`] always gives the same lock, and no other lock has this brand.
pub unsafe trait Brand: Sized + 'static {
    /// The protocol of its lock.
    type Protocol: Protocol;

    /// Its lock.
    fn lock() -> &'static Gil<BrandState<Self>, Self::Protocol>;

    /// The drops of this brand that wait for the next acquire.
    #[doc(hidden)]
    fn pending_drops() -> &'static PendingDrops;

    /// Runs `f` with this thread's queue of objects to free; `false`: the thread is ending, and its
    /// queue is gone.
    #[doc(hidden)]
    fn with_drop_queue(f: impl FnOnce(&DropQueue)) -> bool;

    /// Waits for the lock and takes it.
    ///
    /// # Panics
    /// As [`Gil::attach`].
    #[track_caller]
    #[inline]
    fn attach() -> Token<'static, Self> {
        Self::lock().attach()
    }

    /// Runs `f` attached, as [`Gil::with`].
    ///
    /// # Errors
    /// [`AttachError::AlreadyAttached`] when this thread is attached and has not lent its token.
    fn with<R>(f: impl FnOnce(&mut Token<'_, Self>) -> R) -> Result<R, AttachError> {
        Self::lock().with(f)
    }

    /// How many drops of detached threads wait for the next acquire. The number grows without bound only
    /// while a holder reaches no safepoint.
    fn deferred_drops() -> usize {
        Self::pending_drops().len()
    }
}

/// The token of a thread attached to a brand's lock.
pub type Token<'t, B> = Attached<'t, BrandState<B>, <B as Brand>::Protocol>;

/// What a brand's lock owns: nothing but the brand.
pub struct BrandState<B>(PhantomData<fn() -> B>);

impl<B> BrandState<B> {
    /// For [`brand!`](crate::brand).
    ///
    /// # Safety
    /// Called once for each brand, for the lock that its [`Brand::lock`] gives.
    #[doc(hidden)]
    #[must_use]
    pub const unsafe fn new() -> Self {
        Self(PhantomData)
    }
}

/// Makes a [`Brand`](crate::heap::Brand): a type and its static lock, with the default protocol or
/// another one.
///
/// ```
/// gil_core::brand!(pub struct Interpreter);
/// gil_core::brand!(struct Plain: gil_core::protocol::Handoff = gil_core::protocol::Handoff::plain());
/// ```
#[macro_export]
macro_rules! brand {
    ($(#[$meta:meta])* $vis:vis struct $name:ident) => {
        $crate::brand!($(#[$meta])* $vis struct $name: $crate::protocol::Handoff = $crate::protocol::Handoff::new());
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident: $protocol:ty = $start:expr) => {
        $(#[$meta])* $vis enum $name {}

        // SAFETY: one static, made here and nowhere else.
        unsafe impl $crate::heap::Brand for $name {
            type Protocol = $protocol;
            #[inline]
            fn lock() -> &'static $crate::Gil<$crate::heap::BrandState<Self>, $protocol> {
                $crate::static_unless_loom! {
                    LOCK: $crate::Gil<$crate::heap::BrandState<$name>, $protocol> =
                        // SAFETY: this is the brand's only lock.
                        $crate::heap::brand_lock(unsafe { $crate::heap::BrandState::new() }, $start);
                }
                &LOCK
            }
            fn pending_drops() -> &'static $crate::heap::PendingDrops {
                $crate::static_unless_loom! {
                    PENDING: $crate::heap::PendingDrops = $crate::heap::PendingDrops::new();
                }
                &PENDING
            }
            fn with_drop_queue(f: impl FnOnce(&$crate::heap::DropQueue)) -> bool {
                $crate::thread_local_unless_loom! {
                    QUEUE: $crate::heap::DropQueue = $crate::heap::DropQueue::new();
                }
                QUEUE.try_with(f).is_ok()
            }
        }
    };
}

/// A static, or under loom one for each execution.
#[cfg(not(loom))]
#[doc(hidden)]
#[macro_export]
macro_rules! static_unless_loom {
    ($name:ident: $type:ty = $value:expr;) => {
        static $name: $type = $value;
    };
}

/// A static, or under loom one for each execution.
#[cfg(loom)]
#[doc(hidden)]
#[macro_export]
macro_rules! static_unless_loom {
    ($name:ident: $type:ty = $value:expr;) => {
        $crate::loom::lazy_static! { static ref $name: $type = $value; }
    };
}

/// A thread-local, or under loom one of loom's.
#[cfg(not(loom))]
#[doc(hidden)]
#[macro_export]
macro_rules! thread_local_unless_loom {
    ($name:ident: $type:ty = $value:expr;) => {
        ::std::thread_local! { static $name: $type = const { $value }; }
    };
}

/// A thread-local, or under loom one of loom's.
#[cfg(loom)]
#[doc(hidden)]
#[macro_export]
macro_rules! thread_local_unless_loom {
    ($name:ident: $type:ty = $value:expr;) => {
        $crate::loom::thread_local! { static $name: $type = $value; }
    };
}

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

    /// Looks at the value, as long as the token is not used mutably.
    #[inline]
    pub fn get<'a>(&'a self, _: &'a Token<'_, B>) -> &'a V {
        // SAFETY: the token says that this thread owns the lock, and borrows from it keep every
        // `&mut` to any cell of the brand away.
        self.value.with(|value| unsafe { &*value })
    }

    /// Changes the value. No other cell of the brand can be open meanwhile.
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
/// There is no `Clone`: an increment cannot wait for the next take, as a decrement can. With a
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

    /// How many handles there are, those of deferred drops included.
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
