//! The event loop.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::trace::TraceRecord;
use gil_core::engine::{Limits, Operation, Pacing, ThreadState, TimedMonitor};
use gil_core::protocol::{Preemption, Protocol, Release, ThreadId, Wake};

use super::conduct::Conductor;
use super::machine::Core;
use super::report::Tally;
use super::thread::{Activity, Do, Place, Thread};
use super::{Control, Costs, Report, Setup};

/// The result of a run.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// The figures.
    pub report: Report,
    /// The recorded events, as many as the setup requests, for pictures.
    pub record: Vec<TraceRecord>,
}

/// Simulates `protocol`, called `name` in the report.
///
/// # Panics
/// When `setup` has no core or no thread, and when the protocol violates the rules of a lock.
#[must_use]
pub fn run<P: Protocol>(name: &str, protocol: P, setup: &Setup) -> Run {
    Simulation::new(Some((protocol, Pacing::new(Limits::DEFAULT))), 100, setup).run(name)
}

/// Simulates the same threads without a global lock.
///
/// # Panics
/// When `setup` has no core or no thread.
#[must_use]
pub fn without_lock(control: Control, setup: &Setup) -> Run {
    let (name, percent) = match control {
        Control::NoLock => ("no-lock", 100),
        Control::PerObject => ("per-object", setup.costs.per_object_percent),
    };
    Simulation::<gil_core::protocol::Handoff>::new(None, percent, setup).run(name)
}

/// Something that is due at a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Due {
    /// The current thread of a core has finished its segment.
    Segment { core: usize, plan: u64 },
    /// A time slice is over.
    Slice { core: usize, dispatch: u64 },
    /// A timer of the lock fires.
    Timer { thread: usize, wait: u64 },
    /// A thread rechecks something.
    Recheck { thread: usize, wait: u64 },
    /// A thread's wait outside is over.
    Arrival { thread: usize },
    /// The switch interval is set.
    Interval { ns: u64 },
    /// The script may continue.
    Cue,
}

pub(super) struct Simulation<P: Protocol> {
    /// Without one, no thread ever waits.
    pub(super) timed: Option<TimedMonitor<P, Duration>>,
    /// When a safepoint runs a section.
    pub(super) preemption: Preemption,
    pub(super) threads: Vec<Thread>,
    pub(super) cores: Vec<Core>,
    pub(super) costs: Costs,
    pub(super) now_ns: u64,
    pub(super) context_switches: u64,
    pub(super) lost_ns: u64,
    due: BinaryHeap<Reverse<(u64, u64, Due)>>,
    sequence: u64,
    random: fastrand::Rng,
    ticks: u32,
    percent: u64,
    pub(super) conductor: Option<Conductor>,
    alive: usize,
    pub(super) tally: Tally,
    pub(super) record: Vec<TraceRecord>,
    pub(super) records_until_ns: u64,
    setup: Setup,
}

impl<P: Protocol> Simulation<P> {
    pub(super) fn new(
        protocol: Option<(P, Pacing<Duration>)>,
        percent: u64,
        setup: &Setup,
    ) -> Self {
        assert!(setup.cores > 0, "a simulation has at least one core");
        let groups = setup.workload.groups.iter().enumerate();
        let threads: Vec<_> = groups
            .flat_map(|(index, group)| (0..group.threads).map(move |_| (group.role, index)))
            .enumerate()
            .map(|(number, (role, group))| {
                let mut thread = Thread::new(role, group);
                thread.last_core = number % setup.cores;
                thread
            })
            .collect();
        assert!(!threads.is_empty(), "a simulation has at least one thread");
        let preemption = protocol
            .as_ref()
            .map_or(Preemption::OnRequest, |(protocol, _)| protocol.settings().preemption);
        let timed = protocol.map(|(protocol, pacing)| {
            let own_interval = protocol.settings().switch_interval;
            let mut timed = TimedMonitor::new(protocol, pacing, own_interval);
            timed.set_interval(setup.switch_interval.unwrap_or(own_interval));
            timed
        });
        let own_ticks = match preemption {
            Preemption::EveryTicks(ticks) => ticks,
            Preemption::OnRequest => 0,
        };
        let mut simulation = Self {
            timed,
            preemption,
            alive: threads.len(),
            tally: Tally::new(setup.workload.groups.len()),
            threads,
            cores: vec![Core::default(); setup.cores],
            costs: setup.costs,
            now_ns: 0,
            context_switches: 0,
            lost_ns: 0,
            due: BinaryHeap::new(),
            sequence: 0,
            random: fastrand::Rng::with_seed(setup.seed),
            ticks: setup.check_interval_ticks.unwrap_or(own_ticks),
            percent,
            conductor: None,
            record: Vec::new(),
            records_until_ns: setup.record_until.as_nanos() as u64,
            setup: setup.clone(),
        };
        for thread in 0..simulation.threads.len() {
            // The threads start some microseconds apart.
            let at_ns = 1 + thread as u64 * 10_000;
            simulation.at(at_ns, Due::Arrival { thread });
        }
        for (at, interval) in &setup.interval_changes {
            let ns = interval.as_nanos() as u64;
            simulation.at(at.as_nanos() as u64, Due::Interval { ns });
        }
        simulation
    }

    pub(super) fn at(&mut self, at_ns: u64, due: Due) {
        self.sequence += 1;
        self.due.push(Reverse((at_ns, self.sequence, due)));
    }

    /// No event is due any more.
    pub(super) fn forget_arrivals(&mut self) {
        self.due.clear();
    }

    /// The run is over.
    pub(super) fn end(&mut self) {
        self.alive = 0;
    }

    /// `ns`, varied.
    pub(super) fn varied(&mut self, ns: u64) -> u64 {
        let by = ns * self.costs.jitter_percent.min(100) / 100;
        ns - by + self.random.u64(0..=2 * by)
    }

    pub(super) fn run(mut self, name: &str) -> Run {
        let end_ns = self.setup.duration.as_nanos() as u64;
        let mut events = 0;
        while self.alive > 0
            && let Some(Reverse((at_ns, _, due))) = self.due.pop()
        {
            if at_ns > end_ns {
                self.now_ns = end_ns;
                break;
            }
            self.now_ns = at_ns;
            events += 1;
            self.happen(due);
            self.follow_script();
        }
        (0..self.cores.len()).for_each(|core| self.account(core));
        let Self { setup, threads, mut tally, now_ns, lost_ns, context_switches, record, .. } =
            self;
        for thread in threads.iter().filter(|thread| thread.ended_ns.is_none()) {
            if let Some(since_ns) = thread.wants_since_ns {
                tally.still_waiting(thread, since_ns, now_ns);
            }
        }
        let machine = (now_ns, events, lost_ns, context_switches);
        Run { report: tally.report(name, &setup, &threads, machine), record }
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Segment { core, plan } if self.cores[core].is_current(plan) => {
                self.account(core);
                self.go_on(core);
            }
            Due::Segment { .. } => {}
            Due::Slice { core, dispatch } => self.end_slice(core, dispatch),
            Due::Timer { thread, wait } => self.timer(thread, wait),
            Due::Arrival { thread } => {
                self.want(thread);
                self.make_ready(thread);
            }
            Due::Recheck { thread, wait } => self.recheck(thread, wait),
            Due::Cue => {}
            Due::Interval { ns } => {
                if let Some(timed) = &mut self.timed {
                    timed.set_interval(Duration::from_nanos(ns));
                }
            }
        }
    }

    fn want(&mut self, thread: usize) {
        let thread = &mut self.threads[thread];
        thread.activity = Activity::Enter(Operation::Acquire);
        thread.wants_since_ns = Some(self.now_ns);
    }

    pub(super) fn thread_state(&self, thread: usize) -> ThreadState {
        self.timed
            .as_ref()
            .map_or(ThreadState::Idle, |timed| timed.monitor.thread_state(id(thread)))
    }

    fn timer(&mut self, thread: usize, wait: u64) {
        let waits = matches!(self.thread_state(thread), ThreadState::Waiting(_, Some(_)));
        if !waits || self.threads[thread].wait != wait {
            return;
        }
        if self.threads[thread].place == Place::Asleep {
            self.threads[thread].activity = Activity::Enter(Operation::Resume(Wake::TimedOut));
            self.make_ready(thread);
        } else {
            self.threads[thread].expired = true;
        }
    }

    /// How long the present activity of a thread lasts without an interruption.
    pub(super) fn span(&mut self, thread: usize) -> u64 {
        let left_ns = self.threads[thread].left_ns;
        match self.threads[thread].activity {
            Activity::Call => left_ns,
            Activity::Compute => match (&self.timed, self.preemption) {
                (Some(timed), Preemption::OnRequest)
                    if timed.publishes_request()
                        && !self.conductor.as_ref().is_some_and(|c| c.holds(thread)) =>
                {
                    left_ns.min(self.varied(self.costs.safepoint_gap_ns).max(1))
                }
                (Some(timed), Preemption::EveryTicks(_)) if !timed.monitor.all_idle() => {
                    left_ns.min((u64::from(self.ticks) + 1) * self.costs.tick_ns)
                }
                _ => left_ns,
            },
            _ => 0,
        }
    }

    /// The current thread of `core` has finished its segment.
    fn go_on(&mut self, core: usize) {
        while let Some(thread) = self.cores[core].current {
            match self.threads[thread].activity {
                Activity::Enter(entry) => self.enter(thread, entry, false),
                Activity::Yield => self.enter(thread, Operation::Safepoint, true),
                Activity::Compute if self.threads[thread].left_ns > 0 => {
                    self.enter(thread, Operation::Safepoint, false);
                }
                Activity::Compute => self.next(thread),
                Activity::Call => self.want(thread),
                Activity::Sleep => {
                    let expired = std::mem::take(&mut self.threads[thread].expired);
                    if matches!(self.thread_state(thread), ThreadState::Waiting(..)) && !expired {
                        self.threads[thread].place = Place::Asleep;
                        return self.leave_core(core);
                    }
                    let wake = if expired { Wake::TimedOut } else { Wake::Notified };
                    self.threads[thread].activity = Activity::Enter(Operation::Resume(wake));
                }
                Activity::Nap { until_ns } if self.thread_state(thread) != ThreadState::Granted => {
                    let wait = self.threads[thread].wait;
                    self.threads[thread].place = Place::Asleep;
                    self.at(until_ns.max(self.now_ns), Due::Recheck { thread, wait });
                    return self.leave_core(core);
                }
                Activity::Nap { .. } => {
                    self.threads[thread].activity =
                        Activity::Enter(Operation::Resume(Wake::Notified));
                }
                Activity::Block { until_ns } => {
                    self.threads[thread].place = Place::Blocked;
                    self.at(until_ns.max(self.now_ns), Due::Arrival { thread });
                    return self.leave_core(core);
                }
                Activity::End => {
                    self.threads[thread].place = Place::Ended;
                    self.threads[thread].ended_ns = Some(self.now_ns);
                    self.alive -= 1;
                    return self.leave_core(core);
                }
            }
            if self.cores[core].current != Some(thread) {
                return; // a thread that it woke runs in its place
            }
            if self.threads[thread].overhead_ns > 0 || self.span(thread) > 0 {
                return self.plan(core);
            }
        }
    }

    /// The thread is attached and needs its next action.
    fn next(&mut self, thread: usize) {
        let Self { threads, random, .. } = self;
        let now_ns = self.now_ns;
        let outside = threads[thread].next(now_ns, random);
        let thread = &mut threads[thread];
        if let Some(latency_ns) = thread.latency_ns.take() {
            self.tally.operation(thread.group, latency_ns);
        }
        thread.activity = match outside {
            Do::Compute { ns } => {
                thread.left_ns = ns.saturating_mul(self.percent) / 100;
                Activity::Compute
            }
            Do::Yield => Activity::Yield,
            Do::End => Activity::Enter(Operation::Release(Release::Final)),
            Do::BlockUntil { .. } | Do::Call { .. } => {
                Activity::Enter(Operation::Release(Release::Blocking))
            }
        };
        thread.outside = outside;
    }

    /// The thread is attached.
    pub(super) fn attached(&mut self, thread: usize) {
        let state = &mut self.threads[thread];
        if let Some(since_ns) = state.wants_since_ns.take() {
            self.tally.acquired(state.group, self.now_ns - since_ns);
        }
        if state.left_ns > 0 {
            state.activity = Activity::Compute; // preempted and running again
        } else {
            self.next(thread);
        }
    }

    /// The thread is outside.
    pub(super) fn outside(&mut self, thread: usize) {
        let state = &mut self.threads[thread];
        state.activity = match state.outside {
            Do::BlockUntil { at_ns } if at_ns > self.now_ns => Activity::Block { until_ns: at_ns },
            Do::Call { ns } => {
                state.left_ns = ns;
                Activity::Call
            }
            Do::End => Activity::End,
            _ => {
                state.left_ns = self.costs.sleep_ns; // there is nothing to wait for
                Activity::Call
            }
        };
    }
}

pub(super) fn id(thread: usize) -> ThreadId {
    ThreadId::from_index(thread as u32)
}
