//! The command line of `gil-bench`.

mod compare;
mod micro;
mod native;
mod processes;
mod run;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The program or the benchmark failed.
pub const EXIT_FAILED: u8 = 1;
/// The command line is wrong, or names a file that cannot be read. It is clap's own code, too.
pub const EXIT_USAGE: u8 = 2;

/// Why a command ended early.
enum Failure {
    /// What it ran failed.
    Failed(String),
    /// It ran nothing.
    Usage(String),
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Failed(message)
    }
}

/// Benchmarks of gil-core, and a small threaded language to run on it.
///
/// Exit codes: 0, 1 the program or the benchmark failed, 2 usage.
#[derive(Parser, Debug)]
#[command(name = "gil-bench", version)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run a program of the language (docs/src/language.md).
    Run(run::Run),
    /// Measure routines of the bare lock and of the heap.
    #[command(subcommand)]
    Micro(micro::Micro),
    /// Run workloads in every runtime, interleaved, and in the interpreters that are found on PATH.
    Compare(compare::Compare),
    /// Compare the article's story with its sizes given: time per user, in threads and in
    /// processes.
    Story(compare::Story),
    /// One sample of a workload without any interpreter. `compare` starts these itself.
    #[command(hide = true)]
    Native(native::Native),
}

/// Runs the arguments' command.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Line::parse().command {
        Command::Run(run) => run.run(),
        Command::Micro(micro) => micro.run().map_err(Failure::Failed),
        Command::Compare(compare) => compare.run().map_err(Failure::Failed),
        Command::Story(story) => story.run().map_err(Failure::Failed),
        Command::Native(native) => native.run().map_err(Failure::Failed),
    };
    let (message, code) = match result {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Failed(message)) => (message, EXIT_FAILED),
        Err(Failure::Usage(message)) => (message, EXIT_USAGE),
    };
    eprintln!("error: {message}");
    ExitCode::from(code)
}

fn print(text: &str) -> Result<(), String> {
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())
}
