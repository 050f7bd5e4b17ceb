//! The typed API: attaching gives a token, and the token gives the data.
//!
//! Mutual exclusion makes the token unique at run time; the borrow checker does the rest. What
//! gives the lock up for a while ([`Attached::safepoint`], [`Attached::detach`]) or gives the token
//! away ([`Attached::lend`]) takes `&mut self`, so no reference to the data lives across it.
//!
//! # What goes wrong, and what happens then
//! | what                                          | what happens                                  |
//! |-----------------------------------------------|-----------------------------------------------|
//! | attaching twice on one thread                 | [`AttachError::AlreadyAttached`], a panic from [`Gil::attach`]; never a hang |
//! | `mem::forget` of a guard                      | the lock stays held for ever; the thread stays attached, its id is never used again |
//! | a panic while attached                        | the guard is dropped: detached; no poisoning, the data is as the panic left it |
//! | a panic inside `detach`                       | attached again, then the panic goes on        |
//! | a guard that escapes from `detach`'s closure  | abort: it would make two tokens               |
//! | a panic inside a protocol                     | abort: a half-updated lock must not live on   |
//! | foreign code jumps (`longjmp`) over `detach`, `lend`, `with` or a guard | undefined: what they put back is put back by destructors |

use std::fmt::{Debug, Display, Formatter};
use std::time::Duration;

use crate::attached::{Attached, Restore};
use crate::deferred::Deferred;
use crate::fault::Fault;
use crate::handoff::Handoff;
use crate::membership::{self, Mine, Returned};
use crate::observe::Counters;
use crate::protocol::Protocol;
use crate::raw::{RawGil, Registration};
use std::sync::Arc;

use crate::sync::{AtomicU64, Mutex, Ordering, UnsafeCell, const_unless_loom};

/// Why a thread could not attach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum AttachError {
    /// The thread holds the lock already: use the token it has, or [`Attached::lend`] it.
    AlreadyAttached,
    /// Another thread holds the lock or is about to ([`Gil::try_attach`] only).
    Busy,
    /// The thread is ending: its thread-locals are gone.
    ThreadExiting,
}

impl Display for AttachError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AlreadyAttached => {
                "this thread is attached to this lock already: use the token it has, or lend it"
            }
            Self::Busy => "the lock is held or wanted by another thread",
            Self::ThreadExiting => "this thread is ending and can no longer attach",
        })
    }
}

impl std::error::Error for AttachError {}

/// A global interpreter lock that owns the interpreter's state.
///
/// ```
/// use gil_core::{AttachError, Gil, Handoff};
/// # if gil_core::UNDER_LOOM { return }
/// let gil = Gil::with_protocol(String::new(), Handoff::new());
/// let mut attached = gil.attach();
/// attached.push_str("one thread at a time");
/// assert!(matches!(gil.try_attach(), Err(AttachError::AlreadyAttached)));
/// ```
pub struct Gil<T, P: Protocol = Handoff> {
    pub(crate) raw: RawGil<P>,
    /// This lock's number among all locks; 0 until the first thread comes.
    number: AtomicU64,
    returned: Mutex<Option<Returned>>,
    pub(crate) deferred: Deferred,
    state: UnsafeCell<T>,
}

// SAFETY: the state is reached only through an `Attached` that owns the lock, by one thread at a
// time (SAFE-1), and each sees what the last one wrote (SAFE-2). That moves the state between
// threads, so `T: Send`; a shared `&T` never crosses threads through the lock, so not `T: Sync`.
unsafe impl<T: Send, P: Protocol + Send> Sync for Gil<T, P> {}

// SAFETY: sending the lock sends the state and the protocol; the rest is Send by itself.
unsafe impl<T: Send, P: Protocol + Send> Send for Gil<T, P> {}

impl<T> Gil<T> {
    const_unless_loom! {
        /// A free lock with the default protocol, [`Handoff`]. `const`, so it can be a `static`.
        pub fn new(state: T) -> Self {
            Self::with_protocol(state, Handoff::new())
        }
    }
}

impl<T, P: Protocol> Gil<T, P> {
    const_unless_loom! {
        /// A free lock with a protocol of your choice.
        pub fn with_protocol(state: T, protocol: P) -> Self {
            Self {
                raw: RawGil::new(protocol),
                number: AtomicU64::new(0),
                returned: Mutex::new(None),
                deferred: Deferred::new(),
                state: UnsafeCell::new(state),
            }
        }
    }

    /// Waits for the lock and takes it.
    ///
    /// # Panics
    /// When this thread is attached already, or is ending; [`Gil::with`] does not.
    #[track_caller]
    #[inline(always)]
    pub fn attach(&self) -> Attached<'_, T, P> {
        match self.attach_checked() {
            Ok(attached) => attached,
            Err(error) => panic!("cannot attach: {error}"),
        }
    }

    /// As [`Gil::attach`], for whoever cannot know whether this thread is attached: a function that
    /// foreign code calls.
    ///
    /// ```
    /// use gil_core::{AttachError, Gil, Handoff};
    /// # if gil_core::UNDER_LOOM { return Ok(()) }
    /// let gil = Gil::with_protocol(1, Handoff::new());
    /// let attached = gil.attach_checked()?;
    /// assert!(matches!(gil.attach_checked(), Err(AttachError::AlreadyAttached)));
    /// # drop(attached);
    /// # Ok::<(), AttachError>(())
    /// ```
    ///
    /// # Errors
    /// [`AttachError::AlreadyAttached`], or [`AttachError::ThreadExiting`].
    #[inline(always)]
    pub fn attach_checked(&self) -> Result<Attached<'_, T, P>, AttachError> {
        self.attach_or_fail(|raw, member| raw.attach(member).map(|()| true))
    }

    /// Takes the lock if nobody holds it or waits for it. Never waits for the holder.
    ///
    /// # Errors
    /// [`AttachError`] says why not.
    #[inline]
    pub fn try_attach(&self) -> Result<Attached<'_, T, P>, AttachError> {
        self.attach_or_fail(RawGil::try_attach)
    }

    /// Runs `f` attached: with the token this thread has lent, or by attaching for the while.
    ///
    /// ```
    /// use gil_core::{AttachError, Gil, Handoff};
    /// # if gil_core::UNDER_LOOM { return Ok(()) }
    /// let gil = Gil::with_protocol(1, Handoff::new());
    /// let callback = || gil.with(|attached| **attached += 1); // knows nothing of its caller
    /// callback()?;
    /// let mut attached = gil.attach();
    /// assert_eq!(callback(), Err(AttachError::AlreadyAttached), "two tokens would be two &mut");
    /// attached.lend(callback)?;
    /// assert_eq!(*attached, 3);
    /// # Ok::<(), AttachError>(())
    /// ```
    ///
    /// # Errors
    /// [`AttachError::AlreadyAttached`] when this thread is attached and has not lent its token.
    pub fn with<R>(&self, f: impl FnOnce(&mut Attached<'_, T, P>) -> R) -> Result<R, AttachError> {
        let membership = self.membership()?;
        if membership.lent.get() {
            return Ok(self.with_token_of(membership, f));
        }
        Ok(f(&mut self.attach_checked()?))
    }

    /// Runs `f` with the token this thread has lent; `None` where it has lent none. For a callback that is
    /// always called attached: [`Gil::with`] would attach for the while, and hide that it was not.
    ///
    /// ```
    /// use gil_core::{Gil, Handoff};
    /// # if gil_core::UNDER_LOOM { return }
    /// let gil = Gil::with_protocol(1, Handoff::new());
    /// let hook = || gil.with_lent(|attached| attached.safepoint());
    /// assert_eq!(hook(), None, "not attached");
    /// assert_eq!(gil.attach().lend(hook), Some(()));
    /// ```
    pub fn with_lent<R>(&self, f: impl FnOnce(&mut Attached<'_, T, P>) -> R) -> Option<R> {
        let membership = self.membership().ok()?;
        membership.lent.get().then(|| self.with_token_of(membership, f))
    }

    fn with_token_of<R>(
        &self,
        membership: Mine,
        f: impl FnOnce(&mut Attached<'_, T, P>) -> R,
    ) -> R {
        let _again = Restore::set(&membership.lent, false);
        f(&mut Attached::new(self, membership, true))
    }

    /// Whether a waiting thread asks for the lock. One relaxed load, for a place without a token, such as
    /// a hook; a safepoint is the answer. Nobody ever asks under a protocol that counts ticks.
    #[inline]
    pub fn switch_requested(&self) -> bool {
        self.raw.switch_requested()
    }

    /// Calls `tell` whenever [`Gil::switch_requested`] has changed, for an interpreter with a flag of its
    /// own that stops it (CPython calls it the eval breaker); see [`RawGil::on_switch_request`].
    pub fn on_switch_request(&self, tell: impl Fn(bool) + Send + 'static) {
        self.raw.on_switch_request(tell);
    }

    /// Whether this thread is attached.
    #[inline]
    pub fn is_attached(&self) -> bool {
        membership::is_attached(self.number())
    }

    /// Sets the switch interval, 5 ms at first: how long a thread may run before a waiting one
    /// asks for a switch. Zero is 1 us, as in CPython.
    pub fn set_switch_interval(&self, interval: Duration) {
        self.raw.set_switch_interval(interval);
    }

    /// The switch interval.
    pub fn switch_interval(&self) -> Duration {
        self.raw.switch_interval()
    }

    /// Sets after how many safepoints a protocol with ticks switches; see
    /// [`RawGil::set_check_interval`].
    pub fn set_check_interval(&self, ticks: u32) {
        self.raw.set_check_interval(ticks);
    }

    /// What the slow path has done so far.
    pub fn counters(&self) -> Counters {
        self.raw.counters()
    }

    /// The state, without locking: `&mut self` proves that no thread is attached.
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: `&mut self` is exclusive, and every `Attached` borrows `self`.
        unsafe { &mut *self.state_pointer() }
    }

    #[inline]
    pub(crate) fn state_pointer(&self) -> *mut T {
        self.state.with_mut(|state| state)
    }

    #[inline(always)]
    fn attach_or_fail(
        &self,
        take: impl FnOnce(&RawGil<P>, &Registration) -> Result<bool, Fault>,
    ) -> Result<Attached<'_, T, P>, AttachError> {
        let membership = self.membership()?;
        match take(&self.raw, &membership.member) {
            Ok(true) => {
                membership.attached.set(true);
                match self.deferred.any() {
                    false => Ok(Attached::new(self, membership, false)),
                    true => Ok(Attached::new_settled(self, membership)),
                }
            }
            Ok(false) => Err(AttachError::Busy),
            Err(_) => Err(AttachError::AlreadyAttached),
        }
    }

    /// The lock's number; 0 if no thread has come yet. Relaxed: only the value matters, and it is
    /// written once.
    #[inline]
    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn membership(&self) -> Result<Mine, AttachError> {
        let number = match self.number() {
            0 => self.assign_number(),
            number => number,
        };
        membership::of(number, || self.join()).ok_or(AttachError::ThreadExiting)
    }

    #[cold]
    fn assign_number(&self) -> u64 {
        let mine = membership::new_lock_number();
        let order = Ordering::Relaxed; // as above
        self.number.compare_exchange(0, mine, order, order).map_or_else(|theirs| theirs, |_| mine)
    }

    #[cold]
    fn join(&self) -> (Registration, Returned) {
        let mut returned = self.returned.lock();
        let returned = returned.get_or_insert_with(|| Arc::new(std::sync::Mutex::default()));
        if let Ok(mut ids) = returned.lock() {
            ids.drain(..).for_each(|id| self.raw.unregister_id(id));
        }
        (self.raw.register(), returned.clone())
    }
}

impl<T: Debug, P: Protocol> Debug for Gil<T, P> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let mut fields = f.debug_struct("Gil");
        match self.try_attach() {
            Ok(attached) => fields.field("state", &*attached),
            Err(_) => fields.field("state", &format_args!("<attached>")),
        };
        fields.finish_non_exhaustive()
    }
}
