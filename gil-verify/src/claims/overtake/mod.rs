//! LIVE-3, bounded overtaking: how often others can gain the lock while one thread waits.
//!
//! From the section that makes `w` a waiter until `w` owns or gives up, each gain of the lock by
//! another thread counts. The first gain of each thread that was waiting already does not count. A
//! thread that retakes the lock after its own release, with no other owner since, continues its
//! run. This ends when a woken thread has found the lock held; then the retake counts like any
//! other gain. The largest count is a longest path, or unbounded where a cycle gains. Threads are
//! interchangeable, so one `w` is enough.

mod account;
mod counter;
mod product;
mod proof;

use gil_core::protocol::{Protocol, ThreadId};
use petgraph::graph::EdgeIndex;
use petgraph::visit::EdgeRef;

use self::account::CHARGED;
use self::product::Wait;
use crate::explorer::counterexample::{Counterexample, Tail};
use crate::explorer::fair::Fairness;
use crate::explorer::graph::Graph;
use crate::explorer::model::Action;

pub use counter::Overtakings;
pub use proof::{NoProof, proves};

/// How often one waiter can be overtaken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overtaking {
    /// The largest number; `None` means unbounded.
    pub max: Option<u64>,
    /// A run that attains it and ends where the waiter owns the lock. It has as many free gains as
    /// possible, and it is a shortest run of those. Without a bound, a loop in which the waiter is
    /// overtaken.
    pub witness: Counterexample,
}

/// Searches the whole graph, which must have been explored without a ghost and completely: a part
/// of the graph gives no bound.
///
/// # Panics
/// When the graph is not complete.
///
/// ```
/// use gil_core::protocol::Handoff;
/// use gil_verify::claims::overtake;
/// use gil_verify::explorer::graph::Graph;
/// use gil_verify::explorer::model::Program;
/// let graph = Graph::explore(Handoff::plain(), Program::blocking(2), false, 10_000);
/// assert_eq!(overtake::longest(&graph).max, Some(0), "one other thread, and its run ends");
/// ```
#[must_use]
pub fn longest<P: Protocol>(graph: &Graph<P>) -> Overtaking {
    assert!(graph.is_complete(), "a bound needs all states");
    let waiter = ThreadId::from_index(0);
    let wait = Wait::new(graph, waiter);
    let (components, component_of) = wait.components();
    if let Some(witness) = endless(graph, &wait, &component_of) {
        return Overtaking { max: None, witness };
    }
    // The components that a component leads to are finished before it. No edge inside one gains.
    let mut best = vec![0; components.len()];
    for (number, component) in components.iter().enumerate() {
        let edges = component.iter().flat_map(|node| wait.graph.edges(*node));
        let counts = edges.map(|edge| {
            let target = component_of[edge.target().index()];
            best[target] + edge.weight().weight()
        });
        best[number] = counts.max().unwrap_or_default();
    }
    let best_of = |node: petgraph::graph::NodeIndex| best[component_of[node.index()]];
    let max = wait.starts.iter().map(|start| best_of(start.node)).max().unwrap_or_default();
    // These edges preserve the largest number.
    let tight = |edge: EdgeIndex| {
        let ends = wait.graph.edge_endpoints(edge).expect("an edge of this graph");
        best_of(ends.0) == best_of(ends.1) + wait.graph[edge].weight()
    };
    let ways = wait.ways(graph, |start| best_of(start.node) == max, tight);
    let owns = |index: usize| {
        let mut edges = graph.edges(index).iter();
        let to_it = |to: u32| graph.state(to as usize).monitor.owner() == Some(waiter);
        edges.find(|(_, to)| to_it(*to)).map(|(action, _)| *action)
    };
    let ends = wait.graph.node_indices().filter(|node| best_of(*node) == 0);
    let reached = ends.filter(|node| ways.length[node.index()] < usize::MAX);
    // Where it can own next, if there is such a state.
    let end = reached.min_by_key(|node| {
        let (index, _) = wait.graph[*node];
        (owns(index).is_none(), ways.length[node.index()])
    });
    let (mut stem, gains, begins) = end.map_or_else(Default::default, |end| ways.to(graph, end));
    stem.extend(end.and_then(|end| owns(wait.graph[end].0)));
    let message = match end {
        None => "T0 never waits".to_owned(),
        Some(_) => format!(
            "T0 waits from step {begins} on and is overtaken {}",
            match gains.as_slice() {
                [] => "by no thread".to_owned(),
                [gain] => format!("once, in step {gain}"),
                gains => format!("{} times, in the steps {}", gains.len(), listed(gains)),
            }
        ),
    };
    Overtaking { max: Some(max / CHARGED), witness: run(graph, message, stem, None) }
}

/// A loop in which the waiter is overtaken; of those nearest to the start, a shortest one.
fn endless<P: Protocol>(
    graph: &Graph<P>,
    wait: &Wait,
    component_of: &[usize],
) -> Option<Counterexample> {
    let inside = |edge: EdgeIndex| {
        let ends = wait.graph.edge_endpoints(edge).expect("an edge of this graph");
        component_of[ends.0.index()] == component_of[ends.1.index()]
    };
    let gaining = || {
        let edges = wait.graph.edge_references();
        edges.filter(|edge| edge.weight().gains() && inside(edge.id()))
    };
    gaining().next()?;
    let ways = wait.ways(graph, |_| true, |_| true);
    let nearest = gaining().map(|edge| ways.length[edge.source().index()]).min()?;
    let loops = gaining().filter(|edge| ways.length[edge.source().index()] == nearest);
    let loops = loops.filter_map(|edge| {
        let back = wait.way(edge.target(), edge.source(), inside)?;
        Some((edge.source(), [edge.id()].into_iter().chain(back).collect::<Vec<_>>()))
    });
    let (start, circle) = loops.min_by_key(|(_, circle)| circle.len())?;
    let (stem, _, begins) = ways.to(graph, start);
    let numbered = circle.iter().zip(stem.len() + 1..);
    let gains: Vec<_> = numbered.filter(|(edge, _)| wait.graph[**edge].gains()).collect();
    let gains: Vec<_> = gains.into_iter().map(|(_, number)| number).collect();
    let message = format!(
        "T0 waits from step {begins} on, and is overtaken in each iteration of the loop, in {} {}",
        if gains.len() == 1 { "step" } else { "the steps" },
        listed(&gains)
    );
    let circle: Vec<Action> = circle.iter().map(|edge| wait.graph[*edge].action).collect();
    let acts = (0..graph.program.threads)
        .map(|thread| circle.iter().any(|action| action.thread.index() == thread));
    let tail = Tail { acts: acts.collect(), circle, fairness: Fairness::None };
    Some(run(graph, message, stem, Some(tail)))
}

fn run<P: Protocol>(
    graph: &Graph<P>,
    message: String,
    stem: Vec<Action>,
    tail: Option<Tail>,
) -> Counterexample {
    Counterexample { claim: "LIVE-3", message, program: graph.program, stem, tail }
}

/// `3, 5 and 8`.
fn listed(numbers: &[usize]) -> String {
    let words: Vec<_> = numbers.iter().map(usize::to_string).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
