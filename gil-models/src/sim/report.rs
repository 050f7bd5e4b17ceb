//! The figures of a run.

use gil_core::engine::{Event, Monitor, Outcome};
use gil_core::protocol::{Protocol, ThreadId};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::thread::Thread;
use super::{Costs, Setup};

/// Name and version of the machine output.
pub const SIMULATION_SCHEMA: &str = "gil-simulation/1";

/// The distribution of a quantity, in microseconds.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Spread {
    /// The number of values.
    pub count: u64,
    /// Half of the values are at most this.
    pub p50: f64,
    /// 99 of 100 are at most this.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}

/// One group of threads.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GroupReport {
    /// In the words of the command line.
    pub group: String,
    /// How many threads.
    pub threads: usize,
    /// Completed operations: answers, calls.
    pub operations: u64,
    /// Operations per second of virtual time.
    pub operations_per_second: f64,
    /// The time from the arrival of what an operation waits for until the operation is done.
    pub latency_us: Spread,
    /// The time from the start of an acquire until the thread runs with the lock, preempted threads
    /// included.
    pub time_to_acquire_us: Spread,
    /// Threads that wait for the lock at the end. Their waits are in both distributions, as long as
    /// they have lasted so far.
    pub still_waiting: u64,
    /// How long the longest of these waits has lasted so far.
    pub longest_unfinished_us: f64,
    /// Work done with the lock, as a share of the virtual time.
    pub cpu_share: f64,
    /// Jain's index of the shares of the group's threads: 1 is equal, 1/threads is one for all.
    pub fairness: f64,
    /// When the last thread of the group ended, if all did.
    pub ended_seconds: Option<f64>,
}

/// All figures of a run. The same setup gives the same report.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// [`SIMULATION_SCHEMA`].
    pub schema: String,
    /// The protocol.
    pub protocol: String,
    /// The threads.
    pub workload: String,
    /// The cores.
    pub cores: usize,
    /// The seed.
    pub seed: u64,
    /// Virtual time that passed.
    pub seconds: f64,
    /// Groups of threads.
    pub groups: Vec<GroupReport>,
    /// How often the lock went to another thread.
    pub switches: u64,
    /// Switch requests.
    pub requests: u64,
    /// Releases with a request pending.
    pub forced: u64,
    /// Critical sections.
    pub sections: u64,
    /// Threads that were woken.
    pub wake_ups: u64,
    /// Of them, wasted wake-ups: the thread had to wait again.
    pub wasted_wake_ups: u64,
    /// Timers that expired.
    pub timeouts: u64,
    /// The largest number of times in a row that a thread gained the lock while others were
    /// waiting.
    pub longest_run: u64,
    /// Context switches of the cores.
    pub context_switches: u64,
    /// CPU time spent on sections, wake-ups, sleeping and context switches.
    pub lost_seconds: f64,
    /// Events of the simulation.
    pub events: u64,
    /// The costs.
    pub costs: Costs,
}

/// The counters of a run.
pub(super) struct Tally {
    groups: Vec<GroupTally>,
    owner: Option<ThreadId>,
    run: u64,
    longest_run: u64,
    switches: u64,
    requests: u64,
    forced: u64,
    sections: u64,
    wake_ups: u64,
    wasted_wake_ups: u64,
    timeouts: u64,
}

struct GroupTally {
    latency_ns: Histogram<u64>,
    acquire_ns: Histogram<u64>,
    /// Values in `latency_ns` whose operation has not ended.
    unfinished_operations: u64,
    still_waiting: u64,
    longest_unfinished_ns: u64,
}

impl GroupTally {
    fn new() -> Self {
        Self {
            latency_ns: histogram(),
            acquire_ns: histogram(),
            unfinished_operations: 0,
            still_waiting: 0,
            longest_unfinished_ns: 0,
        }
    }
}

/// To three significant digits.
fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("three digits are allowed")
}

fn spread(ns: &Histogram<u64>) -> Spread {
    let us = |ns: u64| ns as f64 / 1_000.0;
    Spread {
        count: ns.len(),
        p50: us(ns.value_at_quantile(0.5)),
        p99: us(ns.value_at_quantile(0.99)),
        max: us(ns.max()),
    }
}

/// Jain's index.
fn fairness(shares: &[f64]) -> f64 {
    let (sum, squares) = (shares.iter().sum::<f64>(), shares.iter().map(|x| x * x).sum::<f64>());
    if squares == 0.0 { 1.0 } else { sum * sum / (shares.len() as f64 * squares) }
}

impl Tally {
    pub(super) fn new(groups: usize) -> Self {
        Self {
            groups: (0..groups).map(|_| GroupTally::new()).collect(),
            owner: None,
            run: 0,
            longest_run: 0,
            switches: 0,
            requests: 0,
            forced: 0,
            sections: 0,
            wake_ups: 0,
            wasted_wake_ups: 0,
            timeouts: 0,
        }
    }

    pub(super) fn operation(&mut self, group: usize, latency_ns: u64) {
        self.groups[group].latency_ns.record(latency_ns).expect("it grows");
    }

    pub(super) fn acquired(&mut self, group: usize, ns: u64) {
        self.groups[group].acquire_ns.record(ns).expect("it grows");
    }

    /// The run ends while `thread` waits for the lock, since `since_ns`.
    pub(super) fn still_waiting(&mut self, thread: &Thread, since_ns: u64, now_ns: u64) {
        let waited_ns = now_ns.saturating_sub(since_ns);
        self.acquired(thread.group, waited_ns);
        if (1..=now_ns).contains(&thread.arrived_ns) {
            self.operation(thread.group, now_ns - thread.arrived_ns);
            self.groups[thread.group].unfinished_operations += 1;
        }
        let group = &mut self.groups[thread.group];
        group.still_waiting += 1;
        group.longest_unfinished_ns = group.longest_unfinished_ns.max(waited_ns);
    }

    /// A thread took the lock by the fast path: no thread was waiting.
    pub(super) fn fast(&mut self, thread: ThreadId) {
        self.run = 0;
        self.owns(thread);
    }

    fn owns(&mut self, thread: ThreadId) {
        if self.owner.replace(thread) == Some(thread) {
            self.run += 1;
        } else {
            self.switches += 1;
            self.run = 1;
        }
    }

    pub(super) fn section<P: Protocol>(&mut self, monitor: &Monitor<P>, outcome: Outcome) {
        self.sections += 1;
        self.wake_ups += monitor.woken().len() as u64;
        for event in monitor.events() {
            match *event {
                Event::Requested(..) => self.requests += 1,
                Event::Answered(_) => self.forced += 1,
                Event::TimedOut(_) => self.timeouts += 1,
                Event::Taken(thread) | Event::Granted(thread) => {
                    self.owns(thread);
                    if !monitor.all_idle() {
                        self.longest_run = self.longest_run.max(self.run);
                    }
                }
                Event::Notified(_) if matches!(outcome, Outcome::Wait(_)) => {
                    self.wasted_wake_ups += 1;
                }
                _ => {}
            }
        }
    }

    pub(super) fn report(
        self,
        protocol: &str,
        setup: &Setup,
        threads: &[Thread],
        (now_ns, events, lost_ns, context_switches): (u64, u64, u64, u64),
    ) -> Report {
        let seconds = now_ns as f64 / 1e9;
        let groups = setup.workload.groups.iter().zip(&self.groups).enumerate();
        let groups = groups.map(|(index, (group, tally))| {
            let mine: Vec<_> = threads.iter().filter(|thread| thread.group == index).collect();
            let done: Vec<_> = mine.iter().map(|thread| thread.done_ns as f64).collect();
            let ended = mine.iter().map(|thread| thread.ended_ns).collect::<Option<Vec<_>>>();
            let operations = tally.latency_ns.len() - tally.unfinished_operations;
            GroupReport {
                group: group.to_string(),
                threads: group.threads,
                operations,
                operations_per_second: operations as f64 / seconds,
                latency_us: spread(&tally.latency_ns),
                time_to_acquire_us: spread(&tally.acquire_ns),
                still_waiting: tally.still_waiting,
                longest_unfinished_us: tally.longest_unfinished_ns as f64 / 1_000.0,
                cpu_share: done.iter().sum::<f64>() / now_ns as f64,
                fairness: fairness(&done),
                ended_seconds: ended
                    .and_then(|all| all.into_iter().max())
                    .map(|ns| ns as f64 / 1e9),
            }
        });
        Report {
            schema: SIMULATION_SCHEMA.to_owned(),
            protocol: protocol.to_owned(),
            workload: setup.workload.to_string(),
            cores: setup.cores,
            seed: setup.seed,
            seconds,
            groups: groups.collect(),
            switches: self.switches,
            requests: self.requests,
            forced: self.forced,
            sections: self.sections,
            wake_ups: self.wake_ups,
            wasted_wake_ups: self.wasted_wake_ups,
            timeouts: self.timeouts,
            longest_run: self.longest_run,
            context_switches,
            lost_seconds: lost_ns as f64 / 1e9,
            events,
            costs: setup.costs,
        }
    }
}
