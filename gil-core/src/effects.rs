//! The effects of one section: what [`Context`] means inside the [`Monitor`](crate::Monitor).

use crate::event::Event;
use crate::fault::Fault;
use crate::monitor::WakePolicy;
use crate::protocol::{Context, Order, Request, ThreadId, WaitSet};
use crate::thread_state::{Phase, ThreadState, ThreadStates};

/// Whether a section of `me` can wake `thread`.
fn waits(slots: &ThreadStates, me: ThreadId, thread: ThreadId) -> bool {
    thread != me && matches!(slots.get(thread), ThreadState::Waiting(..))
}

/// The effects of one section. The first fault sticks; what follows it is ignored.
pub(crate) struct Section<'a> {
    pub(crate) sets: &'static [Order],
    pub(crate) me: ThreadId,
    pub(crate) slots: &'a mut ThreadStates,
    pub(crate) owner: &'a mut Option<ThreadId>,
    pub(crate) requested: &'a mut bool,
    pub(crate) events: &'a mut Vec<Event>,
    pub(crate) wakes: &'a mut Vec<ThreadId>,
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
        self.slots.phase(self.me) == Phase::Releasing
    }

    fn first(&self, set: WaitSet) -> Option<ThreadId> {
        self.order(set).filter(|order| *order == Order::Fifo).and_then(|_| self.slots.first(set))
    }

    fn last(&self, set: WaitSet) -> Option<ThreadId> {
        self.order(set).filter(|order| *order == Order::Fifo).and_then(|_| self.slots.last(set))
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
            matches!(self.slots.get(thread), ThreadState::Waiting(..) | ThreadState::Notified(_));
        if thread == self.me || !waits || self.slots.phase(thread) == Phase::Releasing {
            self.fault.get_or_insert(Fault::GivesToNonWaiter);
            return;
        }
        self.released();
        *self.owner = Some(thread);
        self.slots.unlink(thread);
        self.slots.put(thread, ThreadState::Granted);
        self.events.push(Event::Granted(thread));
        self.wakes.push(thread);
    }

    fn notify(&mut self, thread: ThreadId) {
        if let ThreadState::Waiting(set, _) = self.slots.get(thread)
            && waits(self.slots, self.me, thread)
        {
            if self.order(set) == Some(Order::Unordered) {
                self.slots.unlink(thread);
            }
            self.slots.put(thread, ThreadState::Notified(set));
            self.wakes.push(thread);
        }
    }

    fn notify_one(&mut self, set: WaitSet) {
        let Self { slots, choose, me, .. } = self;
        let mut waiting = slots.members(set).filter(|thread| waits(slots, *me, *thread));
        let thread = choose.choose(&mut waiting);
        drop(waiting);
        if let Some(thread) = thread {
            self.notify(thread);
        }
    }

    fn notify_all(&mut self, set: WaitSet) {
        let waiting: Vec<_> = self.slots.members(set).collect();
        for thread in waiting {
            self.notify(thread);
        }
    }
}
