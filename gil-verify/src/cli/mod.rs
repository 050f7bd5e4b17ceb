//! `gil-verify`, or `cargo verify`.

mod conform;
mod merge;
mod mutation;
mod output;
mod replay;
mod run;
mod screen;
mod simulate;

use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{CommandFactory, Parser, Subcommand};

use self::screen::{Format, fail, print};
use crate::ledger::{self, CLAIMS};
use crate::loom::SUITES;
use crate::mutants::{matrix, nets};
use crate::protocols::PROTOCOLS;
use crate::report::judge::EXIT_INTERNAL;
use crate::report::text_report;

/// Checks global interpreter locks: loom on the mechanism, an explorer of all states on the
/// protocols, mutants on both.
///
/// Exit codes: 0 everything as expected, 1 a claim or a count is not as expected, 2 usage,
/// 3 a mutant survived, 4 inconclusive or partly checked, 5 the harness is broken, nothing ran or a
/// shard is missing, 70 internal.
#[derive(Parser, Debug)]
#[command(
    name = "gil-verify",
    version,
    arg_required_else_help = false,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    verify: run::Arguments,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the checks (the default).
    Verify(run::Arguments),
    /// Put the shards of a run together: the report is that of an ordinary run.
    ///
    /// Exit codes: as of the checks, and 2 where a file cannot be read or is no shard, 5 where a
    /// shard is missing or given twice.
    Merge(merge::Arguments),
    /// List the claims, protocols, programs and loom suites.
    List,
    /// Explain one claim: what it says, where it is known to be false, what checks it.
    Explain {
        /// For example SAFE-3.
        #[arg(ignore_case = true, value_parser = claim_id())]
        id: String,
    },
    /// Replay a trace of CPython's own lock through a model, event by event.
    ///
    /// Exit codes: 0 accepted, 1 rejected, 2 no trace or no such model.
    Conform(conform::Arguments),
    /// Print the kill matrix: which claim catches which mutant, by which engine, and at what cost.
    Matrix {
        /// Text, or JSON; both with the engines that catch each mutant.
        #[arg(long, value_enum, default_value = "human")]
        format: Format,
    },
    /// Run the mutation run over gil-core for the changed sources; a full run takes hours.
    ///
    /// Exit codes: 0, 3 where a change is missed or the results are not of the present sources, 5
    /// where the run was not possible.
    Mutation(mutation::Arguments),
    /// Replay a counterexample from its line, and check again that it is one.
    ///
    /// Exit codes: 0 it is one, 1 the run is possible and does not break the claim, 2 the line is
    /// cut or altered, or its run is impossible, 5 loom or shuttle failed to run.
    Replay(replay::Arguments),
    /// Simulate a protocol in virtual time: figures, lanes, traces.
    ///
    /// Exit codes: 0, or 2 where an argument or a file is wrong.
    Simulate(Box<simulate::Arguments>),
    /// Print a script that completes the arguments of `gil-verify` in a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// The name of a protocol, in any case.
fn protocol_name() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(PROTOCOLS).map(|typed| typed.to_ascii_lowercase())
}

/// The id of a claim, in any case.
fn claim_id() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(CLAIMS.iter().map(|claim| claim.id))
        .map(|typed| typed.to_ascii_uppercase())
}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        None => run::run(&cli.verify),
        Some(Command::Verify(arguments)) => run::run(&arguments),
        Some(Command::Merge(arguments)) => merge::run(&arguments),
        Some(Command::List) => print(&list()),
        Some(Command::Explain { id }) => ledger::claim(&id)
            .map_or(ExitCode::from(EXIT_INTERNAL), |c| print(&text_report::explain(c))),
        Some(Command::Conform(arguments)) => conform::run(&arguments),
        Some(Command::Matrix { format }) => kill_matrix(format),
        Some(Command::Mutation(arguments)) => mutation::run(&arguments),
        Some(Command::Replay(arguments)) => replay::run(&arguments),
        Some(Command::Simulate(arguments)) => simulate::run(&arguments),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "gil-verify", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}

fn kill_matrix(format: Format) -> ExitCode {
    let matrix = match matrix::committed() {
        Ok(matrix) => matrix,
        Err(error) => {
            return fail(&format!("gil-verify/golden/kills.json: {error}"), EXIT_INTERNAL);
        }
    };
    match format {
        Format::Human => print(&matrix::text(&matrix)),
        Format::Json => match nets::json(&matrix) {
            Ok(text) => print(&text),
            Err(error) => fail(&error.to_string(), EXIT_INTERNAL),
        },
    }
}

fn list() -> String {
    let mut text = "claims\n".to_owned();
    for claim in CLAIMS {
        text += &format!("  {:10} {}\n", claim.id, claim.title);
    }
    text += "protocols\n";
    for protocol in PROTOCOLS {
        text += &format!("  {protocol}\n");
    }
    text += "programs of the explorer (2, 3 and 4 threads)\n  hogs             no thread releases by itself\n  blocking         blocking calls, threads that end, ids that are reused\n  blocking+cancel  and waiters that give up\n";
    text += "loom suites\n";
    for suite in SUITES {
        let path = if suite.fast_path { ", fast path" } else { "" };
        text += &format!(
            "  {:20} {} threads, {}{path}, profile {}\n",
            suite.name,
            suite.threads,
            suite.bound(),
            format!("{:?}", suite.profile).to_lowercase()
        );
    }
    text
}
