//! The bound on overtaking is proved and exact. Its rank is checked on every edge, the table of
//! budgets is computed, and the checks notice an altered rank, rule or table.

#![cfg(not(loom))]

use gil_core::protocol::{Budgets, Handoff, Protocol};
use gil_verify::claims::overtake::{Overtakings, longest, proves};
use gil_verify::claims::promise::bounds::{self, Point};
use gil_verify::claims::promise::{DEFAULT, IsHandoff, overtakes_max, rank, terms};
use gil_verify::explorer::graph::Graph;
use gil_verify::explorer::model::{Program, State};
use gil_verify::mutants::protocol::{Mutated, Mutation};
use gil_verify::parallel;
use gil_verify::report::Row;

fn graph<P: Protocol>(protocol: P, program: Program) -> Graph<P> {
    Graph::explore(protocol, program, false, 5_000_000)
}

/// Four threads with large budgets belong to the full run of the command line, which computes all.
fn is_small(point: &Point) -> bool {
    point.threads < 4 || point.barges + 2 * point.boosts <= 4
}

#[test]
fn promise_table_equals_the_bounds_of_the_explorer() {
    let small: Vec<_> = bounds::points().filter(is_small).collect();
    let cost = |point: &Point| point.threads * 10 + usize::from(point.barges + 2 * point.boosts);
    let rows = parallel::map(&small, cost, |point| Row::Bound(point.row()), |_| ());
    let found = bounds::of(&rows);
    let committed = bounds::committed().expect("bounds.json is a table");
    let wrong = bounds::differences(&committed, &found, false);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let edges: u64 = found.values().map(|bound| bound.proved_edges).sum();
    println!("{} places, {edges} edges checked", found.len());
    assert!(found.len() == 40 && edges > 500_000, "{} places, {edges} edges", found.len());
}

#[test]
fn promise_formula_equals_every_cell_of_the_table() {
    let committed = bounds::committed().expect("bounds.json is a table");
    let points: Vec<_> = bounds::points().collect();
    assert_eq!((points.len(), committed.len()), (48, 48), "K and B from 0 to 3, N from 2 to 4");
    for point in points {
        let bound = committed.get(&point.key()).unwrap_or_else(|| panic!("no {}", point.key()));
        assert_eq!(bound.overtakes_max, point.formula(), "{}", point.key());
        assert!(bound.proved_edges > 0 && bound.states > 0, "{}", point.key());
    }
}

#[test]
fn altered_promise_table_fails() {
    let committed = bounds::committed().expect("bounds.json is a table");
    assert!(bounds::differences(&committed, &committed, true).is_empty());
    let key = "handoff K=1 B=3 N=4";
    let alter = |change: fn(&mut bounds::Bound)| {
        let mut altered = committed.clone();
        change(altered.get_mut(key).expect("it is a place"));
        bounds::differences(&altered, &committed, true)
    };
    for wrong in [
        alter(|bound| bound.overtakes_max += 1),
        alter(|bound| bound.proved_edges -= 1),
        alter(|bound| bound.states += 1),
    ] {
        assert!(matches!(wrong.as_slice(), [only] if only.contains(key)), "{wrong:?}");
    }
    let mut less = committed.clone();
    less.remove(key);
    assert_eq!(bounds::differences(&committed, &less, true).len(), 1, "a place was left out");
    assert_eq!(bounds::differences(&committed, &less, false), Vec::<String>::new());
    assert_eq!(bounds::differences(&less, &committed, true).len(), 1, "a place is new");
}

#[test]
fn witness_replays_and_attains_its_bound() {
    for point in bounds::points().filter(|point| point.threads < 4) {
        let protocol =
            Handoff::with_budgets(Budgets { barges: point.barges, boosts: point.boosts });
        let graph = graph(protocol.clone(), Program::blocking(point.threads));
        let found = longest(&graph);
        let mut state = State::initial(protocol, found.witness.program, false);
        let (mut seen, mut last) = (Overtakings::default(), 0);
        let waiter = gil_core::protocol::ThreadId::from_index(0);
        for action in &found.witness.stem {
            state = state.replay(*action).state.expect("the Monitor allows it");
            seen.note(&state.monitor);
            last = seen.of(waiter).unwrap_or(last);
        }
        assert_eq!(last, point.formula(), "{}: {}", point.key(), found.witness.message);
        assert_eq!(state.monitor.owner(), Some(waiter), "{}: it owns in the end", point.key());
        assert_eq!(found.witness.tail, None, "{}", point.key());
    }
}

/// Whether the rank of the default protocol still proves the bound for three threads.
fn stands<P: Protocol + IsHandoff>(protocol: P, change: impl Fn(u64) -> u64) -> bool {
    let graph = graph(protocol, Program::blocking(3));
    let altered = |state: &_, waiter, free| change(rank(DEFAULT, state, waiter, free));
    proves(&graph, &altered)
        .is_ok_and(|(begins, _)| begins <= overtakes_max(DEFAULT.0, DEFAULT.1, 3))
}

#[test]
fn altered_rank_or_rule_is_no_proof() {
    assert!(stands(Handoff::new(), |rank| rank), "as it is");
    assert!(!stands(Handoff::new(), |rank| rank.saturating_sub(1)), "one less");
    assert!(!stands(Handoff::new(), |rank| rank / 2), "half");
    assert!(!stands(Handoff::new(), |rank| rank + 1), "one more is above the bound");
    assert!(!stands(Handoff::new(), |_| 6), "the bound itself does not fall");
    for mutation in [
        Mutation::GivesByFreeing,
        Mutation::ServedAfter(0, 2),
        Mutation::ServedAfter(1, 2),
        Mutation::ServesLast,
        Mutation::SwitchedOutWaitsIn(2, 1),
    ] {
        let mutant = Mutated::new(Handoff::new(), mutation);
        assert!(!stands(mutant, |rank| rank), "{mutation:?} breaks the proof");
    }
    assert!(
        !stands(Handoff::with_budgets(Budgets { barges: 2, boosts: 3 }), |rank| rank),
        "one more barge than is promised"
    );
    assert!(
        !stands(Handoff::with_budgets(Budgets { barges: 1, boosts: 4 }), |rank| rank),
        "one more boost than is promised"
    );
}

#[test]
fn rank_without_one_of_its_terms_is_no_proof() {
    // Small programs first: most missing terms show there already.
    let budgets = [((2, 1), 3), ((2, 2), 3), ((1, 1), 4), ((1, 2), 4)];
    let graphs = budgets.map(|((barges, boosts), threads)| {
        let graph =
            graph(Handoff::with_budgets(Budgets { barges, boosts }), Program::blocking(threads));
        ((barges, boosts), graph)
    });
    let stands = |left_out: &str, (budgets, graph): &((u8, u8), Graph<Handoff>)| {
        let rank = |state: &_, waiter, free| {
            let terms = terms(*budgets, state, waiter, free).into_iter();
            terms.filter(|(name, _)| *name != left_out).map(|(_, term)| term).sum()
        };
        proves(graph, &rank).is_ok()
    };
    assert!(graphs.iter().all(|graph| stands("nothing", graph)), "all terms");
    let proves_as_much = |name: &&&str| graphs.iter().all(|graph| stands(name, graph));
    let idle: Vec<_> = NAMES.iter().filter(proves_as_much).collect();
    assert!(idle.is_empty(), "the rank proves as much without {idle:?}");
}

const NAMES: [&str; 13] = [
    "barges left",
    "barges of the turns ahead",
    "boosts left",
    "boosts of the turns ahead",
    "boosted ahead",
    "turns interrupted by those left",
    "turns interrupted in the turns ahead",
    "turns interrupted by those ahead",
    "interrupted ahead",
    "interrupted: barges left",
    "interrupted: boosts left",
    "interrupted: boosted ahead",
    "boosted: barges left",
];

#[test]
fn larger_budget_exceeds_the_bound() {
    for point in bounds::points().filter(|point| point.threads < 4) {
        let Point { barges, boosts, threads } = point;
        let max = |barges, boosts| {
            longest(&graph(
                Handoff::with_budgets(Budgets { barges, boosts }),
                Program::blocking(threads),
            ))
            .max
        };
        assert!(max(barges, boosts) <= Some(point.formula()), "{}", point.key());
        if threads > 2 {
            let (barge, boost) = (max(barges + 1, boosts), max(barges, boosts + 1));
            assert!(barge > Some(point.formula()), "{}: one more barge", point.key());
            assert!(boost > Some(point.formula()), "{}: one more boost", point.key());
        }
    }
}
