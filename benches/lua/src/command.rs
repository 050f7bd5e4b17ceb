//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gil_bench::bench::protocols::OFFERED;
use gil_bench::bench::runtimes::setting;
use gil_bench::cli::{EXIT_FAILED, EXIT_USAGE};

use crate::compare::{self, PROGRAMS, Pair, ROWS, Row};
use crate::echo;
use crate::error::LuaError;
use crate::hook::HOOK_COUNT;
use crate::output::{self, Output};
use crate::program::{Options, Program};
use crate::protocols::{self, SEPARATE, names};
use crate::state;

/// Lua 5.4 on gil-core: several threads in one Lua state.
///
/// Exit codes: 0, 1 the program or the comparison failed, 2 usage.
#[derive(Parser, Debug)]
#[command(name = "gil-lua", version)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run a program (docs/src/lua.md).
    Run(Run),
    /// The article's programs under several protocols, in separate states, and in CPython.
    Compare(Compare),
    /// The cost of the hook for one thread, compared with plain Lua.
    Cost(Rounds),
}

/// One program under one protocol.
#[derive(Args, Debug)]
struct Run {
    /// The program.
    file: PathBuf,
    /// The value of `threads()`.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    threads: u32,
    /// The lock's protocol; `separate` has no lock, and a state for each thread.
    #[arg(long, default_value = OFFERED[0], value_parser = names().collect::<Vec<_>>())]
    protocol: String,
    /// The lock's switch interval in microseconds.
    #[arg(long, value_name = "US")]
    switch_interval_us: Option<u64>,
    /// The number of instructions of Lua's virtual machine between safepoints; 0: none, plain Lua.
    #[arg(long, value_name = "COUNT", default_value_t = HOOK_COUNT)]
    hook_count: u32,
    /// The value of `setting(name, default)`, as name=value.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, i64)>,
    /// Print counters of the lock at the end, and its longest unanswered switch request, on
    /// standard error.
    #[arg(long)]
    counters: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Workload {
    Countdown,
    Select,
    Hash,
    Story,
    Echo,
}

#[derive(Args, Debug)]
struct Rounds {
    /// Interleaved rounds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Divide the size of the work by this.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    divide: u32,
}

#[derive(Args, Debug)]
struct Compare {
    /// Only these programs.
    #[arg(value_enum)]
    workloads: Vec<Workload>,
    /// Only under these protocols, and in CPython. `echo` omits `python2` unless it is named: it
    /// may take minutes for a hundred messages alongside a CPU-bound thread.
    #[arg(long, value_delimiter = ',', value_parser = compared())]
    protocols: Vec<String>,
    #[command(flatten)]
    rounds: Rounds,
}

/// The protocols of a comparison.
fn compared() -> Vec<&'static str> {
    let mut names: Vec<_> = ROWS.iter().map(|row| row.protocol).collect();
    names.dedup(); // the control comes twice
    names
}

/// Runs the arguments' command.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Line::parse().command {
        Command::Run(run) => run.run().map_err(|error| {
            let usage = matches!(error, LuaError::Read { .. });
            (error.to_string(), if usage { EXIT_USAGE } else { EXIT_FAILED })
        }),
        Command::Compare(compare) => compare.run().map_err(|message| (message, EXIT_FAILED)),
        Command::Cost(rounds) => rounds.costs().map_err(|message| (message, EXIT_FAILED)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err((message, code)) => {
            eprintln!("error: {message}");
            ExitCode::from(code)
        }
    }
}

fn print(text: &str) -> Result<(), String> {
    output::print(&Output::Standard, text.as_bytes()).map_err(|error| error.to_string())
}

/// Says what takes the next seconds.
fn begins(what: &str, rounds: u32) {
    eprintln!("{what}: {rounds} rounds of each row");
}

fn size(pair: &Pair, divide: u32) -> i64 {
    (pair.default / i64::from(divide)).max(1)
}

impl Rounds {
    fn costs(&self) -> Result<(), String> {
        for pair in PROGRAMS.iter().filter(|pair| matches!(pair.name, "countdown" | "story")) {
            begins(pair.name, self.rounds);
            print(&compare::costs(pair, size(pair, self.divide), self.rounds)?)?;
        }
        Ok(())
    }
}

impl Compare {
    fn run(&self) -> Result<(), String> {
        let Rounds { rounds, divide } = self.rounds;
        let named = |row: &Row| self.protocols.iter().any(|name| name == row.protocol);
        let chosen = |row: &Row| self.protocols.is_empty() || named(row);
        let rows: Vec<Row> = ROWS.iter().filter(|row| chosen(row)).copied().collect();
        let wanted = |one| self.workloads.is_empty() || self.workloads.contains(&one);
        let workloads = [Workload::Countdown, Workload::Select, Workload::Hash, Workload::Story];
        for (pair, workload) in PROGRAMS.iter().zip(workloads) {
            if wanted(workload) {
                begins(pair.name, rounds);
                print(&compare::table(pair, &rows, size(pair, divide), rounds)?)?;
            }
        }
        if wanted(Workload::Echo) {
            let answers = |row: &Row| row.protocol != "python2" || named(row);
            let rows: Vec<Row> = rows.into_iter().filter(answers).collect();
            for hogs in [1, 4] {
                begins(&format!("echo next to {hogs} computing"), rounds);
                print(&echo::table(&rows, hogs, (100 / divide).max(1), rounds)?)?;
            }
        }
        Ok(())
    }
}

impl Run {
    fn run(&self) -> Result<(), LuaError> {
        let program = Program::read(&self.file)?;
        let name = self.protocol.as_str();
        let Some(lock) = protocols::lock(name) else {
            unreachable!("the argument's parser knows the names")
        };
        if let Some(interval) = self.switch_interval_us {
            lock.set_switch_interval(Duration::from_micros(interval));
        }
        let options = Options {
            threads: self.threads,
            settings: self.settings.iter().cloned().collect(),
            hook_count: (self.hook_count > 0 && name != SEPARATE).then_some(self.hook_count),
        };
        let requests = if self.counters { lock.watch_requests() } else { None };
        let result = state::run(&program, options, lock.clone(), Output::Standard);
        if self.counters {
            match (lock.counters(), requests) {
                (Some(counters), Some(requests)) => eprintln!("{counters:?}\n{}", requests.text()),
                _ => eprintln!("there is no lock"),
            }
        }
        result
    }
}
