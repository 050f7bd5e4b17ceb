//! The ledger: every claim, what it means, where it holds and where it is known to be false.
//!
//! It is the source of truth. The README's table, the book's pages and `explain` are generated from
//! it, and the engines compare their results with it. An entry that no engine compares fails a
//! test.

pub mod arguments;
pub mod article;
mod claim;
mod models;
pub mod opinions;
mod table;

use crate::claims::{promise, spurious};
use crate::explorer::fair::Fairness;
use crate::report::Verdict;

use claim::{BLOCKING, CANCEL};

pub use claim::{Claim, KnownFalse};
pub use table::CLAIMS;

/// The claim of an id.
#[must_use]
pub fn claim(id: &str) -> Option<&'static Claim> {
    CLAIMS.iter().find(|claim| claim.id == id)
}

/// The three main claims of the project, with their names.
pub const PROMISES: &[(&str, &str)] = &[
    ("SAFE-1", "mutual exclusion"),
    ("LIVE-1", "forced-switch liveness"),
    ("SAFE-3", "no reacquire before hand-off"),
];

impl Claim {
    /// Every place where it does not hold, and why.
    pub fn all_known_false(&self) -> impl Iterator<Item = &'static KnownFalse> + use<> {
        let (id, mine) = (self.id, self.known_false);
        let of_models = models::OF_MODELS.iter().filter(move |(claim, _)| *claim == id);
        mine.iter().chain(of_models.map(|(_, known)| known))
    }

    /// Why it fails there, if it is known to.
    #[must_use]
    pub fn known_false(
        &self,
        protocol: &str,
        threads: usize,
        variant: &str,
    ) -> Option<&'static KnownFalse> {
        self.all_known_false().find(|known| {
            known.protocol == protocol
                && threads >= known.threads_from
                && (known.variants.is_empty()
                    || known.variants.contains(&variant)
                    // Spurious wake-ups only add behaviour.
                    || variant == spurious::VARIANT && known.variants.contains(&BLOCKING))
        })
    }

    /// Why it does not apply to a protocol, if it does not.
    #[must_use]
    pub fn not_applicable(&self, protocol: &str) -> Option<&'static str> {
        let mine = self.not_applicable.iter().find(|(name, _)| *name == protocol);
        mine.map(|(_, why)| *why).or_else(|| models::not_applicable(self.id, protocol))
    }
}

/// The verdict to expect, or `None` where the claim does not apply or is not known.
///
/// ```
/// use gil_verify::ledger::expected;
/// use gil_verify::report::Verdict;
/// assert_eq!(expected("SAFE-3", "handoff", 2, "blocking"), Some(Verdict::Holds));
/// assert_eq!(expected("SAFE-3", "python2", 2, "blocking"), Some(Verdict::Fails));
/// assert_eq!(expected("SAFE-4", "python2", 2, "blocking"), None);
/// ```
#[must_use]
pub fn expected(id: &str, protocol: &str, threads: usize, variant: &str) -> Option<Verdict> {
    let claim = claim(id)?;
    if claim.not_applicable(protocol).is_some() {
        return None;
    }
    match claim.known_false(protocol, threads, variant) {
        Some(_) => Some(Verdict::Fails),
        None => Some(Verdict::Holds),
    }
}

/// As [`expected`], for a liveness claim under a fairness. Strong fairness excludes more runs, so a
/// claim that holds under weak fairness also holds under it. [`ONLY_WEAKLY_FALSE`] lists the claims
/// that fail only under weak fairness.
#[must_use]
pub fn expected_under(
    id: &str,
    protocol: &str,
    threads: usize,
    variant: &str,
    fairness: Option<Fairness>,
) -> Option<Verdict> {
    let strong = fairness == Some(Fairness::Strong);
    let only_weakly = ONLY_WEAKLY_FALSE.iter().any(|(claim, of, program, up_to)| {
        (*claim, *of, *program) == (id, protocol, variant) && threads <= *up_to
    });
    if strong && only_weakly {
        return Some(Verdict::Holds);
    }
    expected(id, protocol, threads, variant)
}

/// Claims that are false under weak fairness and true under strong fairness: claim, protocol,
/// program and the largest number of threads. The other false claims need no unfair scheduler:
/// their waiters act repeatedly and lose every time.
pub const ONLY_WEAKLY_FALSE: &[(&str, &str, &str, usize)] = &[
    ("LIVE-1", "python3", CANCEL, 4),
    ("LIVE-1", "python3-no-forced-switch", CANCEL, 4),
    ("LIVE-1", "python3-no-switch-check", CANCEL, 4),
    ("LIVE-1", "ocaml-old-yield", CANCEL, 3),
    ("LIVE-2", "pypy", BLOCKING, 4),
    ("LIVE-2", "pypy", CANCEL, 4),
];

/// The bound on overtaking to expect (LIVE-3, threads that make blocking calls); `None` where
/// there is none.
#[must_use]
pub fn overtakes_max(protocol: &str, threads: usize) -> Option<u64> {
    if let Some((barges, boosts)) = promise::budgets(protocol) {
        return Some(promise::overtakes_max(barges, boosts, threads));
    }
    // With two tasks, each release gives the lock to the other task.
    (matches!(protocol, "ghc" | "pypy" | "ruby19") && threads == 2).then_some(0)
}
