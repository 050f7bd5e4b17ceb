//! `select`: the article's two blocking calls, in two threads compared with one after the other.

use super::pass::Pass;
use super::workload::Workload;
use crate::bench::runtimes::program;
use crate::bench::targets::Judge;
use crate::bench::targets::Limit;

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "select",
    about: "two blocking calls in two threads",
    program: program!("select", python: "py", ruby: "rb", ocaml: "ml"),
    native: None,
    pass,
    targets,
};

const CASE: &str = "select, 2 threads";

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    let milliseconds = pass.scale.pick(200, 100, 10);
    let sample = pass.sample(CASE, &[("milliseconds", milliseconds)])?;
    pass.figure(CASE, "sequential_ms", sample.one("sequential")? / 1e3);
    pass.figure(CASE, "wall", sample.one("threads")? / sample.one("sequential")?);
    pass.figure(CASE, "again", sample.one("again")? / sample.one("sequential")?);
    Ok(())
}

fn targets(judge: &mut Judge<'_>) {
    let wall = judge.own(CASE, "wall");
    judge.target(format!("{CASE}: time / sequential"), Limit::AtMost(0.52), wall);
}
