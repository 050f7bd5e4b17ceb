//! The command line of `gil-bench`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::figures::Rows;
use super::interpreters;
use super::machine::machine;
use super::report::{Report, SCHEMA};
use super::runtime::{self, Runtime};
use super::workload::{Scale, Workload};
use super::workloads::{QUICK, WORKLOADS, named};
use super::{page, plot};
use crate::command::{EXIT_FAILED, Run, run};
use crate::program::setting;
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
    /// One sample without any interpreter.
    #[command(hide = true)]
    Native {
        /// The workload.
        workload: String,
        /// What it is told, as name=value.
        #[arg(value_name = "NAME=VALUE", value_parser = setting)]
        settings: Vec<(String, i64)>,
    },
}

/// A workload by name.
#[derive(Clone, Copy, Debug)]
struct Choice(&'static Workload);

impl ValueEnum for Choice {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Choice; WORKLOADS.len()] = {
            let mut all = [Choice(&WORKLOADS[0]); WORKLOADS.len()];
            let mut place = 0;
            while place < all.len() {
                all[place] = Choice(&WORKLOADS[place]);
                place += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name).help(self.0.about))
    }
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
    workloads: Vec<Choice>,
    /// Interleaved rounds.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// In about half a minute: the default protocol, CPython's, the control, and CPython itself.
    #[arg(long)]
    quick: bool,
    /// Only that everything runs: the smallest sizes, whose figures mean nothing.
    #[arg(long, hide = true)]
    smoke: bool,
    /// The runtime whose targets are judged.
    #[arg(long, default_value = RUNTIMES[0], value_parser = RUNTIMES.to_vec())]
    runtime: String,
    /// How to print the results.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Also write results.json, results.txt, page.html and a chart of each figure into this folder.
    #[arg(long, value_name = "FOLDER")]
    out_dir: Option<PathBuf>,
}

/// Does what the arguments say.
#[must_use]
pub fn main() -> ExitCode {
    let Line { part, options } = Line::parse();
    let result = match part {
        Some(Part::Run(sample)) => run(&sample),
        Some(Part::Native { workload, settings }) => native(&workload, settings),
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

fn native(workload: &str, settings: Vec<(String, i64)>) -> Result<(), String> {
    let native = named(workload).and_then(|workload| workload.native);
    let native = native.ok_or_else(|| format!("there is no native `{workload}`"))?;
    native(&settings.into_iter().collect())
}

fn compare(options: &Options) -> Result<(), String> {
    if let Some(folder) = &options.out_dir {
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    }
    let report = measure(options, &mut |what| eprintln!("{what}"))?;
    let json = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())? + "\n";
    let human = report.human();
    if let Some(folder) = &options.out_dir {
        let plots = plot::plots(&report)?;
        let page = page::page(&report, &plots);
        let results = [("results.json", &json), ("results.txt", &human), ("page.html", &page)];
        let results = results.map(|(name, text)| (name.to_owned(), text));
        for (name, text) in results.into_iter().chain(plots.iter().map(|p| (p.file_name(), &p.svg)))
        {
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
    let Options { rounds, quick, smoke, .. } = *options;
    let (interpreters, missing) = interpreters::find();
    let mut runtimes = runtime::own();
    runtimes.extend(interpreters);
    let scale = match (smoke, quick) {
        (true, _) => Scale::Smoke,
        (_, true) => Scale::Quick,
        _ => Scale::Full,
    };
    if quick {
        runtimes.retain(|runtime| runtime.is_quick(&options.runtime));
    }
    let chosen: Vec<&Workload> = match options.workloads.as_slice() {
        [] if quick => QUICK.iter().filter_map(|name| named(name)).collect(),
        [] => WORKLOADS.iter().collect(),
        chosen => chosen.iter().map(|Choice(workload)| *workload).collect(),
    };
    let cpython = runtimes.iter().find(|runtime| runtime.is_cpython());
    let cpython = cpython.map(|Runtime { name, .. }| name.as_str());
    let machine = machine();
    let (mut rows, mut targets) = (Rows::default(), Vec::new());
    for workload in chosen {
        workload.measure(&runtimes, rounds, scale, &mut rows, progress)?;
        targets.extend(workload.judge(&rows, &options.runtime, cpython));
    }
    let runtimes = runtimes.into_iter().map(|runtime| runtime.name).collect();
    Ok(Report { schema: SCHEMA, rounds, machine, runtimes, missing, rows, targets })
}
