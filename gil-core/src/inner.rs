//! What the lock's mutex protects: the Monitor, and what the mechanism has to remember beside it.

use std::sync::Arc;
use std::time::Duration;

use crate::fault::Fault;
use crate::monitor::{Entry, First, Monitor, Outcome};
use crate::observe::Observe;
use crate::parker::Parker;
use crate::protocol::{Preemption, Protocol, ThreadId, Timer};
use crate::sync::{Instant, const_unless_loom, mutant, now, run_is_young};

/// A run that is interrupted at once would be no run: an arriving thread's request is held back until
/// this part of the switch interval has gone by since the run began.
const MINIMUM_RUN: u32 = 50;

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
    /// Whose request is not shown to the holder yet, because its run is young. That thread comes back
    /// to show it.
    pub(crate) held_back: Option<ThreadId>,
    /// Counts the runs of owners; a timer of the run belongs to one of them.
    pub(crate) run: u64,
    pub(crate) run_began: Option<Instant>,
    /// When the owner gained the lock, if it did so in a section. (A run that began without one begins,
    /// for its timer, when the first waiter comes.)
    pub(crate) gained: Option<Instant>,
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
                held_back: None,
                run: 0,
                run_began: None,
                gained: None,
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
    ) -> Result<Outcome, Fault> {
        let owner = self.monitor.owner();
        let asked = self.monitor.requested() || mutant!(StaleRequestAnswered);
        if entry == Entry::Safepoint && P::PREEMPTION == Preemption::OnRequest && !asked {
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
            self.gained = self.run_began;
        }
        Ok(outcome)
    }

    /// Takes over from the fast path, which left the lock with `holder`.
    pub(crate) fn take_over(&mut self, holder: Option<ThreadId>) -> Result<(), Fault> {
        self.frozen = true;
        self.gained = self.gained.filter(|_| holder == self.monitor.owner());
        self.begin_run();
        self.monitor.set_fast_owner(holder)
    }

    fn begin_run(&mut self) {
        self.run += u64::from(!mutant!(RunNotCounted));
        self.run_began = Some(now());
    }

    /// Whether the request that `thread` made on its arrival is held back, and until when.
    pub(crate) fn hold_back(&mut self, thread: ThreadId, entry: Entry) -> Option<Instant> {
        let asked = self.monitor.requested();
        let arrives = entry == Entry::Acquire && !self.monitor.requested_before();
        // A sleep may end early, for no reason or for an old one.
        let still = matches!(entry, Entry::Resume(_)) && self.held_back == Some(thread);
        if asked && (arrives || still) {
            let due = run_is_young(self.gained, self.interval / MINIMUM_RUN);
            self.held_back = due.map(|_| thread);
            return due;
        }
        let stays = |asker| asker != thread || mutant!(HeldBackByWhoLeft);
        self.held_back = self.held_back.filter(|asker| asked && stays(*asker));
        None
    }

    pub(crate) fn sleep(&self, result: Result<Outcome, Fault>, shows: Option<Instant>) -> Sleep {
        let begins = match result {
            Ok(Outcome::Wait(Some(Timer::Wait))) => Some(now()),
            Ok(Outcome::Wait(Some(Timer::Run))) => self.run_began,
            _ => None,
        };
        Sleep { expires: begins.map(|begins| begins + self.interval), run: self.run, shows }
    }
}
