//! `story`: the article's time per user, summed over users with many sessions, in one thread and in
//! eight.

use super::counted;
use super::pass::Pass;
use super::workload::Workload;
use crate::bench::runtimes::program;
use crate::bench::targets::Judge;
use crate::bench::targets::{Limit, interval};

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "story",
    about: "the article's story, in one thread and in eight",
    program: program!("story", python: "py"),
    native: None,
    pass,
    targets,
};

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    let users = pass.given("users").unwrap_or(16);
    let sessions = pass.scale.pick(150_000, 15_000, 100);
    let sessions = pass.given("sessions").unwrap_or(sessions);
    let threads = pass.given("threads").unwrap_or(8);
    let case = format!("story, {}", counted(threads, "thread"));
    let settings = [("users", users), ("sessions", sessions), ("threads", threads)];
    let sample = pass.sample(&case, &settings)?;
    pass.figure(&case, "sequential_ms", sample.one("sequential")? / 1e3);
    pass.figure(&case, "wall", sample.one("threads")? / sample.one("sequential")?);
    pass.figure(&case, "again", sample.one("again")? / sample.one("sequential")?);
    Ok(())
}

fn targets(judge: &mut Judge<'_>) {
    for case in judge.cases(WORKLOAD.name) {
        let again = judge.own(&case, "again");
        if !again.is_empty() {
            let (_, most) = interval(&again);
            let wall = judge.own(&case, "wall");
            let what = format!("{case}: time / sequential, within the interval of A/A");
            judge.target(what, Limit::AtMost(most.max(1.0)), wall);
        }
    }
}
