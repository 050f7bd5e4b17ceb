//! `ping-pong`: two threads that wait for each other in turn, with the runtime's own means.
//!
//! Once on one processor, and once without pinning: the latter measures the placement.

use super::pass::Pass;
use super::workload::Workload;
use crate::bench::runtimes::Start;
use crate::bench::runtimes::program;
use crate::bench::samples::ratios;
use crate::bench::targets::Judge;
use crate::bench::targets::Limit;

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "ping-pong",
    about: "two threads that wait for each other in turn",
    program: program!("ping-pong", python: "py", ruby: "rb", ocaml: "ml"),
    native: None,
    pass,
    targets,
};

const PINNED: &str = "ping-pong, pinned to one processor";
const ANYWHERE: &str = "ping-pong, anywhere";

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    let turns = pass.scale.pick(20_000, 2_000, 50);
    for (case, pinned) in [(PINNED, true), (ANYWHERE, false)] {
        let settings = [("turns", turns)];
        let sample = pass.start(&Start { settings: &settings, pinned, processes: 1 })?.finish()?;
        pass.figure(case, "one_way_us", sample.one("one_way_ns")? / 1e3);
        let switched = (sample.used.voluntary + sample.used.involuntary) as f64;
        pass.figure(case, "switches_one_way", switched / f64::from(2 * turns));
        pass.used(case, &sample);
    }
    Ok(())
}

fn targets(judge: &mut Judge<'_>) {
    if let Some((name, theirs)) = judge.cpython(PINNED, "one_way_us") {
        let ratios = ratios(&judge.own(PINNED, "one_way_us"), &theirs);
        judge.target(format!("{PINNED}: one way / {name}'s"), Limit::AtMost(0.9), ratios);
    }
}
