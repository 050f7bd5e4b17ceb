//! What the lock's mutex protects: the Monitor, and what the mechanism has to remember beside it.

use std::sync::Arc;
use std::time::Duration;

use crate::fault::Fault;
use crate::monitor::{Entry, First, Monitor, Outcome};
use crate::observe::Observe;
use crate::parker::Parker;
use crate::protocol::{Preemption, Protocol, ThreadId, Timer};
use crate::sync::{Instant, const_unless_loom, mutant, now, run_is_young, since, still_to_come};

/// A run is spared for as much time as the thread that interrupted the run before has used: an arriving
/// thread's request is held back meanwhile. Less than this part of the switch interval is not worth the
/// timer that it takes.
const WORTH_SPARING: u32 = 250;

/// A thread that makes short calls goes on with its run for this part of the switch interval: whoever
/// was woken by its first release does not say before that it came in vain.
const SHORT_CALLS: u32 = 5;

/// It looks again when the run is twice as old, but not before this part of the switch interval.
const LOOKS_AGAIN: u32 = 100;

/// A thread that interrupts is expected back as often as it came back in such a run before. After so many
/// runs it is expected without an end, in one: that is how it becomes known.
const EXPECTED_AS_BEFORE: u32 = 7;

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
    /// Whose request is not shown to the holder yet, because its run is young. That thread comes back
    /// to show it.
    pub(crate) held_back: Option<ThreadId>,
    /// Counts the runs of owners; a timer of the run belongs to one of them.
    pub(crate) run: u64,
    pub(crate) run_began: Option<Instant>,
    /// When the owner gained the lock, if it did so in a section. (A run that began without one begins,
    /// for its timer, when the first waiter comes.)
    pub(crate) gained: Option<Instant>,
    /// Whose run that is: who takes back what it released goes on with it.
    pub(crate) runs: Option<ThreadId>,
    /// How often that thread has taken the lock back in this run, and how often at the last look of the
    /// thread that it woke.
    pub(crate) taken_back: u64,
    pub(crate) looked: Option<u64>,
    /// How old the run was when that thread first found the lock free since it was last taken back.
    pub(crate) used: Option<Duration>,
    /// When that thread looks again: a sleep may end early.
    pub(crate) looks_at: Option<Instant>,
    /// Who asked on its arrival, and was the next to run: it comes from one call, and is expected to make
    /// others.
    pub(crate) interrupter: Option<ThreadId>,
    /// How often such a thread took the lock back in its last run, and for how many runs more that is
    /// what is expected.
    pub(crate) returns_before: u64,
    pub(crate) as_before: u32,
    /// How old the present run has to be before it is interrupted.
    pub(crate) spared: Duration,
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
                held_back: None,
                run: 0,
                run_began: None,
                gained: None,
                runs: None,
                taken_back: 0,
                looked: None,
                used: None,
                looks_at: None,
                interrupter: None,
                returns_before: 0,
                as_before: 0,
                spared: Duration::ZERO,
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
        match self.monitor.owner() {
            Some(new) if self.runs != Some(new) => self.begin_run(new),
            Some(_) if owner.is_none() => {
                self.taken_back += 1;
                self.used = None;
            }
            _ => {}
        }
        Ok(outcome)
    }

    /// Takes over from the fast path, which left the lock with `holder`.
    pub(crate) fn take_over(&mut self, holder: Option<ThreadId>) -> Result<(), Fault> {
        self.frozen = true;
        self.gained = self.gained.filter(|_| holder == self.monitor.owner());
        self.runs = holder;
        self.restart_timers();
        self.monitor.set_fast_owner(holder)
    }

    fn restart_timers(&mut self) {
        self.run += u64::from(!mutant!(RunNotCounted));
        self.run_began = Some(now());
    }

    fn begin_run(&mut self, new: ThreadId) {
        let ran = self.runs.replace(new);
        self.spared = Duration::ZERO;
        if ran.is_some() && ran == self.interrupter {
            let used = self.used.unwrap_or_else(|| since(self.gained)).min(self.interval);
            self.spared = Some(used)
                .filter(|used| *used >= self.interval / WORTH_SPARING)
                .unwrap_or_default();
            self.returns_before = self.taken_back;
            self.as_before = self.as_before.checked_sub(1).unwrap_or(EXPECTED_AS_BEFORE);
        }
        (self.taken_back, self.looked, self.used, self.looks_at) = (0, None, None, None);
        self.interrupter = self.interrupter.filter(|asked| *asked == new);
        self.restart_timers();
        self.gained = self.run_began;
    }

    /// Whether `thread`, which a release has woken, waits for the run to end by itself, and when it looks
    /// again: while the run is young, and the lock has been taken back or is expected to be.
    pub(crate) fn looks_again(&mut self, thread: ThreadId, entry: Entry) -> Option<Instant> {
        let woken = matches!(self.monitor.slot(thread), crate::Slot::Notified(_));
        if !P::LOOKS_AGAIN || !woken || !matches!(entry, Entry::Resume(_)) {
            return None;
        }
        if let due @ Some(_) = still_to_come(self.looks_at) {
            return due;
        }
        let may_return = self.as_before == 0 || self.taken_back < self.returns_before;
        let expected = || may_return && self.runs.is_some() && self.runs == self.interrupter;
        let goes_on = self.looked.replace(self.taken_back) != Some(self.taken_back);
        let sleeps_on = match self.monitor.owner() {
            Some(_) => self.taken_back > 0,
            None => {
                self.used.get_or_insert_with(|| since(self.gained));
                goes_on && expected()
            }
        };
        if !sleeps_on {
            return None;
        }
        run_is_young(self.gained, self.interval / SHORT_CALLS)?;
        self.observer.looks_again(thread);
        self.looks_at = Some(now() + since(self.gained).max(self.interval / LOOKS_AGAIN));
        self.looks_at
    }

    /// Whether the request that `thread` made on its arrival is held back, and until when.
    pub(crate) fn hold_back(&mut self, thread: ThreadId, entry: Entry) -> Option<Instant> {
        let asked = self.monitor.requested();
        let arrives = entry == Entry::Acquire && !self.monitor.requested_before();
        if asked && arrives {
            self.interrupter = Some(thread);
        }
        // A sleep may end early, for no reason or for an old one.
        let still = matches!(entry, Entry::Resume(_)) && self.held_back == Some(thread);
        if asked && (arrives || still) {
            let due = run_is_young(self.gained, self.spared);
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
