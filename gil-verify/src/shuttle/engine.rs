//! Runs the courses, one process each, and turns their output into rows.

use std::path::Path;
use std::time::Instant;

use super::{COURSES, Course, JUDGED, course_named};
use crate::ledger;
use crate::loom::process::{ProcessError, SHUTTLE, Said, say};
use crate::mutants::shuttle::MUTANTS;
use crate::protocols::MAIN;
use crate::replay::replay_line::Line;
use crate::report::job::{self, Sink};
use crate::report::selection::Selection;
use crate::report::{CaughtBy, ClaimRow, Engine, MutantRow, MutantVerdict, Row, Verdict};

/// The test that runs the courses.
const TEST: &str = "gil-verify/tests/shuttle.rs::courses_are_as_expected";

/// A mutant of the mechanism, its course, and the claims of which one must catch it.
pub type Mutant = (&'static str, &'static str, &'static [&'static str]);

/// A part of shuttle's work.
#[derive(Debug)]
pub enum Job {
    /// A course of a protocol.
    Course(&'static Course, &'static str),
    /// A mutant of the mechanism, in the course that must catch it.
    Mutant(&'static Mutant),
}

impl job::Job for Job {
    fn name(&self) -> String {
        match self {
            Self::Course(course, protocol) => format!("shuttle: {} of {protocol}", course.name),
            Self::Mutant((mutant, course, _)) => format!("shuttle: mutant {mutant}, {course}"),
        }
    }

    fn cost(&self) -> u64 {
        match self {
            Self::Course(course, _) => course.threads as u64,
            Self::Mutant(_) => 0,
        }
    }
}

/// shuttle's jobs.
#[must_use]
pub fn jobs(selection: &Selection) -> Vec<Job> {
    let protocols = || MAIN.iter().filter(|protocol| selection.has_protocol(protocol));
    let courses =
        COURSES.iter().flat_map(|course| protocols().map(move |of| Job::Course(course, of)));
    let mutants = MUTANTS.iter().filter(|_| selection.has_protocol(MAIN[0])).map(Job::Mutant);
    courses.chain(mutants).collect()
}

/// Builds, then runs the courses and the mutants.
///
/// # Errors
/// A [`ProcessError`], if a process could not run.
pub fn run(selection: &Selection, sink: &mut dyn Sink) -> Result<(), ProcessError> {
    let jobs = jobs(selection);
    if job::of_shard(selection, &jobs).is_empty() {
        return Ok(());
    }
    let binary = SHUTTLE.make(&mut |what| sink.progress(what))?;
    job::perform(selection, &jobs, |job| perform(&binary, job), sink)
}

fn perform(binary: &Path, job: &Job) -> Result<Vec<Row>, ProcessError> {
    match job {
        Job::Course(course, protocol) => {
            let began = Instant::now();
            let said = say(binary, course.name, protocol, &[])?;
            Ok(rows(course, protocol, &said, began.elapsed().as_secs_f64()))
        }
        Job::Mutant(mutant) => {
            let said = say(binary, mutant.1, MAIN[0], &[mutant.0])?;
            Ok(vec![Row::Mutant(judge_mutant(mutant, &said))])
        }
    }
}

fn rows(course: &Course, protocol: &str, said: &Said, seconds: f64) -> Vec<Row> {
    let row = |id: &&str| {
        let expected = ledger::expected(id, protocol, course.threads, course.variant())?;
        let (verdict, counterexample) = match said {
            Said::Found(found) if *id == "WITNESS" => {
                let missing = super::missing(protocol, course, found);
                let text = format!("never seen: {missing:?}");
                match missing.as_slice() {
                    [] => (Verdict::Holds, None),
                    _ => (Verdict::Fails, Some(text)),
                }
            }
            // Random schedules need not show that a false claim fails.
            Said::Found(_) if expected == Verdict::Fails => return None,
            Said::Found(_) => (Verdict::Holds, None),
            Said::Broke { claim, message, schedule } if claim == id => {
                let line = |schedule: &String| Line::Shuttle {
                    course: course.name.to_owned(),
                    protocol: protocol.to_owned(),
                    mutant: "-".to_owned(),
                    claim,
                    schedule: schedule.clone(),
                };
                let line = schedule.as_ref().map_or(String::new(), |s| {
                    format!("\n  cargo verify replay {}", line(s).text())
                });
                (Verdict::Fails, Some(format!("{message}{line}")))
            }
            Said::Broke { .. } => (Verdict::Inconclusive, None),
        };
        Some(Row::Claim(ClaimRow {
            id: (*id).to_owned(),
            protocol: protocol.to_owned(),
            engine: Engine::Shuttle,
            threads: course.threads,
            bound: course.bound(),
            fairness: None,
            variant: Some(course.name.to_owned()),
            verdict,
            expected,
            explored: course.schedules as u64,
            unit: "schedules".to_owned(),
            seconds,
            test: TEST.to_owned(),
            counterexample,
        }))
    };
    JUDGED.iter().filter_map(row).collect()
}

fn judge_mutant((name, course, breaks): &Mutant, said: &Said) -> MutantRow {
    let caught = match said {
        Said::Broke { claim, .. } if breaks.contains(claim) => Some(CaughtBy {
            claim: (*claim).to_owned(),
            engine: Engine::Shuttle,
            explored: course_named(course).map_or(0, |course| course.schedules as u64),
        }),
        _ => None,
    };
    MutantRow {
        id: format!("{name}/{course}"),
        of: "mechanism".to_owned(),
        breaks: breaks.iter().map(|claim| (*claim).to_owned()).collect(),
        argument: None,
        verdict: caught.as_ref().map_or(MutantVerdict::Survived, |_| MutantVerdict::Caught),
        caught_by: caught.into_iter().collect(),
    }
}
