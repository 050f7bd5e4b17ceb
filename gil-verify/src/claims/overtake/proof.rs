//! A rank that proves a bound: checked on every edge.

use gil_core::protocol::{Protocol, ThreadId};
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use super::product::Wait;
use crate::claims::ghost::ThreadSet;
use crate::explorer::graph::{Graph, number};
use crate::explorer::model::{State, describe};

/// A rank that does not prove its bound, with the edge and the reason.
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
/// falls. So a waiter is overtaken at most as often as the rank says when its wait begins. Returns
/// the largest such rank, with the number of checked edges.
///
/// `rank` takes the state, the waiter, and the threads whose first gain is free of charge.
///
/// # Errors
/// The first edge that breaks one of these rules.
///
/// # Panics
/// When the graph is not complete and no edge of it refutes the proof.
pub fn proves<P: Protocol>(
    graph: &Graph<P>,
    rank: &dyn Fn(&State<P>, ThreadId, ThreadSet) -> u64,
) -> Result<(u64, usize), Box<NoProof>> {
    let waiter = ThreadId::from_index(0);
    let wait = Wait::new(graph, waiter);
    let ranks = wait.graph.node_weights();
    let ranks: Vec<_> =
        ranks.map(|(index, account)| rank(graph.state(*index), waiter, account.free)).collect();
    let of = |node: NodeIndex| ranks[node.index()];
    for edge in wait.graph.edge_references() {
        let (from, to) = (of(edge.source()), of(edge.target()));
        let gains = edge.weight().gains();
        if to + u64::from(gains) > from {
            let why =
                if gains { "overtaken, and the rank does not fall" } else { "the rank rises" };
            let (at, _) = wait.graph[edge.source()];
            let mut lines = graph.path_text(at);
            let action = edge.weight().action;
            lines.push(describe(action, graph.state(at).replay(action).state.as_ref()));
            return Err(Box::new(NoProof { why, from, to, run: number(&lines) }));
        }
    }
    assert!(graph.is_complete(), "a proof needs all states");
    let begins = wait.starts.iter().map(|start| of(start.node)).max();
    Ok((begins.unwrap_or_default(), wait.graph.edge_count()))
}
