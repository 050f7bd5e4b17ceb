//! The results of a workload: raw samples, and tables of medians and ranges made of them.

use comfy_table::{Table, presets};
use serde::Serialize;

use super::verdict::{Limit, Verdict, judge};
use crate::interleaved::Range;

/// The version of the JSON.
pub const SCHEMA: &str = "gil-bench/1";

/// One figure of one runtime: a sample of each round.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The workload and its size: `echo, 4 hogs`.
    pub case: String,
    /// The runtime.
    pub runtime: String,
    /// What the samples are, with the unit: `p50_us`.
    pub what: &'static str,
    /// In the order of the rounds.
    pub samples: Vec<f64>,
}

/// A target of the project, and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Target {
    /// In words.
    pub what: String,
    /// The limit.
    #[serde(flatten)]
    pub limit: Limit,
    /// Ratios or shares, one for each round.
    pub samples: Vec<f64>,
    /// What they say.
    pub verdict: Verdict,
}

impl Target {
    /// Judges the samples.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub fn new(what: impl Into<String>, limit: Limit, samples: Vec<f64>) -> Self {
        let verdict = judge(&samples, limit);
        Self { what: what.into(), limit, samples, verdict }
    }
}

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// How many interleaved rounds.
    pub rounds: u32,
    /// Where: kernel, processor, compiler, versions.
    pub machine: Vec<(String, String)>,
    /// Interpreters that were not found.
    pub missing: Vec<String>,
    /// The samples.
    pub rows: Vec<Row>,
    /// The targets.
    pub targets: Vec<Target>,
}

/// What the figures are of. A version that the build does not know is said to be unknown.
#[must_use]
pub fn machine() -> Vec<(String, String)> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let output = |program: &str, arguments: &[&str]| {
        let output = std::process::Command::new(program).args(arguments).output();
        let text = output.ok().filter(|output| output.status.success());
        text.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let unknown = || "unknown".to_owned();
    let lock = include_str!("../../../Cargo.lock");
    let parking_lot = lock.split("name = \"parking_lot\"\nversion = \"").nth(1);
    let parking_lot = parking_lot.and_then(|rest| rest.split('"').next()).unwrap_or("unknown");
    [
        ("kernel", read("/proc/sys/kernel/osrelease").trim().to_owned()),
        ("processor", cpu.map_or_else(unknown, |(_, name)| name.to_owned())),
        ("cores", cores.to_string()),
        ("load before", read("/proc/loadavg").trim().to_owned()),
        ("rustc", output("rustc", &["--version"]).unwrap_or_else(unknown)),
        ("commit", output("git", &["rev-parse", "HEAD"]).unwrap_or_else(unknown)),
        ("gil-core", env!("CARGO_PKG_VERSION").to_owned()),
        ("parking_lot", parking_lot.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

impl Report {
    /// For people.
    #[must_use]
    pub fn human(&self) -> String {
        let mut text = format!("{} interleaved rounds, median [range]\n", self.rounds);
        for (name, value) in &self.machine {
            text += &format!("  {name}: {value}\n");
        }
        let mut cases: Vec<&str> = self.rows.iter().map(|row| row.case.as_str()).collect();
        cases.dedup();
        for case in cases {
            text += &format!("\n{case}\n{}\n", self.table(case));
        }
        text += "\ntargets: met is a median within the limit, not met a 95 % interval wholly beyond it\n";
        for Target { what, limit, samples, verdict } in &self.targets {
            let limit = match limit {
                Limit::AtMost(most) => format!("<= {most}"),
                Limit::AtLeast(least) => format!(">= {least}"),
            };
            let range = Range::of(samples.iter().copied());
            text += &format!("  {:8} {what} {limit}: {range:.3}\n", verdict.words());
        }
        for missing in &self.missing {
            text += &format!("{missing}\n");
        }
        text
    }

    fn table(&self, case: &str) -> Table {
        let rows = || self.rows.iter().filter(|row| row.case == case);
        let mut columns: Vec<&str> = Vec::new();
        let mut runtimes: Vec<&str> = Vec::new();
        for row in rows() {
            if !columns.contains(&row.what) {
                columns.push(row.what);
            }
            if !runtimes.contains(&row.runtime.as_str()) {
                runtimes.push(&row.runtime);
            }
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["runtime"].into_iter().chain(columns.iter().copied()));
        for runtime in runtimes {
            let cell = |what: &&str| {
                let row = rows().find(|row| row.runtime == runtime && row.what == *what);
                row.map_or("-".to_owned(), |row| {
                    let range = Range::of(row.samples.iter().copied());
                    if range.median < 10.0 { format!("{range:.2}") } else { format!("{range:.0}") }
                })
            };
            table.add_row([runtime.to_owned()].into_iter().chain(columns.iter().map(cell)));
        }
        table
    }
}

/// The ratio of two rows' samples, round by round.
#[must_use]
pub fn ratios(samples: &[f64], to: &[f64]) -> Vec<f64> {
    samples.iter().zip(to).map(|(value, to)| value / to.max(f64::MIN_POSITIVE)).collect()
}

/// The samples of a figure, nothing when it was not measured.
#[must_use]
pub fn samples(rows: &[Row], case: &str, runtime: &str, what: &str) -> Vec<f64> {
    let found =
        rows.iter().find(|row| row.case == case && row.runtime == runtime && row.what == what);
    found.map(|row| row.samples.clone()).unwrap_or_default()
}
