//! `many`: CPU-bound threads, all but one of them waiting. The cost of a hand-off must not depend
//! on the number of waiters.
//!
//! Alongside it runs a bare [ring](native::ring) with the same number of threads, each of which
//! wakes the next. Its figure contains the system's cost of waking a thread that has slept long,
//! and no lock.
//!
//! The switch interval is a millisecond, so that a sleeping thread runs again among a thousand.

use super::native;
use super::pass::Pass;
use super::workload::Workload;
use crate::bench::runtimes::program;
use crate::bench::samples::ratios;
use crate::bench::targets::Judge;
use crate::bench::targets::Limit;

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "many",
    about: "2 to 1,000 waiting threads that compute",
    program: program!("many", python: "py"),
    native: Some(native::ring),
    pass,
    targets,
};

const INTERVAL_US: u32 = 1_000;

fn case(waiting: u32) -> String {
    format!("many, {waiting} waiting")
}

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    let milliseconds = pass.scale.pick(200, 50, 5);
    for &waiting in pass.scale.pick(&[2, 10, 100, 1_000][..], &[2, 10, 100], &[2, 10]) {
        let case = case(waiting);
        let settings = [
            ("threads", waiting + 1),
            ("interval_us", INTERVAL_US),
            ("milliseconds", milliseconds),
        ];
        let sample = pass.run(&settings)?;
        let elapsed = sample.one("elapsed_us")?;
        let intervals = elapsed / f64::from(INTERVAL_US);
        pass.figure(&case, "elapsed_ms", elapsed / 1e3);
        pass.figure(&case, "system_switches_per_s", sample.one("switched")? / elapsed * 1e6);
        if let Some(handed) = sample.find("switches") {
            pass.figure(&case, "hand_offs_an_interval", handed / intervals);
            let each = sample.one("switched")? / handed.max(1.0);
            pass.figure(&case, "system_switches_a_hand_off", each);
        }
        if let Some(timeouts) = sample.find("timeouts") {
            pass.figure(&case, "time_outs_an_interval", timeouts / intervals);
        }
        pass.used(&case, &sample);
    }
    Ok(())
}

fn targets(judge: &mut Judge<'_>) {
    const SWITCHES: &str = "system_switches_a_hand_off";
    let (two, ring_of_two) = (judge.own(&case(2), SWITCHES), judge.native(&case(2), SWITCHES));
    for waiting in [10, 100, 1_000] {
        let case = case(waiting);
        let grows = ratios(&judge.own(&case, SWITCHES), &two);
        // The system's part: the figure if a thread is woken and nothing else happens.
        let ring = ratios(&judge.native(&case, SWITCHES), &ring_of_two);
        let what = format!("{case}: context switches a hand-off / with 2");
        judge.target(what.clone(), Limit::AtMost(1.1), grows.clone());
        judge.target(
            format!("{what}, of a bare ring's"),
            Limit::AtMost(1.1),
            ratios(&grows, &ring),
        );
    }
    for waiting in [2, 10, 100, 1_000] {
        let case = case(waiting);
        let timed = judge.own(&case, "time_outs_an_interval");
        judge.target(format!("{case}: timed wake-ups an interval"), Limit::AtMost(1.0), timed);
    }
}
