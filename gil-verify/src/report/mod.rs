//! The whole run: the results of the engines in the form of the machine output (`gil-verify/1`),
//! how they are judged, and the texts that are generated from them.
//!
//! - [`selection`]: what to run; [`job`]: its parts; `verify`: runs them; [`judge`]: the verdict
//! - [`counts`], [`due`]: the committed counts
//! - [`shard`]: the results of several machines
//! - `text_report`, `junit`: the report as text, and for a CI system
//! - `book`, `cells`, `claim_page`, `suites_page`, [`overtaking_page`],
//!   [`loom_counterexamples`]: pages of the book

#[cfg(all(feature = "cli", not(loom)))]
pub mod book;
#[cfg(all(feature = "cli", not(loom)))]
mod cells;
#[cfg(all(feature = "cli", not(loom)))]
mod claim_page;
pub mod counts;
pub mod due;
pub mod job;
pub mod judge;
#[cfg(all(feature = "cli", not(loom)))]
pub mod junit;
pub mod loom_counterexamples;
pub mod overtaking_page;
pub mod selection;
pub mod shard;
#[cfg(all(feature = "cli", not(loom)))]
mod suites_page;
#[cfg(all(feature = "cli", not(loom)))]
pub mod text_report;
#[cfg(not(loom))]
pub mod verify;

use serde::{Deserialize, Serialize};

/// Name and version of the machine output's schema.
pub const SCHEMA: &str = "gil-verify/1";

/// How much is explored: `quick` within minutes, `full` with the larger bounds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Every change should pass this.
    Quick,
    /// All bounds, the expensive ones included.
    Full,
}

/// The engine that found it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Every interleaving and memory order of the mechanism, within bounds.
    Loom,
    /// Every reachable state of threads that loop forever.
    Explorer,
    /// Random schedules of the mechanism, with more threads than loom can have.
    Shuttle,
    /// Models written by hand in Promela, and an independent checker.
    Spin,
    /// Random programs and schedules.
    Proptest,
    /// Real threads.
    Threads,
}

/// The result of a check.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No counterexample in the explored part.
    Holds,
    /// No counterexample, but what the claim is about never happens: it holds vacuously. This is
    /// not a success where "holds" is expected.
    Vacuous,
    /// A counterexample was found.
    Fails,
    /// The exploration ended before its bound. Never success.
    Inconclusive,
}

/// One claim, checked once.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ClaimRow {
    /// For example `SAFE-1`.
    pub id: String,
    /// [`Protocol::NAME`](gil_core::protocol::Protocol::NAME), or the name of a setting of it.
    pub protocol: String,
    /// The engine.
    pub engine: Engine,
    /// How many threads.
    pub threads: usize,
    /// The bound: `all states`, `unbounded` (no preemption bound), `preemptions 3` ...
    pub bound: String,
    /// For liveness: the fairness.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fairness: Option<String>,
    /// Which programs or options: `hogs`, `blocking`, `cancellation` ...
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variant: Option<String>,
    /// The verdict, computed.
    pub verdict: Verdict,
    /// The verdict that the ledger expects, compared afterwards.
    pub expected: Verdict,
    /// How much was explored.
    pub explored: u64,
    /// `executions`, `states` or `cases`.
    pub unit: String,
    /// Wall-clock time of the check.
    pub seconds: f64,
    /// The test that runs it, `file::name`.
    pub test: String,
    /// For a failed claim: the shortest counterexample found, readable.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub counterexample: Option<String>,
}

/// The outcome of a mutant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MutantVerdict {
    /// By a claim named in advance.
    Caught,
    /// No check noticed it, or not one named in advance.
    Survived,
    /// A watchdog stopped the run: reported, and not a success.
    Timeout,
    /// It changes nothing observable; the argument is in the ledger.
    Equivalent,
    /// The mutated place was never reached.
    NeverApplied,
}

/// The check that caught a mutant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CaughtBy {
    /// The claim or comparison.
    pub claim: String,
    /// The place.
    pub engine: Engine,
    /// After how many states or executions.
    pub explored: u64,
}

/// One deliberate bug.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MutantRow {
    /// Its name.
    pub id: String,
    /// A protocol or `mechanism`.
    pub of: String,
    /// The claims or comparisons of which one must catch it.
    pub breaks: Vec<String>,
    /// For a mutant that is not a bug: the reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub argument: Option<String>,
    /// The outcome.
    pub verdict: MutantVerdict,
    /// The checks that caught it.
    pub caught_by: Vec<CaughtBy>,
}

/// Whether loom and the explorer reach the same sequences of events (TRACES), or moves from state
/// to state (REFINES).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AgreementRow {
    /// `TRACES` or `REFINES`.
    pub id: String,
    /// The protocol.
    pub protocol: String,
    /// The loom suite.
    pub suite: String,
    /// How many threads.
    pub threads: usize,
    /// Acquisitions of each thread.
    pub acquisitions: usize,
    /// Timeout decisions of each thread.
    pub timeouts: usize,
    /// How often each thread may give up.
    pub give_ups: usize,
    /// Loom's bound: `unbounded` (no preemption bound), `preemptions 3` ...
    pub bound: String,
    /// What loom reached.
    pub loom: u64,
    /// What the explorer allows.
    pub explorer: u64,
    /// What only loom reached. Must be 0.
    pub only_loom: u64,
    /// What only the explorer allows. Must be 0 if loom is exhaustive; with a bound on preemptions
    /// it is what the bound omits.
    pub only_explorer: u64,
}

impl MutantRow {
    /// Whether it was caught, or is not a bug and was not caught.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.verdict, MutantVerdict::Caught | MutantVerdict::Equivalent)
    }
}

impl AgreementRow {
    /// Whether the two agree as far as loom's bound requires. Where loom reached nothing, nothing
    /// was compared.
    ///
    /// ```
    /// # use gil_verify::report::AgreementRow;
    /// let row: AgreementRow = serde_json::from_str(r#"{ "id": "REFINES", "protocol": "handoff",
    ///     "suite": "three", "threads": 3, "acquisitions": 1, "timeouts": 1, "give_ups": 0,
    ///     "bound": "preemptions 3", "loom": 90, "explorer": 100, "only_loom": 0,
    ///     "only_explorer": 10 }"#)?;
    /// assert!(row.agrees());
    /// assert!(!AgreementRow { loom: 0, explorer: 0, only_explorer: 0, ..row.clone() }.agrees());
    /// assert!(!AgreementRow { bound: "unbounded".to_owned(), ..row }.agrees());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.loom > 0
            && self.only_loom == 0
            && (self.only_explorer == 0 || self.bound != "unbounded")
    }
}

/// How often a waiter can be overtaken (LIVE-3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BoundRow {
    /// The protocol.
    pub protocol: String,
    /// How many threads.
    pub threads: usize,
    /// The largest number of overtakings; `None` means unbounded.
    pub overtakes_max: Option<u64>,
    /// The number of edges on which the rank that proves the bound was checked; `None` if there is
    /// no such rank, or if it does not prove the bound.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proved_edges: Option<u64>,
    /// For a cell of the [table](crate::claims::promise::bounds): how many states those edges
    /// connect.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub states: Option<u64>,
    /// A run that attains it, or the loop.
    pub witness: String,
}

/// A result of an engine, as it arrives.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Row {
    /// A claim.
    Claim(ClaimRow),
    /// A mutant.
    Mutant(MutantRow),
    /// A comparison of engines.
    Agreement(AgreementRow),
    /// A bound on waiting.
    Bound(BoundRow),
}
