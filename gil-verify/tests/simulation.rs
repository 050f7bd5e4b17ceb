//! Random workloads in the simulator, through every protocol at once: what is the same for all of
//! them must be the same.

#![cfg(not(loom))]

use std::cell::Cell;
use std::time::Duration;

use gil_core::Protocol;
use gil_models::Python2;
use gil_models::sim::{self, Control, Report, Setup, Workload};
use gil_verify::mutants::{Mutated, Mutation};
use gil_verify::zoo::{self, PROTOCOLS, Visit};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};

const CASES: u32 = 40;

/// Threads with finite work, beside others that never end, and intervals that change on the way.
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

struct Simulate<'a>(&'a Setup);

impl Visit for Simulate<'_> {
    type Output = Report;
    fn visit<P: Protocol + Send + Sync + 'static>(self, name: &'static str, protocol: P) -> Report {
        sim::run(name, protocol, self.0).report
    }
}

/// Nobody is lost: all finite threads end. Nothing is done twice and nothing left out: their work is
/// what was asked for. The lock is one: together they take at least the sum.
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

/// Protocols that starve threads beside others that come and go, as the explorer says (LIVE-2).
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
            let report = zoo::with(name, Simulate(&setup)).expect("it is in the list");
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
fn a_lost_wake_up_and_no_lock_at_all_are_noticed() {
    let fails = |run: &dyn Fn(&Setup) -> Report| {
        let result = runner().run(&setups(), |setup| judge(&run(&setup), &setup));
        result.expect_err("it was not noticed").to_string()
    };
    // In Python 2 no timer comes to the rescue.
    let mutant = Mutated::new(Python2::new(), Mutation::NotifyDropped);
    let lost = fails(&|setup| sim::run("python2", mutant.clone(), setup).report);
    assert!(lost.contains("a thread never ended"), "{lost}");
    let none = fails(&|setup| sim::without_lock(Control::NoLock, setup).report);
    assert!(none.contains("s of work in") || none.contains("times over"), "{none}");
}
