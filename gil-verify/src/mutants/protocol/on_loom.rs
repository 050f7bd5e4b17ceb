//! The mutants of protocols that a loom suite catches as well: a second net, besides the explorer.
//!
//! The full profile runs each in one small suite, which ends at the first broken execution. That
//! takes about 10 ms for each, and 0.7 s for the slowest.

use super::list::Mutant;
use super::list::{
    ALL, ASKED, ASKING, DISCIPLINED, HANDOFFS, MUTANTS, OCAML, PYTHON3, QEMU, QUEUED, TIMED, WAKING,
};

/// A mutant of protocols, and the loom suite that catches it.
#[derive(Clone, Copy, Debug)]
pub struct OnLoom {
    /// Its name in [`MUTANTS`].
    pub name: &'static str,
    /// The protocols on which the suite catches it.
    pub of: &'static [&'static str],
    /// The suite.
    pub suite: &'static str,
    /// The claim that the suite finds broken. It need not be the explorer's: a run of the suite
    /// ends, and the explorer's runs do not.
    pub breaks: &'static [&'static str],
}

const fn on(
    suite: &'static str,
    name: &'static str,
    of: &'static [&'static str],
    breaks: &'static [&'static str],
) -> OnLoom {
    OnLoom { name, of, suite, breaks }
}

/// The models that loom runs: PyPy's waiters return only because of a timer.
const MODELS: &[&str] = &["ruby", "ruby19", "ocaml", "priority", "qemu", "ghc"];

/// All of them.
pub const ON_LOOM: &[OnLoom] = &[
    // Of the locks that ship and of Python's.
    on("two", "takes-held-lock", ALL, &["SAFE-1"]),
    on("two", "looks-held", ALL, &["LIVE-4"]),
    on("two-twice-fast", "gives-by-freeing", HANDOFFS, &["SAFE-3"]),
    on("two", "gives-to-itself", HANDOFFS, &["SAFE-7"]),
    on("two-twice-cancel", "gives-to-who-left", HANDOFFS, &["SAFE-7"]),
    on("two", "free-dropped", ALL, &["SAFE-6"]),
    on("two", "notify-dropped", ALL, &["LIVE-4"]),
    on("hog", "request-dropped", ASKING, &["LIVE-1"]),
    on("two", "requests-at-once", ASKING, &["SAFE-4"]),
    on("two", "request-not-cleared", ASKING, &["SAFE-5"]),
    on("two", "request-unseen", HANDOFFS, &["SAFE-5"]),
    on("two", "request-unseen", PYTHON3, &["SAFE-3"]),
    on("hog", "timer-dropped", &["handoff-plain", "python3"], &["LIVE-1"]),
    on("hog", "safepoint-ignored", ASKING, &["LIVE-1"]),
    on("three-cancel", "cancel-keeps-wake-up", HANDOFFS, &["LIVE-4"]),
    on("three-cancel-fast", "cancel-keeps-wake-up", &["python3", "python2"], &["LIVE-4"]),
    on("two-cancel", "cancel-keeps-request", ASKING, &["SAFE-5"]),
    on("two-cancel", "cancel-unnoticed", ASKING, &["SAFE-5"]),
    on("two-twice-cancel", "stale-record", &["handoff-plain"], &["LIVE-4"]),
    on("three-cancel", "request-lost", HANDOFFS, &["SAFE-5"]),
    // Rules of the default protocol.
    on("two-twice-fast", "bias-outlives-its-reason", HANDOFFS, &["SAFE-1"]),
    on("two-twice-fast", "came-in-vain-unnoticed", HANDOFFS, &["LIVE-4"]),
    on("three-cancel-fast", "nobody-else-barges", HANDOFFS, &["SAFE-1"]),
    on("two", "next-in-line-not-woken", HANDOFFS, &["LIVE-4"]),
    on("two-cancel", "request-outlives-its-waiters", HANDOFFS, &["SAFE-5"]),
    // Rules of CPython's protocols.
    on("two", "no-forced-switch", PYTHON3, &["SAFE-3"]),
    on("two", "taker-does-not-signal", PYTHON3, &["LIVE-4"]),
    on("two", "releaser-is-not-signalled", PYTHON3, &["LIVE-4"]),
    on("two-cancel", "canceller-does-not-signal", PYTHON3, &["SAFE-5"]),
    on("two", "drop-does-not-signal", PYTHON3, &["LIVE-4"]),
    on("three", "no-switch-number-check", PYTHON3, &["SAFE-4"]),
    // Of the other models: effects.
    on("two", "model-takes-held-lock", MODELS, &["SAFE-1"]),
    on("two", "model-looks-held", MODELS, &["LIVE-4"]),
    on("two", "model-free-dropped", MODELS, &["SAFE-6"]),
    on("two", "model-gives-by-freeing", &["ghc"], &["LIVE-4"]),
    on("two", "model-gives-to-itself", &["ruby", "ghc"], &["SAFE-7"]),
    on("two", "model-notify-dropped", WAKING, &["LIVE-4"]),
    on("hog", "model-request-dropped", TIMED, &["LIVE-1"]),
    on("two", "model-requests-at-once", QUEUED, &["SAFE-4"]),
    on("two", "model-request-not-cleared", DISCIPLINED, &["SAFE-5"]),
    on("hog", "model-timer-dropped", TIMED, &["LIVE-1"]),
    on("hog", "model-safepoint-ignored", ASKED, &["LIVE-1"]),
    on("two", "model-serves-last", &["ruby19"], &["LIVE-4"]),
    on("two-cancel", "model-cancel-keeps-wake-up", OCAML, &["LIVE-4"]),
    on("two-cancel", "model-cancel-keeps-request", DISCIPLINED, &["SAFE-5"]),
    on("two-cancel", "model-cancel-unnoticed", DISCIPLINED, &["SAFE-5"]),
    // Rules of the other models.
    on("two", "nobody-has-proceeded", QEMU, &["LIVE-4"]),
    on("two", "proceeds-at-once", &["qemu", "priority"], &["SAFE-3"]),
    on("two-cancel", "count-left-behind", QEMU, &["SAFE-5"]),
    on("two", "yield-waits-for-nobody", OCAML, &["LIVE-4"]),
];

impl OnLoom {
    /// The mutant of this protocol, if there is one.
    #[must_use]
    pub fn mutant(&self, of: &str) -> Option<&'static Mutant> {
        MUTANTS.iter().find(|mutant| mutant.name == self.name && mutant.of.contains(&of))
    }
}
