//! The mutants of protocols: which bug, of which protocols, and the claims that must catch it.

use super::twist::Mutation;

/// A mutant and what must catch it.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// Its name.
    pub name: &'static str,
    /// The bug.
    pub mutation: Mutation,
    /// The protocols it is tried on.
    pub of: &'static [&'static str],
    /// The claims of which one must catch it. For a mutant that is not a bug, the claims that it
    /// might seem to break.
    pub breaks: &'static [&'static str],
    /// Why it is not a bug of these protocols; then nothing may catch it.
    pub equivalent: Option<&'static str>,
}

pub(super) const HANDOFFS: &[&str] = &["handoff", "handoff-plain"];
const BOOSTED: &[&str] = &["handoff"];
pub(super) const ASKING: &[&str] = &["handoff", "handoff-plain", "python3"];
pub(super) const ALL: &[&str] = &["handoff", "handoff-plain", "python3", "python2"];
pub(super) const PYTHON3: &[&str] = &["python3"];
pub(super) const OCAML: &[&str] = &["ocaml"];
pub(super) const QEMU: &[&str] = &["qemu"];
const GHC: &[&str] = &["ghc"];
/// Models in which a woken thread must find the lock free.
pub(super) const WAKING: &[&str] = &["ruby", "ruby19", "ocaml", "priority", "qemu"];
/// Models with one timer, which their CPU-bound threads depend on.
pub(super) const TIMED: &[&str] = &["ruby", "ruby19", "ghc", "ocaml"];
pub(super) const ASKED: &[&str] = &["ruby", "ruby19", "ghc", "ocaml", "priority", "qemu"];
pub(super) const QUEUED: &[&str] = &["ruby", "ruby19", "ghc"];
const MODELS: &[&str] = &["pypy", "ruby", "ruby19", "ocaml", "priority", "qemu", "ghc"];
/// Models that otherwise satisfy SAFE-5.
pub(super) const DISCIPLINED: &[&str] = &["ruby", "ruby19", "ghc", "priority"];
const ASKED_AND_ANSWERING: &[&str] = &["ruby", "ruby19", "ghc", "ocaml", "priority"];
const OF_THE_RUN: &str = "its timers belong to the run: a change of the owner restarts them, so a timer always expires after a full interval";

const fn mutant(
    name: &'static str,
    mutation: Mutation,
    of: &'static [&'static str],
    breaks: &'static [&'static str],
) -> Mutant {
    Mutant { name, mutation, of, breaks, equivalent: None }
}

const fn no_bug(mutant: Mutant, why: &'static str) -> Mutant {
    Mutant { equivalent: Some(why), ..mutant }
}

/// All mutants that the explorer runs.
pub const MUTANTS: &[Mutant] = &[
    // Of the locks that ship and of Python's: effects.
    mutant("takes-held-lock", Mutation::TakesHeldLock, ALL, &["SAFE-1"]),
    mutant("looks-held", Mutation::LooksHeld, ALL, &["LIVE-4"]),
    mutant("gives-by-freeing", Mutation::GivesByFreeing, HANDOFFS, &["SAFE-3"]),
    mutant("gives-to-itself", Mutation::GivesToItself, HANDOFFS, &["SAFE-7"]),
    mutant("gives-to-who-left", Mutation::GivesToWhoLeft, HANDOFFS, &["SAFE-7"]),
    mutant("free-dropped", Mutation::FreeDropped, ALL, &["SAFE-6"]),
    mutant("notify-dropped", Mutation::NotifyDropped, ALL, &["LIVE-4"]),
    mutant("request-dropped", Mutation::RequestDropped, ASKING, &["LIVE-2"]),
    mutant("requests-at-once", Mutation::RequestsAtOnce, ASKING, &["SAFE-4"]),
    mutant("request-not-cleared", Mutation::RequestNotCleared, ASKING, &["SAFE-5"]),
    mutant("request-unseen", Mutation::RequestUnseen, ASKING, &["SAFE-3"]),
    mutant("timer-dropped", Mutation::TimerDropped, ASKING, &["LIVE-2"]),
    mutant("safepoint-ignored", Mutation::SafepointIgnored, ASKING, &["LIVE-1"]),
    mutant("serves-last", Mutation::ServesLast, HANDOFFS, &["LIVE-2"]),
    mutant("last-unseen", Mutation::LastUnseen, HANDOFFS, &["LIVE-2"]),
    mutant("fast-path-differs", Mutation::FastPathDiffers, ASKING, &["FAST-PATH"]),
    mutant("final-release-frees", Mutation::FinalReleaseFrees, HANDOFFS, &["SAFE-3F"]),
    // Giving up.
    mutant("cancel-keeps-wake-up", Mutation::CancelKeepsWakeUp, ALL, &["LIVE-4"]),
    mutant("cancel-keeps-request", Mutation::CancelKeepsRequest, ASKING, &["LIVE-6"]),
    mutant("cancel-unnoticed", Mutation::CancelUnnoticed, ASKING, &["SAFE-5"]),
    mutant("stale-record", Mutation::CancelLeavesRecord, HANDOFFS, &["LIVE-2"]),
    mutant("request-lost", Mutation::CancelLosesRequest, HANDOFFS, &["SAFE-5"]),
    // Rules of the default protocol.
    mutant("boosted-served-last", Mutation::ServedAfter(0, 2), BOOSTED, &["LIVE-3"]),
    mutant("boosted-wait-with-the-rest", Mutation::WaitsElsewhere(0, 2), BOOSTED, &["LIVE-3"]),
    mutant("interrupted-served-last", Mutation::ServedAfter(1, 2), BOOSTED, &["LIVE-3"]),
    mutant(
        "interrupted-wait-with-the-boosted",
        Mutation::WaitsElsewhere(1, 0),
        BOOSTED,
        &["LIVE-3"],
    ),
    mutant("last-boost-does-not-end-it", Mutation::InterruptedWaitsIn(2, 1), BOOSTED, &["LIVE-3"]),
    mutant(
        "switched-out-keeps-its-turn",
        Mutation::SwitchedOutWaitsIn(2, 1),
        HANDOFFS,
        &["SAFE-9"],
    ),
    mutant("bias-outlives-its-reason", Mutation::BiasOutlivesItsReason, HANDOFFS, &["FAST-PATH"]),
    mutant("came-in-vain-unnoticed", Mutation::VainUnnoticed, HANDOFFS, &["HAND"]),
    mutant("nobody-else-barges", Mutation::BargesAreReturns, HANDOFFS, &["LIVE-3"]),
    mutant("next-in-line-not-woken", Mutation::NotifyDropped, HANDOFFS, &["HAND"]),
    mutant("request-outlives-its-waiters", Mutation::CancelKeepsRequest, HANDOFFS, &["HAND"]),
    // No waiter notices that the interval has expired, and the turn continues.
    mutant("patience-restarts", Mutation::PatienceRestarts, BOOSTED, &["SAFE-9"]),
    no_bug(
        mutant("patience-restarts", Mutation::PatienceRestarts, &["handoff-plain"], &["LIVE-2"]),
        "every change of the owner is a step forward in the regular queue, except at most K barges in a turn: the wait restarts a bounded number of times, and only time is lost",
    ),
    no_bug(
        mutant("no-switch-number-check", Mutation::RequestsAfterSwitch, HANDOFFS, &["SAFE-4"]),
        OF_THE_RUN,
    ),
    // Rules of CPython's protocols.
    mutant("no-forced-switch", Mutation::SetNotWaitedIn(1), PYTHON3, &["SAFE-3"]),
    mutant("taker-does-not-signal", Mutation::SetNotNotified(1), PYTHON3, &["LIVE-2"]),
    mutant("releaser-is-not-signalled", Mutation::SetNotNotified(1), PYTHON3, &["LIVE-5"]),
    mutant("canceller-does-not-signal", Mutation::CancelUnnoticed, PYTHON3, &["LIVE-5"]),
    mutant("drop-does-not-signal", Mutation::SetNotNotified(0), PYTHON3, &["LIVE-4"]),
    mutant("no-switch-number-check", Mutation::RequestsAfterSwitch, PYTHON3, &["SAFE-4"]),
    // Of the other models: effects.
    mutant("model-takes-held-lock", Mutation::TakesHeldLock, MODELS, &["SAFE-1"]),
    mutant("model-looks-held", Mutation::LooksHeld, MODELS, &["FAST-PATH"]),
    mutant("model-free-dropped", Mutation::FreeDropped, MODELS, &["SAFE-6"]),
    mutant("model-gives-by-freeing", Mutation::GivesByFreeing, &["pypy", "ghc"], &["SAFE-3"]),
    mutant("model-gives-to-itself", Mutation::GivesToItself, &["pypy", "ruby", "ghc"], &["SAFE-7"]),
    mutant(
        "model-gives-to-who-left",
        Mutation::GivesToWhoLeft,
        &["pypy", "ruby", "ghc"],
        &["SAFE-7"],
    ),
    mutant("model-notify-dropped", Mutation::NotifyDropped, WAKING, &["LIVE-4"]),
    mutant("model-request-dropped", Mutation::RequestDropped, TIMED, &["LIVE-2"]),
    mutant("model-requests-at-once", Mutation::RequestsAtOnce, QUEUED, &["SAFE-4"]),
    mutant("model-request-not-cleared", Mutation::RequestNotCleared, DISCIPLINED, &["SAFE-5"]),
    mutant("model-timer-dropped", Mutation::TimerDropped, TIMED, &["LIVE-2"]),
    mutant("model-safepoint-ignored", Mutation::SafepointIgnored, ASKED, &["LIVE-1"]),
    mutant("model-serves-last", Mutation::ServesLast, QUEUED, &["LIVE-2"]),
    mutant(
        "model-fast-path-differs",
        Mutation::FastPathDiffers,
        &["pypy", "ruby", "ruby19", "ocaml", "priority", "ghc"],
        &["FAST-PATH"],
    ),
    mutant("model-cancel-keeps-wake-up", Mutation::CancelKeepsWakeUp, WAKING, &["LIVE-4"]),
    mutant("model-cancel-keeps-request", Mutation::CancelKeepsRequest, DISCIPLINED, &["LIVE-6"]),
    mutant("model-cancel-unnoticed", Mutation::CancelUnnoticed, DISCIPLINED, &["SAFE-5"]),
    mutant("model-request-lost", Mutation::CancelLosesRequest, ASKED_AND_ANSWERING, &["LIVE-1"]),
    mutant("model-stale-record", Mutation::CancelLeavesRecord, &["ruby19", "ghc"], &["LIVE-2"]),
    // Rules of the other models.
    mutant("room-never-left", Mutation::NotifyDropped, &["pypy"], &["LIVE-2"]),
    mutant("nobody-has-proceeded", Mutation::SetNotNotified(1), QEMU, &["LIVE-4"]),
    mutant("proceeds-at-once", Mutation::SetNotWaitedIn(1), &["qemu", "priority"], &["SAFE-3"]),
    mutant("count-left-behind", Mutation::CancelUnnoticed, QEMU, &["LIVE-6"]),
    mutant("yield-waits-for-nobody", Mutation::SetNotNotified(0), OCAML, &["LIVE-4"]),
    mutant("returning-served-after-work", Mutation::ServedAfter(0, 1), GHC, &["LIVE-2"]),
    mutant("last-task-keeps-it", Mutation::FinalReleaseFrees, GHC, &["SAFE-3F"]),
];
