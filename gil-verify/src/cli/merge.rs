//! `cargo verify merge`: the shards of a run become one report.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output::Output;
use super::screen::fail;
use crate::report::judge::{EXIT_HARNESS_BROKEN, EXIT_USAGE};
use crate::report::shard::{MergeError, ShardFile, merge};
use crate::report::verify;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The files of all shards, shard-K-of-N.json.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: Output,
    /// Accept the counts, bounds and stories found, as `verify --bless`.
    #[arg(long)]
    bless: bool,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    if let Err(code) = arguments.output.make_folder() {
        return code;
    }
    let read = |path: &PathBuf| Ok((path.clone(), ShardFile::read(path)?.run));
    let runs = arguments.files.iter().map(read).collect::<Result<Vec<_>, _>>();
    match runs.and_then(|runs| merge(runs, verify::names)) {
        Ok(run) if arguments.bless && !run.selection.is_everything() => {
            fail("only a run of everything can be blessed", EXIT_USAGE)
        }
        Ok(run) => arguments.output.finish(run, arguments.bless),
        Err(error) => {
            let usage = matches!(error, MergeError::Read { .. } | MergeError::NoShard { .. });
            fail(&error.to_string(), if usage { EXIT_USAGE } else { EXIT_HARNESS_BROKEN })
        }
    }
}
