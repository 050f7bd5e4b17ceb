//! `hash`: SHA-256 of a large buffer with the lock released, twice in two threads compared with one
//! after the other.

use super::pass::Pass;
use super::workload::Workload;
use crate::bench::runtimes::program;
use crate::bench::targets::Judge;
use crate::bench::targets::Limit;

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "hash",
    about: "long work outside the lock in two threads",
    program: program!("hash", python: "py", ruby: "rb"),
    native: None,
    pass,
    targets,
};

const CASE: &str = "hash, 2 threads";

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    let bytes = pass.scale.pick(64 << 20, 16 << 20, 1 << 16);
    let sample = pass.sample(CASE, &[("bytes", bytes)])?;
    pass.figure(CASE, "sequential_ms", sample.one("sequential")? / 1e3);
    pass.figure(CASE, "speed_up", sample.one("sequential")? / sample.one("threads")?);
    pass.figure(CASE, "again", sample.one("again")? / sample.one("sequential")?);
    Ok(())
}

fn targets(judge: &mut Judge<'_>) {
    judge.compare_with_control(CASE, "speed_up", Limit::AtLeast(0.97));
}
