//! Which engines judge a claim, and the reason where there is only one.

use crate::claims::explored;
use crate::claims::identity::IDENTITY;
use crate::claims::time::TIME;
use crate::loom::{SUITES, Work, compares, judged};
use crate::protocols::MAIN;
use crate::report::Engine;
use crate::shuttle;

/// Claims that one engine judges, and why there is no second.
pub const SINGLE: &[(&str, &str)] = &[
    (
        "SAFE-8",
        "only loom knows which accesses are ordered: the explorer has no memory, and shuttle and Spin have no memory orders. ThreadSanitizer and Miri check the same code on real threads where a toolchain has them. No test there frees a lock while another thread is inside it",
    ),
    (
        "ID-3",
        "the other engines have no memory that is freed; a test of `gil-core` ends a thread that is attached, and Miri runs it where a toolchain has it",
    ),
    (
        "SAFE-9",
        "the other engines run finite programs or judge few claims, and this claim needs repeated turns; its search is tested on protocols that are known to break it",
    ),
    (
        "HAND",
        "it speaks of the protocol's own state, which no other engine has; its consequences LIVE-2, LIVE-4 and SAFE-5 have other judges",
    ),
    (
        "LIVE-5",
        "a release that never ends is a loop or a deadlock; loom reports the deadlock as LIVE-4, and Spin's models do not distinguish the two either",
    ),
    (
        "NEED-1",
        "it claims that a counterexample exists, and the report prints it: a reader can check it",
    ),
    (
        "TIME-1",
        "the other checkers have no clock; the simulator measures the same over a matrix of intervals and calls (`gil-models/tests/pacing.rs`)",
    ),
    ("TIME-2", "as TIME-1"),
    (
        "TIME-3",
        "the other checkers have no clock; tests with a virtual clock, and one on real threads, check single cases (`gil-core/tests/behaviour/switch_interval.rs`)",
    ),
    ("NEED-2", "as NEED-1"),
    ("NEED-3", "as NEED-1"),
    (
        "FAST-PATH",
        "it compares states of the explorer's graph with one another; loom's suites with the fast path check the same claims, which is weaker",
    ),
];

/// The claims that random programs judge of every protocol (`tests/properties.rs`).
const RANDOM: &[&str] = explored::SAFETY;

/// The engines that judge a claim of the default protocol.
#[must_use]
pub fn engines(claim: &str) -> Vec<Engine> {
    let mut engines = Vec::new();
    let explored = explored::judged().any(|id| id == claim);
    let other = ["LIVE-3", "FAST-PATH", "TRACES", "REFINES"];
    if explored || other.contains(&claim) || TIME.contains(&claim) {
        engines.push(Engine::Explorer);
    }
    let by_loom = SUITES.iter().any(|suite| {
        judged(suite, MAIN[0]).contains(&claim) || compares(suite, MAIN[0]).contains(&claim)
    });
    if by_loom {
        engines.push(Engine::Loom);
    }
    if shuttle::JUDGED.contains(&claim) {
        engines.push(Engine::Shuttle);
    }
    #[cfg(all(feature = "cli", not(loom)))]
    if [crate::spin::SAFETY, crate::spin::LIVENESS].concat().contains(&claim) {
        engines.push(Engine::Spin);
    }
    if RANDOM.contains(&claim) {
        engines.push(Engine::Proptest);
    }
    // Real threads check overtaking in one test, and reference counts in the tests of the heap.
    let heap = SUITES.iter().any(|suite| suite.work == Work::Heap);
    // The programs of ID-1 and ID-2 run on real threads too (`tests/identity.rs`).
    if IDENTITY.contains(&claim) || claim == "LIVE-3" || claim == "HEAP-1" && heap {
        engines.push(Engine::Threads);
    }
    engines
}

/// The engines' names, for pages.
#[must_use]
pub fn names(claim: &str) -> String {
    let name = |engine: &Engine| match engine {
        Engine::Explorer => "the explorer",
        Engine::Loom => "loom",
        Engine::Shuttle => "shuttle",
        Engine::Spin => "Spin",
        Engine::Proptest => "random programs",
        Engine::Threads => "real threads",
    };
    engines(claim).iter().map(name).collect::<Vec<_>>().join(", ")
}
