//! `gil-bench compare` and `gil-bench story`: workloads in every runtime.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::print;
use crate::bench::comparison::Comparison;
use crate::bench::reports::{Report, page, plots};
use crate::bench::runtimes::WORLDS;
use crate::bench::workloads::{Scale, Sizes, WORKLOADS, Workload, named};

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
pub(super) struct Compare {
    /// Only these workloads.
    #[arg(value_enum)]
    workloads: Vec<Choice>,
    #[command(flatten)]
    options: Options,
}

#[derive(Args, Debug)]
pub(super) struct Story {
    /// The number of users.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    users: Option<u32>,
    /// The number of sessions of each user.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    sessions: Option<u32>,
    /// The number of threads, and of processes.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    threads: Option<u32>,
    #[command(flatten)]
    options: Options,
}

/// The common arguments of both commands.
#[derive(Args, Debug)]
struct Options {
    /// Interleaved rounds.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Take about half a minute: the default protocol, CPython's, the control, and CPython itself.
    #[arg(long)]
    quick: bool,
    /// Only check that everything runs: the smallest sizes, whose figures have no meaning.
    #[arg(long, hide = true)]
    smoke: bool,
    /// The runtime whose targets are judged.
    #[arg(long, default_value = WORLDS[0], value_parser = WORLDS.to_vec())]
    runtime: String,
    /// How to print the results.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Also write results.json, results.txt, page.html and a chart of each figure into this folder.
    #[arg(long, value_name = "FOLDER")]
    out_dir: Option<PathBuf>,
}

impl Compare {
    pub(super) fn run(self) -> Result<(), String> {
        let workloads = self.workloads.iter().map(|Choice(workload)| *workload).collect();
        self.options.run(workloads, Sizes::new())
    }
}

impl Story {
    pub(super) fn run(self) -> Result<(), String> {
        let workloads = ["story", "processes"].into_iter().filter_map(named).collect();
        let Self { users, sessions, threads, options } = self;
        let given = [("users", users), ("sessions", sessions), ("threads", threads)];
        let sizes = given.into_iter().filter_map(|(name, size)| Some((name, size?))).collect();
        options.run(workloads, sizes)
    }
}

impl Options {
    fn run(self, workloads: Vec<&'static Workload>, sizes: Sizes) -> Result<(), String> {
        let Self { rounds, quick, smoke, runtime, format, out_dir } = self;
        if let Some(folder) = &out_dir {
            std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        }
        let scale = match (smoke, quick) {
            (true, _) => Scale::Smoke,
            (_, true) => Scale::Quick,
            _ => Scale::Full,
        };
        let comparison = Comparison { workloads, rounds, scale, quick, judged: runtime, sizes };
        let report = comparison.run(&mut |what| eprintln!("{what}"))?;
        let json = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())? + "\n";
        let human = report.human();
        if let Some(folder) = &out_dir {
            write(folder, &report, &json, &human)?;
        }
        print(if format == Format::Json { &json } else { &human })
    }
}

fn write(folder: &Path, report: &Report, json: &str, human: &str) -> Result<(), String> {
    let plots = plots(report)?;
    let page = page(report, &plots);
    let results = [("results.json", json), ("results.txt", human), ("page.html", &page)];
    let results = results.map(|(name, text)| (name.to_owned(), text));
    let charts = plots.iter().map(|plot| (plot.file_name(), plot.svg.as_str()));
    for (name, text) in results.into_iter().chain(charts) {
        let file = folder.join(name);
        std::fs::write(&file, text).map_err(|error| failed(&file, &error))?;
    }
    Ok(())
}

fn failed(path: &Path, error: &std::io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}
