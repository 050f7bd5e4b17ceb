//! The effects of one section: what [`Context`] means inside the [`Monitor`](crate::Monitor).

use super::event::Event;
use super::fault::Fault;
use super::thread_state::{Phase, ThreadState, ThreadStates};
use crate::protocol::{Context, Order, Request, ThreadId, WaitSet};

/// How a wake-up picks among the waiters of a condition variable.
pub trait WakePolicy {
    /// One of `waiting`, which come in the order in which they began to wait; `None` when there is
    /// nobody.
    fn choose(&mut self, waiting: &mut dyn Iterator<Item = ThreadId>) -> Option<ThreadId>;
}

/// Wakes who came first: what parking_lot's and most systems' condition variables do.
#[derive(Clone, Copy, Debug, Default)]
pub struct WakeFirst;

impl WakePolicy for WakeFirst {
    fn choose(&mut self, waiting: &mut dyn Iterator<Item = ThreadId>) -> Option<ThreadId> {
        waiting.next()
    }
}

/// Whether a section of `me` can wake `thread`.
fn waits(states: &ThreadStates, me: ThreadId, thread: ThreadId) -> bool {
    thread != me && matches!(states.get(thread), ThreadState::Waiting(..))
}

/// The effects of one section. The first fault sticks; what follows it is ignored.
pub(crate) struct Section<'a> {
    pub(crate) sets: &'static [Order],
    pub(crate) me: ThreadId,
    pub(crate) states: &'a mut ThreadStates,
    pub(crate) owner: &'a mut Option<ThreadId>,
    pub(crate) requested: &'a mut bool,
    pub(crate) events: &'a mut Vec<Event>,
    pub(crate) woken: &'a mut Vec<ThreadId>,
    pub(crate) choose: &'a mut dyn WakePolicy,
    pub(crate) fault: Option<Fault>,
}

impl Section<'_> {
    fn order(&self, set: WaitSet) -> Option<Order> {
        self.sets.get(usize::from(set.0)).copied()
    }

    fn released(&mut self) {
        if *self.owner == Some(self.me) {
            let event =
                if *self.requested { Event::Answered(self.me) } else { Event::Released(self.me) };
            self.events.push(event);
        }
    }
}

impl Context for Section<'_> {
    fn me(&self) -> ThreadId {
        self.me
    }

    fn is_free(&self) -> bool {
        self.owner.is_none()
    }

    fn requested(&self) -> bool {
        *self.requested
    }

    fn leaving(&self) -> bool {
        self.states.phase(self.me) == Phase::Releasing
    }

    fn first(&self, set: WaitSet) -> Option<ThreadId> {
        self.order(set).filter(|order| *order == Order::Fifo).and_then(|_| self.states.first(set))
    }

    fn last(&self, set: WaitSet) -> Option<ThreadId> {
        self.order(set).filter(|order| *order == Order::Fifo).and_then(|_| self.states.last(set))
    }

    fn request(&mut self, why: Request) {
        *self.requested = true;
        self.events.push(Event::Requested(self.me, why));
    }

    fn clear_request(&mut self) {
        *self.requested = false;
    }

    fn free(&mut self) {
        if *self.owner != Some(self.me) {
            self.fault.get_or_insert(Fault::FreesWithoutOwning);
            return;
        }
        self.released();
        *self.owner = None;
    }

    fn give(&mut self, thread: ThreadId) {
        if self.owner.is_some_and(|owner| owner != self.me) {
            self.fault.get_or_insert(Fault::FreesWithoutOwning);
            return;
        }
        let waits =
            matches!(self.states.get(thread), ThreadState::Waiting(..) | ThreadState::Notified(_));
        if thread == self.me || !waits || self.states.phase(thread) == Phase::Releasing {
            self.fault.get_or_insert(Fault::GivesToNonWaiter);
            return;
        }
        self.released();
        *self.owner = Some(thread);
        self.states.unlink(thread);
        self.states.put(thread, ThreadState::Granted);
        self.events.push(Event::Granted(thread));
        self.woken.push(thread);
    }

    fn notify(&mut self, thread: ThreadId) {
        if let ThreadState::Waiting(set, _) = self.states.get(thread)
            && waits(self.states, self.me, thread)
        {
            if self.order(set) == Some(Order::Unordered) {
                self.states.unlink(thread);
            }
            self.states.put(thread, ThreadState::Notified(set));
            self.woken.push(thread);
        }
    }

    fn notify_one(&mut self, set: WaitSet) {
        let Self { states, choose, me, .. } = self;
        let mut waiting = states.members(set).filter(|thread| waits(states, *me, *thread));
        let thread = choose.choose(&mut waiting);
        drop(waiting);
        if let Some(thread) = thread {
            self.notify(thread);
        }
    }

    fn notify_all(&mut self, set: WaitSet) {
        let waiting: Vec<_> = self.states.members(set).collect();
        for thread in waiting {
            self.notify(thread);
        }
    }
}
