//! The effects of one section: what [`Context`] means inside the
//! [`Monitor`](crate::engine::Monitor).

use super::event::Event;
use super::fault::Fault;
use super::thread_state::{Phase, ThreadState, ThreadStates};
use crate::protocol::{Context, Order, Request, ThreadId, WaitSet};

/// How [`Context::notify_one`] picks among the waiting threads of a wait-set.
pub trait WakePolicy {
    /// One of `waiting`, which come in the order in which they began to wait; `None` when there is
    /// none.
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

/// What a protocol can change through [`Context`]: all of a Monitor except `protocol` and
/// `previous`.
#[derive(Clone, Debug)]
pub(super) struct LockState {
    pub(super) states: ThreadStates,
    pub(super) owner: Option<ThreadId>,
    pub(super) requested: bool,
    pub(super) events: Vec<Event>,
    pub(super) woken: Vec<ThreadId>,
}

impl LockState {
    pub(super) const fn new() -> Self {
        let states = ThreadStates::new();
        Self { states, owner: None, requested: false, events: Vec::new(), woken: Vec::new() }
    }
}

/// The effects of one section. The first fault is kept; later faults are ignored.
pub(super) struct Section<'a> {
    pub(super) sets: &'static [Order],
    pub(super) me: ThreadId,
    pub(super) lock: &'a mut LockState,
    pub(super) wake_policy: &'a mut dyn WakePolicy,
    pub(super) fault: Option<Fault>,
}

/// Whether a section of `me` can wake `thread`.
fn waits(states: &ThreadStates, me: ThreadId, thread: ThreadId) -> bool {
    thread != me && matches!(states.get(thread), ThreadState::Waiting(..))
}

impl Section<'_> {
    fn order(&self, set: WaitSet) -> Option<Order> {
        self.sets.get(usize::from(set.0)).copied()
    }

    /// The set, if it is a queue.
    fn queue(&self, set: WaitSet) -> Option<WaitSet> {
        (self.order(set) == Some(Order::Fifo)).then_some(set)
    }

    fn released(&mut self) {
        if self.lock.owner == Some(self.me) {
            let event = if self.lock.requested { Event::Answered } else { Event::Released };
            self.lock.events.push(event(self.me));
        }
    }
}

impl Context for Section<'_> {
    fn me(&self) -> ThreadId {
        self.me
    }

    fn is_free(&self) -> bool {
        self.lock.owner.is_none()
    }

    fn requested(&self) -> bool {
        self.lock.requested
    }

    fn leaving(&self) -> bool {
        self.lock.states.phase(self.me) == Phase::Releasing
    }

    fn first(&self, set: WaitSet) -> Option<ThreadId> {
        self.queue(set).and_then(|set| self.lock.states.first(set))
    }

    fn last(&self, set: WaitSet) -> Option<ThreadId> {
        self.queue(set).and_then(|set| self.lock.states.last(set))
    }

    fn request(&mut self, why: Request) {
        self.lock.requested = true;
        self.lock.events.push(Event::Requested(self.me, why));
    }

    fn clear_request(&mut self) {
        self.lock.requested = false;
    }

    fn free(&mut self) {
        if self.lock.owner != Some(self.me) {
            self.fault.get_or_insert(Fault::FreesWithoutOwning);
            return;
        }
        self.released();
        self.lock.owner = None;
    }

    fn give(&mut self, thread: ThreadId) {
        if self.lock.owner.is_some_and(|owner| owner != self.me) {
            self.fault.get_or_insert(Fault::FreesWithoutOwning);
            return;
        }
        let state = self.lock.states.get(thread);
        let waits = matches!(state, ThreadState::Waiting(..) | ThreadState::Notified(_));
        if thread == self.me || !waits || self.lock.states.phase(thread) == Phase::Releasing {
            self.fault.get_or_insert(Fault::GivesToNonWaiter);
            return;
        }
        self.released();
        self.lock.owner = Some(thread);
        self.lock.states.unlink(thread);
        self.lock.states.put(thread, ThreadState::Granted);
        self.lock.events.push(Event::Granted(thread));
        self.lock.woken.push(thread);
    }

    fn notify(&mut self, thread: ThreadId) {
        if let ThreadState::Waiting(set, _) = self.lock.states.get(thread)
            && waits(&self.lock.states, self.me, thread)
        {
            if self.order(set) == Some(Order::Unordered) {
                self.lock.states.unlink(thread);
            }
            self.lock.states.put(thread, ThreadState::Notified(set));
            self.lock.woken.push(thread);
        }
    }

    fn notify_one(&mut self, set: WaitSet) {
        let Self { lock, wake_policy, me, .. } = self;
        let mut waiting =
            lock.states.members(set).filter(|thread| waits(&lock.states, *me, *thread));
        let thread = wake_policy.choose(&mut waiting);
        drop(waiting);
        thread.into_iter().for_each(|thread| self.notify(thread));
    }

    fn notify_all(&mut self, set: WaitSet) {
        let waiting: Vec<_> = self.lock.states.members(set).collect();
        waiting.into_iter().for_each(|thread| self.notify(thread));
    }
}
