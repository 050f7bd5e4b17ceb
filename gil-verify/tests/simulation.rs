//! Random workloads in the simulator, through every protocol: results that must be the same for all
//! protocols are the same.

#![cfg(not(loom))]

use std::cell::Cell;
use std::time::Duration;

use gil_core::protocol::Handoff;
use gil_models::sim::{self, Control, Report, Setup, Workload};
use gil_models::{Python2, Python3};
use gil_verify::claims::promise;
use gil_verify::claims::promise::attack::attack;
use gil_verify::claims::promise::bounds::Point;
use gil_verify::mutants::protocol::{Mutated, Mutation};
use gil_verify::protocols::{self, PROTOCOLS};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};

const CASES: u32 = 40;

/// Threads with finite work, alongside others that never end, and intervals that change meanwhile.
fn setups() -> impl Strategy<Value = Setup> {
    let others = prop_oneof![
        Just(String::new()),
        Just("+io:2@think=1ms,service=50us".to_owned()),
        Just("+calls:1@service=5us,call=20us".to_owned()),
        Just("+echo:1@pause=2ms".to_owned()),
    ];
    let changes = vec((0u64..300, 1u64..100), 0..4);
    ((1..5usize), 1..40u64, others, 1..4usize, any::<u64>(), changes).prop_map(
        |(threads, work_ms, others, cores, seed, changes)| {
            let workload = format!("cpu:{threads}@work={work_ms}ms{others}");
            let ms = Duration::from_millis;
            let change = |(at, tenths)| (ms(at), Duration::from_micros(100 * tenths));
            let mut changes: Vec<_> = changes.into_iter().map(change).collect();
            changes.sort_unstable();
            Setup {
                workload: workload.parse::<Workload>().expect("a workload"),
                cores,
                seed,
                duration: Duration::from_secs(5),
                interval_changes: changes,
                ..Setup::default()
            }
        },
    )
}

/// No thread is lost: all finite threads end. No work is done twice or omitted: the sum is the
/// requested work. There is one lock: together they take at least the sum.
fn judge(report: &Report, setup: &Setup) -> Result<(), TestCaseError> {
    let group = &report.groups[0];
    let sim::Role::Cpu { work: Some(work) } = setup.workload.groups[0].role else {
        return Err(TestCaseError::fail("the first group has finite work"));
    };
    let name = &report.protocol;
    let total = work.as_secs_f64() * group.threads as f64;
    let ended = group.ended_seconds.ok_or_else(|| {
        TestCaseError::fail(format!("{name}: a thread never ended in {}", report.workload))
    })?;
    let done = group.cpu_share * report.seconds;
    prop_assert!((done - total).abs() < 1e-6, "{name}: {done} s of work done, {total} asked for");
    prop_assert!(ended >= total, "{name}: {total} s of work in {ended} s");
    let all: f64 = report.groups.iter().map(|group| group.cpu_share).sum();
    prop_assert!(all <= 1.0 + 1e-9, "{name}: the lock was held {all} times over");
    Ok(())
}

/// Protocols that starve threads alongside others that attach and detach, as the explorer says
/// (LIVE-2).
fn may_starve(name: &str, setup: &Setup) -> bool {
    matches!(name, "priority" | "qemu") && setup.workload.groups.len() > 1
}

fn runner() -> TestRunner {
    TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(20_190_206),
        ..Config::default()
    })
}

#[test]
fn every_protocol_does_the_same_work() {
    let (forced, blocking) = (Cell::new(0), Cell::new(0));
    let result = runner().run(&setups(), |setup| {
        for name in PROTOCOLS.iter().filter(|name| **name != "no-lock") {
            let report = {
                let (name, protocol) = protocols::named(name).expect("it is in the list");
                sim::run(name, protocol, &setup).report
            };
            if *name == PROTOCOLS[0] {
                forced.set(forced.get() + u32::from(report.forced > 0));
                blocking.set(blocking.get() + u32::from(setup.workload.groups.len() > 1));
            }
            if !may_starve(name, &setup) {
                judge(&report, &setup)?;
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (forced, blocking) = (forced.get(), blocking.get());
    println!("{CASES} workloads, {forced} with a forced switch, {blocking} with blocking calls");
    assert!(forced * 10 >= CASES * 3 && blocking * 10 >= CASES * 3);
}

#[test]
fn lost_wakeup_and_missing_lock_are_detected() {
    let fails = |run: &dyn Fn(&Setup) -> Report| {
        let result = runner().run(&setups(), |setup| judge(&run(&setup), &setup));
        result.expect_err("it was not noticed").to_string()
    };
    // In Python 2 no timer hides it.
    let mutant = Mutated::new(Python2::new(), Mutation::NotifyDropped);
    let lost = fails(&|setup| sim::run("python2", mutant.clone(), setup).report);
    assert!(lost.contains("a thread never ended"), "{lost}");
    let none = fails(&|setup| sim::without_lock(Control::NoLock, setup).report);
    assert!(none.contains("s of work in") || none.contains("times over"), "{none}");
}

/// Threads that take turns, return, call and compute, as many as there are cores: the promise does
/// not include waiting for a core.
fn attacks() -> impl Strategy<Value = Setup> {
    let kinds = prop_oneof![
        Just("cpu:1"),
        Just("calls:1@service=5us,call=20us"),
        Just("calls:1@service=2ms,call=5us"),
        Just("io:1@think=200us,service=1ms"),
        Just("mixed:1@service=4ms,think=30us"),
        Just("mixed:1@service=9ms,think=100us"),
        Just("echo:1@pause=300us"),
    ];
    (vec(kinds, 2..6), any::<u64>()).prop_map(|(kinds, seed)| Setup {
        workload: kinds.join("+").parse().expect("a workload"),
        cores: kinds.len(),
        seed,
        duration: Duration::from_secs(2),
        ..Setup::default()
    })
}

/// The longest wait, as a share of the promised limit.
fn share_of_promise(report: &Report, setup: &Setup) -> f64 {
    let (barges, boosts) = promise::DEFAULT;
    let runs = promise::runs_max(barges, boosts, setup.workload.threads());
    // An interval, the gap, a late timer and a start from deep sleep, each with its jitter.
    let costs = setup.costs;
    let late_ns = costs.timer_late_ns + costs.safepoint_gap_ns + costs.start_deep_ns;
    let late_ns = late_ns + costs.wake_idle_ns + 2 * costs.sleep_ns;
    let run_us = 5_000.0 + 1.2 * late_ns as f64 / 1_000.0;
    let longest = report.groups.iter().map(|group| group.time_to_acquire_us.max);
    longest.fold(0.0, f64::max) / (runs as f64 * run_us)
}

#[test]
fn attacks_do_not_break_the_bound_on_waiting() {
    let (worst, cases) = (Cell::new(0.0), Cell::new(0));
    let result = runner().run(&attacks(), |setup| {
        let share = share_of_promise(&sim::run("handoff", Handoff::new(), &setup).report, &setup);
        prop_assert!(share <= 1.0, "waited {share} of what is promised");
        worst.set(share.max(worst.get()));
        cases.set(cases.get() + 1);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    println!(
        "{} attacks, the longest wait was {:.2} of what is promised",
        cases.get(),
        worst.get()
    );
    // The attacks are effective: a wait of several runs happens.
    assert!(worst.get() > 0.2);
    // CPython's lock, which promises nothing, exceeds it.
    let hogs = "cpu:12".parse().expect("a workload");
    let setup =
        Setup { workload: hogs, cores: 12, duration: Duration::from_secs(60), ..Setup::default() };
    let share = |report| share_of_promise(&report, &setup);
    let ours = share(sim::run("handoff", Handoff::new(), &setup).report);
    let theirs = share(sim::run("python3", Python3::new(), &setup).report);
    println!(
        "12 CPU-bound threads: default {ours:.2}, python3 {theirs:.2} of what the default promises"
    );
    assert!(ours <= 1.0 && ours < theirs);
}

/// The directed attack: the witness of the bound, played as slowly as the lock allows.
#[test]
fn timed_witness_approaches_the_bound_on_waiting() {
    let small = |(boosts, threads): &(u8, usize)| *threads < 4 || *boosts < 2;
    // Of two threads the waiting one requests on its arrival, if there is a boost.
    let asks_later = |(boosts, threads): &(u8, usize)| *boosts == 0 || *threads > 2;
    let rest = (0..=3).flat_map(|b| (2..=4).map(move |n| (b, n)));
    let rest: Vec<_> = rest.filter(small).filter(asks_later).collect();
    for barges in 1..=3 {
        for &(boosts, threads) in &rest {
            let point = Point { barges, boosts, threads };
            let share = attack(point).share();
            println!("{}: {share:.4} of what is promised", point.key());
            assert!((0.98..=1.0).contains(&share), "{}: {share}", point.key());
        }
    }
    // A run is a function of its setup, so these are exact.
    let (barges, boosts) = promise::DEFAULT;
    let default = [3, 4].map(|threads| attack(Point { barges, boosts, threads }));
    let told = default.map(|attack| {
        let [waited, promised] = [attack.waited, attack.promised].map(|d| d.as_secs_f64() * 1e3);
        format!("{waited:.1} of {promised:.1} ms, {:.3}", attack.share())
    });
    assert_eq!(told, ["40.8 of 41.5 ms, 0.985", "76.4 of 77.7 ms, 0.983"]);
    // A lock with one more boost breaks the promise of this one.
    let [promise, _] = default;
    let more = attack(Point { barges, boosts: boosts + 1, threads: 3 });
    assert!(more.waited > promise.promised, "{more:?}");
}
