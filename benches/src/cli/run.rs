//! `gil-bench run`: one program of the small language, in one runtime.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::{Failure, processes};
use crate::bench::runtimes::{Visit, WORLDS, setting, with};
use crate::lang::{self, Options, Output, ScriptError, World};

#[derive(Args, Debug)]
pub(super) struct Run {
    /// The program.
    file: PathBuf,
    /// The value of `threads()`.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    threads: u32,
    /// The lock's protocol; `free` has no lock.
    #[arg(long, default_value = WORLDS[0], value_parser = WORLDS.to_vec())]
    protocol: String,
    /// Run the program in N processes at once, one interpreter in each.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=1_000)
    )]
    processes: u32,
    /// The lock's switch interval in microseconds.
    #[arg(long, value_name = "US")]
    switch_interval_us: Option<u64>,
    /// The value of `setting(name, default)`, as name=value.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, i64)>,
    /// The number of this process, of those that `--processes` started.
    #[arg(long, hide = true, default_value_t = 0)]
    part: u32,
    /// Print counters of the lock at the end, and its longest unanswered switch request, on
    /// standard error.
    #[arg(long)]
    counters: bool,
}

struct InWorld<'a>(&'a Run, &'a str);

impl Visit for InWorld<'_> {
    type Output = Result<(), ScriptError>;
    fn visit<W: World>(self) -> Self::Output {
        let Self(run, source) = self;
        if let Some(interval) = run.switch_interval_us {
            W::set_switch_interval(Duration::from_micros(interval));
        }
        let options = Options {
            threads: run.threads,
            part: run.part,
            parts: run.processes,
            settings: run.settings.iter().cloned().collect(),
        };
        let requests = if run.counters { W::watch_requests() } else { None };
        let result = lang::run::<W>(source, options, Output::Standard);
        if run.counters {
            match (W::counters(), requests) {
                (Some(counters), Some(requests)) => eprintln!("{counters:?}\n{}", requests.text()),
                _ => eprintln!("there is no lock"),
            }
        }
        result
    }
}

impl Run {
    pub(super) fn run(&self) -> Result<(), Failure> {
        if self.processes > 1 && !processes::is_part() {
            return Ok(processes::run(std::env::args_os().skip(1), self.processes)?);
        }
        let source = read(&self.file)?;
        let ran = with(&self.protocol, InWorld(self, &source));
        let ran = ran.ok_or_else(|| format!("there is no protocol `{}`", self.protocol))?;
        Ok(ran.map_err(|error| format!("{}, {error}", self.file.display()))?)
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))
}
