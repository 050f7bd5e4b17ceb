//! The bound on overtaking is proved: its rank is checked on every edge, and the check notices when
//! the rank or the rule is altered.

#![cfg(not(loom))]

use gil_core::{Handoff, Protocol};
use gil_verify::graph::Graph;
use gil_verify::mutants::{Mutated, Mutation};
use gil_verify::overtake::{longest, proves};
use gil_verify::promise::{IsHandoff, overtakes_max, rank};
use gil_verify::space::Program;

fn graph<P: Protocol>(protocol: P, program: Program) -> Graph<P> {
    Graph::explore(protocol, program, false, 5_000_000)
}

#[test]
fn the_rank_proves_the_bound_with_every_budget() {
    let mut edges_checked = 0;
    for (barges, boosts) in (0..=3).flat_map(|k| (0..=3).map(move |b| (k, b))) {
        for threads in 2..=4 {
            // Four threads with large budgets are for the full run of the command line.
            if threads == 4 && (barges > 2 || boosts > 1) {
                continue;
            }
            for program in [Program::blocking(threads), Program::cancelling(threads)] {
                let graph = graph(Handoff::with_budgets(barges, boosts), program);
                let rank = |state: &_, waiter, free| rank((barges, boosts), state, waiter, free);
                let (begins, edges) = proves(&graph, &rank)
                    .unwrap_or_else(|no| panic!("K={barges} B={boosts} N={threads}: {no}"));
                edges_checked += edges;
                let bound = overtakes_max(barges, boosts, threads);
                assert_eq!(
                    begins, bound,
                    "K={barges} B={boosts} N={threads}: the rank at the start"
                );
                // And it is attained: no smaller number would do.
                if program == Program::blocking(threads) {
                    assert_eq!(longest(&graph).max, Some(bound));
                }
            }
        }
    }
    println!("{edges_checked} edges checked");
    assert!(edges_checked > 100_000, "{edges_checked} edges");
}

/// Whether the rank of K=2, B=1 still proves the bound for three threads.
fn stands<P: Protocol + IsHandoff>(protocol: P, change: impl Fn(u64) -> u64) -> bool {
    let graph = graph(protocol, Program::blocking(3));
    let altered = |state: &_, waiter, free| change(rank((2, 1), state, waiter, free));
    proves(&graph, &altered).is_ok_and(|(begins, _)| begins <= overtakes_max(2, 1, 3))
}

#[test]
fn an_altered_rank_or_rule_is_no_proof() {
    assert!(stands(Handoff::new(), |rank| rank), "as it is");
    assert!(!stands(Handoff::new(), |rank| rank.saturating_sub(1)), "one less");
    assert!(!stands(Handoff::new(), |rank| rank / 2), "half");
    assert!(!stands(Handoff::new(), |rank| rank + 1), "one more is above the bound");
    assert!(!stands(Handoff::new(), |_| 6), "the bound itself does not fall");
    for mutation in [Mutation::GivesByFreeing, Mutation::ServedAfter(0, 2), Mutation::ServesLast] {
        let mutant = Mutated::new(Handoff::new(), mutation);
        assert!(!stands(mutant, |rank| rank), "{mutation:?} breaks the proof");
    }
    assert!(!stands(Handoff::with_budgets(3, 1), |rank| rank), "a barge more than is promised");
    assert!(!stands(Handoff::with_budgets(2, 2), |rank| rank), "a boost more than is promised");
}
