//! The command line of `gil-bench`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::report::{Report, SCHEMA, machine};
use super::runtime::{self, Runtime};
use super::{echo, short_io};
use crate::command::{EXIT_FAILED, Run, run};
use crate::runtimes::RUNTIMES;

/// Workloads in every runtime, interleaved, beside the interpreters that are found on PATH.
#[derive(Parser, Debug)]
#[command(name = "gil-bench", version, args_conflicts_with_subcommands = true)]
struct Line {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand, Debug)]
enum Part {
    /// One sample: a program in one runtime. The comparison starts these itself.
    #[command(hide = true)]
    Run(Run),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Workload {
    /// A server beside computing threads, and a client in another process.
    Echo,
    /// Short blocking calls beside computing threads.
    ShortIo,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// Tables.
    Human,
    /// Everything, with all samples.
    Json,
}

#[derive(Args, Debug)]
struct Options {
    /// Only these workloads.
    #[arg(value_enum)]
    workloads: Vec<Workload>,
    /// Interleaved rounds.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// In about half a minute: the default protocol, CPython's, the control, and CPython itself.
    #[arg(long)]
    quick: bool,
    /// The runtime whose targets are judged.
    #[arg(long, default_value = RUNTIMES[0], value_parser = RUNTIMES.to_vec())]
    runtime: String,
    /// How to print the results.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Also write results.json and results.txt into this folder.
    #[arg(long, value_name = "FOLDER")]
    out_dir: Option<PathBuf>,
}

/// Does what the arguments say.
#[must_use]
pub fn main() -> ExitCode {
    let Line { part, options } = Line::parse();
    let result = match part {
        Some(Part::Run(sample)) => run(&sample),
        None => compare(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(EXIT_FAILED)
        }
    }
}

fn compare(options: &Options) -> Result<(), String> {
    if let Some(folder) = &options.out_dir {
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    }
    let report = measure(options, &mut |what| eprintln!("{what}"))?;
    let json = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())? + "\n";
    let human = report.human();
    if let Some(folder) = &options.out_dir {
        for (name, text) in [("results.json", &json), ("results.txt", &human)] {
            let file = folder.join(name);
            std::fs::write(&file, text).map_err(|error| failed(&file, &error))?;
        }
    }
    let text = if options.format == Format::Json { json } else { human };
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())
}

fn failed(path: &Path, error: &std::io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

fn measure(options: &Options, progress: &mut dyn FnMut(&str)) -> Result<Report, String> {
    let (mut runtimes, missing) = runtime::all();
    if options.quick {
        let kept = [options.runtime.as_str(), "python3", runtime::CONTROL, runtime::CONTROL_AGAIN];
        runtimes.retain(|Runtime { name, .. }| {
            kept.contains(&name.as_str()) || name.starts_with("CPython")
        });
    }
    let wanted = |workload| options.workloads.is_empty() || options.workloads.contains(&workload);
    let (rounds, quick) = (options.rounds, options.quick);
    let mut report = Report {
        schema: SCHEMA,
        rounds,
        machine: machine(),
        missing,
        rows: Vec::new(),
        targets: Vec::new(),
    };
    if wanted(Workload::Echo) {
        let hogs: &[u32] = if quick { &[1] } else { echo::HOGS };
        let (messages, time) = if quick { (100, 300) } else { (200, 1_000) };
        let size = echo::Size { messages, time: Duration::from_millis(time) };
        let rows = echo::run(&runtimes, hogs, rounds, size, progress)?;
        let cpython = runtimes.iter().find(|runtime| runtime.name.starts_with("CPython"));
        let cpython = cpython.map(|Runtime { name, .. }| name.as_str());
        report.targets.extend(echo::targets(&rows, &options.runtime, cpython));
        report.rows.extend(rows);
    }
    if wanted(Workload::ShortIo) {
        let milliseconds = if quick { 100 } else { 400 };
        let rows = short_io::run(&runtimes, rounds, milliseconds, progress)?;
        report.targets.extend(short_io::targets(&rows, &options.runtime));
        report.rows.extend(rows);
    }
    Ok(report)
}
