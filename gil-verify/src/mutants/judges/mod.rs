//! Deliberate bugs of the judges: of the searches, the ghost and the comparisons that give the
//! verdicts.
//!
//! A judge that looks at nothing finds nothing wrong. Each mutant here is a small wrapper that
//! answers in place of a judge, or that gives it an altered input. The check asks for known
//! answers, about four and five threads where the states allow it. It must pass with the judge and
//! fail with the mutant. So the same check fails where the judge itself has that bug.

mod ghosts;
mod rows;
mod searches;

/// Which judge a check asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Judge {
    /// The one that gives the verdicts.
    Real,
    /// The one with the bug.
    Mutated,
}

/// A deliberate bug of a judge, and the check that must notice it.
#[derive(Clone, Copy, Debug)]
pub struct JudgeMutant {
    /// Its name.
    pub name: &'static str,
    /// What it changes, in words.
    pub bug: &'static str,
    /// What the check asks for, in words.
    pub noticed_by: &'static str,
    check: fn(Judge) -> bool,
}

impl JudgeMutant {
    /// Whether the judge gives every known answer.
    #[must_use]
    pub fn passes(&self, judge: Judge) -> bool {
        (self.check)(judge)
    }
}

const fn mutant(
    name: &'static str,
    bug: &'static str,
    noticed_by: &'static str,
    check: fn(Judge) -> bool,
) -> JudgeMutant {
    JudgeMutant { name, bug, noticed_by, check }
}

/// All of them.
pub const JUDGE_MUTANTS: &[JudgeMutant] = &[
    mutant(
        "search-gives-up-at-four",
        "the search for fair loops finds nothing from four threads on",
        "python2 starves a CPU-bound thread with 4 and 5 threads (LIVE-2)",
        searches::starvation_of_many,
    ),
    mutant(
        "fairness-too-weak",
        "the search requires no fairness where weak fairness is meant",
        "handoff-plain starves no CPU-bound thread with 4 and 5 threads (LIVE-2)",
        searches::no_starvation_of_many,
    ),
    mutant(
        "fairness-too-strong",
        "the search requires strong fairness where weak fairness is meant",
        "pypy starves a thread with 4 threads under weak fairness alone (LIVE-2)",
        searches::weakly_fair_starvation,
    ),
    mutant(
        "graph-drops-an-edge",
        "one edge is missing, and no state",
        "the rank of K=1, B=0 with 4 threads is checked on the committed number of edges (LIVE-3)",
        searches::every_edge_is_there,
    ),
    mutant(
        "bisimulation-compares-nothing",
        "no fast edge is compared with its slow edge",
        "the mutant fast-path-differs is found with 3 and 4 threads (FAST-PATH)",
        searches::fast_path_is_compared,
    ),
    mutant(
        "overtakings-saturate",
        "the count of overtakings ends at four",
        "six overtakings are counted for K=3, B=0 with 4 threads (LIVE-3)",
        searches::overtakings_are_counted,
    ),
    mutant(
        "rank-of-no-edge",
        "a rank is compared with its bound, and on no edge",
        "a rank that is always 0 is refused with 4 threads (LIVE-3)",
        searches::rank_is_checked,
    ),
    mutant(
        "ghost-forgets-forced-out",
        "the ghost forgets which thread was forced to release",
        "python3 without its forced switch breaks SAFE-3 with 4 and 5 threads",
        ghosts::forced_release_is_remembered,
    ),
    mutant(
        "ghost-forgets-cancelled",
        "the ghost keeps waiting for threads that gave up",
        "a reacquire after all waiters gave up breaks nothing with 4 and 5 threads (SAFE-3)",
        ghosts::cancelled_waiter_is_forgotten,
    ),
    mutant(
        "empty-sets-agree",
        "a comparison of nothing with nothing agrees",
        "a comparison for which loom reached nothing does not agree (TRACES)",
        rows::nothing_agrees_with_nothing,
    ),
    mutant(
        "ledger-expects-holds",
        "the ledger says that LIVE-2 holds of python2, where it is known to be false",
        "the verdict of the explorer with 4 threads is the expected one",
        rows::ledger_is_compared,
    ),
    mutant(
        "inconclusive-holds",
        "a search that ended early counts as one without a counterexample",
        "a report with an inconclusive row ends with exit code 4",
        rows::inconclusive_is_no_success,
    ),
    mutant(
        "missing-counts-ignored",
        "a committed count that was not found is no difference",
        "a suite that did not run is one difference",
        rows::missing_count_is_a_difference,
    ),
    mutant(
        "any-claim-catches",
        "a mutant counts as caught whatever claim is broken",
        "a panic that no claim names catches no mutant",
        rows::other_claim_catches_nothing,
    ),
];
