//! The Monitor: a protocol's state, the owner, the request and the wait-sets, under one mutex.
//!
//! It is the same on every engine. An engine calls [`Monitor::section`] with what happened to a
//! thread and does what the [`Outcome`] says; everything in between is decided here and in the
//! protocol, so real threads, loom and the explorer cannot disagree about it.
//!
//! # Invariants
//! - MON-1: at most one thread is the owner, and a `Granted` state belongs to it.
//! - MON-2: a thread that waits, is notified or is in `Retry` does not own.
//! - MON-3: a state is linked into at most one wait-set, and only while `Waiting` or `Notified`.
//!
//! What would break one of them is refused as a [`Fault`].

use std::hash::{Hash, Hasher};

use crate::protocol::{Order, Protocol, Release, Step, ThreadId, Timer, WaitSet, Wake};

mod context;
mod event;
mod fault;
mod thread_state;

use context::Section;
pub use context::{WakeFirst, WakePolicy};
pub use event::Event;
pub use fault::Fault;
use thread_state::ThreadStates;
pub use thread_state::{MAX_SETS, Phase, ThreadState};

/// What happened to a thread: the input of a section.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation {
    /// It is outside and wants in.
    Acquire,
    /// It owns and leaves.
    Release(Release),
    /// It owns and looks whether it has to release.
    Safepoint,
    /// It returned from its sleep, its timer expired or not. The state says what that means: a
    /// granted thread owns, a notified one is notified whatever its timer did, and a spurious
    /// return changes nothing.
    Resume(Wake),
    /// It said [`Step::Retry`] and is back.
    Retry,
    /// It gives up coming in. Answered with [`Outcome::Owns`] when that is too late. A thread that
    /// was switched out cannot give up coming back.
    Cancel,
}

/// What the thread that ran a section does next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// It owns the lock and runs.
    Owns,
    /// It is outside.
    Left,
    /// It sleeps until woken, or until its timer expires.
    Wait(Option<Timer>),
    /// It leaves the mutex, then enters [`Operation::Retry`].
    Retry,
}

/// See the module's page. Equality and hashing take in all that decides what can happen next, and
/// leave out the events of the last section and the order inside [`Order::Unordered`] sets.
///
/// ```
/// use gil_core::engine::{Monitor, Operation, Outcome, WakeFirst};
/// use gil_core::protocol::{Handoff, ThreadId};
/// let (a, b) = (ThreadId::from_index(0), ThreadId::from_index(1));
/// let mut monitor = Monitor::new(Handoff::new());
/// assert_eq!(monitor.section(a, Operation::Acquire, &mut WakeFirst), Ok(Outcome::Owns));
/// assert!(matches!(monitor.section(b, Operation::Acquire, &mut WakeFirst), Ok(Outcome::Wait(_))));
/// assert!(monitor.requested(), "a thread that arrives asks at once, within a budget");
/// assert!(matches!(monitor.section(a, Operation::Safepoint, &mut WakeFirst), Ok(Outcome::Wait(_))));
/// assert_eq!(monitor.owner(), Some(b), "and a forced release hands over in one step");
/// ```
#[derive(Clone, Debug)]
pub struct Monitor<P> {
    protocol: P,
    states: ThreadStates,
    owner: Option<ThreadId>,
    requested: bool,
    previous: (Option<ThreadId>, bool),
    events: Vec<Event>,
    woken: Vec<ThreadId>,
}

impl<P: Protocol> Monitor<P> {
    /// A free lock that no thread has come to yet.
    ///
    /// # Panics
    /// When the protocol has more than [`MAX_SETS`] wait-sets.
    pub const fn new(protocol: P) -> Self {
        assert!(P::SETS.len() <= MAX_SETS, "a protocol has at most MAX_SETS wait-sets");
        Self {
            protocol,
            states: ThreadStates::new(),
            owner: None,
            requested: false,
            previous: (None, false),
            events: Vec::new(),
            woken: Vec::new(),
        }
    }

    /// The protocol's own state.
    pub fn protocol(&self) -> &P {
        &self.protocol
    }

    /// Who owns the lock, granted but not yet running included.
    pub fn owner(&self) -> Option<ThreadId> {
        self.owner
    }

    /// Whether a switch is requested.
    pub fn requested(&self) -> bool {
        self.requested
    }

    /// Who owned the lock when the last section began.
    pub fn owner_before(&self) -> Option<ThreadId> {
        self.previous.0
    }

    /// Whether a switch was requested when the last section began.
    pub fn requested_before(&self) -> bool {
        self.previous.1
    }

    /// To whom the lock is biased: who may take it back and release it without a section although
    /// threads wait ([`Protocol::bias`]).
    pub fn biased(&self) -> Option<ThreadId> {
        self.protocol.bias().filter(|_| !self.requested)
    }

    /// Where `thread` stands.
    pub fn thread_state(&self, thread: ThreadId) -> ThreadState {
        self.states.get(thread)
    }

    /// Which operation `thread` is in the middle of; [`Phase::Acquiring`] when it is in none.
    pub fn phase(&self, thread: ThreadId) -> Phase {
        self.states.phase(thread)
    }

    /// Whether `thread` still wants the lock: neither outside, nor running, nor leaving, nor the
    /// owner already.
    pub fn is_waiter(&self, thread: ThreadId) -> bool {
        !matches!(self.thread_state(thread), ThreadState::Idle | ThreadState::Granted)
            && self.phase(thread) != Phase::Releasing
    }

    /// Whether any thread still wants the lock.
    pub fn has_waiter(&self) -> bool {
        !self.states.all_idle() && self.threads().any(|thread| self.is_waiter(thread))
    }

    /// Whether every state is Idle: nobody waits, is woken or is in between.
    pub fn all_idle(&self) -> bool {
        self.states.all_idle()
    }

    /// The threads the Monitor has seen, outside ones included.
    pub fn threads(&self) -> impl Iterator<Item = ThreadId> + use<P> {
        (0..self.states.len() as u32).map(ThreadId::from_index)
    }

    /// What the last section did, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Who is in a [`Order::Fifo`] set, first come first. The order in any other set is the
    /// engine's business.
    pub fn queue(&self, set: WaitSet) -> impl Iterator<Item = ThreadId> + '_ {
        self.states.members(set)
    }

    /// The threads that the last section woke.
    pub fn woken(&self) -> &[ThreadId] {
        &self.woken
    }

    /// The threads that the last section woke, each of them once: what an engine rings for.
    pub fn drain_woken(&mut self) -> impl Iterator<Item = ThreadId> + '_ {
        self.woken.drain(..)
    }

    /// Notes an owner that came or went without a section, by the fast path. Only while every
    /// state is Idle, or for the thread that the lock is [biased](Monitor::biased) to.
    ///
    /// # Errors
    /// [`Fault::FastPathWhileBusy`] when a state is not Idle and the owner would change.
    pub fn sync_owner(&mut self, owner: Option<ThreadId>) -> Result<(), Fault> {
        let by_bias = || self.biased().is_some() && owner.or(self.owner) == self.biased();
        if owner != self.owner && !self.states.all_idle() && !by_bias() {
            return Err(Fault::FastPathWhileBusy);
        }
        if let Some(owner) = owner {
            self.states.admit(owner);
        }
        self.owner = owner;
        Ok(())
    }

    /// Runs one critical section for `thread`.
    ///
    /// # Errors
    /// A [`Fault`]: the caller or the protocol did what a lock must not do. Faults that begin with
    /// the caller ([`Fault::is_caller_error`]) are found before anything has changed; after any other
    /// the Monitor is in an unknown state and must not be used again.
    pub fn section(
        &mut self,
        thread: ThreadId,
        entry: Operation,
        choose: &mut dyn WakePolicy,
    ) -> Result<Outcome, Fault> {
        self.states.admit(thread);
        self.events.clear();
        self.woken.clear();
        self.previous = (self.owner, self.requested);
        self.check_entry(thread, entry)?;
        if let Operation::Resume(wake) = entry {
            match (self.thread_state(thread), wake) {
                (ThreadState::Granted, _) => return Ok(self.confirm(thread)),
                (ThreadState::Waiting(_, timer), Wake::Notified) => {
                    return Ok(Outcome::Wait(timer));
                }
                (ThreadState::Waiting(_, None), Wake::TimedOut) => return Ok(Outcome::Wait(None)),
                _ => {}
            }
        }
        if entry == Operation::Cancel && self.thread_state(thread) == ThreadState::Granted {
            return Ok(self.confirm(thread));
        }
        let step = self.decide(thread, entry, choose)?;
        self.settle(thread, entry, step)
    }

    /// `thread` gives up coming in: [`Operation::Cancel`]. [`Outcome::Left`] takes it out of every
    /// queue, and a wake-up in its hand goes to another; [`Outcome::Owns`] says that it is too
    /// late, the thread owns the lock.
    ///
    /// ```
    /// use gil_core::engine::{Monitor, Operation, Outcome, WakeFirst};
    /// use gil_core::protocol::{Handoff, ThreadId, Wake};
    /// let [a, b] = [0, 1].map(ThreadId::from_index);
    /// let mut monitor = Monitor::new(Handoff::new());
    /// monitor.section(a, Operation::Acquire, &mut WakeFirst)?;
    /// monitor.section(b, Operation::Acquire, &mut WakeFirst)?;
    /// assert_eq!(monitor.cancel(b), Ok(Outcome::Left));
    /// assert!(!monitor.requested(), "its request has gone with it");
    ///
    /// monitor.section(b, Operation::Acquire, &mut WakeFirst)?; // no boost left: it waits for its timer
    /// monitor.section(b, Operation::Resume(Wake::TimedOut), &mut WakeFirst)?;
    /// monitor.section(a, Operation::Safepoint, &mut WakeFirst)?;
    /// assert_eq!(monitor.cancel(b), Ok(Outcome::Owns), "too late: it has been granted the lock");
    /// # Ok::<(), gil_core::engine::Fault>(())
    /// ```
    ///
    /// # Errors
    /// [`Fault::InvalidTransition`] when the thread is not coming in.
    pub fn cancel(&mut self, thread: ThreadId) -> Result<Outcome, Fault> {
        self.section(thread, Operation::Cancel, &mut WakeFirst)
    }

    fn check_entry(&self, thread: ThreadId, entry: Operation) -> Result<(), Fault> {
        let state = self.thread_state(thread);
        let fits = match entry {
            Operation::Acquire if self.owner == Some(thread) => return Err(Fault::AlreadyAttached),
            Operation::Acquire => state == ThreadState::Idle,
            Operation::Release(_) | Operation::Safepoint if self.owner != Some(thread) => {
                return Err(Fault::NotHolder);
            }
            Operation::Release(_) | Operation::Safepoint => state == ThreadState::Idle,
            Operation::Resume(_) => {
                !matches!(state, ThreadState::Idle | ThreadState::BetweenSections)
            }
            Operation::Retry => state == ThreadState::BetweenSections,
            Operation::Cancel => {
                state != ThreadState::Idle && self.phase(thread) == Phase::Acquiring
            }
        };
        if fits { Ok(()) } else { Err(Fault::InvalidTransition) }
    }

    fn confirm(&mut self, thread: ThreadId) -> Outcome {
        self.finish(thread, ThreadState::Idle);
        self.events.push(Event::Confirmed(thread));
        Outcome::Owns
    }

    /// Asks the protocol.
    fn decide(
        &mut self,
        thread: ThreadId,
        entry: Operation,
        choose: &mut dyn WakePolicy,
    ) -> Result<Step, Fault> {
        let state = self.thread_state(thread);
        if let ThreadState::Waiting(set, _) | ThreadState::Notified(set) = state
            && (P::SETS[usize::from(set.0)] == Order::Unordered || entry == Operation::Cancel)
        {
            self.states.unlink(thread);
        }
        match entry {
            Operation::Acquire => self.states.set_phase(thread, Phase::Acquiring),
            Operation::Release(_) => self.states.set_phase(thread, Phase::Releasing),
            Operation::Safepoint => self.states.set_phase(thread, Phase::Reacquiring),
            Operation::Resume(_) | Operation::Retry | Operation::Cancel => {}
        }
        let Self { protocol, states, owner, requested, events, woken, previous: _ } = self;
        let mut cx = Section {
            sets: P::SETS,
            me: thread,
            states,
            owner,
            requested,
            events,
            woken,
            choose,
            fault: None,
        };
        let step = match (entry, state) {
            (Operation::Acquire, _) => protocol.acquire(&mut cx),
            (Operation::Release(how), _) => protocol.release(&mut cx, how),
            (Operation::Safepoint, _) => protocol.safepoint(&mut cx),
            (Operation::Retry, _) => protocol.retry(&mut cx),
            (Operation::Resume(_), ThreadState::Notified(set)) => {
                cx.events.push(Event::Notified(thread));
                protocol.woken(&mut cx, set, Wake::Notified)
            }
            (Operation::Resume(_), ThreadState::Waiting(set, _)) => {
                cx.events.push(Event::TimedOut(thread));
                protocol.woken(&mut cx, set, Wake::TimedOut)
            }
            (
                Operation::Resume(_),
                ThreadState::Idle | ThreadState::Granted | ThreadState::BetweenSections,
            ) => {
                return Err(Fault::InvalidTransition);
            }
            (Operation::Cancel, state) => {
                cx.states.put(thread, ThreadState::Idle);
                cx.events.push(Event::Cancelled(thread));
                protocol.cancel(&mut cx, matches!(state, ThreadState::Notified(_)));
                Step::Left
            }
        };
        cx.fault.map_or(Ok(step), Err)
    }

    /// Carries the decision out for the thread itself.
    fn settle(&mut self, thread: ThreadId, entry: Operation, step: Step) -> Result<Outcome, Fault> {
        let owns = self.owner == Some(thread);
        match step {
            Step::Owns => {
                if self.states.phase(thread) == Phase::Releasing {
                    return Err(Fault::OwnsWhileLeaving);
                }
                if self.owner.is_some() && !owns {
                    return Err(Fault::TakesHeldLock);
                }
                if !owns {
                    self.events.push(Event::Taken(thread));
                }
                self.owner = Some(thread);
                self.finish(thread, ThreadState::Idle);
                Ok(Outcome::Owns)
            }
            Step::Left | Step::Wait(..) | Step::Retry if owns => Err(Fault::WaitsWhileOwning),
            Step::Left => {
                if self.states.phase(thread) != Phase::Releasing && entry != Operation::Cancel {
                    return Err(Fault::LeavesWhileEntering);
                }
                self.finish(thread, ThreadState::Idle);
                Ok(Outcome::Left)
            }
            Step::Wait(set, timer) => {
                if usize::from(set.0) >= P::SETS.len() {
                    return Err(Fault::UnknownSet);
                }
                self.events.push(Event::Waiting(thread));
                self.states.link(thread, set);
                self.states.put(thread, ThreadState::Waiting(set, timer));
                Ok(Outcome::Wait(timer))
            }
            Step::Retry => {
                self.finish(thread, ThreadState::BetweenSections);
                Ok(Outcome::Retry)
            }
        }
    }

    fn finish(&mut self, thread: ThreadId, state: ThreadState) {
        self.states.unlink(thread);
        self.states.put(thread, state);
        if state == ThreadState::Idle {
            self.states.set_phase(thread, Phase::Acquiring);
        }
    }

    fn key(&self) -> (&P, Option<ThreadId>, bool) {
        (&self.protocol, self.owner, self.requested)
    }

    fn thread_states(&self) -> impl Iterator<Item = (ThreadState, Phase)> + '_ {
        self.threads().map(|thread| (self.thread_state(thread), self.phase(thread)))
    }

    fn queues(&self) -> impl Iterator<Item = ThreadId> + '_ {
        let fifo = (0u8..).zip(P::SETS).filter(|(_, order)| **order == Order::Fifo);
        fifo.flat_map(|(set, _)| self.states.members(WaitSet(set)))
    }
}

impl<P: Protocol> PartialEq for Monitor<P> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
            && self.thread_states().eq(other.thread_states())
            && self.queues().eq(other.queues())
    }
}

impl<P: Protocol> Eq for Monitor<P> {}

impl<P: Protocol> Hash for Monitor<P> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
        self.thread_states().for_each(|place| place.hash(state));
        self.queues().for_each(|thread| thread.hash(state));
    }
}
