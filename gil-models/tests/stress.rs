//! Every protocol on real threads: the data stays consistent, every thread finishes, and the slow
//! path was really used.

#![cfg(not(loom))]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gil_core::Gil;
use gil_core::protocol::{Handoff, Preemption, Protocol};
use gil_core::raw::Counters;
use gil_models::{Python2, Python3};

const THREADS: u64 = 6;
/// Miri interprets: few rounds, of many seeds.
const ROUNDS: u64 = if cfg!(miri) { 3 } else { 3_000 };
const SAFEPOINTS: u64 = if cfg!(miri) { 2 } else { 20 };
/// Longer than any slow machine needs: this detects a hang and does not judge speed.
const HANG: Duration = Duration::from_secs(300);

#[derive(Default)]
struct State {
    a: u64,
    b: u64,
}

/// Aborts the process when nothing has moved for a long time, so that a hang ends the test.
fn watch(progress: &AtomicU64, done: &AtomicBool, name: &str) {
    let (mut last, mut since) = (0, Instant::now());
    while !done.load(Ordering::Relaxed) {
        std::thread::park_timeout(Duration::from_millis(200));
        let now = progress.load(Ordering::Relaxed);
        if now != last {
            (last, since) = (now, Instant::now());
        } else if since.elapsed() > HANG {
            eprintln!("{name}: no thread has got through for {HANG:?}; a wake-up was lost");
            std::process::abort();
        }
    }
}

fn stress<P: Protocol + Send>(protocol: P) -> Counters {
    let gil = Gil::with_protocol(State::default(), protocol);
    gil.set_switch_interval(Duration::from_micros(50));
    let (progress, done) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let watchdog = scope.spawn(|| watch(&progress, &done, P::NAME));
        let mut attached = gil.attach();
        let workers: Vec<_> = (0..THREADS)
            .map(|n| {
                scope.spawn({
                    let (gil, progress) = (&gil, &progress);
                    move || work(gil, progress, n)
                })
            })
            .collect();
        // One switch is forced here, independent of the later scheduling.
        let asks = matches!(P::PREEMPTION, Preemption::OnRequest);
        let asked = |counters: Counters| counters.requests > 0 || !asks && counters.sections > 0;
        while !asked(gil.counters()) {
            std::thread::yield_now();
        }
        attached.safepoint();
        drop(attached);
        for worker in workers {
            worker.join().expect("a worker does not panic");
        }
        done.store(true, Ordering::Relaxed);
        watchdog.thread().unpark();
    });
    let state = gil.attach();
    let total = THREADS * ROUNDS * (SAFEPOINTS + 1);
    assert_eq!((state.a, state.b), (total, total), "{}", P::NAME);
    drop(state);
    gil.counters()
}

fn work<P: Protocol>(gil: &Gil<State, P>, progress: &AtomicU64, n: u64) {
    for round in 0..ROUNDS {
        let mut attached = gil.attach();
        for _ in 0..SAFEPOINTS {
            attached.a += 1;
            attached.safepoint();
            attached.b += 1; // the two are equal only when every thread is between rounds
        }
        if (round + n).is_multiple_of(3) {
            attached.detach(|| progress.fetch_add(1, Ordering::Relaxed));
        }
        let state = &mut *attached;
        state.a += 1;
        state.b += 1;
    }
    progress.fetch_add(1, Ordering::Relaxed);
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
