//! Deliberate bugs of the mechanism, and of the programs that find something.

use crate::mutants::protocol::ON_LOOM;
use crate::protocols::PROTOCOLS;

/// A deliberate bug of the mechanism (`gil_core::engine::mutants::Mutant`), and what must catch it.
#[derive(Clone, Copy, Debug)]
pub struct MechanismMutant {
    /// Its name.
    pub name: &'static str,
    /// The suite that catches it.
    pub suite: &'static str,
    /// The protocol under which it does.
    pub under: &'static str,
    /// The claims or comparisons of which one must catch it.
    pub breaks: &'static [&'static str],
}

const fn mutant(
    name: &'static str,
    suite: &'static str,
    breaks: &'static [&'static str],
) -> MechanismMutant {
    MechanismMutant { name, suite, under: PROTOCOLS[0], breaks }
}

const fn under(protocol: &'static str, mutant: MechanismMutant) -> MechanismMutant {
    MechanismMutant { under: protocol, ..mutant }
}

/// All mutants of the mechanism. They run on the default protocol, except where it cannot show
/// them.
pub const MECHANISM_MUTANTS: &[MechanismMutant] = &[
    mutant("AttachRelaxed", "two-fast", &["SAFE-2"]),
    mutant("DetachRelaxed", "two-fast", &["SAFE-2"]),
    mutant("FreezeRelaxed", "two-fast", &["SAFE-2"]),
    mutant("UnfreezeRelaxed", "two-twice-cancel", &["SAFE-2"]),
    mutant("DetachByStore", "two-fast", &["LIVE-4"]),
    mutant("WordNotFrozen", "two-fast", &["LIVE-4"]),
    mutant("SlowDroppedEarly", "hog", &["SAFE-1"]),
    mutant("AttachByStore", "two-fast", &["SAFE-1", "SAFE-2"]),
    mutant("FreezesAgain", "two", &["SAFE-1"]),
    mutant("OnlyFirstUnparked", "three", &["LIVE-4"]),
    mutant("CancelSkipped", "two-cancel", &["LIVE-4"]),
    mutant("TouchedAfterRelease", "last-release", &["SAFE-8"]),
    mutant("NotNotified", "two", &["LIVE-4"]),
    mutant("NotUnparked", "two-notified", &["LIVE-4"]),
    mutant("LeaveRelaxed", "two-twice-fast", &["SAFE-2"]),
    mutant("BiasNotRevoked", "two-twice-fast", &["SAFE-2"]),
    mutant("FlagNotMirrored", "hog", &["LIVE-1"]),
    mutant("RequestNeverPublished", "hog-grace", &["LIVE-1"]),
    mutant("DeferralOutlivesWaiter", "three-grace-cancel", &["SAFE-5"]),
    mutant("FlagNotMirrored", "two", &["TRACES"]),
    mutant("FlagNotMirrored", "two", &["REFINES"]),
    mutant("FlagNeverFalls", "two", &["SAFE-5"]),
    mutant("WordBeforeFlag", "three-cancel-fast", &["SAFE-5"]),
    // Under the default protocol, a thread that arrives after the request was cleared requests
    // again.
    under("handoff-plain", mutant("StaleRequestAnswered", "three-cancel", &["REFINES"])),
    mutant("NotificationKept", "two-notified", &["LIVE-1"]),
    mutant("RunNotCounted", "three", &["SAFE-4"]),
    mutant("BitsArmedTooEarly", "two", &["WITNESS"]),
    mutant("StaleRunTimer", "three", &["SAFE-4"]),
    mutant("ReturnIsTimeout", "two-spurious", &["SAFE-4"]),
    mutant("GrantedLeaves", "two-cancel", &["SAFE-6", "SAFE-7"]),
    mutant("HolderIdReused", "ids-come-back", &["ID-1"]),
    under("handoff-plain", mutant("BiasedIdReused", "ids-come-back", &["ID-1"])),
    mutant("LockIdIsAddress", "identity", &["ID-2"]),
    mutant("LivingRegistrationPruned", "many-locks", &["ID-3"]),
    mutant("PendingNotApplied", "heap", &["HEAP-1"]),
    mutant("PendingNotAnnounced", "heap", &["HEAP-1"]),
    mutant("PendingAnnouncedTooEarly", "heap", &["HEAP-1"]),
    mutant("DetachedDropDirect", "heap", &["HEAP-1"]),
    mutant("CountOutsideLock", "heap", &["HEAP-1"]),
    mutant("AtomicCount", "count-without-lock", &["NEED-1"]),
    mutant("SameOrder", "lock-per-object", &["NEED-2"]),
    mutant("LockWithoutDetaching", "mutex-detaching", &["NEED-3"]),
    mutant("MutexFirst", "mutex-while-attached", &["NEED-3"]),
    // For suites that catch none of the above under their own name: each suite must be seen to
    // fail. They end at the first broken execution.
    mutant("FlagNotMirrored", "two-timeouts", &["TRACES"]),
    mutant("RequestNeverPublished", "two-twice-grace", &["LIVE-4"]),
    mutant("StaleRunTimer", "four", &["SAFE-4"]),
    mutant("CancelSkipped", "two-twice-timeouts-cancel", &["SAFE-6"]),
    mutant("NotNotified", "one-lock", &["NEED-2"]),
    mutant("FlagNotMirrored", "two-twice", &["TRACES"]),
    mutant("LeaveRelaxed", "two-twice-fast-deep", &["SAFE-2"]),
    mutant("CancelSkipped", "two-twice-timeouts-cancel-deep", &["SAFE-6"]),
    mutant("OnlyFirstUnparked", "three-deep", &["LIVE-4"]),
    mutant("PendingAnnouncedTooEarly", "heap-deep", &["HEAP-1"]),
    mutant("LockIdIsAddress", "identity-three", &["ID-2"]),
    mutant("LockIdIsAddress", "identity-deep", &["ID-2"]),
];

/// The suites that no mutant is planted in, with the reason. A suite in which nothing was seen to
/// fail proves little.
pub const SUITES_WITHOUT_MUTANT: &[(&str, &str)] = &[];

/// The mutants that a suite itself catches: of the mechanism or of its program, and of protocols.
#[must_use]
pub fn planted_in(suite: &str) -> Vec<&'static str> {
    let mechanism = MECHANISM_MUTANTS.iter().filter(|mutant| mutant.suite == suite);
    let protocols = ON_LOOM.iter().filter(|mutant| mutant.suite == suite);
    let names = mechanism.map(|mutant| mutant.name).chain(protocols.map(|mutant| mutant.name));
    names.collect()
}

/// Changes to the programs that must find something, after which there is nothing to find. A
/// program that still finds it is not a witness.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cure {
    /// The count is incremented in one atomic step.
    AtomicCount,
    /// Both threads lock the objects in the same order.
    SameOrder,
    /// The attached thread locks the mutex before it attaches.
    MutexFirst,
}

impl Cure {
    /// The cure with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::AtomicCount, Self::SameOrder, Self::MutexFirst];
        all.into_iter().find(|cure| format!("{cure:?}") == name)
    }
}
