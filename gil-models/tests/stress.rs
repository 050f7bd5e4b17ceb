//! Every protocol on real threads: the data stays consistent, every thread finishes, and the slow
//! path was really used.

#![cfg(not(loom))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::time::Duration;

use gil_core::Gil;
use gil_core::protocol::{Handoff, Preemption, Protocol};
use gil_core::raw::Counters;
use gil_models::{Python2, Python3};

use watchdog::{Watchdog, Watched};

const THREADS: u64 = 6;
/// Miri interprets: few rounds, of many seeds.
const ROUNDS: u64 = if cfg!(miri) { 3 } else { 3_000 };
const SAFEPOINTS: u64 = if cfg!(miri) { 2 } else { 20 };

#[derive(Default)]
struct State {
    a: u64,
    b: u64,
}

fn stress<P: Protocol + Send + 'static>(protocol: P) -> Counters {
    let dog = Watchdog::new();
    let gil = dog.lock(Gil::with_protocol(State::default(), protocol));
    gil.set_switch_interval(Duration::from_micros(50));
    std::thread::scope(|scope| {
        let mut attached = gil.attach();
        let workers: Vec<_> = (0..THREADS)
            .map(|n| {
                let (gil, thread) = (&gil, dog.thread(format!("worker {n}")));
                scope.spawn(move || work(gil, &thread, n))
            })
            .collect();
        // One switch is forced here, independent of the later scheduling.
        let asks = matches!(P::PREEMPTION, Preemption::OnRequest);
        let asked = |counters: Counters| counters.requests > 0 || !asks && counters.sections > 0;
        let first = dog.thread("the first thread");
        first.waits("a request", || {
            while !asked(gil.counters()) {
                std::thread::yield_now();
            }
        });
        first.waits("safepoint", || attached.safepoint());
        first.waits("drop", || drop(attached));
        for worker in workers {
            first.waits("the workers", || worker.join()).expect("a worker does not panic");
        }
    });
    let state = gil.attach();
    let total = THREADS * ROUNDS * (SAFEPOINTS + 1);
    assert_eq!((state.a, state.b), (total, total), "{}", P::NAME);
    drop(state);
    gil.counters()
}

fn work<P: Protocol>(gil: &Gil<State, P>, thread: &Watched, n: u64) {
    for round in 0..ROUNDS {
        let mut attached = thread.waits("attach", || gil.attach());
        for _ in 0..SAFEPOINTS {
            attached.a += 1;
            thread.waits("safepoint", || attached.safepoint());
            attached.b += 1; // the two are equal only when every thread is between rounds
        }
        if (round + n).is_multiple_of(3) {
            thread.waits("detach", || attached.detach(|| ()));
        }
        let state = &mut *attached;
        state.a += 1;
        state.b += 1;
        thread.waits("drop", || drop(attached));
    }
}

fn assert_used(counters: Counters) {
    assert!(counters.switches > 0 && counters.sections > 0, "{counters:?}");
}

#[test]
fn stress_of_the_default_protocol_completes() {
    let counters = stress(Handoff::new());
    assert_used(counters);
    assert!(counters.forced_releases > 0 && counters.grants > 0, "{counters:?}");
}

#[test]
fn stress_of_plain_handoff_completes() {
    let counters = stress(Handoff::plain());
    assert_used(counters);
    assert!(counters.forced_releases > 0 && counters.grants > 0, "{counters:?}");
}

#[test]
fn stress_of_python3_completes() {
    let counters = stress(Python3::new());
    assert_used(counters);
    assert!(counters.forced_releases > 0 && counters.wakeups > 0, "{counters:?}");
}

#[test]
fn stress_of_python2_completes() {
    assert_used(stress(Python2::new()));
}
