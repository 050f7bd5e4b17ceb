//! The command line: run a program, or compare the runtimes on one of the article's.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::compare::{self, Comparison};
use crate::counts::COUNTS;
use crate::fast::targets;
use crate::interleaved::table;
use crate::processes;
use crate::program::{Program, setting};
use crate::runtimes::{self, RUNTIMES, Visit};
use crate::script::{self, Options, Output, ScriptError, World};

/// The program failed.
pub const EXIT_FAILED: u8 = 2;

/// Benchmarks of gil-core, and a small threaded language to run on it.
#[derive(Parser, Debug)]
#[command(name = "gil-benches", version)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run a program of the language (docs/src/language.md).
    Run(Run),
    /// The article's story: time per user, in one thread and in eight.
    Story(Story),
    /// Two count-downs, one after the other and in two threads.
    Countdown(Size),
    /// Two blocking calls, one after the other and in two threads.
    Select(Size),
    /// Two hashes of a large buffer, outside the lock, one after the other and in two threads.
    Hash(Size),
    /// Attach and detach beside other locks, and the safepoint, with the targets.
    Pairs(Repeated),
    /// Passing the lock to a thread that waits, in three conditions, with the targets.
    #[cfg(target_os = "linux")]
    Handoff(Repeated),
    /// Clone and drop of a counted handle beside Arc and Rc.
    Counts,
    /// Two threads and two objects: one lock for both, or one for each.
    Objects,
}

/// One program, in one runtime.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// The program.
    file: PathBuf,
    /// What `threads()` says.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    threads: u32,
    /// The lock's protocol; `free` is no lock at all.
    #[arg(long, default_value = RUNTIMES[0], value_parser = RUNTIMES.to_vec())]
    protocol: String,
    /// Run the program in so many processes at once, one interpreter in each.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    processes: u32,
    /// The lock's switch interval in microseconds.
    #[arg(long, value_name = "US")]
    switch_interval_us: Option<u64>,
    /// What `setting(name, default)` says, as name=value.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, i64)>,
    /// The number of this process, of those that `--processes` started.
    #[arg(long, hide = true, default_value_t = 0)]
    part: u32,
    /// Print counters of the lock at the end, on standard error.
    #[arg(long)]
    counters: bool,
}

#[derive(Args, Debug)]
struct Story {
    /// How many users.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    users: u32,
    /// How many sessions each has.
    #[arg(long, default_value_t = 150_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    sessions: u32,
    /// In how many threads.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    threads: u32,
    /// Interleaved rounds.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
}

#[derive(Args, Debug)]
struct Size {
    /// How much: numbers to count, milliseconds to wait, or bytes to hash.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    size: Option<u32>,
    /// Interleaved rounds.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
}

#[derive(Args, Debug)]
struct Repeated {
    /// Interleaved rounds: 21 of pairs, 9 of passes.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: Option<u32>,
    /// How often in each round: 2,000,000 pairs, 100 passes.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    count: Option<u64>,
}

/// Does what the arguments say.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Line::parse().command {
        Command::Run(options) => run(&options),
        Command::Story(options) => story(&options),
        Command::Countdown(size) => two(compare::COUNTDOWN, "count", &size),
        Command::Select(size) => two(compare::SELECT, "milliseconds", &size),
        Command::Hash(size) => two(compare::HASH, "bytes", &size),
        Command::Pairs(pairs) => {
            let (rounds, count) = (pairs.rounds.unwrap_or(21), pairs.count.unwrap_or(2_000_000));
            print(&targets::pairs(rounds, count).human())
        }
        #[cfg(target_os = "linux")]
        Command::Handoff(passes) => {
            let (rounds, count) = (passes.rounds.unwrap_or(9), passes.count.unwrap_or(100));
            print(&targets::passes(rounds, count, &mut |what| eprintln!("{what}")).human())
        }
        Command::Counts => print(&table(COUNTS, 21, 2_000_000)),
        Command::Objects => print(&table(crate::objects::OBJECTS, 21, 200_000)),
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

struct InWorld<'a>(&'a Run, &'a str);

impl Visit for InWorld<'_> {
    type Output = Result<(), ScriptError>;
    fn visit<W: World>(self, _: &'static str) -> Self::Output {
        let Self(run, source) = self;
        if let Some(interval) = run.switch_interval_us {
            W::set_switch_interval(Duration::from_micros(interval));
        }
        let options = Options {
            threads: run.threads,
            part: run.part,
            parts: run.processes,
            settings: run.settings.iter().cloned().collect::<BTreeMap<_, _>>(),
        };
        let result = script::run::<W>(source, options, Output::Standard);
        if run.counters {
            match W::counters() {
                Some(counters) => eprintln!("{counters:?}"),
                None => eprintln!("there is no lock"),
            }
        }
        result
    }
}

/// Runs a program.
pub(crate) fn run(run: &Run) -> Result<(), String> {
    if run.processes > 1 && std::env::var_os(processes::IS_PART).is_none() {
        return processes::run(std::env::args_os().skip(1), run.processes);
    }
    let source = read(&run.file)?;
    let ran = runtimes::with(&run.protocol, InWorld(run, &source));
    let ran = ran.ok_or_else(|| format!("there is no protocol `{}`", run.protocol))?;
    ran.map_err(|error| format!("{}, {error}", run.file.display()))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn story(story: &Story) -> Result<(), String> {
    let Story { users, sessions, threads, rounds } = *story;
    let settings = [("users", users), ("sessions", sessions)];
    let comparison = Comparison { program: compare::STORY, threads, rounds, settings: &settings };
    print(&format!("{users} users x {sessions} sessions, {threads} threads, "))?;
    print(&comparison.run()?)?;
    print(&processes::compare(compare::STORY, &settings, threads, rounds)?)
}

fn two(program: Program, what: &'static str, size: &Size) -> Result<(), String> {
    let settings: Vec<_> = size.size.map(|size| (what, size)).into_iter().collect();
    let comparison = Comparison { program, threads: 2, rounds: size.rounds, settings: &settings };
    print(&comparison.run()?)
}
