//! The questions to Spin, and its answers.

use crate::explorer::model::Program;

/// The Debian packages that are needed.
pub const PACKAGES: &str = "spin and gcc";

/// The message if Spin is not installed.
pub const NOT_THERE: &str =
    "Spin is not installed, so there is no second opinion from it (Debian packages: spin and gcc)";

/// With this environment variable set, a missing Spin is an error: a required check must not be
/// skipped silently.
pub const NEEDED: &str = "CI_NEEDS_SPIN";

/// The safety claims that the models judge.
pub const SAFETY: &[&str] = &["SAFE-1", "SAFE-3", "SAFE-3F", "SAFE-5", "LIVE-4"];

/// The liveness claims.
pub const LIVENESS: &[&str] = &["LIVE-1", "LIVE-2"];

/// A question. The names are the ledger's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Question<'a> {
    /// `handoff`, `handoff-plain`, `python3` or `python2`.
    pub protocol: &'a str,
    /// From 2 to 4.
    pub threads: usize,
    /// `hogs`, `blocking` or `blocking+cancel`.
    pub program: &'a str,
    /// Some of [`SAFETY`] and [`LIVENESS`]. Safety claims that hold are judged in one search.
    pub claims: &'a [&'a str],
    /// A deliberate bug: the name of a macro of the model, without its `MUTANT_`.
    pub mutant: Option<&'a str>,
}

/// A question about a protocol in one of the explorer's programs.
#[must_use]
pub fn question<'a>(protocol: &'a str, program: Program, claims: &'a [&'a str]) -> Question<'a> {
    let (threads, program) = (program.threads, program.variant());
    Question { protocol, threads, program, claims, mutant: None }
}

/// Spin's result for a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It holds in all states.
    Holds,
    /// There is a counterexample.
    Fails,
}

/// An answer about one claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The claim.
    pub claim: String,
    /// The verdict.
    pub verdict: Verdict,
    /// States stored; of a claim that fails, before the counterexample was found.
    pub states: u64,
    /// Moves from state to state. If a condition variable has several waiters, a section that wakes
    /// none of them counts once for each.
    pub moves: u64,
    /// The longest run of the search, in Spin's steps, of which a section has several.
    pub depth: u64,
    /// If it holds: the actions that never happened, in the explorer's words.
    pub untaken: Vec<String>,
    /// If it fails: the run, one line per section; the loop follows `for ever:`.
    pub trail: Vec<String>,
}

/// Why there is no verdict. None of these is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpinError {
    /// There is no model of that.
    #[error("the Promela models know no {what} `{name}`")]
    Unknown {
        /// A protocol, a program, a claim ...
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A program could not be started, or its folder not be written.
    #[error("`{command}`: {source}; Debian packages: {PACKAGES}")]
    Start {
        /// The command.
        command: String,
        /// The reason.
        source: std::io::Error,
    },
    /// Spin is required and not installed.
    #[error("{NEEDED} is set, and Spin is not installed; Debian packages: {PACKAGES}")]
    Missing,
    /// Spin or the C compiler refused.
    #[error("`{command}` failed:\n{output}")]
    Failed {
        /// The command.
        command: String,
        /// Its output.
        output: String,
    },
    /// The search ended before all states were seen.
    #[error("the search is not complete:\n{output}")]
    Incomplete {
        /// pan's output.
        output: String,
    },
    /// The condition of a liveness claim never occurred.
    #[error("{claim} holds of nothing: its promise never begins")]
    Vacuous {
        /// The claim.
        claim: String,
    },
    /// The result is not a broken claim, or cannot be understood.
    #[error("no verdict:\n{output}")]
    NoVerdict {
        /// The output.
        output: String,
    },
}
