//! The committed counts: how much each check explored.
//!
//! Counts of states and executions are deterministic. A count that differs from the committed value
//! means that something else is explored than was reviewed: less (a check that has become empty) or
//! more. Both fail until they are blessed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::claims::explored::{HAND, LIVENESS, TURNS};
use crate::claims::time::TIME;
use crate::explorer::THREADS_FULL;
use crate::loom::suite;
use crate::report::{AgreementRow, ClaimRow, Engine, Profile, Row, Verdict};

/// Counts by key.
pub type Counts = BTreeMap<String, u64>;

/// The counts in the repository, `gil-verify/golden/counts.json`.
pub const COMMITTED: &str = include_str!("../../golden/counts.json");

/// How to accept new counts.
pub const BLESS: &str = "if that is meant: cargo verify --profile full --bless";

/// The committed counts.
///
/// # Errors
/// When the file is not a JSON object of numbers.
pub fn committed() -> Result<Counts, serde_json::Error> {
    serde_json::from_str(COMMITTED)
}

/// What a check costs, compared with the others: its committed count, 0 if it has none yet.
#[must_use]
pub fn cost(key: &str) -> u64 {
    static COUNTS: LazyLock<Counts> = LazyLock::new(|| committed().unwrap_or_default());
    COUNTS.get(key).copied().unwrap_or_default()
}

fn claim_key(row: &ClaimRow) -> Option<String> {
    let variant = row.variant.as_deref().unwrap_or("-");
    match row.engine {
        Engine::Loom => Some(format!("loom {} {variant}", row.protocol)),
        Engine::Explorer if TIME.contains(&row.id.as_str()) => {
            Some(format!("clock {} {} {variant}", row.protocol, row.threads))
        }
        Engine::Explorer => {
            // Liveness and the fast path are judged on the graph without the ghost.
            let on_live = LIVENESS.contains(&row.id.as_str())
                || [TURNS, HAND, "FAST-PATH"].contains(&row.id.as_str());
            let graph = if on_live { "plain" } else { "with-ghost" };
            Some(format!("explorer {} {} {variant} {graph}", row.protocol, row.threads))
        }
        Engine::Shuttle => Some(format!("shuttle {} {variant}", row.protocol)),
        // The number of states of a search that ends at a counterexample, or that keeps memory for
        // its claim, depends on Spin's order and the other claims.
        Engine::Spin if row.id == "LIVE-4" && row.verdict == Verdict::Holds => {
            Some(format!("spin {} {} {variant}", row.protocol, row.threads))
        }
        Engine::Spin | Engine::Proptest | Engine::Threads => None,
    }
}

fn agreement_key(row: &AgreementRow) -> String {
    format!("{} {} {}", row.id.to_lowercase(), row.protocol, row.suite)
}

/// The counts in the results of the engines.
#[must_use]
pub fn of(rows: &[Row]) -> Counts {
    rows.iter()
        .filter_map(|row| match row {
            Row::Claim(row) => Some((claim_key(row)?, row.explored)),
            Row::Agreement(row) => Some((agreement_key(row), row.loom)),
            Row::Mutant(_) | Row::Bound(_) => None,
        })
        .collect()
}

/// Whether a profile runs what a key counts. A removed suite is due, so it is reported.
///
/// ```
/// use gil_verify::report::Profile;
/// use gil_verify::report::counts::is_due;
/// assert!(is_due("explorer handoff 4 hogs plain", Profile::Quick));
/// assert!(!is_due("explorer handoff 5 hogs plain", Profile::Quick));
/// assert!(is_due("loom handoff no-such-suite", Profile::Quick));
/// ```
#[must_use]
pub fn is_due(key: &str, profile: Profile) -> bool {
    let mut words = key.split(' ');
    match (words.next(), words.nth(1)) {
        _ if profile == Profile::Full => true,
        (Some("explorer"), Some(threads)) => threads.parse().is_ok_and(|n: usize| n < THREADS_FULL),
        (Some("shuttle" | "spin"), _) => false,
        (Some("clock"), Some(threads)) => threads == "2",
        (_, Some(name)) => suite(name).is_none_or(|suite| suite.profile <= profile),
        (_, None) => true,
    }
}

/// The differences between the found and the committed counts, in words. With `all`, a committed
/// count that was not found is a difference too: a removed suite is no success.
#[must_use]
pub fn differences(committed: &Counts, found: &Counts, all: impl Fn(&str) -> bool) -> Vec<String> {
    let mut differences = Vec::new();
    for (key, found) in found {
        match committed.get(key) {
            Some(committed) if committed == found => {}
            Some(committed) => differences.push(format!(
                "`{key}`: explored {found}, committed in gil-verify/golden/counts.json {committed}; {BLESS}"
            )),
            None => differences.push(format!(
                "`{key}`: explored {found}, not in gil-verify/golden/counts.json; {BLESS}"
            )),
        }
    }
    for key in committed.keys().filter(|key| !found.contains_key(*key) && all(key)) {
        differences
            .push(format!("`{key}`: committed in gil-verify/golden/counts.json, but nothing ran"));
    }
    differences
}
