//! Which engines judge a claim, and why one of them has to do where it is alone.

use crate::claims::explored;
use crate::loom::{SUITES, Work, compares, judged};
use crate::protocols::MAIN;
use crate::report::Engine;
use crate::shuttle;

/// Claims that one engine judges, and why there is no second.
pub const SINGLE: &[(&str, &str)] = &[
    (
        "SAFE-8",
        "only loom knows which accesses are ordered: the explorer has no memory, shuttle and Spin no orders. ThreadSanitizer and Miri look at the same code on real threads where a toolchain has them, but nobody frees a lock there while another thread is inside it",
    ),
    (
        "SAFE-9",
        "the other engines run finite programs or a few claims, and this one needs turns that come round; its search is tested on protocols that are known to break it",
    ),
    (
        "HAND",
        "its words are the protocol's own, which no other engine knows; what follows from them is LIVE-2, LIVE-4 and SAFE-5, which others judge too",
    ),
    (
        "LIVE-5",
        "a release that never ends is a loop or a deadlock; loom would report the deadlock as LIVE-4, and tells the two apart as little as Spin's models do",
    ),
    (
        "NEED-1",
        "what is claimed is that a counterexample exists, and it is printed: whoever reads it is the second opinion",
    ),
    (
        "TIME-1",
        "the other checkers have no clock; the simulator measures the same over a matrix of intervals and calls (`gil-models/tests/pacing.rs`)",
    ),
    ("TIME-2", "as TIME-1"),
    ("NEED-2", "as NEED-1"),
    ("NEED-3", "as NEED-1"),
    (
        "FAST-PATH",
        "it compares states of the explorer's graph with one another; that loom's suites with the fast path keep the same claims is a weaker look at the same thing",
    ),
];

/// Claims that random programs, one step of one thread after the other, judge of every protocol
/// (`tests/properties.rs`).
const RANDOM: &[&str] = explored::SAFETY;

/// The engines that judge a claim of the default protocol.
#[must_use]
pub fn engines(claim: &str) -> Vec<Engine> {
    let mut engines = Vec::new();
    let explored = explored::judged().any(|id| id == claim);
    if explored || ["LIVE-3", "FAST-PATH", "TRACES", "REFINES", "TIME-1", "TIME-2"].contains(&claim)
    {
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
    #[cfg(not(loom))]
    if [crate::spin::SAFETY, crate::spin::LIVENESS].concat().contains(&claim) {
        engines.push(Engine::Spin);
    }
    if RANDOM.contains(&claim) {
        engines.push(Engine::Proptest);
    }
    // Overtakings are counted on locks that run, and counts in the heap's own tests.
    let heap = SUITES.iter().any(|suite| suite.work == Work::Heap);
    if claim == "LIVE-3" || claim == "HEAP-1" && heap {
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
