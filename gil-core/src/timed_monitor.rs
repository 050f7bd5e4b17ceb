//! One section with a clock: the Monitor, its pacing and its timers.
//!
//! Every engine that has a clock runs this code: the lock on real time, the simulator and the
//! search for TIME-1 and TIME-2 on virtual time, and loom on a clock that stands still. An engine
//! adds only how a thread sleeps until a [`WaitPlan`] says.

use std::fmt::Debug;
use std::time::Duration;

use crate::monitor::{Fault, Monitor, Operation, Outcome, ThreadState, WakeFirst};
use crate::observe::{Observe, SectionInfo};
use crate::pacing::Pacing;
use crate::protocol::{Protocol, ThreadId, Timer, Wake};
use crate::sync::{Clock, mutant};

/// While the lock is free, a timekeeper sleeps at least this long, or one switch interval if that
/// is shorter.
const FREE_RECHECK: Duration = Duration::from_micros(50);

/// Until when a thread sleeps, unless it is woken; `M` is a [`Clock::Instant`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WaitPlan<M> {
    /// When the thread's timer expires. The thread then returns with [`Wake::TimedOut`]. `None`: it
    /// has no timer, or one that never expires.
    pub deadline: Option<M>,
    /// The run that the timer is for.
    pub epoch: u64,
    /// When the thread rechecks. It then returns with [`Wake::Notified`]. If this is set, the
    /// thread ignores `deadline`.
    pub recheck_at: Option<M>,
    /// The thread's timer has just expired and a request is published, so the answer is near. The
    /// thread may spin instead of sleeping.
    pub spin_for_answer: bool,
}

/// A [`Monitor`] with a clock; `M` is a [`Clock::Instant`]. See the module's page.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TimedMonitor<P: Protocol, M> {
    /// The Monitor, for looking at it and for waking what a section woke.
    pub monitor: Monitor<P>,
    /// What needs the clock.
    pub pacing: Pacing<M>,
    /// The switch interval; see [`TimedMonitor::set_interval`].
    pub interval: Duration,
}

impl<P: Protocol, M> TimedMonitor<P, M> {
    /// A free lock with this switch interval.
    pub const fn new(protocol: P, pacing: Pacing<M>, interval: Duration) -> Self {
        Self { monitor: Monitor::new(protocol), pacing, interval }
    }

    /// Sets the switch interval. An interval below 1 us counts as 1 us. One that the clock cannot
    /// represent, for example [`Duration::MAX`], means "never". A thread that already sleeps keeps
    /// its timer until it next runs.
    pub fn set_interval(&mut self, interval: Duration) {
        self.interval = interval.max(Duration::from_micros(1));
    }

    /// Whether the holder is to see a request at its safepoints: one is made, and is not deferred.
    pub fn publishes_request(&self) -> bool {
        self.monitor.requested() && self.pacing.deferred_by().is_none()
    }
}

impl<P: Protocol, M: Copy + Ord + Debug> TimedMonitor<P, M> {
    /// Takes over from the fast path, which left the lock with `owner`. `reacquires`: the lock was
    /// biased to one thread, which has retaken it that often.
    ///
    /// # Errors
    /// As [`Monitor::sync_owner`].
    pub fn sync_owner(
        &mut self,
        owner: Option<ThreadId>,
        reacquires: Option<u64>,
        clock: &impl Clock<Instant = M>,
    ) -> Result<(), Fault> {
        match reacquires {
            Some(0) => {}
            Some(_) => self.pacing.record_reacquires(),
            None => self.pacing.sync_fast_path(owner, owner == self.monitor.owner(), clock),
        }
        self.monitor.sync_owner(owner)
    }

    /// Runs one section for `thread`, unless there is nothing to decide; `observer` is told which.
    /// What the thread does next, and if it waits: until when. `expired_epoch`: its timer expired,
    /// and was for that run.
    ///
    /// # Errors
    /// As [`Monitor::section`].
    pub fn section(
        &mut self,
        thread: ThreadId,
        operation: Operation,
        expired_epoch: Option<u64>,
        observer: &mut impl Observe,
        clock: &impl Clock<Instant = M>,
    ) -> Result<(Outcome, WaitPlan<M>), Fault> {
        let (state, owner) = (self.monitor.thread_state(thread), self.monitor.owner());
        let paced = self.monitor.protocol().settings().paced;
        if let (ThreadState::Notified(_), Operation::Resume(_), true) = (state, operation, paced)
            && let recheck_at @ Some(_) =
                self.pacing.grace_deadline(thread, owner.is_none(), self.interval, clock)
        {
            observer.wakeup_deferred(thread);
            return Ok((Outcome::Wait(None), WaitPlan { recheck_at, ..self.plan(None, clock) }));
        }
        if let ThreadState::Waiting(_, timer @ Some(Timer::Run)) = state
            && expired_epoch.is_some_and(|epoch| epoch != self.pacing.epoch())
            && !mutant!(StaleRunTimer)
        {
            observer.timer_restarted(thread);
            return Ok((Outcome::Wait(timer), self.plan(timer, clock)));
        }
        let outcome = self.monitor.section(thread, operation, &mut WakeFirst)?;
        observer.section(&SectionInfo { thread, operation, outcome, monitor: &self.monitor });
        self.pacing.after_section(owner.is_none(), self.monitor.owner(), self.interval, clock);
        let requested = (self.monitor.before().1, self.monitor.requested());
        let recheck_at =
            paced.then(|| self.pacing.defer_request(thread, operation, requested, clock)).flatten();
        let expired = matches!(state, ThreadState::Waiting(..))
            && operation == Operation::Resume(Wake::TimedOut);
        let timer = if let Outcome::Wait(timer) = outcome { timer } else { None };
        let spin_for_answer = expired && self.publishes_request();
        Ok((outcome, WaitPlan { recheck_at, spin_for_answer, ..self.plan(timer, clock) }))
    }

    /// Until when a thread sleeps with `timer`. A timer of the run counts from the run's start. If
    /// a request is pending, which ends the run, it counts from now. If the lock is free, it does
    /// not expire at once: the thread would spin until the woken one has taken the lock.
    pub(crate) fn plan(
        &self,
        timer: Option<Timer>,
        clock: &impl Clock<Instant = M>,
    ) -> WaitPlan<M> {
        let of_run = || clock.later(self.pacing.timer_start()?, self.interval);
        let deadline = match timer {
            None => None,
            Some(Timer::Run) if self.monitor.owner().is_none() => {
                let soon = clock.later(clock.now(), FREE_RECHECK.min(self.interval));
                of_run().map(|due| soon.map_or(due, |soon| due.max(soon)))
            }
            Some(Timer::Run) if !self.monitor.requested() => of_run(),
            Some(_) => clock.later(clock.now(), self.interval),
        };
        let epoch = self.pacing.epoch();
        WaitPlan { deadline, epoch, recheck_at: None, spin_for_answer: false }
    }
}
