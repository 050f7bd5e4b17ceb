//! One thread's waits: the product of the graph with the account of its overtakings.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use gil_core::engine::{Monitor, Operation, ThreadState};
use gil_core::protocol::{Protocol, ThreadId};
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashMap;

use super::account::{Account, CHARGED, Gain};
use crate::explorer::graph::Graph;
use crate::explorer::model::Action;

pub(super) struct Edge {
    pub(super) action: Action,
    gain: Gain,
}

impl Edge {
    /// Whether the waiter is overtaken.
    pub(super) fn gains(&self) -> bool {
        self.gain == Gain::Charged
    }

    /// What it adds to the longest wait.
    pub(super) fn weight(&self) -> u64 {
        match self.gain {
            Gain::None => 0,
            Gain::Free => 1,
            Gain::Charged => CHARGED,
        }
    }
}

/// Whether the acting thread was woken and waits again.
fn in_vain<P: Protocol>(from: &Monitor<P>, action: Action, to: &Monitor<P>) -> bool {
    let woken = matches!(from.thread_state(action.thread), ThreadState::Notified(_));
    woken && matches!(action.entry, Operation::Resume(_)) && to.is_waiter(action.thread)
}

/// How a wait begins: an action of the graph, and the node that it leads to.
pub(super) struct Start {
    from: usize,
    action: Action,
    pub(super) node: NodeIndex,
}

/// The graph while one thread waits, with the account of its overtakings.
pub(super) struct Wait {
    pub(super) graph: DiGraph<(usize, Account), Edge>,
    pub(super) starts: Vec<Start>,
}

impl Wait {
    pub(super) fn new<P: Protocol>(graph: &Graph<P>, waiter: ThreadId) -> Self {
        let mut wait = Self { graph: DiGraph::new(), starts: Vec::new() };
        let mut nodes: FxHashMap<(usize, Account), NodeIndex> = FxHashMap::default();
        let mut queue = VecDeque::new();
        // States are in the order of their distance, so the first way to begin is a shortest one.
        for from in 0..graph.len() {
            let waited = graph.state(from).monitor.is_waiter(waiter);
            for &(action, to) in graph.edges(from) {
                let monitor = &graph.state(to as usize).monitor;
                if !waited && action.thread == waiter && monitor.is_waiter(waiter) {
                    let others = monitor.threads();
                    let others = others.filter(|t| *t != waiter && monitor.is_waiter(*t));
                    let key = (to as usize, Account::new(others.collect()));
                    nodes.entry(key).or_insert_with(|| {
                        let node = wait.graph.add_node(key);
                        wait.starts.push(Start { from, action, node });
                        queue.push_back(node);
                        node
                    });
                }
            }
        }
        while let Some(node) = queue.pop_front() {
            let (index, account) = wait.graph[node];
            for &(action, to) in graph.edges(index) {
                let (from, to_state) = (graph.state(index), graph.state(to as usize));
                if !to_state.monitor.is_waiter(waiter) {
                    continue;
                }
                let owners = (from.monitor.owner(), to_state.monitor.owner());
                let mut account = account;
                let gain =
                    account.charge(owners, in_vain(&from.monitor, action, &to_state.monitor));
                let key = (to as usize, account);
                let target = *nodes.entry(key).or_insert_with(|| {
                    let target = wait.graph.add_node(key);
                    queue.push_back(target);
                    target
                });
                wait.graph.add_edge(node, target, Edge { action, gain });
            }
        }
        wait
    }

    /// The strongly connected components in reverse topological order (successors before
    /// predecessors), and the component of each node.
    pub(super) fn components(&self) -> (Vec<Vec<NodeIndex>>, Vec<usize>) {
        let components = petgraph::algo::kosaraju_scc(&self.graph);
        let mut component_of = vec![0; self.graph.node_count()];
        for (number, component) in components.iter().enumerate() {
            component.iter().for_each(|node| component_of[node.index()] = number);
        }
        (components, component_of)
    }

    /// The shortest paths from the start of the graph, through one of `starts`, to every node,
    /// along the edges that are `allowed`.
    pub(super) fn ways<P: Protocol>(
        &self,
        graph: &Graph<P>,
        starts: impl Fn(&Start) -> bool,
        allowed: impl Fn(EdgeIndex) -> bool,
    ) -> Ways<'_> {
        let mut ways = Ways {
            wait: self,
            length: vec![usize::MAX; self.graph.node_count()],
            before: vec![None; self.graph.node_count()],
        };
        let mut heap = BinaryHeap::new();
        for start in self.starts.iter().filter(|start| starts(start)) {
            let length = graph.path(start.from).len() + 1;
            ways.length[start.node.index()] = length;
            heap.push(Reverse((length, start.node)));
        }
        while let Some(Reverse((length, node))) = heap.pop() {
            if length > ways.length[node.index()] {
                continue;
            }
            for edge in self.graph.edges(node).filter(|edge| allowed(edge.id())) {
                let target = edge.target();
                if length + 1 < ways.length[target.index()] {
                    ways.length[target.index()] = length + 1;
                    ways.before[target.index()] = Some((node, edge.id()));
                    heap.push(Reverse((length + 1, target)));
                }
            }
        }
        ways
    }

    /// The shortest path from one node to another along the edges that are `allowed`.
    pub(super) fn way(
        &self,
        from: NodeIndex,
        to: NodeIndex,
        allowed: impl Fn(EdgeIndex) -> bool,
    ) -> Option<Vec<EdgeIndex>> {
        let mut before: FxHashMap<NodeIndex, (NodeIndex, EdgeIndex)> = FxHashMap::default();
        let mut queue = VecDeque::from([from]);
        while let Some(node) = queue.pop_front() {
            if node == to {
                let (mut way, mut at) = (Vec::new(), to);
                while at != from {
                    let (previous, edge) = before[&at];
                    way.push(edge);
                    at = previous;
                }
                way.reverse();
                return Some(way);
            }
            for edge in self.graph.edges(node).filter(|edge| allowed(edge.id())) {
                let target = edge.target();
                if target != from && !before.contains_key(&target) {
                    before.insert(target, (node, edge.id()));
                    queue.push_back(target);
                }
            }
        }
        None
    }
}

/// Shortest paths to the nodes of a [`Wait`].
pub(super) struct Ways<'a> {
    wait: &'a Wait,
    /// The number of actions from the start of the graph; `usize::MAX` means no path.
    pub(super) length: Vec<usize>,
    /// The last edge; nothing where the wait begins.
    before: Vec<Option<(NodeIndex, EdgeIndex)>>,
}

impl Ways<'_> {
    /// The actions of the path to `node`, and which of them overtake. The last value is the number
    /// of the action, counted from 1, with which the wait begins.
    pub(super) fn to<P: Protocol>(
        &self,
        graph: &Graph<P>,
        mut node: NodeIndex,
    ) -> (Vec<Action>, Vec<usize>, usize) {
        let mut edges = Vec::new();
        while let Some((previous, edge)) = self.before[node.index()] {
            edges.push(edge);
            node = previous;
        }
        let start = self.wait.starts.iter().find(|start| start.node == node);
        let mut actions = start.map_or_else(Vec::new, |start| {
            let mut actions = graph.path(start.from);
            actions.push(start.action);
            actions
        });
        let begins = actions.len();
        let mut gains = Vec::new();
        for edge in edges.into_iter().rev().map(|edge| &self.wait.graph[edge]) {
            actions.push(edge.action);
            if edge.gains() {
                gains.push(actions.len());
            }
        }
        (actions, gains, begins)
    }
}
