//! The article's programs: one state under the lock, a state for each thread without one, and
//! CPython.
//!
//! A program prints lines of a name and a number of microseconds: `sequential`, `threads`, and
//! `again` for a second sequential pass. A round is one pass through all rows; the control is in it
//! twice.

use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::{Table, presets};
use gil_bench::bench::samples::Range;

use crate::output::Output;
use crate::program::{Options, Program};
use crate::protocols::{self, SEPARATE};
use crate::python;
use crate::state::run;

/// A program of the article, in Lua and in Python.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Its name.
    pub name: &'static str,
    /// In Lua.
    pub lua: &'static str,
    /// The same in Python.
    pub python: &'static str,
    /// The setting for the size.
    pub size: &'static str,
    /// The default size, so that a round takes some seconds.
    pub default: i64,
    /// The number of threads.
    pub threads: u32,
}

macro_rules! pair {
    ($name:literal, $size:literal, $default:literal, $threads:literal) => {
        Pair {
            name: $name,
            lua: include_str!(concat!("../programs/", $name, ".lua")),
            python: include_str!(concat!("../../programs/", $name, ".py")),
            size: $size,
            default: $default,
            threads: $threads,
        }
    };
}

/// The programs that print `sequential`, `threads` and `again`.
pub static PROGRAMS: &[Pair] = &[
    pair!("countdown", "count", 5_000_000, 2),
    pair!("select", "milliseconds", 100, 2),
    pair!("hash", "bytes", 33_554_432, 2),
    pair!("story", "sessions", 30_000, 8),
];

/// Microseconds by name, in the order of the names.
pub type Times = BTreeMap<String, f64>;

/// How a program runs: a row of a table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name in the table.
    pub name: &'static str,
    /// The protocol, or [`SEPARATE`].
    pub protocol: &'static str,
    /// See [`Options::hook_count`].
    pub hook_count: Option<u32>,
}

impl Row {
    const fn locked(protocol: &'static str) -> Self {
        Self { name: protocol, protocol, hook_count: Some(crate::hook::HOOK_COUNT) }
    }

    /// Runs a program once.
    ///
    /// # Errors
    /// When it fails, or prints a line that is not a name and a number.
    pub fn once(&self, pair: &Pair, size: i64) -> Result<Times, String> {
        let lock = protocols::lock(self.protocol);
        let lock = lock.ok_or_else(|| format!("there is no protocol `{}`", self.protocol))?;
        let options = Options {
            threads: pair.threads,
            settings: [(pair.size.to_owned(), size)].into(),
            hook_count: self.hook_count,
        };
        let output = Output::memory();
        let ran = run(&Program::new(pair.name, pair.lua), options, lock, output.clone());
        ran.map_err(|error| format!("{} under {}: {error}", pair.name, self.name))?;
        times(&output.text())
    }
}

/// The rows of a comparison; the control without a lock and a hook is in it twice.
pub const ROWS: &[Row] = &[
    Row::locked("handoff"),
    Row::locked("python3"),
    Row::locked("python2"),
    Row::locked("ocaml"),
    Row { name: "separate states", protocol: SEPARATE, hook_count: None },
    Row { name: "separate (A/A)", protocol: SEPARATE, hook_count: None },
];

/// The rows of the table of the hook's cost; plain Lua first, then again.
pub const COSTS: &[Row] = &[
    Row { name: "plain Lua", protocol: SEPARATE, hook_count: None },
    Row { name: "plain Lua (A/A)", protocol: SEPARATE, hook_count: None },
    Row { name: "attached, no hook", protocol: "handoff", hook_count: None },
    Row { name: "hook every 100,000", protocol: "handoff", hook_count: Some(100_000) },
    Row { name: "hook every 10,000", protocol: "handoff", hook_count: Some(10_000) },
    Row { name: "hook every 1,000", protocol: "handoff", hook_count: Some(1_000) },
    Row { name: "hook every 100", protocol: "handoff", hook_count: Some(100) },
    Row { name: "hook every 10", protocol: "handoff", hook_count: Some(10) },
];

/// The output of a program.
///
/// # Errors
/// When a line is not a name and a number.
pub fn times(text: &str) -> Result<Times, String> {
    let line = |line: &str| {
        let (name, number) = line.split_once(char::is_whitespace)?;
        Some((name.to_owned(), number.trim().parse().ok()?))
    };
    text.lines()
        .map(|text| line(text).ok_or_else(|| format!("`{text}` is not a name and a number")))
        .collect()
}

fn named(times: &[Times], name: &str) -> Vec<f64> {
    times.iter().map(|times| times.get(name).copied().unwrap_or(f64::NAN)).collect()
}

fn milliseconds(us: &[f64]) -> String {
    format!("{:.1}", Range::of(us.iter().map(|us| us / 1e3)))
}

/// One program in some rows and in CPython, as a table.
///
/// # Errors
/// When a run fails. A missing CPython is a line under the table.
pub fn table(pair: &Pair, rows: &[Row], size: i64, rounds: u32) -> Result<String, String> {
    let version = python::version();
    let mut measured: Vec<Vec<Times>> = vec![Vec::new(); rows.len()];
    let mut by_python = Vec::new();
    for _ in 0..rounds {
        for (row, measured) in rows.iter().zip(&mut measured) {
            measured.push(row.once(pair, size)?);
        }
        if version.is_some() {
            by_python.push(times(&python::run(pair, size)?)?);
        }
    }
    let names = rows.iter().map(|row| row.name).chain(version.as_deref());
    let named_times = names.zip(measured.iter().chain([&by_python]));
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "sequential, ms", "threads, ms", "threads / sequential", "A/A"]);
    for (name, times) in named_times {
        let (alone, split) = (named(times, "sequential"), named(times, "threads"));
        let again = named(times, "again");
        table.add_row([
            name.to_owned(),
            milliseconds(&alone),
            milliseconds(&split),
            format!("{:.2}", Range::of_ratios(&split, &alone)),
            format!("{:.2}", Range::of_ratios(&again, &alone)),
        ]);
    }
    let Pair { name, size: what, threads, .. } = pair;
    let mut text = format!(
        "\n{name}, {what} = {size}, {threads} threads, {rounds} interleaved rounds, median [range]\n{table}\n"
    );
    if version.is_none() {
        let _ = writeln!(text, "python3 is not on PATH; the Debian package is `python3`");
    }
    Ok(text)
}

/// The cost of being attached and of the hook for one thread, as a table.
///
/// # Errors
/// When a run fails.
pub fn costs(pair: &Pair, size: i64, rounds: u32) -> Result<String, String> {
    let mut measured: Vec<Vec<f64>> = vec![Vec::new(); COSTS.len()];
    for _ in 0..rounds {
        for (row, measured) in COSTS.iter().zip(&mut measured) {
            measured.extend(row.once(pair, size)?.get("sequential"));
        }
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["", "sequential, ms", "/ plain Lua"]);
    for (row, us) in COSTS.iter().zip(&measured) {
        let ratio = format!("{:.2}", Range::of_ratios(us, &measured[0]));
        table.add_row([row.name.to_owned(), milliseconds(us), ratio]);
    }
    let Pair { name, size: what, .. } = pair;
    Ok(format!(
        "\n{name}, {what} = {size}, one thread, {rounds} interleaved rounds, median [range]\n{table}\n"
    ))
}
