//! All reachable states, breadth first, so that the first counterexample is a shortest one.

use std::hash::BuildHasherDefault;

use gil_core::Protocol;
use indexmap::IndexSet;
use rustc_hash::FxHasher;

use crate::space::{Action, Program, State, describe};

type States<S> = IndexSet<S, BuildHasherDefault<FxHasher>>;

/// A broken claim and the shortest way to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterexample {
    /// The broken claim.
    pub claim: &'static str,
    /// What happened last, in words.
    pub message: String,
    /// How many actions lead there.
    pub steps: usize,
    /// The whole run, a line an action.
    pub text: String,
}

/// The reachable states of a program, and how they are connected.
#[derive(Debug)]
pub struct Graph<P: Protocol> {
    /// What runs.
    pub program: Program,
    states: States<State<P>>,
    edges: Vec<Vec<(Action, u32)>>,
    parents: Vec<Option<(u32, Action)>>,
    broken: Vec<Counterexample>,
    complete: bool,
}

impl<P: Protocol> Graph<P> {
    /// Explores until nothing new is found or there are more than `limit` states.
    #[must_use]
    pub fn explore(protocol: P, program: Program, ghost: bool, limit: usize) -> Self {
        let mut graph = Self {
            program,
            states: States::default(),
            edges: Vec::new(),
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
            graph.expand(graph.edges.len());
        }
        graph
    }

    fn expand(&mut self, at: usize) {
        let mut edges = Vec::new();
        let fast = self.states[at].clone();
        for next in self.states[at].successors(self.program) {
            for violation in &next.broken {
                if !self.broken.iter().any(|known| known.claim == violation.claim) {
                    let mut text = self.path_text(at);
                    let steps = text.len() + 1;
                    text.push(describe(next.action, next.state.as_ref()));
                    self.broken.push(Counterexample {
                        claim: violation.claim,
                        message: violation.message.clone(),
                        steps,
                        text: number(&text),
                    });
                }
            }
            if let Some(state) = next.state {
                edges.push((next.action, self.add(state, at, next.action)));
            }
            if let Some(state) = fast.fast(next.action) {
                self.add(state, at, next.action);
            }
        }
        self.edges.push(edges);
    }

    fn add(&mut self, state: State<P>, from: usize, action: Action) -> u32 {
        let (index, new) = self.states.insert_full(state);
        if new {
            self.parents.push(Some((from as u32, action)));
        }
        index as u32
    }

    /// Whether every reachable state was explored.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// How many states were found.
    #[must_use]
    pub fn len(&self) -> usize {
        self.edges.len()
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

    /// What can happen in a state, and where it leads; nothing where the exploration ended.
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

    /// The shortest run from the start to a state, a line an action.
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
