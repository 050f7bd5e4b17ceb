//! A second opinion from another checker: models written by hand in Promela, for Spin.
//!
//! The explorer runs the lock's own decisions, so it cannot be wrong about what they are. It can be
//! wrong about what follows from them: its search, its fairness, its ghost are this project's own.
//! The models in `gil-verify/spin` were written from what the protocols mean and share no code with
//! it, and Spin is not ours. Where both give the same verdict, and the same number of states and of
//! moves between them, an error would have to have been made twice.
//!
//! Limits: 2 to 4 threads; of SAFE-5 only the first part (a request implies a waiter); LIVE-1 and
//! LIVE-2 of thread 0, which stands for all, because nothing tells the threads apart.
//!
//! Spin writes a checker in C (`pan`). What it says counts as a verdict only if it is an error with
//! a run that can be replayed, or an exhaustive search that was not cut short.

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
    // There is another program of that name.
    checker::run(here, "spin", &["-V"]).is_ok_and(|said| said.starts_with("Spin Version"))
        && checker::run(here, "gcc", &["--version"]).is_ok()
}

/// Whether Spin is there; see [`NEEDED`].
///
/// # Errors
/// [`SpinError::Missing`].
pub fn is_there() -> Result<bool, SpinError> {
    match is_installed() {
        false if std::env::var_os(NEEDED).is_some() => Err(SpinError::Missing),
        there => Ok(there),
    }
}

/// Asks Spin. The answers come in the order of the claims.
///
/// # Errors
/// A [`SpinError`] where there is no verdict on one of the claims.
pub fn ask(question: &Question<'_>) -> Result<Vec<Answer>, SpinError> {
    let checker = Checker::new(question)?;
    let (live, mut open): (Vec<&str>, Vec<&str>) =
        question.claims.iter().copied().partition(|claim| LIVENESS.contains(claim));
    let mut answers = Vec::new();
    // A counterexample ends a search, so the other claims are asked again without the broken one.
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
