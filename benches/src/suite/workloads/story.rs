//! `story`: the article's time per user, summed over users with many sessions, in one thread and in
//! eight.

use crate::program::program;
use crate::suite::pass::Pass;
use crate::suite::target::Judge;
use crate::suite::verdict::{Limit, interval};
use crate::suite::workload::Workload;

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "story",
    about: "the article's story, in one thread and in eight",
    program: program!("story", python: "py"),
    native: None,
    pass,
    targets,
};

const CASE: &str = "story, 8 threads";

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    let sessions = pass.scale.pick(150_000, 15_000, 100);
    let settings = [("users", 16), ("sessions", sessions), ("threads", 8)];
    let sample = pass.sample(CASE, &settings)?;
    pass.figure(CASE, "sequential_ms", sample.one("sequential")? / 1e3);
    pass.figure(CASE, "wall", sample.one("threads")? / sample.one("sequential")?);
    pass.figure(CASE, "again", sample.one("again")? / sample.one("sequential")?);
    Ok(())
}

fn targets(judge: &mut Judge<'_>) {
    let again = judge.own(CASE, "again");
    if !again.is_empty() {
        let (_, most) = interval(&again);
        let wall = judge.own(CASE, "wall");
        let what = format!("{CASE}: time / sequential, within the interval of A/A");
        judge.target(what, Limit::AtMost(most.max(1.0)), wall);
    }
}
