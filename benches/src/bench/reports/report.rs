//! The results: raw samples, and tables of medians and ranges.

use comfy_table::{Table, presets};
use serde::Serialize;

use super::machine::machine;
use crate::bench::samples::{Range, Row, Rows, distinct};
use crate::bench::targets::{Limit, Target};

/// The version of the JSON.
pub const SCHEMA: &str = "gil-bench/1";

/// All results.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// How many interleaved rounds.
    pub rounds: u32,
    /// The environment: kernel, processor, compiler, versions.
    pub machine: Vec<(String, String)>,
    /// The runtimes, of interpreters with their versions.
    pub runtimes: Vec<String>,
    /// Interpreters that were not found.
    pub missing: Vec<String>,
    /// The samples.
    pub rows: Rows,
    /// The targets.
    pub targets: Vec<Target>,
}

impl Report {
    /// A report without rows, of this machine.
    #[must_use]
    pub fn of(rounds: u32) -> Self {
        Self {
            schema: SCHEMA,
            rounds,
            machine: machine(),
            runtimes: Vec::new(),
            missing: Vec::new(),
            rows: Rows::default(),
            targets: Vec::new(),
        }
    }

    /// As text.
    #[must_use]
    pub fn human(&self) -> String {
        let mut text = format!("{} interleaved rounds, median [range]\n", self.rounds);
        for (name, value) in &self.machine {
            text += &format!("  {name}: {value}\n");
        }
        for case in self.rows.cases() {
            text += &format!("\n{case}\n{}\n", self.table(case));
        }
        text += "\ntargets: met is a median within the limit, not met a 95 % interval wholly beyond it\n";
        for Target { what, limit, samples, verdict } in &self.targets {
            let limit = match limit {
                Limit::AtMost(most) => format!("<= {most:.3}"),
                Limit::AtLeast(least) => format!(">= {least:.3}"),
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
        let rows: Vec<&Row> = self.rows.0.iter().filter(|row| row.case == case).collect();
        let columns = distinct(rows.iter().map(|row| row.what));
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["runtime"].into_iter().chain(columns.iter().copied()));
        for runtime in distinct(rows.iter().map(|row| row.runtime.as_str())) {
            let cell = |what: &&str| {
                let row = rows.iter().find(|row| row.runtime == runtime && row.what == *what);
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
