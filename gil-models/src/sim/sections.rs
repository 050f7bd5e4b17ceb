//! The threads' dealings with the lock: the fast path, sections, and how a thread waits.

use gil_core::{
    Event, Operation, Outcome, Preemption, Protocol, Release, ThreadId, ThreadState, Timer,
    TraceEvent, TraceRecord, Wake, WakeFirst,
};

use super::clock::ns;
use super::run::{Due, Simulation, id};
use super::thread::{Activity, Place};

impl<P: Protocol> Simulation<P> {
    /// Keeps what happened outside sections.
    fn note<const N: usize>(&mut self, what: [TraceEvent; N]) {
        let at_ns = self.now_ns;
        if at_ns < self.records_until_ns {
            self.record.extend(what.map(|what| TraceRecord { at_ns, what }));
        }
    }

    /// By the fast path, where there is one.
    fn fast(&mut self, thread: usize, entry: Operation) -> bool {
        let me = Some(id(thread));
        let owner = match (entry, &self.monitor) {
            (Operation::Acquire | Operation::Release(_), None) => None,
            (Operation::Acquire, Some(monitor)) if monitor.owner().is_none() => me,
            (Operation::Release(Release::Blocking), Some(monitor)) if monitor.owner() == me => None,
            _ => return false,
        };
        let minds_young_runs = self.minds_young_runs();
        let mut biased = false;
        if let Some(monitor) = &mut self.monitor {
            biased = minds_young_runs && monitor.biased() == me;
            if !(monitor.all_idle() || biased) || monitor.sync_owner(owner).is_err() {
                return false;
            }
        }
        self.threads[thread].overhead_ns += self.costs.fast_path_ns;
        let me = id(thread);
        match entry {
            Operation::Acquire => self.note([TraceEvent::Event(Event::Taken(me))]),
            _ => self.note([TraceEvent::Event(Event::Released(me)), TraceEvent::Left(me)]),
        }
        match entry {
            Operation::Acquire => {
                match biased {
                    true => self.runs.taken_back(1),
                    false => self.runs.fast(Some(me), false, &self.clock()),
                }
                self.tally.fast(id(thread));
                self.attached(thread);
            }
            _ => self.outside(thread),
        }
        true
    }

    /// A section of the lock, unless there is nothing to decide.
    pub(super) fn enter(&mut self, thread: usize, entry: Operation, yields: bool) {
        if let Some(conductor) = &mut self.conductor {
            conductor.sees(thread, entry);
        }
        if self.fast(thread, entry) {
            return;
        }
        if entry == Operation::Resume(Wake::TimedOut)
            && matches!(self.thread_state(thread), ThreadState::Waiting(_, Some(Timer::Run)))
            && self.threads[thread].run != self.runs.number()
        {
            // While it started, the run that its timer was for has come to an end.
            self.threads[thread].overhead_ns += self.costs.section_ns;
            return self.wait(thread, Some(Timer::Run));
        }
        let on_request = P::PREEMPTION == Preemption::OnRequest;
        let (minds_young_runs, clock, interval) =
            (self.minds_young_runs(), self.clock(), self.interval());
        let Some(monitor) = self.monitor.as_mut() else {
            return self.attached(thread); // without a lock there is nothing to look at
        };
        let shown = monitor.requested() && self.runs.held_back().is_none();
        if entry == Operation::Safepoint && on_request && !shown && !yields {
            self.threads[thread].overhead_ns += 1;
            self.threads[thread].activity = Activity::Compute;
            return;
        }
        if minds_young_runs
            && matches!(
                (entry, monitor.thread_state(id(thread))),
                (Operation::Resume(_), ThreadState::Notified(_))
            )
        {
            let is_free = monitor.owner().is_none();
            if let Some(due) = self.runs.looks_again(is_free, interval, &clock) {
                return self.nap(thread, ns(due));
            }
        }
        let before = (monitor.owner(), monitor.requested(), monitor.all_idle());
        let outcome = monitor
            .section(id(thread), entry, &mut WakeFirst)
            .unwrap_or_else(|fault| panic!("{}: {fault}", P::NAME));
        let after = (monitor.owner(), monitor.requested(), monitor.all_idle());
        self.tally.section(monitor, outcome);
        if self.now_ns < self.records_until_ns {
            let told = TraceRecord::of_section(self.now_ns, id(thread), outcome, monitor);
            self.record.extend(told);
        }
        let woken: Vec<_> = monitor.drain_woken().map(ThreadId::index).collect();
        self.runs.section(before.0.is_none(), after.0, interval, &clock);
        if minds_young_runs
            && let Some(due) = self.runs.hold_back(id(thread), entry, (before.1, after.1), &clock)
        {
            let late_ns = self.varied(self.costs.timer_late_ns);
            self.at(ns(due) + late_ns, Due::Shown { thread });
        }
        self.threads[thread].overhead_ns += self.costs.section_ns;
        match outcome {
            Outcome::Owns => self.attached(thread),
            Outcome::Left => self.outside(thread),
            Outcome::Retry => self.threads[thread].activity = Activity::Enter(Operation::Retry),
            Outcome::Wait(timer) => self.wait(thread, timer),
        }
        for other in woken {
            if self.threads[other].place == Place::Asleep {
                self.threads[thread].overhead_ns += self.wake_cost(other);
                self.threads[other].activity = Activity::Enter(Operation::Resume(Wake::Notified));
                self.make_ready(other);
            }
        }
        if (before.1, before.2) != (after.1, after.2) && after.0 != Some(id(thread)) {
            self.disturb_owner();
        }
    }

    /// What the owner looks at in its safepoints has changed.
    pub(super) fn disturb_owner(&mut self) {
        let owner = self.monitor.as_ref().and_then(|monitor| monitor.owner());
        if let Some(owner) = owner
            && let Place::On(core) = self.threads[owner.index()].place
        {
            self.account(core);
            self.plan(core);
        }
    }

    /// The thread was woken, and sleeps on until `until_ns` unless it is given the lock.
    fn nap(&mut self, thread: usize, until_ns: u64) {
        let state = &mut self.threads[thread];
        state.wait += 1;
        state.activity = Activity::Nap { until_ns };
        state.overhead_ns += self.costs.section_ns + self.costs.sleep_ns;
    }

    pub(super) fn look(&mut self, thread: usize, wait: u64) {
        let state = &mut self.threads[thread];
        let naps = matches!(state.activity, Activity::Nap { .. }) && state.wait == wait;
        if naps && state.place == Place::Asleep {
            state.activity = Activity::Enter(Operation::Resume(Wake::Notified));
            self.make_ready(thread);
        }
    }

    fn wait(&mut self, thread: usize, timer: Option<Timer>) {
        let (ends_ns, run) = match timer {
            Some(Timer::Run) => (self.run_ends_ns(), self.runs.number()),
            _ => (self.now_ns + self.interval_ns, 0),
        };
        let late = self.varied(self.costs.timer_late_ns);
        let state = &mut self.threads[thread];
        state.wants_since_ns.get_or_insert(self.now_ns);
        state.wait += 1;
        state.expired = false;
        state.run = run;
        state.activity = Activity::Sleep;
        state.overhead_ns += self.costs.sleep_ns;
        let wait = state.wait;
        if timer.is_some() {
            let fires_ns = ends_ns.max(self.now_ns) + late;
            self.at(fires_ns, Due::Timer { thread, wait });
        }
    }
}
