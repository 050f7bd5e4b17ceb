//! `gil-verify`, or `cargo verify`.

mod conform;
mod mutation;
mod replay;
mod screen;
mod simulate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use self::screen::{Format, Screen, fail, print};
use crate::claims::explored::STATES_MAX;
use crate::claims::promise::bounds;
use crate::explorer::fair::Fairness;
use crate::ledger::{self, CLAIMS};
use crate::loom::SUITES;
use crate::mutants::matrix;
use crate::protocols::PROTOCOLS;
use crate::report::selection::Selection;
use crate::report::verify::{self, EXIT_HARNESS_BROKEN, EXIT_INTERNAL, Report};
use crate::report::{Profile, counts, loom_counterexamples, text_report};

/// Checks global interpreter locks: loom on the mechanism, an explorer of all states on the
/// protocols, mutants on both.
///
/// Exit codes: 0 everything as expected, 1 a claim or a count is not as expected, 2 usage,
/// 3 a mutant survived, 4 inconclusive, 5 the harness is broken, 70 internal.
#[derive(Parser, Debug)]
#[command(name = "gil-verify", version, arg_required_else_help = false)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Args, Debug)]
struct Options {
    /// How much to explore: quick is minutes at most, full has the larger bounds.
    #[arg(long, global = true, value_enum, default_value = "quick")]
    profile: ProfileName,
    /// Text, or JSON of the schema gil-verify/1 alone on standard output.
    #[arg(long, global = true, value_enum, default_value = "human")]
    format: Format,
    /// Only this protocol.
    #[arg(long, global = true, ignore_case = true, value_parser = protocol_name())]
    protocol: Option<String>,
    /// Only this claim.
    #[arg(long, global = true, ignore_case = true, value_parser = claim_id())]
    claim: Option<String>,
    /// What liveness assumes of each thread: a thread that is pressed all the time eventually acts
    /// (weak), or a thread that is pressed again and again does (strong).
    #[arg(long, global = true, value_enum, default_value = "weak")]
    fairness: FairnessName,
    /// The explorer stops at this number of states of one program, about 1.5 KiB each, and is
    /// inconclusive.
    #[arg(long, global = true, value_name = "STATES", default_value_t = STATES_MAX)]
    states_max: usize,
    /// Also write report.json and report.txt into this folder.
    #[arg(long, global = true, value_name = "FOLDER")]
    out_dir: Option<PathBuf>,
    /// Accept the counts, bounds and stories found: writes counts.json, bounds.json and
    /// stories.json in gil-verify/golden. Only with everything selected.
    #[arg(long, global = true, conflicts_with_all = ["protocol", "claim", "fairness", "states_max"])]
    bless: bool,
    /// Print the counterexamples and every mutant.
    #[arg(short, long, global = true)]
    verbose: bool,
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

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the checks (the default).
    Verify,
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
    Matrix,
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
        None | Some(Command::Verify) => run(&cli.options),
        Some(Command::List) => print(&list()),
        Some(Command::Explain { id }) => ledger::claim(&id)
            .map_or(ExitCode::from(EXIT_INTERNAL), |c| print(&text_report::explain(c))),
        Some(Command::Conform(arguments)) => {
            conform::run(&arguments, cli.options.protocol.as_deref())
        }
        Some(Command::Matrix) => kill_matrix(cli.options.format),
        Some(Command::Mutation(arguments)) => mutation::run(&arguments),
        Some(Command::Replay(arguments)) => replay::run(&arguments, cli.options.format),
        Some(Command::Simulate(arguments)) => {
            let Options { protocol, format, .. } = &cli.options;
            simulate::run(&arguments, protocol.as_deref(), *format)
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
        Format::Json => print(matrix::COMMITTED),
    }
}

fn run(options: &Options) -> ExitCode {
    let profile = match options.profile {
        ProfileName::Quick => Profile::Quick,
        ProfileName::Full => Profile::Full,
    };
    let selection = Selection {
        profile,
        protocol: options.protocol.clone(),
        claim: options.claim.clone(),
        fairness: match options.fairness {
            FairnessName::Weak => Fairness::Weak,
            FairnessName::Strong => Fairness::Strong,
        },
        states_max: options.states_max,
    };
    if let Some(folder) = &options.out_dir
        && let Err(error) = std::fs::create_dir_all(folder)
    {
        return fail(&format!("cannot create the folder {}: {error}", folder.display()), 2);
    }
    let mut screen = Screen::new(options.format);
    let found = verify::run(&selection, &mut screen);
    screen.bar.finish_and_clear();
    let (mut report, counts_found, bounds_found) = match found {
        Ok(found) => found,
        Err(error) => return fail(&error.to_string(), EXIT_HARNESS_BROKEN),
    };
    if options.bless {
        if let Err(error) = bless(&counts_found, &bounds_found, &report) {
            return fail(&format!("cannot write into gil-verify/golden: {error}"), EXIT_INTERNAL);
        }
        report.problems.retain(|problem| !problem.contains(counts::BLESS));
    }
    let code = ExitCode::from(verify::exit_code(&report));
    let text = text_report::report(&report, options.verbose);
    let json = match serde_json::to_string_pretty(&report) {
        Ok(json) => json + "\n",
        Err(error) => return fail(&error.to_string(), EXIT_INTERNAL),
    };
    if let Some(folder) = &options.out_dir
        && let Err(error) = write_report(folder, &json, &text)
    {
        return fail(&format!("cannot write into {}: {error}", folder.display()), 2);
    }
    let printed = print(if options.format == Format::Json { &json } else { &text });
    if printed == ExitCode::SUCCESS { code } else { printed }
}

fn write_report(folder: &Path, json: &str, text: &str) -> std::io::Result<()> {
    std::fs::write(folder.join("report.json"), json)?;
    std::fs::write(folder.join("report.txt"), text)
}

fn bless(found: &counts::Counts, bounds: &bounds::Bounds, report: &Report) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    if report.profile == Profile::Full {
        let text = serde_json::to_string_pretty(&matrix::of(&report.mutants))?;
        std::fs::write(folder.join("kills.json"), text + "\n")?;
    }
    let text = serde_json::to_string_pretty(&loom_counterexamples::of(&report.claims))?;
    std::fs::write(folder.join("stories.json"), text + "\n")?;
    // A check that this profile does not run keeps its count and its bound.
    let mut table = bounds::committed().unwrap_or_default();
    table.extend(bounds.clone());
    let text = serde_json::to_string_pretty(&table)?;
    std::fs::write(folder.join("bounds.json"), text + "\n")?;
    let mut all = counts::committed().unwrap_or_default();
    all.extend(found.clone());
    let text = serde_json::to_string_pretty(&all)?;
    std::fs::write(folder.join("counts.json"), text + "\n")
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
