//! SAFE-9, equal turns. A thread that is preempted after a whole interval in which others waited
//! does not own again before each of these waiters has owned or given up.
//!
//! So CPU-bound threads share equally. A protocol without starvation may still let one thread have
//! two turns for each turn of another. LIVE-3 bounds that, and this claim excludes it.
//!
//! It is judged on the product of the explorer's graph with a memory of one thread. Threads are
//! interchangeable, so one is enough.

use std::collections::VecDeque;

use gil_core::engine::{Event, Operation, ThreadState};
use gil_core::protocol::{Protocol, Request, ThreadId, Timer};
use rustc_hash::FxHashMap;

use crate::claims::ghost::ThreadSet;
use crate::explorer::counterexample::Counterexample;
use crate::explorer::graph::Graph;
use crate::explorer::model::{Action, State};

/// The memory of the thread.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Turn {
    /// Nothing.
    Free,
    /// It owns, and other threads waited during a whole interval of its run.
    Expired,
    /// It was preempted then, and these threads must own first.
    Owes(ThreadSet),
}

/// A node of the product: the number of a state, and the turn.
type Node = (u32, Turn);

/// A shortest run that breaks the claim. The graph is one without a ghost.
///
/// ```
/// use gil_core::protocol::Handoff;
/// use gil_verify::claims::equal_turns;
/// use gil_verify::explorer::graph::Graph;
/// use gil_verify::explorer::model::Program;
/// let graph = Graph::explore(Handoff::new(), Program::blocking(3), false, 100_000);
/// assert_eq!(equal_turns::unequal(&graph), None);
/// let graph = Graph::explore(gil_models::Python3::new(), Program::hogs(3), false, 100_000);
/// assert!(equal_turns::unequal(&graph).is_some(), "a forced switch goes to any waiter");
/// ```
#[must_use]
pub fn unequal<P: Protocol>(graph: &Graph<P>) -> Option<Counterexample> {
    let thread = ThreadId::from_index(0);
    let start = (0, Turn::Free);
    let mut parents: FxHashMap<Node, Option<(Node, Action)>> = FxHashMap::default();
    parents.insert(start, None);
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        let (index, turn) = node;
        for &(action, to) in graph.all_edges(index as usize) {
            match after(thread, turn, graph.state(index as usize), action) {
                Some(turn) => {
                    parents.entry((to, turn)).or_insert_with(|| {
                        queue.push_back((to, turn));
                        Some((node, action))
                    });
                }
                None => {
                    let mut stem = way(&parents, node);
                    stem.push(action);
                    let message = broken_message();
                    let program = graph.program;
                    return Some(Counterexample {
                        claim: "SAFE-9",
                        message,
                        program,
                        stem,
                        tail: None,
                    });
                }
            }
        }
    }
    None
}

pub(crate) fn broken_message() -> String {
    "T0 had run for an interval, and owns again before all that waited".to_owned()
}

/// The step of a run, from 1, in which thread 0 breaks the claim. There is one more of `states`
/// than of `actions`.
#[must_use]
pub fn broken_at<P: Protocol>(states: &[State<P>], actions: &[Action]) -> Option<usize> {
    let mut turn = Turn::Free;
    for (step, (state, action)) in states.iter().zip(actions).enumerate() {
        match after(ThreadId::from_index(0), turn, state, *action) {
            Some(next) => turn = next,
            None => return Some(step + 1),
        }
    }
    None
}

fn way(parents: &FxHashMap<Node, Option<(Node, Action)>>, mut node: Node) -> Vec<Action> {
    let mut actions = Vec::new();
    while let Some(&Some((before, action))) = parents.get(&node) {
        actions.push(action);
        node = before;
    }
    actions.reverse();
    actions
}

/// The memory after an action, or nothing where it breaks the claim.
fn after<P: Protocol>(
    thread: ThreadId,
    turn: Turn,
    from: &State<P>,
    action: Action,
) -> Option<Turn> {
    let to = from.replay(action).state?;
    let (owned, owner) = (from.monitor.owner() == Some(thread), to.monitor.owner());
    match turn {
        Turn::Owes(mut first) => {
            first.retain(|other| owner != Some(other) && to.monitor.is_waiter(other));
            match owner == Some(thread) {
                true if !first.is_empty() => None,
                false if !first.is_empty() => Some(Turn::Owes(first)),
                _ => Some(Turn::Free),
            }
        }
        _ if owner == Some(thread) => {
            // Without waiters there is no interval, and the fast path keeps no time.
            let expired = owned && turn == Turn::Expired || expires(from, &to, action);
            let expired = expired && to.monitor.has_waiter();
            Some(if expired { Turn::Expired } else { Turn::Free })
        }
        Turn::Expired if owned && action.entry == Operation::Safepoint => {
            let waits = |other: &ThreadId| *other != thread && to.monitor.is_waiter(*other);
            let first: ThreadSet = to.monitor.threads().filter(waits).collect();
            Some(if first.is_empty() { Turn::Free } else { Turn::Owes(first) })
        }
        _ => Some(Turn::Free),
    }
}

/// Whether this action shows that the owner has run for a whole interval: by a request, or, where
/// an earlier request had another reason, by the timer of the run alone.
fn expires<P: Protocol>(from: &State<P>, to: &State<P>, action: Action) -> bool {
    let timer = matches!(
        from.monitor.thread_state(action.thread),
        ThreadState::Waiting(_, Some(Timer::Run))
    );
    to.monitor.events().iter().any(|event| match event {
        Event::Requested(_, Request::AfterInterval) => true,
        Event::TimedOut(_) => timer,
        _ => false,
    })
}
