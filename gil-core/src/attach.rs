//! Every way in: how a thread attaches to a [`Gil`].
//!
//! Attaching gives a token, [`Attached`], and the token gives the data. Mutual exclusion makes the
//! token unique at run time; the borrow checker does the rest.
//!
//! # The ways in
//! | call | PyO3's word | if the thread is attached already | may wait |
//! |---|---|---|---|
//! | [`Gil::attach`] | `Python::attach` | panics (PyO3 nests) | yes |
//! | [`Gil::attach_checked`] | none | [`AttachError::AlreadyAttached`] | yes |
//! | [`Gil::try_attach`] | `Python::try_attach` | [`AttachError::AlreadyAttached`] | no |
//! | [`Gil::with`] | `Python::attach` in a callback | uses a lent token, or an error | yes |
//! | [`Gil::with_lent`] | `Python::assume_attached` | uses a lent token, or `None` | no |
//! | [`Attached::detach`] | `Python::detach` | releases around a blocking call | to come back |
//! | [`Attached::lend`] | none | keeps the lock, gives up the token | no |
//!
//! # What goes wrong, and what happens then
//! | what                                          | what happens                                  |
//! |-----------------------------------------------|-----------------------------------------------|
//! | attaching twice on one thread                 | [`AttachError::AlreadyAttached`], a panic from [`Gil::attach`]; never a hang |
//! | attaching in a thread-exit destructor         | [`AttachError::ThreadExiting`] once the thread's locals are gone; [`RawGil`](crate::raw::RawGil) works there |
//! | `mem::forget` of a guard                      | the lock stays held for ever; the thread stays attached, its id is never used again |
//! | a panic while attached                        | the guard is dropped: detached; no poisoning, the data is as the panic left it |
//! | a panic inside `detach`                       | attached again, then the panic goes on        |
//! | a guard that escapes from `detach`'s closure  | abort: it would make two tokens               |
//! | a panic inside a protocol                     | abort: a half-updated lock must not live on   |
//! | foreign code jumps (`longjmp`) over `detach`, `lend`, `with` or a guard | undefined: their destructors do not run |

use std::fmt::{Debug, Display, Formatter};

use crate::attached::{Attached, Restore};
use crate::gil::Gil;
use crate::monitor::Fault;
use crate::protocol::Protocol;
use crate::raw::{RawGil, Registration};
use crate::sync::Ordering;

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
            Self::AlreadyAttached => "this thread is attached already: use its token, or lend it",
            Self::Busy => "the lock is held or wanted by another thread",
            Self::ThreadExiting => "this thread is ending and can no longer attach",
        })
    }
}

impl std::error::Error for AttachError {}

impl<T, P: Protocol> Gil<T, P> {
    /// Waits for the lock and takes it.
    ///
    /// # Panics
    /// When this thread is attached already, or is ending. [`Gil::attach_checked`] and
    /// [`Gil::with`] return an error instead.
    #[track_caller]
    #[inline(always)]
    pub fn attach(&self) -> Attached<'_, T, P> {
        match self.attach_checked() {
            Ok(attached) => attached,
            Err(error) => panic!("cannot attach: {error}"),
        }
    }

    /// As [`Gil::attach`], with an error instead of a panic. For a function that foreign code calls
    /// and that cannot know whether this thread is attached.
    ///
    /// ```
    /// use gil_core::{AttachError, Gil};
    /// # if gil_core::UNDER_LOOM { return Ok(()) }
    /// let gil = Gil::new(1);
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
        self.attach_with(|raw, registration| raw.attach(registration).map(|()| true))
    }

    /// Takes the lock if no thread holds it or waits for it. Never waits.
    ///
    /// To poll this is no way to get the lock: while other threads hand it over it is never free,
    /// so the polling thread starves.
    ///
    /// # Errors
    /// [`AttachError`] says why not.
    pub fn try_attach(&self) -> Result<Attached<'_, T, P>, AttachError> {
        self.attach_with(RawGil::try_attach)
    }

    /// Runs `f` attached: with the token this thread has lent, or by attaching for as long as `f`
    /// runs.
    ///
    /// ```
    /// use gil_core::{AttachError, Gil};
    /// # if gil_core::UNDER_LOOM { return Ok(()) }
    /// let gil = Gil::new(1);
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
    /// [`AttachError::ThreadExiting`] when it is ending.
    pub fn with<R>(&self, f: impl FnOnce(&mut Attached<'_, T, P>) -> R) -> Result<R, AttachError> {
        let current = self.registration().ok_or(AttachError::ThreadExiting)?;
        if current.lent.get() {
            return self.with_lent(f).ok_or(AttachError::AlreadyAttached);
        }
        Ok(f(&mut self.attach_checked()?))
    }

    /// Runs `f` with the token this thread has lent; `None` if it has lent none. For a callback
    /// that must be called attached: [`Gil::with`] would attach, and hide a caller that was not.
    ///
    /// ```
    /// use gil_core::Gil;
    /// # if gil_core::UNDER_LOOM { return }
    /// let gil = Gil::new(1);
    /// let hook = || gil.with_lent(|attached| attached.safepoint());
    /// assert_eq!(hook(), None, "not attached");
    /// assert_eq!(gil.attach().lend(hook), Some(()));
    /// ```
    pub fn with_lent<R>(&self, f: impl FnOnce(&mut Attached<'_, T, P>) -> R) -> Option<R> {
        let current = self.registration().filter(|current| current.lent.get())?;
        let _restore = Restore::set(&current.lent, false);
        Some(f(&mut Attached::new(self, current, true)))
    }

    #[inline(always)]
    fn attach_with(
        &self,
        take: impl FnOnce(&RawGil<P>, &Registration) -> Result<bool, Fault>,
    ) -> Result<Attached<'_, T, P>, AttachError> {
        let current = self.registration().ok_or(AttachError::ThreadExiting)?;
        match take(&self.raw, &current.registration) {
            Ok(true) => {
                current.attached.set(true);
                match self.pending.load(Ordering::Relaxed) {
                    false => Ok(Attached::new(self, current, false)),
                    true => Ok(Attached::new_after_hook(self, current)),
                }
            }
            Ok(false) => Err(AttachError::Busy),
            Err(_) => Err(AttachError::AlreadyAttached),
        }
    }
}

impl<T: Debug, P: Protocol> Debug for Gil<T, P> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self.try_attach() {
            Ok(attached) => f.debug_tuple("Gil").field(&*attached).finish(),
            Err(_) => f.write_str("Gil(<attached>)"),
        }
    }
}
