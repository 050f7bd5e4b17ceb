//! `interval`: how often two CPU-bound threads take turns, for several switch intervals.
//!
//! Under the protocols the lock counts; in Python the threads notice when they run again. Without a
//! lock there is nothing to count.

use super::pass::Pass;
use super::workload::Workload;
use crate::bench::runtimes::program;
use crate::bench::targets::Judge;
use crate::bench::targets::Limit;

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "interval",
    about: "the switch interval, as set and as reached",
    program: program!("interval", python: "py"),
    native: None,
    pass,
    targets,
};

fn case(interval_us: u32) -> String {
    format!("interval, {} ms", f64::from(interval_us) / 1e3)
}

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    for &interval_us in pass.scale.pick(&[100, 1_000, 5_000, 50_000][..], &[100, 1_000], &[1_000]) {
        let case = case(interval_us);
        let milliseconds = pass.scale.pick((interval_us / 50).max(500), 200, 20);
        let settings = [("interval_us", interval_us), ("milliseconds", milliseconds)];
        let sample = pass.sample(&case, &settings)?;
        if let Some(switches) = sample.find("switches") {
            let intervals = sample.one("elapsed_us")? / f64::from(interval_us);
            pass.figure(&case, "switches_an_interval", switches / intervals);
            let reached = sample.one("elapsed_us")? / switches.max(1.0);
            pass.figure(&case, "reached_us", reached);
        }
    }
    Ok(())
}

fn targets(judge: &mut Judge<'_>) {
    let case = case(1_000);
    let reached = judge.own(&case, "switches_an_interval");
    let away = reached.iter().map(|reached| (reached - 1.0).abs()).collect();
    judge.target(format!("{case}: how far from one switch an interval"), Limit::AtMost(0.1), away);
}
