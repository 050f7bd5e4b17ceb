//! The command line of `gil-bench`.

mod compare;
mod micro;
mod native;
mod processes;
mod run;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The program failed; wrong usage exits with clap's 2.
pub const EXIT_FAILED: u8 = 1;

/// Benchmarks of gil-core, and a small threaded language to run on it.
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
        Command::Micro(micro) => micro.run(),
        Command::Compare(compare) => compare.run(),
        Command::Story(story) => story.run(),
        Command::Native(native) => native.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(EXIT_FAILED)
        }
    }
}

fn print(text: &str) -> Result<(), String> {
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())
}
