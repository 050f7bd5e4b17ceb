//! HAND, the default protocol's own invariants, in every reachable state.
//!
//! They are numbered in `gil-core/src/protocol/handoff.rs`. A claim about any lock says what its
//! users can rely on. These say what the rules rely on, so a wrong rule is noticed where it acts
//! and not where a thread first suffers from it.

use gil_core::engine::{Monitor, ThreadState};
use gil_core::protocol::{Handoff, Protocol, ThreadId};

use crate::explorer::counterexample::Counterexample;
use crate::explorer::graph::Graph;
use crate::explorer::model::State;
use crate::protocols::handoff_of;

/// The invariant that a state breaks, in words; `None` for every other protocol.
///
/// ```
/// use gil_core::protocol::Handoff;
/// use gil_verify::claims::invariants;
/// use gil_verify::explorer::model::{Program, State};
/// let start = State::initial(Handoff::new(), Program::hogs(2), false);
/// assert_eq!(invariants::broken(&start), None);
/// ```
#[must_use]
pub fn broken<P: Protocol + 'static>(state: &State<P>) -> Option<&'static str> {
    judge(&state.monitor, handoff_of(state.monitor.protocol())?)
}

/// The shortest run to a state that breaks an invariant.
#[must_use]
pub fn counterexample<P: Protocol + 'static>(graph: &Graph<P>) -> Option<Counterexample> {
    let found = |index| Some((index, broken(graph.state(index))?));
    let (index, what) = (0..graph.len()).find_map(found)?;
    let (message, program) = (what.to_owned(), graph.program);
    Some(Counterexample { claim: "HAND", message, program, stem: graph.path(index), tail: None })
}

fn judge<P: Protocol>(monitor: &Monitor<P>, handoff: &Handoff) -> Option<&'static str> {
    let barges_left = handoff.budgets_left().barges;
    let queued = || Handoff::QUEUES.into_iter().flat_map(|set| monitor.queue(set));
    let keeps_time = |thread: ThreadId| {
        matches!(
            monitor.thread_state(thread),
            ThreadState::Waiting(_, Some(_)) | ThreadState::Notified(_)
        )
    };
    let (free, requested) = (monitor.owner().is_none(), monitor.requested());
    let asleep = |thread| matches!(monitor.thread_state(thread), ThreadState::Waiting(..));
    match queued().next() {
        Some(next) if free && !matches!(monitor.thread_state(next), ThreadState::Notified(_)) => {
            Some("HAND-1: the lock is free, and the next in line is not notified")
        }
        Some(_) if free && barges_left == 0 => {
            Some("HAND-1: the lock is free with a waiter, and no barge is left")
        }
        Some(_) if !requested && !queued().any(keeps_time) => {
            Some("HAND-2: a thread waits without a request, and there is no timekeeper")
        }
        None if requested => Some("HAND-3: no thread waits, and a switch is requested"),
        None if !handoff.is_reset() => {
            Some("HAND-3: no thread waits, and the protocol is not reset")
        }
        _ if monitor.queue(Handoff::QUEUES[1]).count() > 1 => {
            Some("HAND-6: two threads are interrupted")
        }
        _ if !free
            && handoff.may_retake().is_some_and(|thread| monitor.owner() != Some(thread)) =>
        {
            Some("HAND-4: a thread may retake the lock, and another owns it")
        }
        Some(next)
            if !free
                && handoff.may_retake().is_some()
                && barges_left > 0
                && !requested
                && asleep(next) =>
        {
            Some(
                "HAND-5: after a wasted wake-up the next in line can be woken in the same way again",
            )
        }
        _ => None,
    }
}
