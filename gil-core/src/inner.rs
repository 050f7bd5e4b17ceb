//! What the lock's mutex protects: the Monitor, and what the mechanism has to remember beside it.

use std::sync::Arc;
use std::time::Duration;

use crate::fault::Fault;
use crate::monitor::{Entry, First, Monitor, Outcome};
use crate::observe::Observe;
use crate::parker::Parker;
use crate::protocol::{Preemption, Protocol, ThreadId, Timer};
use crate::sync::{Instant, const_unless_loom, mutant, now};

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
    /// Counts the runs of owners; a timer of the run belongs to one of them.
    pub(crate) run: u64,
    pub(crate) run_began: Option<Instant>,
}

/// Why and until when a thread sleeps.
#[derive(Clone, Copy)]
pub(crate) struct Sleep {
    pub(crate) expires: Option<Instant>,
    pub(crate) run: u64,
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
                run: 0,
                run_began: None,
            }
        }
    }

    /// The bells of the threads that have been woken and not yet rung for.
    pub(crate) fn take_bells(&mut self) -> Vec<Arc<Parker>> {
        let Self { monitor, members, .. } = self;
        monitor.take_wakes().filter_map(|thread| members[thread.index()].clone()).collect()
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
    ) -> Result<Outcome, Fault> {
        let on_request = matches!(P::PREEMPTION, Preemption::OnRequest);
        let owner = self.monitor.owner();
        if entry == Entry::Safepoint && on_request && !self.monitor.requested() {
            self.observer.stale_request(thread);
            return if owner == Some(thread) { Ok(Outcome::Owns) } else { Err(Fault::NotHolder) };
        }
        if let crate::Slot::Waiting(_, timer @ Some(Timer::Run)) = self.monitor.slot(thread)
            && slept.is_some_and(|run| run != self.run && !mutant!(StaleRunTimer))
        {
            self.observer.timer_restarted(thread);
            return Ok(Outcome::Wait(timer));
        }
        let outcome = self.monitor.section(thread, entry, &mut First)?;
        self.observer.section(thread, entry, outcome, &self.monitor);
        if self.monitor.owner() != owner {
            self.begin_run();
        }
        Ok(outcome)
    }

    pub(crate) fn begin_run(&mut self) {
        self.run += 1;
        self.run_began = Some(now());
    }

    pub(crate) fn sleep(&self, result: Result<Outcome, Fault>) -> Sleep {
        let begins = match result {
            Ok(Outcome::Wait(Some(Timer::Wait))) => Some(now()),
            Ok(Outcome::Wait(Some(Timer::Run))) => self.run_began,
            _ => None,
        };
        Sleep { expires: begins.map(|begins| begins + self.interval), run: self.run }
    }
}
