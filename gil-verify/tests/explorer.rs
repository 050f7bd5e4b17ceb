//! All verdicts, bounds and mutants of the explorer.

#![cfg(not(loom))]

use gil_verify::explorer::engine;
use gil_verify::ledger;
use gil_verify::report::selection::Selection;
use gil_verify::report::{ClaimRow, Profile, Row, counts};

fn assert_expected(row: &ClaimRow) {
    assert_eq!(
        row.verdict,
        row.expected,
        "{} of {} at {} threads, {:?}\n{}",
        row.id,
        row.protocol,
        row.threads,
        row.variant,
        row.counterexample.as_deref().unwrap_or("no counterexample")
    );
}

#[test]
fn verdicts_equal_the_expected_ones() {
    let mut rows = Vec::new();
    let selection = Selection::all(Profile::Quick);
    engine::run(&selection, &mut rows);
    let (mut claims, mut caught) = (0, 0);
    for row in &rows {
        match row {
            Row::Claim(row) => {
                claims += 1;
                assert_expected(row);
            }
            Row::Mutant(row) => {
                caught += 1;
                assert!(row.is_settled(), "{row:?}");
            }
            Row::Bound(row) => {
                let expected = ledger::overtakes_max(&row.protocol, row.threads);
                assert_eq!(row.overtakes_max, expected, "{row:?}");
            }
            Row::Agreement(row) => panic!("the explorer compares nothing with loom: {row:?}"),
        }
    }
    assert!(claims >= 390 && caught >= 50, "{claims} claims and {caught} mutants ran");
    let committed = counts::committed().expect("counts.json is a JSON object of numbers");
    let wrong = counts::differences(&committed, &counts::of(&rows), |key| {
        key.starts_with("explorer") && counts::is_due(key, Profile::Quick)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn overtaking_bounds_equal_the_committed_ones() {
    use gil_core::protocol::{Budgets, Handoff};
    use gil_verify::claims::overtake;
    use gil_verify::explorer::graph::Graph;
    use gil_verify::explorer::model::Program;
    for (barges, boosts) in [(0, 0), (0, 1), (1, 0), (1, 2), (3, 1), (2, 2)] {
        for threads in 2..=3 {
            let protocol = Handoff::with_budgets(Budgets { barges, boosts });
            let graph = Graph::explore(protocol, Program::blocking(threads), false, 1_000_000);
            let bound = gil_verify::claims::promise::overtakes_max(barges, boosts, threads);
            let found = overtake::longest(&graph);
            assert_eq!(found.max, Some(bound), "K={barges} B={boosts} N={threads}");
        }
    }
}
