//! FAST-PATH: where a thread can take the fast path, its section would lead to the same behaviour.
//!
//! For every reachable state and every acquire or release that the fast path could do instead, the
//! two successor states must be *bisimilar*: each can do whatever the other can do, with the same
//! events, forever. They need not be equal: CPython's fast path does not record the last holder,
//! and no thread can observe that. A partition is refined until it is stable.

use gil_core::engine::{Event, Phase, ThreadState};
use gil_core::protocol::{Protocol, ThreadId};
use rustc_hash::FxHashMap;

use crate::explorer::graph::{Graph, number};
use crate::explorer::model::Action;

/// The result of comparing all fast and slow edges.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FastPath {
    /// States reached, fast edges included.
    pub states: usize,
    /// Pairs of a fast and a slow edge.
    pub pairs: usize,
    /// Pairs whose end states can be distinguished.
    pub different: usize,
    /// The shortest run to such a pair.
    pub counterexample: Option<String>,
}

/// The observable part of a state.
type Face = (Option<ThreadId>, bool, Vec<(ThreadState, Phase)>);

/// Compares every fast edge with its slow one. The graph must have been explored without a ghost.
/// If it is not complete, no pair is compared, because nothing follows from a part of it.
///
/// # Panics
/// Never: fast edges are explored with the others.
///
/// ```
/// use gil_core::protocol::Handoff;
/// use gil_verify::claims::bisim;
/// use gil_verify::explorer::graph::Graph;
/// use gil_verify::explorer::model::Program;
/// let graph = Graph::explore(Handoff::new(), Program::cancelling(2), false, 10_000);
/// let found = bisim::fast_path(&graph);
/// assert!(found.pairs > 0 && found.different == 0);
/// ```
#[must_use]
pub fn fast_path<P: Protocol>(graph: &Graph<P>) -> FastPath {
    if !graph.is_complete() {
        return FastPath { states: graph.len(), pairs: 0, different: 0, counterexample: None };
    }
    let classes = classes(graph);
    let mut found = FastPath { states: graph.len(), pairs: 0, different: 0, counterexample: None };
    for index in 0..graph.len() {
        let state = graph.state(index);
        for &(action, slow) in graph.edges(index) {
            let Some(fast) = state.fast(action) else { continue };
            let fast = graph.index_of(&fast).expect("fast edges are explored too");
            found.pairs += 1;
            if classes[fast] != classes[slow as usize] {
                found.different += 1;
                found.counterexample.get_or_insert_with(|| {
                    let mut lines = graph.path_text(index);
                    lines.push(format!("{:?} by the fast path or by a section", action.thread));
                    format!("the two ways can be distinguished\n{}", number(&lines))
                });
            }
        }
    }
    found
}

/// The coarsest partition in which states of one class look the same and have the same actions,
/// with the same events, into the same classes.
fn classes<P: Protocol>(graph: &Graph<P>) -> Vec<u32> {
    let mut faces: FxHashMap<Face, u32> = FxHashMap::default();
    let mut class: Vec<u32> = (0..graph.len())
        .map(|index| {
            let monitor = &graph.state(index).monitor;
            let slots =
                monitor.threads().map(|t| (monitor.thread_state(t), monitor.phase(t))).collect();
            let next = faces.len() as u32;
            *faces.entry((monitor.owner(), monitor.requested(), slots)).or_insert(next)
        })
        .collect();
    let mut count = faces.len();
    let labels = labels(graph);
    loop {
        let mut signatures: FxHashMap<(u32, Vec<(u32, u32)>), u32> = FxHashMap::default();
        let refined: Vec<u32> = (0..graph.len())
            .map(|index| {
                let edges = labels[index].iter().zip(graph.edges(index));
                let mut moves: Vec<_> =
                    edges.map(|(label, (_, to))| (*label, class[*to as usize])).collect();
                moves.sort_unstable();
                moves.dedup();
                let next = signatures.len() as u32;
                *signatures.entry((class[index], moves)).or_insert(next)
            })
            .collect();
        let stable = signatures.len() == count;
        (class, count) = (refined, signatures.len());
        if stable {
            return class;
        }
    }
}

/// For each edge a number that identifies its action and its events. Wake choices are not part of
/// it: the state that they lead to is.
fn labels<P: Protocol>(graph: &Graph<P>) -> Vec<Vec<u32>> {
    let mut known: FxHashMap<(Action, Vec<Event>), u32> = FxHashMap::default();
    let mut label = |index: usize, action: Action| {
        let next = graph.state(index).replay(action);
        let events = next.state.map_or_else(Vec::new, |state| state.monitor.events().to_vec());
        let fresh = known.len() as u32;
        *known.entry((Action { choice: 0, ..action }, events)).or_insert(fresh)
    };
    (0..graph.len())
        .map(|index| graph.edges(index).iter().map(|(action, _)| label(index, *action)).collect())
        .collect()
}
