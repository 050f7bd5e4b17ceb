//! `cargo verify`: runs the checks, all of them or a shard.

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::output::{Output, write_whole};
use super::screen::{ReportFormat, Screen, fail, print};
use super::{claim_id, protocol_name};
use crate::claims::explored::STATES_MAX;
use crate::explorer::fair::Fairness;
use crate::report::Profile;
use crate::report::job::Run;
use crate::report::judge::{EXIT_HARNESS_BROKEN, EXIT_INTERNAL, EXIT_USAGE};
use crate::report::selection::{Selection, Shard};
use crate::report::shard::{SCHEMA, ShardFile};
use crate::report::verify;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// How much to explore: quick is minutes at most, full has the larger bounds.
    #[arg(long, value_enum, default_value = "quick")]
    profile: ProfileName,
    /// Only this protocol.
    #[arg(long, ignore_case = true, value_parser = protocol_name())]
    protocol: Option<String>,
    /// Only this claim.
    #[arg(long, ignore_case = true, value_parser = claim_id())]
    claim: Option<String>,
    /// What liveness assumes of each thread: a thread that is pressed all the time eventually acts
    /// (weak), or a thread that is pressed again and again does (strong).
    #[arg(long, value_enum, default_value = "weak")]
    fairness: FairnessName,
    /// The explorer stops at this number of states of one program, about 1.5 KiB each, and is
    /// inconclusive.
    #[arg(long, value_name = "STATES", default_value_t = STATES_MAX)]
    states_max: usize,
    /// Only part K of N of the work, for N machines. Writes shard-K-of-N.json into the folder of
    /// --out-dir; `merge` makes the report of all of them.
    #[arg(long, value_name = "K/N", requires = "out_dir", conflicts_with = "format")]
    shard: Option<Shard>,
    #[command(flatten)]
    output: Output,
    /// Accept the counts, bounds and stories found: writes counts.json, bounds.json and
    /// stories.json in gil-verify/golden. Only with everything selected.
    #[arg(
        long,
        conflicts_with_all = ["protocol", "claim", "fairness", "states_max", "shard"]
    )]
    bless: bool,
}

#[derive(Clone, Copy, ValueEnum, Debug)]
enum FairnessName {
    Weak,
    Strong,
}

#[derive(Clone, Copy, ValueEnum, Debug)]
enum ProfileName {
    Quick,
    Full,
}

impl Arguments {
    fn selection(&self) -> Selection {
        Selection {
            profile: match self.profile {
                ProfileName::Quick => Profile::Quick,
                ProfileName::Full => Profile::Full,
            },
            protocol: self.protocol.clone(),
            claim: self.claim.clone(),
            fairness: match self.fairness {
                FairnessName::Weak => Fairness::Weak,
                FairnessName::Strong => Fairness::Strong,
            },
            states_max: self.states_max,
            shard: self.shard,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let Arguments { output, bless, .. } = arguments;
    if let Err(code) = output.make_folder() {
        return code;
    }
    let mut screen = Screen::new(output.format == ReportFormat::Human);
    let found = verify::collect(&arguments.selection(), &mut screen);
    screen.bar.finish_and_clear();
    match (found, arguments.shard, &output.out_dir) {
        (Err(error), ..) => fail(&error.to_string(), EXIT_HARNESS_BROKEN),
        (Ok(run), Some(shard), Some(folder)) => write_shard(run, shard, folder, output),
        (Ok(run), ..) => output.finish(run, *bless),
    }
}

/// Writes the shard's file, and prints the report of what it has run.
fn write_shard(run: Run, shard: Shard, folder: &Path, output: &Output) -> ExitCode {
    let path = folder.join(ShardFile::name(shard));
    let jobs = run.jobs.len();
    let file = ShardFile { schema: SCHEMA.to_owned(), run };
    let text = match serde_json::to_string(&file) {
        Ok(text) => text,
        Err(error) => return fail(&error.to_string(), EXIT_INTERNAL),
    };
    if let Err(error) = write_whole(&path, &text) {
        return fail(&format!("cannot write {}: {error}", path.display()), EXIT_USAGE);
    }
    let code = output.print(&verify::finish(file.run).0);
    print(&format!(
        "shard {shard}: {jobs} jobs in {}; `cargo verify merge` with all {} files makes the report\n",
        path.display(),
        shard.of
    ));
    code
}
