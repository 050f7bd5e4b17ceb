//! The threads a Monitor knows: the state of each, and the wait-sets that link them.
//!
//! Every operation is O(1) in the number of threads: sets are doubly linked lists whose links live
//! in the states, so a thread leaves the middle of a queue (a timeout, a cancellation) as cheaply
//! as the head is served.

use crate::protocol::{ThreadId, Timer, WaitSet};

/// The largest number of wait-sets a protocol may have.
pub const MAX_SETS: usize = 4;

/// Where a thread stands with the lock.
///
/// | state             | owns    | what the thread's next section does                            |
/// |-------------------|---------|----------------------------------------------------------------|
/// | `Idle`            | it may  | detached: acquires; owner: releases or reaches a safepoint     |
/// | `Waiting`         | no      | calls `woken` if its timer expired; else returns spuriously    |
/// | `Notified`        | no      | calls `woken`, whether or not the timer has expired            |
/// | `Granted`         | **yes** | confirms: the state becomes `Idle`, the protocol is not asked  |
/// | `BetweenSections` | no      | calls `retry`                                                  |
///
/// `woken` and `retry` are methods of the protocol. In [`Phase::Acquiring`], a thread that is not
/// `Idle` may cancel instead.
///
/// A wake-up is a *state*, not a signal: no engine can lose or duplicate one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum ThreadState {
    /// Outside, or running as the owner.
    #[default]
    Idle,
    /// Asleep in a set.
    Waiting(WaitSet, Option<Timer>),
    /// Woken, has not run yet.
    Notified(WaitSet),
    /// Owns, has not run yet.
    Granted,
    /// Between two sections of one operation.
    BetweenSections,
}

/// Which operation a thread is in the middle of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Phase {
    /// It acquires, and may still give up.
    #[default]
    Acquiring,
    /// It was preempted at a safepoint and has to reacquire.
    Reacquiring,
    /// It is on its way out.
    Releasing,
}

#[derive(Clone, Copy, Default, Debug)]
struct Node {
    state: ThreadState,
    way: Phase,
    linked: Option<WaitSet>,
    before: Option<ThreadId>,
    after: Option<ThreadId>,
}

#[derive(Clone, Copy, Default, Debug)]
struct Ends {
    first: Option<ThreadId>,
    last: Option<ThreadId>,
}

#[derive(Clone, Default, Debug)]
pub(crate) struct ThreadStates {
    nodes: Vec<Node>,
    sets: [Ends; MAX_SETS],
    busy: usize,
}

impl ThreadStates {
    pub(crate) const fn new() -> Self {
        Self { nodes: Vec::new(), sets: [Ends { first: None, last: None }; MAX_SETS], busy: 0 }
    }

    /// Makes room for `thread`.
    pub(crate) fn admit(&mut self, thread: ThreadId) {
        if self.nodes.len() <= thread.index() {
            self.nodes.resize(thread.index() + 1, Node::default());
        }
    }

    pub(crate) fn get(&self, thread: ThreadId) -> ThreadState {
        self.nodes.get(thread.index()).map_or(ThreadState::Idle, |node| node.state)
    }

    pub(crate) fn phase(&self, thread: ThreadId) -> Phase {
        self.nodes.get(thread.index()).map_or(Phase::Acquiring, |node| node.way)
    }

    pub(crate) fn set_phase(&mut self, thread: ThreadId, way: Phase) {
        self.nodes[thread.index()].way = way;
    }

    /// Whether every state is Idle.
    pub(crate) fn all_idle(&self) -> bool {
        self.busy == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Sets the state of `thread`; the links are not touched.
    pub(crate) fn put(&mut self, thread: ThreadId, state: ThreadState) {
        let node = &mut self.nodes[thread.index()];
        let (was, is) = (node.state != ThreadState::Idle, state != ThreadState::Idle);
        node.state = state;
        self.busy = self.busy + usize::from(is) - usize::from(was);
    }

    pub(crate) fn first(&self, set: WaitSet) -> Option<ThreadId> {
        self.sets[usize::from(set.0)].first
    }

    pub(crate) fn last(&self, set: WaitSet) -> Option<ThreadId> {
        self.sets[usize::from(set.0)].last
    }

    pub(crate) fn members(&self, set: WaitSet) -> impl Iterator<Item = ThreadId> + '_ {
        std::iter::successors(self.first(set), |thread| self.nodes[thread.index()].after)
    }

    /// Puts `thread` at the end of `set`. In the set already, it keeps its place.
    pub(crate) fn link(&mut self, thread: ThreadId, set: WaitSet) {
        if self.nodes[thread.index()].linked == Some(set) {
            return;
        }
        self.unlink(thread);
        let ends = &mut self.sets[usize::from(set.0)];
        let before = ends.last.replace(thread);
        ends.first.get_or_insert(thread);
        if let Some(before) = before {
            self.nodes[before.index()].after = Some(thread);
        }
        let node = &mut self.nodes[thread.index()];
        (node.linked, node.before, node.after) = (Some(set), before, None);
    }

    /// Takes `thread` out of the set it is in, if any.
    pub(crate) fn unlink(&mut self, thread: ThreadId) {
        let Node { linked, before, after, .. } = self.nodes[thread.index()];
        let Some(set) = linked else { return };
        let ends = &mut self.sets[usize::from(set.0)];
        match before {
            Some(before) => self.nodes[before.index()].after = after,
            None => ends.first = after,
        }
        match after {
            Some(after) => self.nodes[after.index()].before = before,
            None => ends.last = before,
        }
        let node = &mut self.nodes[thread.index()];
        (node.linked, node.before, node.after) = (None, None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: WaitSet = WaitSet(1);

    fn members(states: &ThreadStates) -> Vec<u32> {
        states.members(SET).map(ThreadId::get).collect()
    }

    #[test]
    fn a_set_is_a_queue_that_can_be_left_from_anywhere() {
        let mut states = ThreadStates::new();
        let threads: Vec<_> = (0..4).map(ThreadId::from_index).collect();
        for &thread in &threads {
            states.admit(thread);
            states.link(thread, SET);
        }
        states.link(threads[0], SET);
        assert_eq!(members(&states), [1, 2, 3, 4], "linking twice keeps the place");
        states.unlink(threads[2]);
        assert_eq!(members(&states), [1, 2, 4]);
        states.unlink(threads[0]);
        states.unlink(threads[3]);
        assert_eq!((states.first(SET), states.last(SET)), (Some(threads[1]), Some(threads[1])));
        states.link(threads[1], WaitSet(0));
        assert_eq!((states.first(SET), states.last(SET)), (None, None), "one set at a time");
        assert_eq!(states.first(WaitSet(0)), Some(threads[1]));
    }

    #[test]
    fn busy_counts_the_states_that_are_not_idle() {
        let mut states = ThreadStates::new();
        let thread = ThreadId::from_index(2);
        states.admit(thread);
        assert!(states.all_idle());
        states.put(thread, ThreadState::BetweenSections);
        states.put(thread, ThreadState::Granted);
        assert!(!states.all_idle());
        states.put(thread, ThreadState::Idle);
        assert!(states.all_idle());
    }
}
