//! `short-io`: one thread makes short blocking calls all the time, others compute.

use super::counted;
use super::pass::Pass;
use super::sample::Sample;
use super::workload::Workload;
use crate::bench::runtimes::program;
use crate::bench::samples::ratios;
use crate::bench::targets::Judge;
use crate::bench::targets::Limit;

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "short-io",
    about: "short blocking calls alongside computing threads",
    program: program!("short-io", python: "py", ruby: "rb", ocaml: "ml"),
    native: None,
    pass,
    targets,
};

fn case(hogs: u32) -> String {
    format!("short-io, {}", counted(hogs, "hog"))
}

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    let milliseconds = pass.scale.pick(400, 60, 20);
    let settings =
        |hogs, writers| [("hogs", hogs), ("writers", writers), ("milliseconds", milliseconds)];
    let both = |sample: &Sample| (sample.sum("writes"), sample.sum("hog"));
    let (alone, _) = both(&pass.run(&settings(0, 1))?);
    let (_, solo) = both(&pass.run(&settings(1, 0))?);
    for &hogs in pass.scale.pick(&[1, 2][..], &[1], &[1]) {
        let case = case(hogs);
        let sample = pass.run(&settings(hogs, 1))?;
        let (writes, turns) = both(&sample);
        let (kept, share) = (writes / alone.max(1.0), turns / solo.max(1.0));
        pass.figure(&case, "alone_per_s", alone);
        pass.figure(&case, "writes_kept", kept);
        pass.figure(&case, "hogs_kept", share);
        pass.figure(&case, "sum", kept + share);
        pass.used(&case, &sample);
    }
    Ok(())
}

fn targets(judge: &mut Judge<'_>) {
    let case = case(1);
    let kept = judge.own(&case, "writes_kept");
    let worst = kept.iter().copied().reduce(f64::min);
    judge.target(format!("{case}: writes kept"), Limit::AtLeast(0.4), kept);
    let what = format!("{case}: writes kept, the worst run");
    judge.target(what, Limit::AtLeast(0.2), worst.into_iter().collect());
    let share = judge.own(&case, "hogs_kept");
    judge.target(format!("{case}: the hog's share"), Limit::AtLeast(0.3), share);
    let sum = judge.own(&case, "sum");
    judge.target(format!("{case}: sum"), Limit::AtLeast(0.95), sum);
    // Without a lock both run at once on two processors: no limit for a lock.
    let control = judge.control(&case, "sum");
    let again = ratios(&judge.control_again(&case, "sum"), &control);
    let what = format!("{case}: A/A, the control's sum / itself");
    judge.target(what, Limit::AtLeast(0.95), again);
}
