//! Runs Spin on every protocol that it has a model of, and turns the answers into rows.

use std::time::Instant;

use super::question::{Answer, LIVENESS, SAFETY, SpinError, Verdict, question};
use super::{ask, is_there};
use crate::explorer::fair::Fairness;
use crate::explorer::model::Program;
use crate::ledger;
use crate::mutants::spin::{self, MUTANTS, SpinMutant};
use crate::protocols::MAIN;
use crate::report::job::{self, Done, Job as _, Sink};
use crate::report::selection::Selection;
use crate::report::{self, ClaimRow, Engine, Row};

/// The test that compares Spin with the explorer.
const TEST: &str = "gil-verify/tests/spin.rs::spin_agrees_with_the_explorer";

/// The numbers of threads that the models are checked with.
pub const THREADS: [usize; 3] = [2, 3, 4];

/// The programs: the same as the explorer's.
#[must_use]
pub const fn programs(threads: usize) -> [Program; 3] {
    [Program::hogs(threads), Program::blocking(threads), Program::cancelling(threads)]
}

/// The claims that Spin judges of a protocol. The models have only the first part of SAFE-5, so
/// they cannot find a counterexample to another part.
#[must_use]
pub fn claims(protocol: &str, program: Program) -> Vec<&'static str> {
    let expected = |id: &str| ledger::expected(id, protocol, program.threads, program.variant());
    let judges = |id: &&str| match expected(id) {
        Some(report::Verdict::Fails) => *id != "SAFE-5",
        expected => expected.is_some(),
    };
    SAFETY.iter().chain(LIVENESS).copied().filter(judges).collect()
}

/// Checks claims of a protocol. LIVE-4 is checked alone: it needs no memory, so its states are
/// those of the lock.
///
/// # Errors
/// A [`SpinError`] if there is no verdict on one of the claims.
pub fn answers(
    protocol: &str,
    program: Program,
    claims: &[&str],
) -> Result<Vec<Answer>, SpinError> {
    let (alone, rest): (Vec<_>, Vec<_>) =
        claims.iter().copied().partition(|claim| *claim == "LIVE-4");
    let mut answers = ask(&question(protocol, program, &alone))?;
    answers.extend(ask(&question(protocol, program, &rest))?);
    Ok(answers)
}

/// A part of Spin's work.
#[derive(Debug)]
pub enum Job {
    /// The claims about a protocol in a program.
    Claims(&'static str, Program),
    /// A mutant of a protocol.
    Mutant(&'static SpinMutant),
}

impl job::Job for Job {
    fn name(&self) -> String {
        match self {
            Self::Claims(protocol, program) => {
                format!("Spin: {protocol}, {} threads, {}", program.threads, program.variant())
            }
            Self::Mutant(mutant) => format!("Spin: mutant {} of {}", mutant.name, mutant.of),
        }
    }

    fn cost(&self) -> u64 {
        match self {
            Self::Claims(_, program) => program.threads as u64 * 10 + u64::from(program.cancel),
            Self::Mutant(_) => 0,
        }
    }
}

/// Spin's jobs.
#[must_use]
pub fn jobs(selection: &Selection) -> Vec<Job> {
    let mut jobs = Vec::new();
    for protocol in MAIN.iter().filter(|protocol| selection.has_protocol(protocol)) {
        for threads in THREADS {
            jobs.extend(programs(threads).map(|program| Job::Claims(protocol, program)));
        }
    }
    let wanted = |mutant: &&SpinMutant| {
        selection.has_protocol(mutant.of) && selects(selection, mutant.breaks)
    };
    jobs.extend(MUTANTS.iter().filter(wanted).map(Job::Mutant));
    jobs.retain(|job| match job {
        Job::Claims(protocol, program) => {
            claims(protocol, *program).iter().any(|claim| selects(selection, claim))
        }
        Job::Mutant(_) => true,
    });
    jobs
}

/// Spin's fairness is weak fairness.
fn selects(selection: &Selection, claim: &str) -> bool {
    let other = LIVENESS.contains(&claim) && selection.fairness != Fairness::Weak;
    selection.has_claim(claim) && !other
}

/// Runs Spin. If it is not installed, its jobs have no results, and a message for the reader is
/// returned.
///
/// # Errors
/// A [`SpinError`] if there is no verdict, except that a truncated search is inconclusive. Also if
/// Spin is missing although it is required.
pub fn run(selection: &Selection, sink: &mut dyn Sink) -> Result<Option<String>, SpinError> {
    let jobs = jobs(selection);
    let mine = job::of_shard(selection, &jobs);
    if mine.is_empty() {
        return Ok(None);
    }
    if !is_there()? {
        mine.iter().for_each(|job| sink.done(Done { job: job.name(), rows: Vec::new() }));
        return Ok(Some(super::NOT_THERE.to_owned()));
    }
    job::perform(selection, &jobs, |job| perform(selection, job), sink)?;
    Ok(None)
}

fn perform(selection: &Selection, job: &Job) -> Result<Vec<Row>, SpinError> {
    let (protocol, program) = match job {
        Job::Claims(protocol, program) => (*protocol, *program),
        Job::Mutant(mutant) => return Ok(vec![Row::Mutant(spin::judge(mutant)?)]),
    };
    let mut claims = claims(protocol, program);
    claims.retain(|claim| selects(selection, claim));
    let began = Instant::now();
    let answers = answers(protocol, program, &claims);
    let seconds = began.elapsed().as_secs_f64();
    match answers {
        Ok(answers) => {
            Ok(answers.iter().filter_map(|a| row(protocol, program, a, seconds)).collect())
        }
        Err(SpinError::Incomplete { output }) => {
            let row = |id: &&str| {
                let unknown = (report::Verdict::Inconclusive, 0, Some(output.clone()));
                claim_row(protocol, program, id, unknown, seconds)
            };
            Ok(claims.iter().filter_map(row).collect())
        }
        Err(error) => Err(error),
    }
}

/// The row of an answer, or `None` where the claim does not apply.
#[must_use]
pub fn row(protocol: &str, program: Program, answer: &Answer, seconds: f64) -> Option<Row> {
    let verdict = match answer.verdict {
        Verdict::Holds => report::Verdict::Holds,
        Verdict::Fails => report::Verdict::Fails,
    };
    let trail = (!answer.trail.is_empty()).then(|| answer.trail.join("\n"));
    claim_row(protocol, program, &answer.claim, (verdict, answer.states, trail), seconds)
}

fn claim_row(
    protocol: &str,
    program: Program,
    id: &str,
    (verdict, explored, counterexample): (report::Verdict, u64, Option<String>),
    seconds: f64,
) -> Option<Row> {
    let (threads, variant) = (program.threads, program.variant());
    Some(Row::Claim(ClaimRow {
        id: id.to_owned(),
        protocol: protocol.to_owned(),
        engine: Engine::Spin,
        threads,
        bound: match verdict {
            report::Verdict::Holds | report::Verdict::Vacuous => "all states",
            report::Verdict::Fails => "the first counterexample",
            report::Verdict::Inconclusive => "cut short",
        }
        .to_owned(),
        fairness: LIVENESS.contains(&id).then(|| Fairness::Weak.name().to_owned()),
        variant: Some(variant.to_owned()),
        verdict,
        expected: ledger::expected(id, protocol, threads, variant)?,
        explored,
        unit: "states".to_owned(),
        seconds,
        test: TEST.to_owned(),
        counterexample,
    }))
}
