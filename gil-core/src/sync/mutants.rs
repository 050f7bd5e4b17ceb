//! Deliberate bugs of the mechanism; this module exists under `cfg(loom)` only.

use std::cell::Cell;

thread_local! {
    static MUTANT: Cell<Option<Mutant>> = const { Cell::new(None) };
}

macro_rules! mutants {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A deliberate bug of the mechanism. Each must be caught by a claim named in advance.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Mutant { $($(#[$doc])* $name,)* }

        impl Mutant {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name on command lines and in reports.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

mutants! {
    /// The attach's compare-and-swap is Relaxed, not Acquire.
    AttachRelaxed,
    /// The detach's compare-and-swap is Relaxed, not Release.
    DetachRelaxed,
    /// The freeze is Relaxed, not Acquire.
    FreezeRelaxed,
    /// The store that unfreezes the word is Relaxed, not Release.
    UnfreezeRelaxed,
    /// A detach reads the word and stores 0 instead of one compare-and-swap.
    DetachByStore,
    /// The slow path looks at the word without freezing it.
    WordNotFrozen,
    /// The word is given back while a thread is not Idle.
    SlowDroppedEarly,
    /// A woken thread is not notified at all.
    NotNotified,
    /// The flag is set, but the thread is not unparked.
    NotUnparked,
    /// The request is not mirrored into the flag that safepoints read.
    FlagNotMirrored,
    /// The flag that safepoints read rises with the request and does not fall with it.
    FlagNeverFalls,
    /// A safepoint whose request has gone switches all the same.
    StaleRequestAnswered,
    /// The flag is not cleared by the waiter that saw it.
    NotificationKept,
    /// The runs of owners are not counted, so that no timer is known to belong to a past one.
    RunNotCounted,
    /// The word is given back before the flag is stored.
    WordBeforeFlag,
    /// The free choices are no choices: their bits are armed before the threads begin.
    BitsArmedTooEarly,
    /// A timer of the run does not start again when the owner changes.
    StaleRunTimer,
    /// An acquire does not apply the drops of detached threads.
    PendingNotApplied,
    /// A detached drop decrements the count itself.
    DetachedDropDirect,
    /// A clone without a token does not ask whether the thread is attached.
    CountOutsideLock,
    /// `Attached::lock_detached` waits for the mutex without detaching.
    LockWithoutDetaching,
    /// An attach reads the word and stores the thread's id instead of one compare-and-swap.
    AttachByStore,
    /// The word is frozen, and read as the fast path's, again in each section.
    FreezesAgain,
    /// Of the threads that a section woke only the first is unparked.
    OnlyFirstUnparked,
    /// A thread that gives up does not tell the Monitor.
    CancelSkipped,
    /// The lock is touched after a section has been left and its threads have been woken
    /// (gh-104341).
    TouchedAfterRelease,
    /// The release of a biased lock is Relaxed, not Release.
    LeaveRelaxed,
    /// A section does not take the word away from the thread that it is biased to.
    BiasNotRevoked,
    /// A deferred request is never published.
    RequestNeverPublished,
    /// A request stays deferred after the thread that deferred it has given up.
    DeferralOutlivesWaiter,
    /// A pending drop is not announced.
    PendingNotAnnounced,
    /// A pending drop is announced before it is in the queue.
    PendingAnnouncedTooEarly,
    /// The id of a thread that is gone and still holds the lock is used again.
    HolderIdReused,
    /// A new thread gets the id of a thread that may retake the lock.
    BiasedIdReused,
    /// A lock is known by its address.
    LockIdIsAddress,
    /// A thread frees its registrations with locks that exist.
    LivingRegistrationPruned,
    /// A thread that was granted the lock gives up, and owns it.
    GrantedLeaves,
    /// A spurious return is taken for an expired timer.
    ReturnIsTimeout,
}

impl Mutant {
    /// Switches one mutant on for the executions that follow on this OS thread, or all off.
    pub fn set(mutant: Option<Self>) {
        MUTANT.set(mutant);
    }

    pub(crate) fn is_on(self) -> bool {
        MUTANT.get() == Some(self)
    }
}
