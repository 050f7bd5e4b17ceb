//! What no thread and no protocol may do.

use std::fmt::{Display, Formatter};

/// Why a [`Monitor`](crate::engine::Monitor) refused a section.
///
/// ```
/// use gil_core::engine::{Fault, Monitor, Operation, WakeFirst};
/// use gil_core::protocol::{Handoff, Release, ThreadId};
/// let mut monitor = Monitor::new(Handoff::new());
/// let release = Operation::Release(Release::Blocking);
/// let fault = monitor.section(ThreadId::from_index(0), release, &mut WakeFirst).unwrap_err();
/// assert_eq!(fault, Fault::NotHolder);
/// assert!(fault.is_caller_error(), "the protocol is not to blame, and nothing has changed");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The acquiring thread owns the lock already.
    AlreadyAttached,
    /// The thread that releases, or looks for a request, does not own the lock.
    NotHolder,
    /// The section does not fit the thread's state (a thread that waits cannot acquire again).
    InvalidTransition,
    /// The fast path changed the owner while a thread was in the slow path.
    FastPathWhileBusy,
    /// The protocol let a thread take a lock that another one owns.
    TakesHeldLock,
    /// The protocol let a thread wait or leave while it still owns the lock.
    WaitsWhileOwning,
    /// The protocol freed or gave away a lock that its thread does not own.
    FreesWithoutOwning,
    /// The protocol gave the lock to a thread that does not wait for it.
    GivesToNonWaiter,
    /// The protocol let a thread on its way out become the owner.
    OwnsWhileLeaving,
    /// The protocol sent an acquiring thread away.
    LeavesWhileEntering,
    /// The protocol named a wait-set it did not declare.
    UnknownSet,
}

impl Fault {
    /// Whether the caller is to blame and not the protocol. Such a fault leaves the owner, the
    /// request, the wait-sets and each thread's state unchanged.
    pub const fn is_caller_error(self) -> bool {
        matches!(self, Self::AlreadyAttached | Self::NotHolder | Self::InvalidTransition)
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AlreadyAttached => "the thread is attached already",
            Self::NotHolder => "the thread does not hold the lock",
            Self::InvalidTransition => "the section does not fit the thread's state",
            Self::FastPathWhileBusy => "the fast path changed the owner while a thread was busy",
            Self::TakesHeldLock => "the protocol let a thread take a held lock",
            Self::WaitsWhileOwning => "the protocol let a thread stop while it owns the lock",
            Self::FreesWithoutOwning => "the protocol freed a lock that its thread does not own",
            Self::GivesToNonWaiter => "the protocol gave the lock to a thread that does not wait",
            Self::OwnsWhileLeaving => "the protocol made a leaving thread the owner",
            Self::LeavesWhileEntering => "the protocol sent an acquiring thread away",
            Self::UnknownSet => "the protocol named a wait-set it did not declare",
        })
    }
}

impl std::error::Error for Fault {}
