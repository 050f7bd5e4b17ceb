//! A second opinion from an independent checker: models written by hand in Promela, for Spin.
//!
//! The explorer runs the lock's own decisions, so it cannot be wrong about them. It can be wrong
//! about their consequences: its search, its fairness and its ghost belong to this project. The
//! models in `gil-verify/spin` were written from the descriptions of the protocols and share no
//! code with it, and Spin is an independent tool. If both give the same verdict, and the same
//! number of states and moves, an error would have to be made twice.
//!
//! Limits: 2 to 4 threads; only the first part of SAFE-5 (a request implies a waiter); LIVE-1 and
//! LIVE-2 of thread 0, which stands for all, because the threads are interchangeable.
//!
//! Spin writes a checker in C (`pan`). Its output is a verdict only if it is an error with a
//! replayable run, or an exhaustive search that was not truncated.

mod checker;
pub mod engine;
mod question;
pub mod read;

use std::path::Path;

use checker::Checker;

pub use question::{
    Answer, LIVENESS, NEEDED, NOT_THERE, PACKAGES, Question, SAFETY, SpinError, Verdict, question,
};

/// Whether Spin and a C compiler can be started.
#[must_use]
pub fn is_installed() -> bool {
    let here = Path::new(".");
    // Another program has that name.
    checker::run(here, "spin", &["-V"]).is_ok_and(|said| said.starts_with("Spin Version"))
        && checker::run(here, "gcc", &["--version"]).is_ok()
}

/// Whether Spin is installed; see [`NEEDED`].
///
/// # Errors
/// [`SpinError::Missing`].
pub fn is_there() -> Result<bool, SpinError> {
    match is_installed() {
        false if std::env::var_os(NEEDED).is_some() => Err(SpinError::Missing),
        there => Ok(there),
    }
}

/// Runs Spin. The answers are in the order of the claims.
///
/// # Errors
/// A [`SpinError`] if there is no verdict on one of the claims.
pub fn ask(question: &Question<'_>) -> Result<Vec<Answer>, SpinError> {
    let checker = Checker::new(question)?;
    let (live, mut open): (Vec<&str>, Vec<&str>) =
        question.claims.iter().copied().partition(|claim| LIVENESS.contains(claim));
    let mut answers = Vec::new();
    // A counterexample ends a search, so the other claims are checked again without the broken one.
    while !open.is_empty() {
        checker.build(&open)?;
        let found = checker.search(&open)?;
        open.retain(|claim| !found.iter().any(|answer| answer.claim == *claim));
        answers.extend(found);
    }
    if !live.is_empty() {
        checker.build(&live)?;
    }
    for claim in live {
        answers.extend(checker.search(&[claim])?);
    }
    let place = |answer: &Answer| question.claims.iter().position(|claim| *claim == answer.claim);
    answers.sort_by_key(place);
    Ok(answers)
}
