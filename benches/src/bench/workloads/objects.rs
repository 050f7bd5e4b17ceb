//! `objects`: a lock for each object against one lock for all, without any interpreter.

use super::counted;
use super::pass::Pass;
use super::workload::Workload;
use crate::bench::micro::OBJECTS;
use crate::bench::runtimes::{Program, Settings};
use crate::bench::samples::ratios;
use crate::bench::targets::Judge;
use crate::bench::targets::Limit;

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "objects",
    about: "a lock for each object against one for all",
    program: Program { name: "objects", gil: None, python: None, ruby: None, ocaml: None },
    native: Some(native),
    pass,
    targets,
};

/// The figures of the rows of [`OBJECTS`]: the number of threads, and the name.
const FIGURES: [(u32, &str); 5] = [
    (1, "lock_each_ns"),
    (1, "lock_each_again_ns"),
    (1, "one_lock_ns"),
    (2, "lock_each_ns"),
    (2, "one_lock_ns"),
];

fn case(threads: u32) -> String {
    format!("objects, {}", counted(threads, "thread"))
}

/// Prints nanoseconds per transfer, for each row.
fn native(settings: &Settings) -> Result<(), String> {
    let count = settings.get("count").copied().unwrap_or(200_000);
    let count = u64::try_from(count).ok().filter(|count| *count > 0);
    let count = count.ok_or("`count` is a number of transfers")?;
    for (row, (_, timed)) in OBJECTS.iter().enumerate() {
        println!("{row} {}", timed(count).as_secs_f64() * 1e9 / count as f64);
    }
    Ok(())
}

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    let count = pass.scale.pick(1_000_000, 200_000, 1_000);
    let sample = pass.run(&[("count", count)])?;
    for (row, (threads, what)) in FIGURES.iter().enumerate() {
        pass.figure(&case(*threads), what, sample.one(&row.to_string())?);
    }
    Ok(())
}

fn targets(judge: &mut Judge<'_>) {
    let case = case(1);
    let each = judge.native(&case, "lock_each_ns");
    for (what, least) in [("one_lock_ns", 0.5), ("lock_each_again_ns", 1.1)] {
        let ratios = ratios(&judge.native(&case, what), &each);
        judge.target(format!("{case}: {what} / lock_each_ns"), Limit::AtMost(least), ratios);
    }
}
