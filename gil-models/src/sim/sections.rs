//! The threads' use of the lock: the fast path, sections, and how a thread waits.

use gil_core::engine::{Event, Operation, Outcome, WaitPlan};
use gil_core::protocol::{Preemption, Protocol, Release, ThreadId, Wake};
use gil_core::raw::{Observe, SectionInfo};
use std::time::Duration;

use crate::trace::{TraceEvent, TraceRecord};

use super::clock::{Virtual, ns};
use super::report::Tally;
use super::run::{Due, Simulation, id};
use super::thread::{Activity, Place};

/// Records a section for the report and the recording.
struct Seen<'a> {
    at_ns: u64,
    tally: &'a mut Tally,
    record: Option<&'a mut Vec<TraceRecord>>,
    ran: bool,
}

impl Observe for Seen<'_> {
    fn section<P: Protocol>(&mut self, section: &SectionInfo<'_, P>) {
        let SectionInfo { thread, outcome, monitor, .. } = *section;
        self.ran = true;
        self.tally.section(monitor, outcome);
        if let Some(record) = &mut self.record {
            record.extend(TraceRecord::of_section(self.at_ns, thread, outcome, monitor));
        }
    }
}

impl<P: Protocol> Simulation<P> {
    /// Records events outside sections.
    fn note<const N: usize>(&mut self, what: [TraceEvent; N]) {
        let at_ns = self.now_ns;
        if at_ns < self.records_until_ns {
            self.record.extend(what.map(|what| TraceRecord { at_ns, what }));
        }
    }

    /// By the fast path, if the word allows it.
    fn fast(&mut self, thread: usize, operation: Operation) -> bool {
        let me = Some(id(thread));
        let clock = Virtual::at(self.now_ns);
        if let Some(timed) = &mut self.timed {
            let monitor = &timed.monitor;
            let owner = match operation {
                Operation::Acquire if monitor.owner().is_none() => me,
                Operation::Release(Release::Blocking) if monitor.owner() == me => None,
                _ => return false,
            };
            let paced = monitor.protocol().settings().paced;
            let biased = paced && self.conductor.is_none() && monitor.biased() == me;
            if !(monitor.all_idle() || biased) {
                return false;
            }
            // A release does not change the present run.
            let reacquires =
                if biased || owner.is_none() { Some(u64::from(owner == me)) } else { None };
            if timed.sync_owner(owner, reacquires, &clock).is_err() {
                return false;
            }
        } else if !matches!(operation, Operation::Acquire | Operation::Release(_)) {
            return false;
        }
        self.threads[thread].overhead_ns += self.costs.fast_path_ns;
        let me = id(thread);
        match operation {
            Operation::Acquire => {
                self.note([TraceEvent::Event(Event::Taken(me))]);
                self.tally.fast(me);
                self.attached(thread);
            }
            _ => {
                self.note([TraceEvent::Event(Event::Released(me)), TraceEvent::Left(me)]);
                self.outside(thread);
            }
        }
        true
    }

    /// A section of the lock, unless there is nothing to decide.
    pub(super) fn enter(&mut self, thread: usize, operation: Operation, yields: bool) {
        if let Some(conductor) = &mut self.conductor {
            conductor.sees(thread, operation);
        }
        if self.fast(thread, operation) {
            return;
        }
        let clock = Virtual::at(self.now_ns);
        let Some(timed) = self.timed.as_mut() else {
            return self.attached(thread); // without a lock there is no state to check
        };
        let on_request = self.preemption == Preemption::OnRequest;
        let published = timed.publishes_request();
        if operation == Operation::Safepoint && on_request && !published && !yields {
            self.threads[thread].overhead_ns += 1;
            self.threads[thread].activity = Activity::Compute;
            return;
        }
        let was_idle = timed.monitor.all_idle();
        let expired = operation == Operation::Resume(Wake::TimedOut);
        let expired_epoch = expired.then_some(self.threads[thread].epoch);
        let records = self.now_ns < self.records_until_ns;
        let record = records.then_some(&mut self.record);
        let mut observer = Seen { at_ns: self.now_ns, tally: &mut self.tally, record, ran: false };
        let (outcome, plan) = timed
            .section(id(thread), operation, expired_epoch, &mut observer, &clock)
            .unwrap_or_else(|fault| panic!("the protocol breaks a rule: {fault}"));
        let owner = timed.monitor.owner();
        let disturbs =
            was_idle != timed.monitor.all_idle() || published != timed.publishes_request();
        // The Monitor remembers the wake-ups of its last section, which may be an earlier one.
        let woken: Vec<_> = match observer.ran {
            true => timed.monitor.drain_woken().map(ThreadId::index).collect(),
            false => Vec::new(),
        };
        self.threads[thread].overhead_ns += self.costs.section_ns;
        match outcome {
            Outcome::Owns => self.attached(thread),
            Outcome::Left => self.outside(thread),
            Outcome::Retry => self.threads[thread].activity = Activity::Enter(Operation::Retry),
            Outcome::Wait(_) => self.wait(thread, plan),
        }
        for other in woken {
            if self.threads[other].place == Place::Asleep {
                self.threads[thread].overhead_ns += self.wake_cost(other);
                self.threads[other].activity = Activity::Enter(Operation::Resume(Wake::Notified));
                self.make_ready(other);
            }
        }
        if disturbs && owner != Some(id(thread)) {
            self.disturb_owner();
        }
    }

    /// The owner's next safepoint reads a changed flag.
    pub(super) fn disturb_owner(&mut self) {
        let owner = self.timed.as_ref().and_then(|timed| timed.monitor.owner());
        if let Some(owner) = owner
            && let Place::On(core) = self.threads[owner.index()].place
        {
            self.account(core);
            self.plan(core);
        }
    }

    /// A thread that sleeps until it rechecks rechecks now.
    pub(super) fn recheck(&mut self, thread: usize, wait: u64) {
        let state = &mut self.threads[thread];
        let naps = matches!(state.activity, Activity::Nap { .. }) && state.wait == wait;
        if naps && state.place == Place::Asleep {
            state.activity = Activity::Enter(Operation::Resume(Wake::Notified));
            self.make_ready(thread);
        }
    }

    /// The thread goes to sleep as planned.
    fn wait(&mut self, thread: usize, plan: WaitPlan<Duration>) {
        let late_ns = self.varied(self.costs.timer_late_ns);
        let state = &mut self.threads[thread];
        state.wants_since_ns.get_or_insert(self.now_ns);
        state.wait += 1;
        state.expired = false;
        state.epoch = plan.epoch;
        state.overhead_ns += self.costs.sleep_ns;
        let wait = state.wait;
        if let Some(at) = plan.recheck_at {
            state.activity = Activity::Nap { until_ns: ns(at) };
            return;
        }
        state.activity = Activity::Sleep;
        if let Some(deadline) = plan.deadline {
            self.at(ns(deadline).max(self.now_ns) + late_ns, Due::Timer { thread, wait });
        }
    }
}
