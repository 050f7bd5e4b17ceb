//! What the lock's mutex protects: the Monitor, and what the mechanism has to remember beside it.

use std::sync::Arc;
use std::time::Duration;

use crate::fault::Fault;
use crate::monitor::{Entry, First, Monitor, Outcome};
use crate::observe::Observe;
use crate::parker::Parker;
use crate::protocol::{Preemption, Protocol, ThreadId, Timer};
use crate::runs::{Clock as _, Runs};
use crate::sync::{Instant, Wall, const_unless_loom, mutant};
use crate::word::Frozen;

/// Whom to tell that the flag has changed.
pub(crate) struct Breaker(pub(crate) Box<dyn Fn(bool) + Send>);

impl std::fmt::Debug for Breaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Breaker")
    }
}

/// Guarded by the lock's mutex.
#[derive(Debug)]
pub(crate) struct Inner<P, O> {
    pub(crate) monitor: Monitor<P>,
    pub(crate) observer: O,
    pub(crate) members: Vec<Option<Arc<Parker>>>,
    pub(crate) vacant: Vec<ThreadId>,
    pub(crate) interval: Duration,
    pub(crate) frozen: bool,
    pub(crate) flag: bool,
    pub(crate) breaker: Option<Breaker>,
    pub(crate) runs: Runs<Instant>,
}

/// Why and until when a thread sleeps.
#[derive(Clone, Copy)]
pub(crate) struct Sleep {
    pub(crate) expires: Option<Instant>,
    pub(crate) run: u64,
    /// When the thread has to come back and show its request.
    pub(crate) shows: Option<Instant>,
}

impl<P: Protocol, O> Inner<P, O> {
    const_unless_loom! {
        pub(crate) fn new(protocol: P, observer: O) -> Self {
            Self {
                monitor: Monitor::new(protocol),
                observer,
                members: Vec::new(),
                vacant: Vec::new(),
                interval: P::SWITCH_INTERVAL,
                frozen: false,
                flag: false,
                breaker: None,
                runs: Runs::new(),
            }
        }
    }

    /// The bells of the threads that have been woken and not yet rung for.
    pub(crate) fn take_bells(&mut self) -> Vec<Arc<Parker>> {
        let Self { monitor, members, .. } = self;
        let most = if mutant!(FirstBellOnly) { 1 } else { usize::MAX };
        let woken = monitor.take_wakes().take(most);
        woken.filter_map(|thread| members[thread.index()].clone()).collect()
    }
}

impl<P: Protocol, O: Observe> Inner<P, O> {
    /// One section of the Monitor, unless there is nothing to decide: a safepoint whose request is
    /// gone, or a timer of a run that is over.
    pub(crate) fn decide(
        &mut self,
        thread: ThreadId,
        entry: Entry,
        slept: Option<u64>,
        wall: &Wall,
    ) -> Result<Outcome, Fault> {
        let owner = self.monitor.owner();
        let asked = self.monitor.requested() || mutant!(StaleRequestAnswered);
        if entry == Entry::Safepoint && P::PREEMPTION == Preemption::OnRequest && !asked {
            self.observer.stale_request(thread);
            return if owner == Some(thread) { Ok(Outcome::Owns) } else { Err(Fault::NotHolder) };
        }
        if let crate::Slot::Waiting(_, timer @ Some(Timer::Run)) = self.monitor.slot(thread)
            && slept.is_some_and(|run| run != self.runs.number() && !mutant!(StaleRunTimer))
        {
            self.observer.timer_restarted(thread);
            return Ok(Outcome::Wait(timer));
        }
        let outcome = self.monitor.section(thread, entry, &mut First)?;
        self.observer.section(thread, entry, outcome, &self.monitor);
        self.runs.section(owner.is_none(), self.monitor.owner(), self.interval, wall);
        Ok(outcome)
    }

    /// Takes over from the fast path, which left the word so.
    pub(crate) fn take_over(&mut self, word: Frozen, wall: &Wall) -> Result<(), Fault> {
        self.frozen = true;
        match word.taken_back {
            Some(0) => {}
            Some(times) => {
                self.runs.taken_back(times);
                self.observer.taken_back(times);
            }
            None => self.runs.fast(word.holder, word.holder == self.monitor.owner(), wall),
        }
        self.monitor.set_fast_owner(word.holder)
    }

    /// Whether `thread`, which a release has woken, waits for the run to end by itself, and when it looks
    /// again.
    pub(crate) fn looks_again(
        &mut self,
        thread: ThreadId,
        entry: Entry,
        wall: &Wall,
    ) -> Option<Instant> {
        let woken = matches!(self.monitor.slot(thread), crate::Slot::Notified(_));
        if !P::LOOKS_AGAIN || !woken || !matches!(entry, Entry::Resume(_)) {
            return None;
        }
        if let due @ Some(_) = self.runs.sleeps_on(wall) {
            return due;
        }
        let is_free = self.monitor.owner().is_none();
        let due = self.runs.looks_again(is_free, self.interval, wall)?;
        self.observer.looks_again(thread);
        Some(due)
    }

    /// Whether the request that `thread` made on its arrival is held back, and until when.
    pub(crate) fn hold_back(
        &mut self,
        thread: ThreadId,
        entry: Entry,
        wall: &Wall,
    ) -> Option<Instant> {
        let requested = (self.monitor.requested_before(), self.monitor.requested());
        self.runs.hold_back(thread, entry, requested, wall)
    }

    pub(crate) fn sleep(
        &self,
        result: Result<Outcome, Fault>,
        shows: Option<Instant>,
        wall: &Wall,
    ) -> Sleep {
        let begins = match result {
            Ok(Outcome::Wait(Some(Timer::Wait))) => Some(wall.now()),
            Ok(Outcome::Wait(Some(Timer::Run))) => self.runs.began(),
            _ => None,
        };
        let expires = begins.map(|begins| begins + self.interval);
        Sleep { expires, run: self.runs.number(), shows }
    }
}
