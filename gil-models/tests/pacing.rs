//! The delays of the slow path over a matrix of switch intervals and calls, in the simulator.
//!
//! The search for TIME-1 and TIME-2 has few threads, few ticks and all states; this has real
//! limits, one schedule each, and every interval from 1 us to never.

#![cfg(not(loom))]

use std::time::Duration;

use gil_core::engine::{Event, Limits, Operation, Outcome, Pacing, TimedMonitor};
use gil_core::protocol::{Handoff, Protocol, Release, ThreadId, Wake};
use gil_core::raw::{Observe, SectionInfo};
use gil_models::sim::{self, Run, Setup, Virtual, Workload};
use gil_models::trace::{TraceEvent, TraceRecord};
use gil_models::{Priority, Qemu};

const INTERVALS: [Duration; 10] = [
    Duration::from_micros(1),
    Duration::from_micros(100),
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(50),
    Duration::from_millis(500),
    Duration::from_secs(5),
    Duration::from_secs(100),
    Duration::from_secs(3_600),
    Duration::MAX,
];

/// What a sleeping thread takes to run again in the simulator, with a late timer: a core that
/// sleeps deeply, a look at the lock, and once more for the recheck.
const STARTS: Duration = Duration::from_micros(250);

fn run(workload: &str, interval: Duration) -> Run {
    let workload: Workload = workload.parse().expect("a workload");
    let duration = Duration::from_secs(1);
    let setup = Setup {
        workload,
        cores: 2,
        duration,
        switch_interval: Some(interval),
        record_until: duration,
        ..Setup::default()
    };
    sim::run("handoff", Handoff::new(), &setup)
}

/// How long the lock was free at most while a woken thread waited for it.
fn longest_free(record: &[TraceRecord]) -> Duration {
    let (mut freed_ns, mut woken, mut longest_ns) = (None, false, 0);
    for TraceRecord { at_ns, what } in record {
        match what {
            TraceEvent::Event(Event::Released(_)) => (freed_ns, woken) = (Some(*at_ns), false),
            TraceEvent::Woken(_) => woken = true,
            TraceEvent::Event(Event::Taken(_) | Event::Granted(_)) => {
                if let (Some(freed_ns), true) = (freed_ns.take(), woken) {
                    longest_ns = longest_ns.max(at_ns - freed_ns);
                }
            }
            _ => {}
        }
    }
    Duration::from_nanos(longest_ns)
}

#[test]
fn free_lock_is_taken_within_the_grace_limit_at_every_interval() {
    for interval in INTERVALS {
        for call in ["30us", "300us", "3ms", "30ms"] {
            let run = run(&format!("cpu:1+io:1@think={call},service=20us"), interval);
            let free = longest_free(&run.record);
            let limit = Limits::DEFAULT.grace + STARTS;
            assert!(free <= limit, "free for {free:?} at {interval:?} beside calls of {call}");
        }
    }
}

#[test]
fn computing_thread_keeps_95_percent_beside_long_calls_at_every_interval() {
    for interval in INTERVALS {
        for call in ["3ms", "30ms"] {
            let run = run(&format!("cpu:1+io:1@think={call},service=20us"), interval);
            let share = run.report.groups[0].cpu_share;
            assert!(share >= 0.95, "{share:.3} at {interval:?} beside calls of {call}");
        }
    }
}

/// The turn of a computing thread ends with its last boost, so the budget comes back without a
/// timer.
#[test]
fn calls_beside_computing_threads_go_on_at_an_interval_of_an_hour() {
    for computing in [1, 2] {
        let workload = format!("cpu:{computing}+io:1@think=1ms,service=20us");
        let run = run(&workload, Duration::from_secs(3_600));
        let calls = &run.report.groups[1];
        assert!(calls.operations > 500, "{} calls beside {computing}", calls.operations);
        let slowest_us = calls.latency_us.max;
        assert!(slowest_us <= 15_000.0, "the slowest took {slowest_us} us beside {computing}");
    }
}

struct Ignores;

impl Observe for Ignores {
    fn section<P: Protocol>(&mut self, _: &SectionInfo<'_, P>) {}
}

/// Whether the holder sees a request on arrival at once, after a thread that also requested on its
/// arrival has run for 3 ms.
fn publishes_at_once<P: Protocol>(protocol: P) -> bool {
    let mut timed = TimedMonitor::new(protocol, Pacing::new(Limits::DEFAULT), P::SWITCH_INTERVAL);
    let [computes, interrupts] = [0, 1].map(ThreadId::from_index);
    let notified = Operation::Resume(Wake::Notified);
    let mut run = |thread, operation, at_ms: u64| {
        let clock = Virtual::at(at_ms * 1_000_000);
        let decided = timed.section(thread, operation, None, &mut Ignores, &clock);
        (decided.expect("the operation fits").0, timed.publishes_request())
    };
    run(computes, Operation::Acquire, 0);
    run(interrupts, Operation::Acquire, 1);
    run(computes, Operation::Safepoint, 1);
    run(interrupts, notified, 1);
    run(interrupts, Operation::Release(Release::Blocking), 4);
    assert_eq!(run(computes, notified, 10).0, Outcome::Owns);
    run(interrupts, Operation::Acquire, 10).1
}

#[test]
fn request_on_arrival_is_deferred_only_by_a_paced_protocol() {
    assert!(!publishes_at_once(Handoff::new()));
    assert!(publishes_at_once(Qemu::new()), "QEMU defers no request");
    assert!(publishes_at_once(Priority::new()), "Beazley's patch defers no request");
}
