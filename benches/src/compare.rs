//! One program in every runtime, in interleaved rounds, beside CPython.
//!
//! A program prints lines of a name and a number of microseconds: `sequential`, `threads`, and
//! `again` for sequential once more, the A/A row. A round is one pass through all runtimes.

use std::collections::BTreeMap;
use std::process::Command;

use comfy_table::{Table, presets};
use gil_core::Counters;

use crate::interleaved::Range;
pub use crate::program::Program;
use crate::program::{printed, program};
use crate::runtimes::{self, Visit};
use crate::script::{self, Options, Output, World};

/// Time per user.
pub const STORY: Program = program!("story", python: "py");
/// Two count-downs.
pub const COUNTDOWN: Program = program!("countdown", python: "py");
/// Two blocking calls.
pub const SELECT: Program = program!("select", python: "py");
/// Two hashes.
pub const HASH: Program = program!("hash", python: "py");

/// The runtimes that are compared, in the order of a round; the control comes twice, the second
/// time as its own A/A row.
const COMPARED: &[&str] = &["handoff", "python3", "python2", "free", "free"];

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// The program.
    pub program: Program,
    /// What `threads()` says.
    pub threads: u32,
    /// How many rounds.
    pub rounds: u32,
    /// Its settings.
    pub settings: &'a [(&'static str, u32)],
}

/// What one run printed: microseconds by name.
pub type Times = BTreeMap<String, f64>;

/// All runs of one runtime.
#[derive(Default)]
struct Row {
    name: String,
    times: Vec<Times>,
    /// Switches, forced ones, wake-ups, and those for nothing, of all rounds.
    counted: Option<[u64; 4]>,
}

struct Once<'a>(&'a Comparison<'a>);

impl Visit for Once<'_> {
    type Output = Result<(Times, Option<[u64; 4]>), String>;
    fn visit<W: World>(self, name: &'static str) -> Self::Output {
        let Comparison { program, threads, settings, .. } = *self.0;
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
        let options = Options { threads, settings: settings.collect(), ..Options::default() };
        let (output, before) = (Output::memory(), W::counters());
        let source = program.gil.ok_or_else(|| missing(program.name))?;
        let ran = script::run::<W>(source, options, output.clone());
        ran.map_err(|error| format!("under {name}, {error}"))?;
        let counted = before.zip(W::counters()).map(|(before, after)| counted(before, after));
        Ok((times(&output.text())?, counted))
    }
}

/// The times in what a program printed, by name.
fn times(text: &str) -> Result<Times, String> {
    Ok(printed(text)?.into_iter().collect())
}

/// One run of a program in a runtime: its times.
///
/// # Errors
/// What the program fails with, or that there is no such runtime.
pub fn once(runtime: &str, comparison: &Comparison<'_>) -> Result<Times, String> {
    let ran = runtimes::with(runtime, Once(comparison));
    ran.ok_or_else(|| format!("there is no runtime `{runtime}`"))?.map(|(times, ..)| times)
}

impl Comparison<'_> {
    /// Runs all rounds; the result as a table.
    ///
    /// # Errors
    /// What a program fails with.
    pub fn run(&self) -> Result<String, String> {
        let names = COMPARED.iter().map(|name| (*name).to_owned());
        let mut rows: Vec<_> = names.map(|name| Row { name, ..Row::default() }).collect();
        let mut python = python_version().map(|name| Row { name, ..Row::default() });
        for round in 0..self.rounds as usize {
            // Each round begins elsewhere: to come first costs something.
            for place in 0..COMPARED.len() {
                let place = (round + place) % COMPARED.len();
                let ran = runtimes::with(COMPARED[place], Once(self));
                let (times, counted) = ran.ok_or("a runtime is missing")??;
                rows[place].times.push(times);
                rows[place].count(counted);
            }
            if let Some(row) = &mut python {
                row.times.push(self.run_python()?);
            }
        }
        let last = rows.len() - 1;
        rows[last].name += " again (A/A)";
        rows.extend(python);
        let missing = "\npython3 is not on PATH; the Debian package is `python3`\n";
        let missing = if rows.len() == COMPARED.len() { missing } else { "" };
        Ok(format!(
            "{} interleaved rounds, median [range]\n{}\n{missing}",
            self.rounds,
            show(&rows)
        ))
    }

    fn run_python(&self) -> Result<Times, String> {
        let mut command = Command::new("python3");
        let source = self.program.python.ok_or_else(|| missing(self.program.name))?;
        command.args(["-c", source, &format!("threads={}", self.threads)]);
        command.args(self.settings.iter().map(|(name, value)| format!("{name}={value}")));
        let output = command.output().map_err(|error| format!("python3: {error}"))?;
        if !output.status.success() {
            return Err(format!("python3: {}", String::from_utf8_lossy(&output.stderr)));
        }
        times(&String::from_utf8_lossy(&output.stdout))
    }
}

fn missing(name: &str) -> String {
    format!("there is no such program of `{name}`")
}

/// `python3 --version`, if there is one.
fn python_version() -> Option<String> {
    let output = Command::new("python3").arg("--version").output().ok()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().replace("Python", "CPython");
    output.status.success().then_some(version)
}

impl Row {
    fn count(&mut self, counted: Option<[u64; 4]>) {
        let sum = |before: [u64; 4]| counted.map(|new| std::array::from_fn(|i| before[i] + new[i]));
        self.counted = self.counted.map_or(counted, sum);
    }

    fn microseconds(&self, name: &str) -> Vec<f64> {
        self.times.iter().map(|times| times.get(name).copied().unwrap_or(f64::NAN)).collect()
    }
}

fn counted(before: Counters, after: Counters) -> [u64; 4] {
    [
        after.switches - before.switches,
        after.forced_releases - before.forced_releases,
        after.wakeups - before.wakeups,
        after.wasted_wakeups - before.wasted_wakeups,
    ]
}

/// Time in the middle, ratios with their ranges, also to the control's threads; what the lock did in a
/// round.
fn show(rows: &[Row]) -> Table {
    let mut table = Table::new();
    let counts = ["switches", "forced_releases", "woken", "in vain"];
    let first =
        ["runtime", "sequential", "threads", "threads / sequential", "A/A", "threads / free"];
    table.load_style(presets::NOTHING).set_header(first.into_iter().chain(counts));
    let free = rows.iter().find(|row| row.name == "free").map(|row| row.microseconds("threads"));
    for row in rows {
        let (alone, split) = (row.microseconds("sequential"), row.microseconds("threads"));
        let again = row.microseconds("again");
        let ms = |us: &[f64]| format!("{:.1} ms", Range::of(us.iter().copied()).median / 1e3);
        let beside = free.as_ref().map(|free| Range::of_ratios(&split, free).to_string());
        let mut cells = vec![
            row.name.clone(),
            ms(&alone),
            ms(&split),
            Range::of_ratios(&split, &alone).to_string(),
            Range::of_ratios(&again, &alone).to_string(),
            beside.unwrap_or_else(|| "-".to_owned()),
        ];
        let runs = row.times.len() as u64;
        match row.counted {
            Some(counted) => cells.extend(counted.map(|all| (all / runs).to_string())),
            None => cells.extend(counts.map(|_| "-".to_owned())),
        }
        table.add_row(cells);
    }
    table
}
