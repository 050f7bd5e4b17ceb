//! `cargo verify conform`: a recorded trace against a model.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::screen::{fail, print};
use crate::replay::conform::{self, VARIANTS};
use crate::report::judge::{EXIT_NOT_AS_EXPECTED, EXIT_USAGE};

/// The arguments of `conform`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// A trace, in the format of gil-verify/traces/README.md.
    file: PathBuf,
    /// The switch interval of the recording.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..))]
    interval_us: u64,
    /// The model.
    #[arg(long, default_value = VARIANTS[0])]
    protocol: String,
}

/// Replays the file through the model.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let name = arguments.protocol.as_str();
    let Some(model) = conform::variant(name) else {
        let names = VARIANTS.join(", ");
        let why = format!("a trace of CPython is replayed through one of {names}, not `{name}`");
        return fail(&why, EXIT_USAGE);
    };
    let path = arguments.file.display();
    let file = match File::open(&arguments.file) {
        Ok(file) => file,
        Err(error) => return fail(&format!("cannot read {path}: {error}"), EXIT_USAGE),
    };
    let lines = match conform::read(file) {
        Ok(lines) => lines,
        Err(error) => return fail(&format!("{path}: {error}"), EXIT_USAGE),
    };
    match conform::replay(model, &lines, arguments.interval_us) {
        Ok(seen) => print(&format!(
            "{path}: {name} accepts all {} events\n{} takes, {} requests, {} drops answered by a \
             switch, {} final drops with a request that the same thread took back\n",
            seen.events, seen.takes, seen.requests, seen.forced, seen.retaken
        )),
        Err(rejection) => {
            print(&format!("{path}: {name} does not do this\n{rejection}\n"));
            ExitCode::from(EXIT_NOT_AS_EXPECTED)
        }
    }
}
