//! Runs everything that is selected, and compares the results with the committed ones.

use std::time::Instant;

use crate::claims::explored::STATES_MAX;
use crate::claims::promise::bounds::{self, Bounds};
use crate::explorer::engine;
use crate::loom::process::ProcessError;
use crate::mutants::matrix;
use crate::report::counts::{self, Counts};
use crate::report::due;
use crate::report::job::{Done, Job, Run, Sink};
use crate::report::judge::{Report, judge};
use crate::report::selection::Selection;
use crate::report::{Engine, Profile, Row, loom_counterexamples};
#[cfg(feature = "cli")]
use crate::spin;
use crate::{loom, shuttle};

/// What a run reports while it runs.
pub trait Listen {
    /// A part begins.
    fn progress(&mut self, what: &str);
    /// The explorer is done; the loom build follows.
    fn explored(&mut self, rows: &[Row]);
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A checker of the mechanism could not run.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// Spin gave no verdict.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Spin(#[from] spin::SpinError),
}

/// Collects the jobs that are done.
struct Collector<'a> {
    jobs: Vec<Done>,
    listen: &'a mut dyn Listen,
}

impl Sink for Collector<'_> {
    fn progress(&mut self, what: &str) {
        self.listen.progress(what);
    }

    fn done(&mut self, done: Done) {
        self.jobs.push(done);
    }
}

/// Runs what is selected and judges the results: [`collect`] and [`finish`].
///
/// # Errors
/// A [`RunError`], if an engine could not run.
pub fn run(
    selection: &Selection,
    listen: &mut dyn Listen,
) -> Result<(Report, Counts, Bounds), RunError> {
    Ok(finish(collect(selection, listen)?))
}

/// Runs the explorer, then loom, and in the full profile shuttle and Spin.
///
/// # Errors
/// A [`RunError`], if one of them could not run.
pub fn collect(selection: &Selection, listen: &mut dyn Listen) -> Result<Run, RunError> {
    let began = Instant::now();
    let mut sink = Collector { jobs: Vec::new(), listen };
    engine::run(selection, &mut sink);
    let rows: Vec<Row> = sink.jobs.iter().flat_map(|done| done.rows.clone()).collect();
    sink.listen.explored(&rows);
    loom::engine::run(selection, &mut sink)?;
    let notes = match selection.profile {
        Profile::Quick => Vec::new(),
        Profile::Full => second_opinions(selection, &mut sink)?.into_iter().collect(),
    };
    let (jobs, selection) = (sink.jobs, selection.clone());
    Ok(Run { selection, jobs, notes, seconds: began.elapsed().as_secs_f64() })
}

/// Runs shuttle and Spin. Returns the omitted parts, and the reasons.
fn second_opinions(selection: &Selection, sink: &mut dyn Sink) -> Result<Option<String>, RunError> {
    shuttle::engine::run(selection, sink)?;
    #[cfg(feature = "cli")]
    return Ok(spin::engine::run(selection, sink)?);
    #[cfg(not(feature = "cli"))]
    Ok(None)
}

/// The names of all jobs of a selection, in the order of [`collect`].
#[must_use]
pub fn names(selection: &Selection) -> Vec<String> {
    fn names_of<J: Job>(jobs: Vec<J>) -> impl Iterator<Item = String> {
        jobs.into_iter().map(|job| job.name())
    }
    let mut names: Vec<String> = names_of(engine::jobs(selection)).collect();
    names.extend(names_of(loom::engine::checks(selection)));
    if selection.profile == Profile::Full {
        names.extend(names_of(shuttle::engine::jobs(selection)));
        #[cfg(feature = "cli")]
        names.extend(names_of(spin::engine::jobs(selection)));
    }
    names
}

/// Judges the results of a run, and compares them with the committed ones.
#[must_use]
pub fn finish(run: Run) -> (Report, Counts, Bounds) {
    let Run { selection, jobs, notes, seconds } = run;
    let rows: Vec<Row> = jobs.into_iter().flat_map(|done| done.rows).collect();
    let counts = counts::of(&rows);
    let committed = counts::committed().unwrap_or_default();
    let everything = selection.is_everything();
    let no_spin = !notes.is_empty();
    let due = |key: &str| {
        let left_out = key.starts_with("spin") && no_spin;
        let of = key.split(' ').nth(1).unwrap_or_default();
        selection.is_everything_of(of) && !left_out && counts::is_due(key, selection.profile)
    };
    let differences = counts::differences(&committed, &counts, due);
    // A bound from the command line explores something else.
    let whole = selection.states_max == STATES_MAX;
    let mut differences = if whole { differences } else { Vec::new() };
    let bounds = bounds::of(&rows);
    let (checks, promised) =
        (due::of(selection.profile, &rows), due::committed().unwrap_or_default());
    differences.extend(due::unknown(&promised, &checks));
    let due = everything && selection.profile == Profile::Full;
    differences.extend(bounds::differences(&bounds::committed().unwrap_or_default(), &bounds, due));
    let mut report = judge(selection.profile, rows, differences);
    if due {
        let known = matrix::committed().unwrap_or_default();
        let known = if no_spin { matrix::without(known, Engine::Spin) } else { known };
        report.problems.extend(matrix::differences(&known, &matrix::of(&report.mutants)));
    }
    report.left_out = due::left_out(&promised, &checks, &selection, no_spin);
    report.notes = notes;
    let told = loom_counterexamples::committed().unwrap_or_default();
    report.problems.extend(loom_counterexamples::differences(
        &told,
        &loom_counterexamples::of(&report.claims),
    ));
    report.summary.seconds = seconds;
    (report, counts, bounds)
}
