//! `countdown`: the article's count-downs. The total work is the same for every number of threads.
//! It is compared with the same count-downs one after the other in the same process, after a pass
//! that does not count. The sequential pass is timed before the threads and after them, and the
//! reference is the mean of both. So a drift of the process is not attributed to the threads.

use super::pass::Pass;
use super::workload::Workload;
use super::{INTERVAL_US, counted};
use crate::bench::runtimes::program;
use crate::bench::targets::Judge;
use crate::bench::targets::{Limit, interval};

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "countdown",
    about: "count-downs in threads, compared with one after the other",
    program: program!("countdown", python: "py", ruby: "rb", ocaml: "ml"),
    native: None,
    pass,
    targets,
};

fn case(threads: u32) -> String {
    format!("countdown, {}", counted(threads, "thread"))
}

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    let count = pass.scale.pick(10_000_000, 1_500_000, 20_000);
    for &threads in pass.scale.pick(&[1, 2, 4, 8][..], &[2], &[2]) {
        let case = case(threads);
        let sample = pass.sample(&case, &[("threads", threads), ("count", count)])?;
        let timed =
            |name: &str| Ok::<_, String>((sample.one(name)?, sample.one(&format!("{name}_cpu"))?));
        let (alone, alone_cpu) = timed("sequential")?;
        let (split, split_cpu) = timed("threads")?;
        let (again, again_cpu) = timed("again")?;
        pass.figure(&case, "sequential_ms", alone / 1e3);
        let (mean, mean_cpu) = (alone.midpoint(again), alone_cpu.midpoint(again_cpu));
        pass.figure(&case, "wall", split / mean);
        pass.figure(&case, "cpu", split_cpu / mean_cpu);
        pass.figure(&case, "again", again / mean);
        pass.figure(&case, "again_cpu", again_cpu / mean_cpu);
        for (what, name) in [("forced", "forced_releases"), ("handed_over", "switches")] {
            if let Some(count) = sample.find(name) {
                pass.figure(&case, what, count);
            }
        }
        if let Some(forced) = sample.find("forced_releases") {
            pass.figure(&case, "forced_an_interval", forced / (split / INTERVAL_US));
        }
    }
    Ok(())
}

fn targets(judge: &mut Judge<'_>) {
    for threads in [2, 4, 8] {
        let case = case(threads);
        let cpu = judge.own(&case, "cpu");
        judge.target(
            format!("{case}: CPU time / sequential before and after"),
            Limit::AtMost(1.02),
            cpu,
        );
        let again = judge.own(&case, "again_cpu");
        let what = format!("{case}: A/A, CPU time of sequential after / before and after");
        judge.target(what, Limit::AtMost(1.02), again);
        let again = judge.own(&case, "again");
        if !again.is_empty() {
            // What the machine does to the same work a second time is not caused by the threads.
            let (_, most) = interval(&again);
            let wall = judge.own(&case, "wall");
            let what =
                format!("{case}: time / sequential before and after, within the interval of A/A");
            judge.target(what, Limit::AtMost(most.max(1.0)), wall);
        }
        let forced = judge.own(&case, "forced_an_interval");
        judge.target(format!("{case}: forced switches an interval"), Limit::AtMost(1.1), forced);
    }
}
