//! A type that stands for one static lock, and the token of a thread attached to it.

use std::marker::PhantomData;

use super::counted::{DropQueue, PendingDrops};
use crate::attach::AttachError;
use crate::attached::Attached;
use crate::gil::Gil;
use crate::protocol::Protocol;

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
    /// As [`Gil::with`].
    fn with<R>(f: impl FnOnce(&mut Token<'_, Self>) -> R) -> Result<R, AttachError> {
        Self::lock().with(f)
    }

    /// How many drops of detached threads wait for the next acquire. The number grows without bound
    /// only while a holder reaches no safepoint.
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
/// use gil_core::protocol::Handoff;
/// gil_core::brand!(struct Plain: Handoff = Handoff::plain());
/// ```
#[macro_export]
macro_rules! brand {
    ($(#[$meta:meta])* $vis:vis struct $name:ident) => {
        $crate::brand!($(#[$meta])* $vis struct $name: $crate::protocol::Handoff =
            $crate::protocol::Handoff::new());
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
                        $crate::heap::brand_lock(
                            unsafe { $crate::heap::BrandState::new() },
                            $start,
                        );
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
