//! Liveness: what must happen in the end, under weak fairness for each thread.
//!
//! A violation is a run that stays in the *violating part* of the graph for ever: the states in
//! which the promise is still open. Such a run ends up in one strongly connected component of that
//! part (or stutters in one state). It is a counterexample only if it is **fair**: each thread
//! either takes a fair action in it or is in some of its states not pressed to (see
//! [`Action::fair`](crate::space::Action)). Weak fairness never forbids going round a whole
//! component, so judging whole components is exact. Fairness is judged on the component of the
//! violating part, not of the whole graph.

use std::collections::VecDeque;

use gil_core::{Protocol, ThreadId};
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;

use crate::graph::{Graph, number};
use crate::space::{Action, State, describe};

/// The name of the fairness that every liveness verdict here assumes.
pub const FAIRNESS: &str = "weak, per thread";

/// A fair run that never keeps the promise: a stem and a loop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lasso {
    /// How many actions lead to the loop.
    pub stem: usize,
    /// How many actions the loop has; 0 is standing still.
    pub length: usize,
    /// The whole run, readable.
    pub text: String,
}

/// LIVE-1, forced switch: a requested switch happens, or nobody waits any more.
#[must_use]
pub fn forced_switch<P: Protocol>(graph: &Graph<P>) -> Option<Lasso> {
    let threads = graph.state(0).monitor.threads();
    let lassos = threads.filter_map(|holder| {
        let open =
            |state: &State<P>| state.monitor.owner() == Some(holder) && state.monitor.has_waiter();
        let begins = |state: &State<P>| open(state) && state.monitor.requested();
        find(graph, &open, &begins, &format!("{holder:?} is asked to release and keeps the lock"))
    });
    lassos.min_by_key(|lasso| lasso.stem + lasso.length)
}

/// LIVE-2: every waiter owns or gives up in the end.
#[must_use]
pub fn no_starvation<P: Protocol>(graph: &Graph<P>) -> Option<Lasso> {
    let threads = graph.state(0).monitor.threads();
    let lassos = threads.filter_map(|waiter| {
        let open = |state: &State<P>| state.monitor.is_waiter(waiter);
        find(graph, &open, &open, &format!("{waiter:?} waits for ever"))
    });
    lassos.min_by_key(|lasso| lasso.stem + lasso.length)
}

/// The first fair component of the states in `open` that can be reached, inside `open`, from a
/// state in `begins`.
fn find<P: Protocol>(
    graph: &Graph<P>,
    open: &dyn Fn(&State<P>) -> bool,
    begins: &dyn Fn(&State<P>) -> bool,
    what: &str,
) -> Option<Lasso> {
    let part = Part::new(graph, open, begins);
    let mut components = petgraph::algo::tarjan_scc(&part.graph);
    components.iter_mut().for_each(|component| component.sort_unstable());
    components.retain(|component| part.is_fair(graph, component));
    let best = components.into_iter().min_by_key(|component| {
        (part.graph[component[0]], component.len()) // found early: a short stem
    })?;
    Some(part.lasso(graph, &best, what))
}

/// The violating part: the open states that can be reached from where the promise begins.
struct Part {
    graph: DiGraph<usize, Action>,
}

impl Part {
    fn new<P: Protocol>(
        graph: &Graph<P>,
        open: &dyn Fn(&State<P>) -> bool,
        begins: &dyn Fn(&State<P>) -> bool,
    ) -> Self {
        let mut part = DiGraph::new();
        let mut nodes = FxHashMap::default();
        let starts = (0..graph.len()).filter(|index| begins(graph.state(*index)));
        let mut queue: VecDeque<usize> = starts.collect();
        for &index in &queue {
            nodes.insert(index, part.add_node(index));
        }
        while let Some(index) = queue.pop_front() {
            for &(action, to) in graph.edges(index) {
                let to = to as usize;
                if !open(graph.state(to)) {
                    continue;
                }
                let node = *nodes.entry(to).or_insert_with(|| {
                    queue.push_back(to);
                    part.add_node(to)
                });
                part.add_edge(nodes[&index], node, action);
            }
        }
        Self { graph: part }
    }

    /// Whether a run may stay in `component` for ever. A component of one state without an edge
    /// to itself stands still, which is fair when nobody is pressed.
    fn is_fair<P: Protocol>(&self, graph: &Graph<P>, component: &[NodeIndex]) -> bool {
        graph.state(0).monitor.threads().all(|thread| {
            component.iter().any(|node| {
                !graph.state(self.graph[*node]).is_pressed(graph.program, thread)
                    || self.moves(component, *node, thread).is_some()
            })
        })
    }

    /// A fair action of `thread` from `node` that stays inside `component`.
    fn moves(
        &self,
        component: &[NodeIndex],
        node: NodeIndex,
        thread: ThreadId,
    ) -> Option<(Action, NodeIndex)> {
        let mut edges = self.graph.edges(node);
        let found = edges.find(|edge| {
            let target = petgraph::visit::EdgeRef::target(edge);
            let action = edge.weight();
            action.thread == thread && action.fair && component.binary_search(&target).is_ok()
        })?;
        Some((*found.weight(), petgraph::visit::EdgeRef::target(&found)))
    }

    /// A shortest-first walk round the component that gives each thread what makes it fair.
    fn lasso<P: Protocol>(&self, graph: &Graph<P>, component: &[NodeIndex], what: &str) -> Lasso {
        let start = component[0];
        let (mut at, mut walk, mut why) = (start, Vec::new(), Vec::new());
        for thread in graph.state(0).monitor.threads() {
            let rests =
                |node: NodeIndex| !graph.state(self.graph[node]).is_pressed(graph.program, thread);
            let acted = walk
                .iter()
                .any(|(_, action): &(NodeIndex, Action)| action.thread == thread && action.fair);
            let rested = walk.iter().any(|(node, _)| rests(*node)) || rests(at);
            if acted || rested {
                why.push(reason(thread, acted));
                continue;
            }
            let goal =
                |node: NodeIndex| rests(node) || self.moves(component, node, thread).is_some();
            at = self.walk(component, at, &goal, &mut walk);
            if !rests(at)
                && let Some((action, to)) = self.moves(component, at, thread)
            {
                walk.push((at, action));
                at = to;
                why.push(reason(thread, true));
            } else {
                why.push(reason(thread, false));
            }
        }
        self.walk(component, at, &|node| node == start, &mut walk);
        let stem = graph.path_text(self.graph[start]);
        let mut lines = stem.clone();
        for (node, action) in &walk {
            let next = graph.state(self.graph[*node]).replay(*action);
            lines.push(describe(*action, next.state.as_ref()));
        }
        let (loop_from, loop_length) = (stem.len(), walk.len());
        let back = match loop_length {
            0 => "      and nothing more has to happen".to_owned(),
            _ => format!("      loop: back to the state after line {loop_from}"),
        };
        let text = format!(
            "{what}\n{}\n{back}\n      fair ({FAIRNESS}): {}",
            number(&lines),
            why.join("; ")
        );
        Lasso { stem: loop_from, length: loop_length, text }
    }

    /// Appends the shortest way from `from` to a node that is a `goal`, inside the component.
    fn walk(
        &self,
        component: &[NodeIndex],
        from: NodeIndex,
        goal: &dyn Fn(NodeIndex) -> bool,
        walk: &mut Vec<(NodeIndex, Action)>,
    ) -> NodeIndex {
        let mut parents: FxHashMap<NodeIndex, (NodeIndex, Action)> = FxHashMap::default();
        let mut queue = VecDeque::from([from]);
        let mut found = None;
        while let Some(node) = queue.pop_front() {
            if goal(node) {
                found = Some(node);
                break;
            }
            for edge in self.graph.edges(node) {
                let to = petgraph::visit::EdgeRef::target(&edge);
                let inside = component.binary_search(&to).is_ok();
                if inside && to != from && !parents.contains_key(&to) {
                    parents.insert(to, (node, *edge.weight()));
                    queue.push_back(to);
                }
            }
        }
        let Some(found) = found else { return from };
        let (mut way, mut at) = (Vec::new(), found);
        while let Some(&(before, action)) = parents.get(&at) {
            way.push((before, action));
            at = before;
        }
        walk.extend(way.into_iter().rev());
        found
    }
}

fn reason(thread: ThreadId, acts: bool) -> String {
    match acts {
        true => format!("{thread:?} acts in it"),
        false => format!("{thread:?} does not always have to act"),
    }
}
