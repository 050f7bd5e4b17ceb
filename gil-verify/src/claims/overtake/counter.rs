//! The same count on a running lock, for real threads.

use gil_core::engine::{Event, Monitor};
use gil_core::protocol::{Protocol, ThreadId};
use gil_core::raw::{Observe, SectionInfo};

use super::account::{Account, Gain};
use crate::claims::ghost::ThreadSet;

/// How often the waiters of one lock are overtaken, by the definition of LIVE-3, counted as the
/// lock runs. For at most 32 threads.
///
/// It only needs to see sections: no thread waits while the fast path works.
///
/// ```
/// use gil_core::protocol::Handoff;
/// use gil_core::raw::RawGil;
/// use gil_verify::claims::overtake::Overtakings;
/// # if gil_core::UNDER_LOOM { return Ok(()) }
/// let lock = RawGil::with_observer(Handoff::new(), Overtakings::default());
/// let thread = lock.register();
/// lock.attach(&thread)?;
/// lock.detach(&thread)?;
/// let seen = lock.inspect_observer(|seen| (seen.waits(), seen.max()));
/// assert_eq!(seen, (0, 0), "a lone thread never waits");
/// # Ok::<(), gil_core::engine::Fault>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Overtakings {
    /// By thread, while it waits: its account and the count so far.
    waiting: Vec<Option<(Account, u64)>>,
    waits: u64,
    max: u64,
}

impl Overtakings {
    /// The largest count of any wait so far, including unfinished ones.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.max
    }

    /// How many waits have begun.
    #[must_use]
    pub fn waits(&self) -> u64 {
        self.waits
    }

    /// How often `thread` has been overtaken in its present wait; `None` while it does not wait.
    #[must_use]
    pub fn of(&self, thread: ThreadId) -> Option<u64> {
        self.waiting.get(thread.index()).copied().flatten().map(|(_, count)| count)
    }

    /// Counts the effect of a section.
    pub fn note<P: Protocol>(&mut self, monitor: &Monitor<P>) {
        let waiters: ThreadSet = monitor.threads().filter(|t| monitor.is_waiter(*t)).collect();
        let owners = (monitor.before().0, monitor.owner());
        let in_vain = monitor
            .events()
            .iter()
            .any(|event| matches!(event, Event::Notified(thread) if monitor.is_waiter(*thread)));
        for thread in monitor.threads() {
            if self.waiting.len() <= thread.index() {
                self.waiting.resize(thread.index() + 1, None);
            }
            let place = &mut self.waiting[thread.index()];
            *place = match (*place, waiters.has(thread)) {
                (_, false) => None,
                (None, true) => {
                    self.waits += 1;
                    let mut others = waiters;
                    others.remove(thread);
                    Some((Account::new(others), 0))
                }
                (Some((mut account, count)), true) => {
                    let count = count + u64::from(account.charge(owners, in_vain) == Gain::Charged);
                    self.max = self.max.max(count);
                    Some((account, count))
                }
            };
        }
    }
}

impl Observe for Overtakings {
    fn section<P: Protocol>(&mut self, section: &SectionInfo<'_, P>) {
        let SectionInfo { monitor, .. } = *section;
        self.note(monitor);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use gil_core::protocol::{Handoff, Protocol};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use rustc_hash::FxHashMap;

    use super::*;
    use crate::claims::overtake::product::Wait;
    use crate::explorer::graph::Graph;
    use crate::explorer::model::Program;
    use petgraph::visit::EdgeRef;

    /// Walks through the graph and, in parallel, through the product in which the explorer counts.
    fn agrees<P: Protocol>(graph: &Graph<P>, choices: &[u16]) -> Result<u64, TestCaseError> {
        let waiter = ThreadId::from_index(0);
        let wait = Wait::new(graph, waiter);
        let starts: FxHashMap<_, _> =
            wait.starts.iter().map(|start| (wait.graph[start.node], start.node)).collect();
        let (mut at, mut seen) = (0, Overtakings::default());
        let (mut place, mut most) = (None, 0);
        for choice in choices {
            let edges = graph.edges(at);
            let (action, to) = edges[usize::from(*choice) % edges.len()];
            let next = graph.state(at).replay(action).state.expect("it is an edge");
            seen.note(&next.monitor);
            place = match place {
                Some((node, count)) => {
                    let mut edges = wait.graph.edges(node);
                    let edge = edges.find(|edge| edge.weight().action == action);
                    edge.map(|edge| (edge.target(), count + u64::from(edge.weight().gains())))
                }
                None if next.monitor.is_waiter(waiter) => {
                    let others = next.monitor.threads();
                    let others = others.filter(|t| *t != waiter && next.monitor.is_waiter(*t));
                    Some((starts[&(to as usize, Account::new(others.collect()))], 0))
                }
                None => None,
            };
            prop_assert_eq!(seen.of(waiter), place.map(|(_, count)| count));
            most = most.max(place.map_or(0, |(_, count)| count));
            at = to as usize;
        }
        prop_assert!(seen.max() >= most);
        Ok(most)
    }

    #[test]
    fn counter_agrees_with_the_explorer() {
        let graph = Graph::explore(Handoff::new(), Program::cancelling(3), false, 100_000);
        let most = std::cell::Cell::new(0);
        let config = ProptestConfig {
            cases: 100,
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(3),
            ..ProptestConfig::default()
        };
        let mut runner = proptest::test_runner::TestRunner::new(config);
        let result = runner.run(&vec(any::<u16>(), 200), |choices| {
            most.set(most.get().max(agrees(&graph, &choices)?));
            Ok(())
        });
        result.unwrap_or_else(|error| panic!("{error}"));
        assert!((3..=6).contains(&most.get()), "at most {} overtakings were met", most.get());
    }
}
