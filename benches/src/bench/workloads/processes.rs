//! `processes`: the article's way around the lock. The story's work in several processes, one
//! interpreter in each, with the cost of starting them and of passing them the data shown
//! separately.
//!
//! Our processes get data in packed files, and Python's get it pickled through pipes.

use super::pass::Pass;
use super::sample::Sample;
use super::workload::Workload;
use crate::bench::runtimes::Kind;
use crate::bench::runtimes::Start;
use crate::bench::runtimes::program;
use crate::bench::samples::ratios;
use crate::bench::targets::Judge;
use crate::bench::targets::Limit;

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "processes",
    about: "the story in processes: start, transfer and work",
    program: program!("processes", python: "py"),
    native: None,
    pass,
    targets,
};

fn case(processes: u32) -> String {
    format!("processes, {processes} of them")
}

/// Milliseconds.
struct Times {
    sequential: f64,
    start: f64,
    transfer: f64,
    work: f64,
    whole: f64,
}

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    let sessions = pass.scale.pick(150_000, 15_000, 100);
    let passes = pass.scale.pick(4, 4, 1);
    let users = pass.given("users").unwrap_or(16);
    let sessions = pass.given("sessions").unwrap_or(sessions);
    let all_shares = pass.scale.pick(&[2, 8][..], &[2], &[2]);
    let all_shares = pass.given("threads").map_or_else(|| all_shares.to_vec(), |one| vec![one]);
    for shares in all_shares {
        let settings =
            [("users", users), ("sessions", sessions), ("passes", passes), ("shares", shares)];
        let times = match pass.runtime.kind {
            Kind::Own(_) => in_own(pass, &settings, shares)?,
            Kind::Native | Kind::Interpreter { .. } => in_one(&pass.run(&settings)?)?,
        };
        let case = case(shares);
        pass.figure(&case, "sequential_ms", times.sequential);
        pass.figure(&case, "start_ms", times.start);
        pass.figure(&case, "transfer_ms", times.transfer);
        pass.figure(&case, "work_ms", times.work);
        pass.figure(&case, "whole_ms", times.whole);
    }
    Ok(())
}

/// The program starts its processes itself.
fn in_one(sample: &Sample) -> Result<Times, String> {
    let ms = |name| sample.one(name).map(|us| us / 1e3);
    Ok(Times {
        sequential: ms("sequential")?,
        start: ms("start")?,
        transfer: ms("transfer")?,
        work: ms("work")?,
        whole: ms("whole")?,
    })
}

/// Our language cannot: its processes are started here, and read their shares from files.
fn in_own(pass: &Pass<'_>, settings: &[(&str, u32)], processes: u32) -> Result<Times, String> {
    let stage = |stage, processes| {
        let settings = [settings, &[("stage", stage)]].concat();
        pass.start(&Start { settings: &settings, processes, ..Start::default() })?.finish()
    };
    let started = stage(0, processes)?;
    let all = stage(1, 1)?;
    let split = stage(2, processes)?;
    if all.sum("sum") != split.sum("sum") {
        return Err("the sums of the processes differ from that of one".to_owned());
    }
    let longest = |name| split.all(name).into_iter().fold(0.0, f64::max) / 1e3;
    let hand_over = all.one("hand_over")? / 1e3;
    Ok(Times {
        sequential: all.one("sequential")? / 1e3,
        start: started.wall.as_secs_f64() * 1e3,
        transfer: hand_over + longest("take_over"),
        work: longest("work"),
        whole: hand_over + split.wall.as_secs_f64() * 1e3,
    })
}

fn targets(judge: &mut Judge<'_>) {
    let case = case(2);
    let sequential = judge.own(&case, "sequential_ms");
    for (what, most) in [("work_ms", 0.6), ("whole_ms", 1.0)] {
        let ratios = ratios(&judge.own(&case, what), &sequential);
        judge.target(format!("{case}: {what} / sequential"), Limit::AtMost(most), ratios);
    }
}
