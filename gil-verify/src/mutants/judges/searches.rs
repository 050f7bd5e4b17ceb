//! Mutants of the searches in the explorer's graph, on graphs of four and five threads.

use std::cell::Cell;

use gil_core::engine::ThreadState;
use gil_core::protocol::{Budgets, Handoff, Protocol, ThreadId};
use gil_models::{PyPy, Python2, Python3};

use super::Judge;
use crate::claims::bisim::{self, FastPath};
use crate::claims::ghost::ThreadSet;
use crate::claims::promise::bounds::{self, Point};
use crate::claims::promise::rank;
use crate::claims::{liveness, overtake};
use crate::explorer::fair::{Arena, Fairness, Lasso, search};
use crate::explorer::graph::Graph;
use crate::explorer::model::{Next, Program, State};
use crate::mutants::protocol::{Mutated, Mutation};

/// More states than any graph here has.
const STATES_MAX: usize = 200_000;

type Search = fn(&Arena, &[bool], &[bool], Fairness) -> Option<Lasso>;

/// Whether a search finds a starved thread under weak fairness.
fn starves<P: Protocol>(protocol: P, program: Program, search: Search) -> bool {
    let graph = Graph::explore(protocol, program, false, STATES_MAX);
    liveness::counterexample_by(&graph, "LIVE-2", Fairness::Weak, search).is_some()
}

fn gives_up(arena: &Arena, open: &[bool], begins: &[bool], fairness: Fairness) -> Option<Lasso> {
    if arena.threads < 4 { search(arena, open, begins, fairness) } else { None }
}

fn unfair(arena: &Arena, open: &[bool], begins: &[bool], _: Fairness) -> Option<Lasso> {
    search(arena, open, begins, Fairness::None)
}

fn strong(arena: &Arena, open: &[bool], begins: &[bool], _: Fairness) -> Option<Lasso> {
    search(arena, open, begins, Fairness::Strong)
}

fn chosen(judge: Judge, mutated: Search) -> Search {
    match judge {
        Judge::Real => search,
        Judge::Mutated => mutated,
    }
}

pub(super) fn starvation_of_many(judge: Judge) -> bool {
    let search = chosen(judge, gives_up);
    [2, 4, 5].into_iter().all(|n| starves(Python2::new(), Program::hogs(n), search))
}

pub(super) fn no_starvation_of_many(judge: Judge) -> bool {
    let search = chosen(judge, unfair);
    [4, 5].into_iter().all(|n| !starves(Handoff::plain(), Program::hogs(n), search))
}

pub(super) fn weakly_fair_starvation(judge: Judge) -> bool {
    starves(PyPy::new(), Program::blocking(4), chosen(judge, strong))
}

/// A cell of the table of bounds that has few states.
const POINT: Point = Point { barges: 1, boosts: 0, threads: 4 };

const fn handoff(point: Point) -> Handoff {
    Handoff::with_budgets(Budgets { barges: point.barges, boosts: point.boosts })
}

fn rank_of_point(state: &State<Handoff>, waiter: ThreadId, free: ThreadSet) -> u64 {
    rank((POINT.barges, POINT.boosts), state, waiter, free)
}

/// The committed number of edges on which the rank of [`POINT`] is checked.
fn committed_edges() -> Option<u64> {
    let bounds = bounds::committed().ok()?;
    Some(bounds.get(&POINT.key())?.proved_edges)
}

pub(super) fn every_edge_is_there(judge: Judge) -> bool {
    let dropped = Cell::new(judge == Judge::Real);
    let successors = |state: &State<Handoff>, program| -> Vec<Next<Handoff>> {
        let mut successors = state.successors(program);
        let waits = |thread| matches!(state.monitor.thread_state(thread), ThreadState::Waiting(..));
        let wait = state.monitor.threads().filter(|thread| waits(*thread)).count();
        if wait == 3 && waits(ThreadId::from_index(0)) && !dropped.replace(true) {
            successors.pop();
        }
        successors
    };
    let program = Program::cancelling(POINT.threads);
    let graph = Graph::explore_by(handoff(POINT), program, false, STATES_MAX, &successors);
    let edges = overtake::proves(&graph, &rank_of_point).map(|(_, edges)| edges as u64);
    edges.ok() == committed_edges()
}

pub(super) fn fast_path_is_compared(judge: Judge) -> bool {
    fn fast_path<P: Protocol>(judge: Judge, graph: &Graph<P>) -> FastPath {
        match judge {
            Judge::Real => bisim::fast_path(graph),
            Judge::Mutated => {
                FastPath { states: graph.len(), pairs: 0, different: 0, counterexample: None }
            }
        }
    }
    [3, 4].into_iter().all(|threads| {
        let program = Program::cancelling(threads);
        let mutated = Mutated::new(Handoff::plain(), Mutation::FastPathDiffers);
        let right = Graph::explore(Handoff::plain(), program, false, STATES_MAX);
        let wrong = Graph::explore(mutated, program, false, STATES_MAX);
        let (right, wrong) = (fast_path(judge, &right), fast_path(judge, &wrong));
        right.pairs > 0 && right.different == 0 && wrong.different > 0
    })
}

pub(super) fn overtakings_are_counted(judge: Judge) -> bool {
    let most = |max: Option<u64>| match judge {
        Judge::Real => max,
        Judge::Mutated => max.map(|max| max.min(4)),
    };
    let counted = [3, 4].into_iter().all(|threads| {
        let point = Point { barges: 3, boosts: 0, threads };
        most(point.longest().max) == Some(point.formula())
    });
    let graph = Graph::explore(Python3::new(), Program::blocking(3), false, STATES_MAX);
    counted && most(overtake::longest(&graph).max).is_none()
}

pub(super) fn rank_is_checked(judge: Judge) -> bool {
    let program = Program::cancelling(POINT.threads);
    let graph = Graph::explore(handoff(POINT), program, false, STATES_MAX);
    let edges = |rank: &dyn Fn(&State<Handoff>, ThreadId, ThreadSet) -> u64| match judge {
        Judge::Real => overtake::proves(&graph, rank).ok().map(|(_, edges)| edges as u64),
        Judge::Mutated => Some(0),
    };
    edges(&|_, _, _| 0).is_none() && edges(&rank_of_point) == committed_edges()
}
