//! The Monitor: a protocol's state, the owner, the request and the wait-sets, under one mutex.
//!
//! It is the same on every engine. An engine calls [`Monitor::section`] with what happened to a
//! thread and does what the [`Outcome`] says; everything else is decided here and in the
//! protocol, so real threads, loom and the explorer cannot disagree about it.
//!
//! # Invariants
//! - MON-1: at most one thread is the owner, and no other thread is `Granted`.
//! - MON-2: a thread that is `Waiting`, `Notified` or `BetweenSections` is not the owner.
//! - MON-3: a thread is linked into at most one wait-set, and only while `Waiting` or `Notified`.
//!
//! The Monitor refuses what would break one of them, with a [`Fault`].

use std::hash::{Hash, Hasher};

use crate::protocol::{Order, Protocol, Release, Step, ThreadId, Timer, WaitSet, Wake};
use crate::sync::mutant;

mod context;
mod event;
mod fault;
mod thread_state;

use context::{LockState, Section};
pub use context::{WakeFirst, WakePolicy};
pub use event::Event;
pub use fault::Fault;
use thread_state::ThreadState::{BetweenSections, Granted, Idle, Notified, Waiting};
pub use thread_state::{MAX_SETS, Phase, ThreadState};

/// What happened to a thread: the input of a section.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation {
    /// It is detached and acquires.
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
    /// It gives up acquiring. Answered with [`Outcome::Owns`] when that is too late. A preempted
    /// thread cannot give up reacquiring.
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

/// A protocol's state, the owner, the request, each thread's state and the wait-sets.
///
/// Equality and hashing cover all that decides what can happen next. They leave out what the last
/// section did, and the order inside [`Order::Unordered`] sets.
///
/// ```
/// use gil_core::engine::{Monitor, Operation, Outcome, WakeFirst};
/// use gil_core::protocol::{Handoff, ThreadId};
/// let (a, b) = (ThreadId::from_index(0), ThreadId::from_index(1));
/// let mut monitor = Monitor::new(Handoff::new());
/// assert_eq!(monitor.section(a, Operation::Acquire, &mut WakeFirst), Ok(Outcome::Owns));
/// assert!(matches!(monitor.section(b, Operation::Acquire, &mut WakeFirst), Ok(Outcome::Wait(_))));
/// assert!(monitor.requested(), "an arriving thread requests at once, within a budget");
/// let answered = monitor.section(a, Operation::Safepoint, &mut WakeFirst);
/// assert!(matches!(answered, Ok(Outcome::Wait(_))));
/// assert_eq!(monitor.owner(), Some(b), "and a forced release hands over in one step");
/// ```
#[derive(Clone, Debug)]
pub struct Monitor<P> {
    protocol: P,
    lock: LockState,
    /// The owner and the request when the last section began.
    previous: (Option<ThreadId>, bool),
}

impl<P: Protocol> Monitor<P> {
    /// A free lock that no thread has come to yet.
    pub const fn new(protocol: P) -> Self {
        Self { protocol, lock: LockState::new(), previous: (None, false) }
    }

    /// The protocol's own state.
    pub fn protocol(&self) -> &P {
        &self.protocol
    }

    /// Who owns the lock, granted but not yet running included.
    pub fn owner(&self) -> Option<ThreadId> {
        self.lock.owner
    }

    /// Whether a switch is requested.
    pub fn requested(&self) -> bool {
        self.lock.requested
    }

    /// Who owned the lock when the last section began, and whether a switch was requested then.
    pub fn before(&self) -> (Option<ThreadId>, bool) {
        self.previous
    }

    /// To whom the lock is biased: who may take it back and release it without a section although
    /// threads wait ([`Protocol::bias`]).
    pub fn biased(&self) -> Option<ThreadId> {
        self.protocol.bias().filter(|_| !self.lock.requested)
    }

    /// Where `thread` stands.
    pub fn thread_state(&self, thread: ThreadId) -> ThreadState {
        self.lock.states.get(thread)
    }

    /// Which operation `thread` is in the middle of; [`Phase::Acquiring`] when it is in none.
    pub fn phase(&self, thread: ThreadId) -> Phase {
        self.lock.states.phase(thread)
    }

    /// Whether `thread` still wants the lock: neither outside, nor running, nor leaving, nor the
    /// owner already.
    pub fn is_waiter(&self, thread: ThreadId) -> bool {
        !matches!(self.thread_state(thread), Idle | Granted)
            && self.phase(thread) != Phase::Releasing
    }

    /// Whether any thread still wants the lock.
    pub fn has_waiter(&self) -> bool {
        !self.lock.states.all_idle() && self.threads().any(|thread| self.is_waiter(thread))
    }

    /// Whether every thread is idle: none waits, is woken, or is between two sections.
    pub fn all_idle(&self) -> bool {
        self.lock.states.all_idle()
    }

    /// The threads the Monitor has seen, outside ones included.
    pub fn threads(&self) -> impl Iterator<Item = ThreadId> + use<P> {
        (0..self.lock.states.len() as u32).map(ThreadId::from_index)
    }

    /// What the last section did, in order.
    pub fn events(&self) -> &[Event] {
        &self.lock.events
    }

    /// The threads in `set`, in the order in which they joined it. In an [`Order::Unordered`] set
    /// this order means nothing.
    pub fn queue(&self, set: WaitSet) -> impl Iterator<Item = ThreadId> + '_ {
        self.lock.states.members(set)
    }

    /// The threads that the last section woke.
    pub fn woken(&self) -> &[ThreadId] {
        &self.lock.woken
    }

    /// Empties [`Monitor::woken`] and returns its threads, which the engine then wakes.
    pub fn drain_woken(&mut self) -> impl Iterator<Item = ThreadId> + '_ {
        self.lock.woken.drain(..)
    }

    /// Notes an owner that came or went without a section, by the fast path. The owner may change
    /// this way only while every thread is `Idle`, or by the [biased](Monitor::biased) thread.
    ///
    /// # Errors
    /// [`Fault::FastPathWhileBusy`] when the owner would change in any other way.
    pub fn sync_owner(&mut self, owner: Option<ThreadId>) -> Result<(), Fault> {
        let by_bias = || self.biased().is_some() && owner.or(self.lock.owner) == self.biased();
        if owner != self.lock.owner && !self.lock.states.all_idle() && !by_bias() {
            return Err(Fault::FastPathWhileBusy);
        }
        if let Some(owner) = owner {
            self.lock.states.admit(owner);
        }
        self.lock.owner = owner;
        Ok(())
    }

    /// Runs one critical section for `thread`.
    ///
    /// # Errors
    /// A [`Fault`]: the caller or the protocol did what a lock must not do. If it was the caller
    /// ([`Fault::is_caller_error`]), the owner, the request, the wait-sets and each thread's state
    /// are unchanged, and the list of events is empty. After any other fault the Monitor is in an
    /// unknown state and must not be used again.
    ///
    /// # Panics
    /// When the protocol uses a wait-set after its first [`MAX_SETS`].
    pub fn section(
        &mut self,
        thread: ThreadId,
        operation: Operation,
        wake_policy: &mut dyn WakePolicy,
    ) -> Result<Outcome, Fault> {
        self.lock.states.admit(thread);
        self.lock.events.clear();
        self.lock.woken.clear();
        self.previous = (self.lock.owner, self.lock.requested);
        self.check_operation(thread, operation)?;
        let state = self.thread_state(thread);
        if mutant!(GrantedLeaves) && (operation, state) == (Operation::Cancel, Granted) {
            self.finish(thread, Idle);
            return Ok(Outcome::Left);
        }
        match (operation, state) {
            (Operation::Resume(_) | Operation::Cancel, Granted) => {
                self.finish(thread, Idle);
                self.lock.events.push(Event::Confirmed(thread));
                return Ok(Outcome::Owns);
            }
            // Spurious, or an earlier wait's timer.
            (Operation::Resume(wake), Waiting(_, timer))
                if wake == Wake::Notified || timer.is_none() =>
            {
                return Ok(Outcome::Wait(timer));
            }
            _ => {}
        }
        let step = self.decide(thread, operation, wake_policy)?;
        self.settle(thread, operation, step)
    }

    fn check_operation(&self, thread: ThreadId, operation: Operation) -> Result<(), Fault> {
        let state = self.thread_state(thread);
        let owns = self.lock.owner == Some(thread);
        let fits = match operation {
            Operation::Acquire if owns => return Err(Fault::AlreadyAttached),
            Operation::Release(_) | Operation::Safepoint if !owns => return Err(Fault::NotHolder),
            Operation::Acquire | Operation::Release(_) | Operation::Safepoint => state == Idle,
            Operation::Resume(_) => !matches!(state, Idle | BetweenSections),
            Operation::Retry => state == BetweenSections,
            Operation::Cancel => state != Idle && self.phase(thread) == Phase::Acquiring,
        };
        if fits { Ok(()) } else { Err(Fault::InvalidTransition) }
    }

    /// Asks the protocol.
    fn decide(
        &mut self,
        thread: ThreadId,
        operation: Operation,
        wake_policy: &mut dyn WakePolicy,
    ) -> Result<Step, Fault> {
        let (state, sets) = (self.thread_state(thread), self.protocol.settings().sets);
        if let Waiting(set, _) | Notified(set) = state
            && (sets[usize::from(set.0)] == Order::Unordered || operation == Operation::Cancel)
        {
            self.lock.states.unlink(thread);
        }
        match operation {
            Operation::Acquire => self.lock.states.set_phase(thread, Phase::Acquiring),
            Operation::Release(_) => self.lock.states.set_phase(thread, Phase::Releasing),
            Operation::Safepoint => self.lock.states.set_phase(thread, Phase::Reacquiring),
            Operation::Resume(_) | Operation::Retry | Operation::Cancel => {}
        }
        let Self { protocol, lock, .. } = self;
        let mut cx = Section { sets, me: thread, lock, wake_policy, fault: None };
        let step = match (operation, state) {
            (Operation::Acquire, _) => protocol.acquire(&mut cx),
            (Operation::Release(how), _) => protocol.release(&mut cx, how),
            (Operation::Safepoint, _) => protocol.safepoint(&mut cx),
            (Operation::Retry, _) => protocol.retry(&mut cx),
            (Operation::Resume(_), Notified(set)) => {
                cx.lock.events.push(Event::Notified(thread));
                protocol.woken(&mut cx, set, Wake::Notified)
            }
            (Operation::Resume(_), Waiting(set, _)) => {
                cx.lock.events.push(Event::TimedOut(thread));
                protocol.woken(&mut cx, set, Wake::TimedOut)
            }
            (Operation::Resume(_), _) => return Err(Fault::InvalidTransition),
            (Operation::Cancel, state) => {
                cx.lock.states.put(thread, Idle);
                cx.lock.events.push(Event::Cancelled(thread));
                protocol.cancel(&mut cx, matches!(state, Notified(_)));
                Step::Left
            }
        };
        cx.fault.map_or(Ok(step), Err)
    }

    /// Carries the decision out for the thread itself.
    fn settle(
        &mut self,
        thread: ThreadId,
        operation: Operation,
        step: Step,
    ) -> Result<Outcome, Fault> {
        let owns = self.lock.owner == Some(thread);
        let leaves = self.phase(thread) == Phase::Releasing;
        match step {
            Step::Owns if leaves => Err(Fault::OwnsWhileLeaving),
            Step::Owns if self.lock.owner.is_some() && !owns => Err(Fault::TakesHeldLock),
            Step::Owns => {
                if self.lock.owner.replace(thread).is_none() {
                    self.lock.events.push(Event::Taken(thread));
                }
                self.finish(thread, Idle);
                Ok(Outcome::Owns)
            }
            _ if owns => Err(Fault::WaitsWhileOwning),
            Step::Left if !leaves && operation != Operation::Cancel => {
                Err(Fault::LeavesWhileEntering)
            }
            Step::Left => {
                self.finish(thread, Idle);
                Ok(Outcome::Left)
            }
            Step::Wait(set, _) if usize::from(set.0) >= self.protocol.settings().sets.len() => {
                Err(Fault::UnknownSet)
            }
            Step::Wait(set, timer) => {
                self.lock.events.push(Event::Waiting(thread));
                self.lock.states.link(thread, set);
                self.lock.states.put(thread, Waiting(set, timer));
                Ok(Outcome::Wait(timer))
            }
            Step::Retry => {
                self.finish(thread, BetweenSections);
                Ok(Outcome::Retry)
            }
        }
    }

    fn finish(&mut self, thread: ThreadId, state: ThreadState) {
        self.lock.states.unlink(thread);
        self.lock.states.put(thread, state);
        if state == Idle {
            self.lock.states.set_phase(thread, Phase::Acquiring);
        }
    }

    fn key(&self) -> (&P, Option<ThreadId>, bool) {
        (&self.protocol, self.lock.owner, self.lock.requested)
    }

    fn thread_states(&self) -> impl Iterator<Item = (ThreadState, Phase)> + '_ {
        self.threads().map(|thread| (self.thread_state(thread), self.phase(thread)))
    }

    fn queues(&self) -> impl Iterator<Item = ThreadId> + '_ {
        let fifo =
            (0u8..).zip(self.protocol.settings().sets).filter(|(_, order)| **order == Order::Fifo);
        fifo.flat_map(|(set, _)| self.lock.states.members(WaitSet(set)))
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
