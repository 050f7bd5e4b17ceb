//! The bugs of the mechanism that shuttle finds.

/// Bugs of the mechanism that shuttle finds, with the course and the claims of which one must catch
/// them. Weakened orderings are not among them, because shuttle has no weak memory.
pub const MUTANTS: &[(&str, &str, &[&str])] = &[
    ("DetachByStore", "random-4-cancel", &["LIVE-4", "SAFE-6"]),
    ("WordNotFrozen", "pct-16", &["LIVE-4"]),
    ("SlowDroppedEarly", "random-4", &["SAFE-1"]),
    ("NotNotified", "pct-4", &["LIVE-4"]),
    ("NotUnparked", "random-32", &["LIVE-4"]),
    ("FlagNeverFalls", "random-4", &["SAFE-5"]),
    ("StaleRunTimer", "random-4", &["SAFE-4"]),
    ("RunNotCounted", "pct-8-cancel", &["SAFE-4"]),
    ("AttachByStore", "random-4", &["SAFE-1"]),
    ("BiasNotRevoked", "random-4", &["SAFE-1"]),
    ("CancelSkipped", "random-4-cancel", &["SAFE-6"]),
    ("FlagNotMirrored", "random-4-cancel", &["SAFE-5"]),
    ("FreezesAgain", "random-4", &["SAFE-1"]),
    ("WordBeforeFlag", "random-4-cancel", &["SAFE-5"]),
];
