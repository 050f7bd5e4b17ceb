//! The safety claims, defined once: a ghost that watches every section.
//!
//! The same ghost runs inside the lock's mutex under loom, inside the explorer's states and in the
//! property tests. It has the memory that the claims need and knows no protocol. Its state is
//! finite, so it can be part of an explored state.

use gil_core::engine::{Event, Fault, Monitor, Operation, Outcome, ThreadState};
use gil_core::protocol::{Protocol, Release, Request, ThreadId, Timer};
use std::any::Any;

/// A small set of threads; checks run with at most 32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ThreadSet(u32);

impl ThreadSet {
    pub(crate) const fn new() -> Self {
        Self(0)
    }

    /// Whether `thread` is in it.
    #[must_use]
    pub const fn has(self, thread: ThreadId) -> bool {
        self.0 & (1 << thread.index()) != 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn insert(&mut self, thread: ThreadId) {
        self.0 |= 1 << thread.index();
    }

    /// Keeps the threads for which `keeps` returns true.
    pub(crate) fn retain(&mut self, keeps: impl Fn(ThreadId) -> bool) {
        let members = (0..32).map(ThreadId::from_index).filter(|thread| self.has(*thread));
        *self = members.filter(|thread| keeps(*thread)).collect();
    }

    pub(crate) const fn remove(&mut self, thread: ThreadId) {
        self.0 &= !(1 << thread.index());
    }
}

impl FromIterator<ThreadId> for ThreadSet {
    fn from_iter<I: IntoIterator<Item = ThreadId>>(threads: I) -> Self {
        let mut set = Self::default();
        threads.into_iter().for_each(|thread| set.insert(thread));
        set
    }
}

/// What stands in the place of a claim where the Monitor refuses what a protocol does: the protocol
/// broke a rule of its interface. Nothing is known of the states behind it.
pub const REFUSED: &str = "MONITOR";

/// What stands in the place of a claim where a protocol panics.
pub const PANICKED: &str = "PANIC";

/// A claim that a section broke.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Violation {
    /// For example `SAFE-3`.
    pub claim: &'static str,
    /// What happened, in words.
    pub message: String,
}

impl Violation {
    fn new(claim: &'static str, message: String) -> Self {
        Self { claim, message }
    }

    /// The claim that a fault of the Monitor breaks.
    #[must_use]
    pub fn of_fault(fault: Fault) -> Self {
        let claim = match fault {
            Fault::TakesHeldLock | Fault::FastPathWhileBusy | Fault::FreesWithoutOwning => "SAFE-1",
            Fault::WaitsWhileOwning | Fault::OwnsWhileLeaving => "SAFE-6",
            Fault::GivesToNonWaiter => "SAFE-7",
            _ => REFUSED,
        };
        Self::new(claim, fault.to_string())
    }

    /// A panic of the protocol.
    #[must_use]
    pub fn of_panic(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Self::new(PANICKED, format!("the protocol panics: {text}"))
    }
}

/// A thread that may not own again, and the threads that must own first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Barred {
    waiters: ThreadSet,
    last: Release,
}

/// The memory of the safety claims.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ghost {
    /// Threads that run as the owner, as far as sections report.
    running: ThreadSet,
    /// Threads that have left and not returned.
    pub(crate) outside: ThreadSet,
    /// SAFE-3: by thread, since its forced release.
    pub(crate) barred: Vec<Option<Barred>>,
    /// SAFE-4: waiters in whose timed wait the owner has changed.
    pub(crate) disturbed: ThreadSet,
    /// SAFE-4: the last owner; a reacquire is no change. Kept only while others wait.
    last_owner: Option<ThreadId>,
    /// SAFE-5c: the present request has been answered.
    answered: bool,
    /// The engine restarts timers of the run itself, so they are not checked.
    trusts_run_timers: bool,
}

impl Ghost {
    /// No thread has attached yet. `trusts_run_timers`: the engine has no clock and lets a timer of
    /// the run expire only in the present run (the explorer). Otherwise the ghost checks that
    /// (loom).
    #[must_use]
    pub fn new(threads: usize, trusts_run_timers: bool) -> Self {
        let everybody = (0..threads as u32).map(ThreadId::from_index).collect();
        Self {
            outside: everybody,
            barred: vec![None; threads],
            trusts_run_timers,
            ..Self::default()
        }
    }

    /// A thread attached or detached by the fast path.
    pub fn fast(&mut self, thread: ThreadId, owns: bool) {
        if owns {
            self.running.insert(thread);
            self.outside.remove(thread);
        } else {
            self.running.remove(thread);
            self.outside.insert(thread);
        }
    }

    /// Whether a fast path runs unreported, so the running thread is not known.
    pub(crate) fn forget_runners(&mut self) {
        self.running = ThreadSet::default();
    }

    /// Judges a section; the broken claims, at most one violation each.
    pub fn judge<P: Protocol>(
        &mut self,
        thread: ThreadId,
        entry: Operation,
        outcome: Outcome,
        monitor: &Monitor<P>,
    ) -> Vec<Violation> {
        let mut broken = Vec::new();
        self.judge_ownership(thread, entry, outcome, monitor, &mut broken);
        self.judge_forced_switch(thread, entry, outcome, monitor, &mut broken);
        self.judge_requests(monitor, &mut broken);
        judge_wake_ups(monitor, &mut broken);
        broken
    }

    /// SAFE-1 and SAFE-6.
    fn judge_ownership<P: Protocol>(
        &mut self,
        thread: ThreadId,
        entry: Operation,
        outcome: Outcome,
        monitor: &Monitor<P>,
        broken: &mut Vec<Violation>,
    ) {
        match entry {
            Operation::Acquire => self.outside.remove(thread),
            Operation::Release(_) | Operation::Safepoint => self.running.remove(thread),
            Operation::Resume(_) | Operation::Retry | Operation::Cancel => {}
        }
        match outcome {
            Outcome::Owns => self.running.insert(thread),
            Outcome::Left => self.outside.insert(thread),
            Outcome::Wait(_) | Outcome::Retry => {}
        }
        let owner = monitor.owner();
        if let Some(runs) = monitor.threads().find(|t| self.running.has(*t) && owner != Some(*t)) {
            let who = owner.map_or("no thread".to_owned(), |owner| format!("{owner:?}"));
            let message = format!("{runs:?} runs as the owner while {who} owns the lock");
            broken.push(Violation::new("SAFE-1", message));
            self.running.remove(runs);
        }
        if let Some(owner) = owner.filter(|owner| self.outside.has(*owner)) {
            let message = format!("{owner:?} is detached and owns the lock");
            broken.push(Violation::new("SAFE-6", message));
        }
    }

    /// SAFE-3 and SAFE-3F.
    fn judge_forced_switch<P: Protocol>(
        &mut self,
        thread: ThreadId,
        entry: Operation,
        outcome: Outcome,
        monitor: &Monitor<P>,
        broken: &mut Vec<Violation>,
    ) {
        if entry == Operation::Cancel && outcome == Outcome::Left {
            for barred in self.barred.iter_mut() {
                if let Some(b) = barred {
                    b.waiters.remove(thread);
                    *barred = barred.filter(|b| !b.waiters.is_empty());
                }
            }
        }
        let gained = monitor.owner().filter(|owner| monitor.before().0 != Some(*owner));
        let took = monitor.events().iter().find_map(|event| match event {
            Event::Taken(thread) => Some(*thread),
            _ => None,
        });
        if let Some(owner) = gained.or(took) {
            if let Some(barred) = self.barred[owner.index()].take() {
                let claim = if barred.last == Release::Final { "SAFE-3F" } else { "SAFE-3" };
                let message = format!(
                    "{owner:?} was forced to release and owns again before any other thread"
                );
                broken.push(Violation::new(claim, message));
            }
            self.barred.iter_mut().for_each(|barred| *barred = None);
        }
        let last = match entry {
            Operation::Safepoint => Some(Release::Blocking),
            Operation::Release(how) if monitor.before().1 => Some(how),
            _ => None,
        };
        if let Some(last) = last
            && monitor.owner().is_none()
        {
            let others = monitor.threads().filter(|t| *t != thread && monitor.is_waiter(*t));
            let waiters: ThreadSet = others.collect();
            self.barred[thread.index()] = (!waiters.is_empty()).then_some(Barred { waiters, last });
        }
    }

    /// SAFE-4 and SAFE-5.
    fn judge_requests<P: Protocol>(&mut self, monitor: &Monitor<P>, broken: &mut Vec<Violation>) {
        let mut rises = !monitor.before().1;
        for event in monitor.events() {
            match *event {
                Event::Requested(waiter, why) => {
                    if std::mem::take(&mut rises) {
                        self.answered = false;
                    }
                    let expired = monitor.events().contains(&Event::TimedOut(waiter));
                    let fault = match why {
                        Request::AfterInterval if !expired => "no interval has passed",
                        Request::AfterInterval if self.disturbed.has(waiter) => {
                            "the owner changed in its interval"
                        }
                        _ => continue,
                    };
                    let message = format!("{waiter:?} requests a switch, but {fault}");
                    broken.push(Violation::new("SAFE-4", message));
                }
                Event::Answered(holder) if std::mem::replace(&mut self.answered, true) => {
                    let message = format!("{holder:?} answers a request that is already answered");
                    broken.push(Violation::new("SAFE-5", message));
                }
                _ => {}
            }
        }
        if !monitor.requested() {
            self.answered = false;
        }
        self.note_disturbed(monitor);
        let (waits, fell) = (monitor.has_waiter(), monitor.before().1 && !monitor.requested());
        if monitor.requested() && !waits {
            let message = "a switch is requested and no thread waits".to_owned();
            broken.push(Violation::new("SAFE-5", message));
        }
        let asked = monitor.before().0;
        if fell && waits && asked.is_some() && monitor.owner() == asked {
            let message = "the request was cleared unanswered while others wait".to_owned();
            broken.push(Violation::new("SAFE-5", message));
        }
    }

    fn note_disturbed<P: Protocol>(&mut self, monitor: &Monitor<P>) {
        let last = monitor.before().0.or(self.last_owner);
        let changed = monitor.owner().is_some() && monitor.owner() != last;
        self.last_owner = monitor.owner().or(last).filter(|_| monitor.has_waiter());
        for thread in monitor.threads() {
            let counts = match monitor.thread_state(thread) {
                ThreadState::Waiting(_, Some(Timer::Wait)) => true,
                ThreadState::Waiting(_, Some(Timer::Run)) => !self.trusts_run_timers,
                _ => false,
            };
            if !counts {
                self.disturbed.remove(thread);
            } else if changed {
                self.disturbed.insert(thread);
            }
        }
        for event in monitor.events() {
            if let Event::Waiting(thread) = *event {
                self.disturbed.remove(thread);
            }
        }
    }
}

/// LIVE-4 and LIVE-6.
fn judge_wake_ups<P: Protocol>(monitor: &Monitor<P>, broken: &mut Vec<Violation>) {
    let slots = || monitor.threads().map(|thread| monitor.thread_state(thread));
    if monitor.owner().is_none()
        && slots().any(|slot| matches!(slot, ThreadState::Waiting(..)))
        && !slots()
            .any(|slot| matches!(slot, ThreadState::Notified(_) | ThreadState::BetweenSections))
    {
        let message = "the lock is free, a thread sleeps, and no thread is acquiring".to_owned();
        broken.push(Violation::new("LIVE-4", message));
    }
    if monitor.all_idle() && monitor.requested() {
        let message = "no thread waits and a switch is requested".to_owned();
        broken.push(Violation::new("LIVE-6", message));
    }
}
