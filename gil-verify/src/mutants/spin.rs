//! The deliberate bugs of the Promela models, and what must catch each.
//!
//! A model in which nothing can fail agrees with everything. Each `MUTANT_` macro of the models is
//! one bug, and the claim that must catch it is named in advance. If the explorer has the same bug,
//! the pair is recorded and a test checks both.

use crate::explorer::model::Program;
use crate::report::{CaughtBy, Engine, MutantRow, MutantVerdict};
use crate::spin::{SpinError, Verdict, ask, question};

/// A bug of a model, and what must catch it.
#[derive(Clone, Copy, Debug)]
pub struct SpinMutant {
    /// The macro, without its `MUTANT_`.
    pub name: &'static str,
    /// The protocol.
    pub of: &'static str,
    /// The claim that must catch it.
    pub breaks: &'static str,
    /// The program.
    pub program: Program,
    /// The same bug in [`crate::mutants::protocol::MUTANTS`].
    pub pair: Option<&'static str>,
}

const fn mutant(
    name: &'static str,
    of: &'static str,
    breaks: &'static str,
    program: Program,
    pair: &'static str,
) -> SpinMutant {
    SpinMutant { name, of, breaks, program, pair: Some(pair) }
}

const HOGS: Program = Program::hogs(2);
const BLOCKING: Program = Program::blocking(2);
const CANCEL: Program = Program::cancelling(2);

/// All of them.
pub const MUTANTS: &[SpinMutant] = &[
    mutant("TAKES_A_HELD_LOCK", "handoff", "SAFE-1", HOGS, "takes-held-lock"),
    mutant("FREES_INSTEAD_OF_GIVING", "handoff", "SAFE-3", BLOCKING, "gives-by-freeing"),
    mutant("FINAL_RELEASE_FREES", "handoff", "SAFE-3F", BLOCKING, "final-release-frees"),
    mutant("LEAVES_A_REQUEST_BEHIND", "handoff", "SAFE-5", CANCEL, "cancel-keeps-request"),
    mutant("IGNORES_SAFEPOINTS", "handoff", "LIVE-1", HOGS, "safepoint-ignored"),
    mutant("NO_TIMER", "handoff", "LIVE-2", HOGS, "timer-dropped"),
    SpinMutant {
        name: "BUDGETS_ALWAYS_COME_BACK",
        of: "handoff",
        breaks: "LIVE-2",
        program: Program::blocking(3),
        pair: None,
    },
    mutant("DROPS_A_WAKE_UP", "handoff", "LIVE-4", BLOCKING, "notify-dropped"),
    mutant("TAKES_A_HELD_LOCK", "python3", "SAFE-1", HOGS, "takes-held-lock"),
    mutant("NO_FORCED_SWITCH", "python3", "SAFE-3", HOGS, "no-forced-switch"),
    mutant("LEAVES_A_REQUEST_BEHIND", "python3", "SAFE-5", CANCEL, "cancel-keeps-request"),
    mutant("TAKER_KEEPS_THE_REQUEST", "python3", "SAFE-5", BLOCKING, "request-not-cleared"),
    mutant("TAKER_DOES_NOT_SIGNAL", "python3", "LIVE-2", HOGS, "taker-does-not-signal"),
    mutant("DROP_DOES_NOT_SIGNAL", "python3", "LIVE-4", HOGS, "drop-does-not-signal"),
    mutant("TAKES_A_HELD_LOCK", "python2", "SAFE-1", HOGS, "takes-held-lock"),
    mutant("DROPS_A_WAKE_UP", "python2", "LIVE-4", BLOCKING, "notify-dropped"),
];

/// Checks with Spin whether a mutant breaks its claim.
///
/// # Errors
/// A [`SpinError`] if there is no verdict.
pub fn judge(mutant: &SpinMutant) -> Result<MutantRow, SpinError> {
    let claims = [mutant.breaks];
    let mut question = question(mutant.of, mutant.program, &claims);
    question.mutant = Some(mutant.name);
    let answers = ask(&question)?;
    let fails = answers.iter().filter(|answer| answer.verdict == Verdict::Fails);
    let caught: Vec<_> = fails
        .map(|answer| CaughtBy {
            claim: answer.claim.clone(),
            engine: Engine::Spin,
            explored: answer.states,
        })
        .collect();
    Ok(MutantRow {
        id: format!("{}/spin", mutant.pair.unwrap_or(mutant.name)),
        of: mutant.of.to_owned(),
        argument: None,
        breaks: vec![mutant.breaks.to_owned()],
        verdict: match caught.as_slice() {
            [] => MutantVerdict::Survived,
            _ => MutantVerdict::Caught,
        },
        caught_by: caught,
    })
}
