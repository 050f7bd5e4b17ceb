//! An entry of the ledger.

use crate::claims::spurious;

/// One claim.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// For example `SAFE-3`.
    pub id: &'static str,
    /// In a few words.
    pub title: &'static str,
    /// The claim itself.
    pub sentence: &'static str,
    /// What a green result means beyond the sentence, and what it does not.
    pub meaning: &'static str,
    /// The article's claims that it stands for (`A1` ...).
    pub article: &'static [&'static str],
    /// The function that judges it, `file::name`.
    pub judge: &'static str,
    /// The test that runs it, `file::name`.
    pub test: &'static str,
    /// Where it does not hold of the main protocols, and why; see [`Claim::all_known_false`].
    pub known_false: &'static [KnownFalse],
    /// Main protocols to which it does not apply, and why; see [`Claim::not_applicable`].
    pub not_applicable: &'static [(&'static str, &'static str)],
}

/// A place where a claim is known to be false.
#[derive(Clone, Copy, Debug)]
pub struct KnownFalse {
    /// The protocol.
    pub protocol: &'static str,
    /// The smallest number of threads.
    pub threads_from: usize,
    /// In these programs (`hogs`, `blocking`, `blocking+cancel`, or a loom suite's name).
    pub variants: &'static [&'static str],
    /// Why.
    pub why: &'static str,
}

pub(super) const HOGS: &str = "hogs";
pub(super) const BLOCKING: &str = "blocking";
pub(super) const CANCEL: &str = "blocking+cancel";
pub(super) const ALWAYS: &[&str] = &[];
pub(super) const SPURIOUS: &[&str] = &[spurious::VARIANT];
pub(super) const SPURIOUS_SWITCH: &str = "the forced switch is one wait on a condition variable, without a loop: a spurious wake-up ends it, and the thread reacquires the lock";
pub(super) const NO_REQUESTS: (&str, &str) =
    ("python2", "Python 2 has no requests: the holder releases whenever its ticks run out");

pub(super) const fn known_false(
    protocol: &'static str,
    threads_from: usize,
    variants: &'static [&'static str],
    why: &'static str,
) -> KnownFalse {
    KnownFalse { protocol, threads_from, variants, why }
}
