//! All reachable states, breadth first, so that the first counterexample is a shortest one.

use std::hash::BuildHasherDefault;
use std::sync::OnceLock;

use gil_core::protocol::Protocol;
use indexmap::IndexSet;
use rustc_hash::FxHasher;

use crate::claims::ghost::{PANICKED, REFUSED};
use crate::explorer::counterexample::Counterexample;
use crate::explorer::fair::{Arena, Edge};
use crate::explorer::model::{Action, Next, Program, State, describe};

type States<S> = IndexSet<S, BuildHasherDefault<FxHasher>>;

/// What has the actions of a state.
type Successors<'a, P> = dyn Fn(&State<P>, Program) -> Vec<Next<P>> + 'a;

/// The reachable states of a program and their edges.
#[derive(Debug)]
pub struct Graph<P: Protocol> {
    /// The program.
    pub program: Program,
    states: States<State<P>>,
    edges: Vec<Vec<(Action, u32)>>,
    /// The fast edges by which a state was found that no section leads to.
    fast: Vec<Vec<(Action, u32)>>,
    arena: OnceLock<Arena>,
    parents: Vec<Option<(u32, Action)>>,
    broken: Vec<Counterexample>,
    complete: bool,
}

impl<P: Protocol> Graph<P> {
    /// Explores until no new state is found, there are more than `limit` states, or the protocol
    /// panics.
    #[must_use]
    pub fn explore(protocol: P, program: Program, ghost: bool, limit: usize) -> Self {
        Self::explore_by(protocol, program, ghost, limit, &State::successors)
    }

    /// As [`Graph::explore`], where `successors` has the actions of a state.
    pub(crate) fn explore_by(
        protocol: P,
        program: Program,
        ghost: bool,
        limit: usize,
        successors: &Successors<'_, P>,
    ) -> Self {
        let mut graph = Self {
            program,
            states: States::default(),
            edges: Vec::new(),
            fast: Vec::new(),
            arena: OnceLock::new(),
            parents: vec![None],
            broken: Vec::new(),
            complete: true,
        };
        graph.states.insert(State::initial(protocol, program, ghost));
        while graph.edges.len() < graph.states.len() {
            if graph.states.len() > limit {
                graph.complete = false;
                break;
            }
            let at = graph.edges.len();
            graph.settle(at, successors(&graph.states[at], program));
            if graph.counterexample(PANICKED).is_some() {
                graph.complete = false;
                break;
            }
        }
        graph
    }

    /// Records the actions of state `at`.
    fn settle(&mut self, at: usize, successors: Vec<Next<P>>) {
        let mut edges = Vec::with_capacity(successors.len());
        let mut fast = Vec::new();
        for next in successors {
            for violation in next.broken {
                if !self.broken.iter().any(|known| known.claim == violation.claim) {
                    let mut stem = self.path(at);
                    stem.push(next.action);
                    self.broken.push(Counterexample {
                        claim: violation.claim,
                        message: violation.message,
                        program: self.program,
                        stem,
                        tail: None,
                    });
                }
            }
            if let Some(state) = next.state {
                edges.push((next.action, self.add(state, at, next.action).0));
            }
            if let Some(state) = self.states[at].fast(next.action) {
                let action = Action { fast: true, fair: false, ..next.action };
                let (index, new) = self.add(state, at, action);
                fast.extend(new.then_some((action, index)));
            }
        }
        self.edges.push(edges);
        self.fast.push(fast);
    }

    fn add(&mut self, state: State<P>, from: usize, action: Action) -> (u32, bool) {
        let (index, new) = self.states.insert_full(state);
        if new {
            self.parents.push(Some((from as u32, action)));
        }
        (index as u32, new)
    }

    /// Whether every reachable state was explored.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// A run to a state behind which nothing was explored, because the protocol panics there or
    /// breaks a rule of its interface.
    #[must_use]
    pub fn dead_end(&self) -> Option<&Counterexample> {
        self.counterexample(PANICKED).or_else(|| self.counterexample(REFUSED))
    }

    /// How many states were explored.
    #[must_use]
    pub fn len(&self) -> usize {
        self.edges.len()
    }

    /// How many states were found: all explored ones, and those left to explore if the exploration
    /// ended early.
    pub(crate) fn found(&self) -> usize {
        self.states.len()
    }

    /// Whether nothing was explored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// State number `index`.
    #[must_use]
    pub fn state(&self, index: usize) -> &State<P> {
        &self.states[index]
    }

    /// The number of a state, if it was reached.
    #[must_use]
    pub fn index_of(&self, state: &State<P>) -> Option<usize> {
        self.states.get_index_of(state)
    }

    /// The actions of a state and their successors; nothing where the exploration ended.
    #[must_use]
    pub fn edges(&self, index: usize) -> &[(Action, u32)] {
        self.edges.get(index).map_or(&[], Vec::as_slice)
    }

    /// The shortest counterexample to a claim.
    #[must_use]
    pub fn counterexample(&self, claim: &str) -> Option<&Counterexample> {
        self.broken.iter().find(|broken| broken.claim == claim)
    }

    /// The claims that were broken, in the order of their shortest counterexamples.
    pub fn broken(&self) -> impl Iterator<Item = &Counterexample> {
        self.broken.iter()
    }

    /// The edges of a state, including the fast ones by which another state was found.
    pub(crate) fn all_edges(&self, index: usize) -> impl Iterator<Item = &(Action, u32)> {
        let fast = self.fast.get(index).map_or(&[][..], Vec::as_slice);
        self.edges(index).iter().chain(fast)
    }

    /// The graph in the form that the search for fair loops needs.
    pub(crate) fn arena(&self) -> &Arena {
        self.arena.get_or_init(|| arena(self))
    }

    /// The shortest run from the start to a state.
    #[must_use]
    pub fn path(&self, mut index: usize) -> Vec<Action> {
        let mut actions = Vec::new();
        while let Some((from, action)) = self.parents[index] {
            actions.push(action);
            index = from as usize;
        }
        actions.reverse();
        actions
    }

    /// The same, one line per action.
    #[must_use]
    pub fn path_text(&self, mut index: usize) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some((from, action)) = self.parents[index] {
            let next = self.states[from as usize].replay(action);
            lines.push(describe(action, next.state.as_ref()));
            index = from as usize;
        }
        lines.reverse();
        lines
    }
}

/// Lines with their numbers.
#[must_use]
pub fn number(lines: &[String]) -> String {
    let numbered = lines.iter().enumerate().map(|(i, line)| format!("{:>4}  {line}", i + 1));
    numbered.collect::<Vec<_>>().join("\n")
}

/// The graph in the form that the search needs.
fn arena<P: Protocol>(graph: &Graph<P>) -> Arena {
    let threads = graph.program.threads;
    let edge = |(action, to): &(Action, u32)| Edge {
        thread: action.thread.index(),
        fair: action.fair,
        to: *to as usize,
    };
    let pressed = |index: usize| {
        let state = graph.state(index);
        state.monitor.threads().map(|thread| state.is_pressed(graph.program, thread)).collect()
    };
    Arena {
        threads,
        edges: (0..graph.found()).map(|index| graph.all_edges(index).map(edge).collect()).collect(),
        pressed: (0..graph.found()).map(pressed).collect(),
    }
}
