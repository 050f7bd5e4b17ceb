//! LIVE-3, bounded overtaking: how often others can gain the lock while one thread waits.
//!
//! From the section that makes `w` a waiter until `w` owns or gives up, each gain of the lock by
//! another thread counts, except the first one of each thread that was waiting already. The
//! largest count is a longest path, or unbounded where a cycle gains. Threads are interchangeable,
//! so one `w` is enough.

use std::collections::VecDeque;

use gil_core::{Protocol, ThreadId};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashMap;

use crate::ghost::ThreadSet;
use crate::graph::{Graph, number};
use crate::space::{Action, State, describe};

/// How often one waiter can be overtaken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overtaking {
    /// The largest number; `None` is unbounded.
    pub max: Option<u64>,
    /// A run that attains it, or a loop that gains.
    pub witness: String,
}

struct Edge {
    action: Action,
    gains: bool,
}

/// The product of the graph with the threads whose first gain is still free of charge, while
/// thread 0 waits.
struct Wait {
    graph: DiGraph<(usize, ThreadSet), Edge>,
    starts: Vec<NodeIndex>,
}

/// Searches the whole graph, which must have been explored without a ghost, and completely: the
/// bound of a part is none.
///
/// # Panics
/// When the graph is not complete.
///
/// ```
/// use gil_core::Handoff;
/// use gil_verify::{graph::Graph, overtake, space::Program};
/// let graph = Graph::explore(Handoff::plain(), Program::blocking(2), false, 10_000);
/// assert_eq!(overtake::longest(&graph).max, Some(2), "K = 2 barges, one other thread");
/// ```
#[must_use]
pub fn longest<P: Protocol>(graph: &Graph<P>) -> Overtaking {
    assert!(graph.is_complete(), "a bound needs all states");
    let wait = Wait::new(graph, ThreadId::from_index(0));
    let components = petgraph::algo::tarjan_scc(&wait.graph);
    let mut component_of = vec![0; wait.graph.node_count()];
    for (number, component) in components.iter().enumerate() {
        component.iter().for_each(|node| component_of[node.index()] = number);
    }
    let inside = |a: NodeIndex, b: NodeIndex| component_of[a.index()] == component_of[b.index()];
    let gaining = wait.graph.edge_references();
    let mut gaining = gaining.filter(|edge| edge.weight().gains);
    if let Some(edge) = gaining.find(|edge| inside(edge.source(), edge.target())) {
        let (at, _) = wait.graph[edge.source()];
        let mut lines = graph.path_text(at);
        lines.push(wait.describe(graph, edge.source(), edge.weight()));
        let witness = format!("T0 can be overtaken like this for ever\n{}", number(&lines));
        return Overtaking { max: None, witness };
    }
    // tarjan_scc gives components in reverse topological order: what a component leads to is
    // known before the component itself. Inside one nothing gains.
    let mut best: Vec<(u64, Option<(NodeIndex, petgraph::graph::EdgeIndex)>)> =
        vec![(0, None); components.len()];
    for (number, component) in components.iter().enumerate() {
        for &node in component {
            for edge in wait.graph.edges(node) {
                let target = component_of[edge.target().index()];
                let count = best[target].0 + u64::from(edge.weight().gains);
                if target != number && count > best[number].0 {
                    best[number] = (count, Some((node, edge.id())));
                }
            }
        }
    }
    let start = wait.starts.iter().max_by_key(|start| best[component_of[start.index()]].0);
    let max = start.map_or(0, |start| best[component_of[start.index()]].0);
    let witness = match start {
        Some(&start) => {
            let mut lines = vec![format!(
                "(T0 begins to wait after {} steps)",
                graph.path_text(wait.graph[start].0).len()
            )];
            let mut component = component_of[start.index()];
            while let Some((node, edge)) = best[component].1 {
                let weight = &wait.graph[edge];
                if weight.gains {
                    lines.push(wait.describe(graph, node, weight));
                }
                let ends = wait.graph.edge_endpoints(edge).expect("an edge of this graph");
                component = component_of[ends.1.index()];
            }
            format!("T0 waits, and these gains come before its own\n{}", lines.join("\n"))
        }
        None => "T0 never waits".to_owned(),
    };
    Overtaking { max: Some(max), witness }
}

impl Wait {
    fn new<P: Protocol>(graph: &Graph<P>, waiter: ThreadId) -> Self {
        let mut wait = Self { graph: DiGraph::new(), starts: Vec::new() };
        let mut nodes: FxHashMap<(usize, ThreadSet), NodeIndex> = FxHashMap::default();
        let mut queue = VecDeque::new();
        for index in 0..graph.len() {
            let waited = graph.state(index).monitor.is_waiter(waiter);
            for &(action, to) in graph.edges(index) {
                let state = graph.state(to as usize);
                if !waited && action.thread == waiter && state.monitor.is_waiter(waiter) {
                    let others = state
                        .monitor
                        .threads()
                        .filter(|thread| *thread != waiter && state.monitor.is_waiter(*thread));
                    let key = (to as usize, others.collect());
                    nodes.entry(key).or_insert_with(|| {
                        let node = wait.graph.add_node(key);
                        wait.starts.push(node);
                        queue.push_back(node);
                        node
                    });
                }
            }
        }
        while let Some(node) = queue.pop_front() {
            let (index, free) = wait.graph[node];
            for &(action, to) in graph.edges(index) {
                let (from, state) = (graph.state(index), graph.state(to as usize));
                if !state.monitor.is_waiter(waiter) {
                    continue;
                }
                let (gains, free) = charge(from, state, free);
                let key = (to as usize, free);
                let target = *nodes.entry(key).or_insert_with(|| {
                    let target = wait.graph.add_node(key);
                    queue.push_back(target);
                    target
                });
                wait.graph.add_edge(node, target, Edge { action, gains });
            }
        }
        wait
    }

    fn describe<P: Protocol>(&self, graph: &Graph<P>, node: NodeIndex, edge: &Edge) -> String {
        let state = graph.state(self.graph[node].0);
        describe(edge.action, state.replay(edge.action).state.as_ref())
    }
}

/// Whether an action lets another thread gain the lock at a charge, and whose first gain is free
/// after it.
fn charge<P: Protocol>(from: &State<P>, to: &State<P>, mut free: ThreadSet) -> (bool, ThreadSet) {
    let Some(owner) = to.monitor.owner().filter(|owner| from.monitor.owner() != Some(*owner))
    else {
        return (false, free);
    };
    let charged = !free.has(owner);
    free.remove(owner);
    (charged, free)
}

/// A rank that does not prove its bound: where, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{why}: from {from} to {to}\n{run}")]
pub struct NoProof {
    /// What goes wrong.
    pub why: &'static str,
    /// The rank before.
    pub from: u64,
    /// The rank after.
    pub to: u64,
    /// The run that leads there.
    pub run: String,
}

/// Checks a rank: on every edge of a wait it does not rise, and where the waiter is overtaken it
/// falls. A waiter is then overtaken at most as often as the rank says when its wait begins; the
/// largest such rank is given back, with the number of edges that were checked.
///
/// `rank` is of a state, of the waiter, and of the threads whose first gain is free of charge.
///
/// # Errors
/// The first edge on which it does not do so.
///
/// # Panics
/// When the graph is not complete.
pub fn proves<P: Protocol>(
    graph: &Graph<P>,
    rank: &dyn Fn(&State<P>, ThreadId, ThreadSet) -> u64,
) -> Result<(u64, usize), Box<NoProof>> {
    assert!(graph.is_complete(), "a proof needs all states");
    let waiter = ThreadId::from_index(0);
    let wait = Wait::new(graph, waiter);
    let of = |node: NodeIndex| {
        let (index, free) = wait.graph[node];
        rank(graph.state(index), waiter, free)
    };
    for edge in wait.graph.edge_references() {
        let (from, to) = (of(edge.source()), of(edge.target()));
        let gains = edge.weight().gains;
        if to + u64::from(gains) > from {
            let why =
                if gains { "overtaken, and the rank does not fall" } else { "the rank rises" };
            let mut lines = graph.path_text(wait.graph[edge.source()].0);
            lines.push(wait.describe(graph, edge.source(), edge.weight()));
            return Err(Box::new(NoProof { why, from, to, run: number(&lines) }));
        }
    }
    let begins = wait.starts.iter().map(|start| of(*start)).max();
    Ok((begins.unwrap_or_default(), wait.graph.edge_count()))
}
