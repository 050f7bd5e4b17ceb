//! One pass of a workload through one runtime: the processes that it starts, and their figures.

use std::collections::BTreeMap;

use super::sample::{Sample, Started};
use super::scale::Scale;
use crate::bench::runtimes::{Files, Runtime, Start};

/// Sizes of a workload that replace its own, by the names of its settings.
pub type Sizes = BTreeMap<&'static str, u32>;

/// One figure of a pass.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// The size of the workload.
    pub case: String,
    /// Its name, with the unit.
    pub what: &'static str,
    /// Its value.
    pub value: f64,
}

/// One pass.
#[derive(Debug)]
pub struct Pass<'a> {
    /// The runtime.
    pub runtime: &'a Runtime,
    /// The scale.
    pub scale: Scale,
    workload: &'static str,
    files: &'a Files,
    sizes: &'a Sizes,
    figures: Vec<Figure>,
    /// The usage of the samples' processes, which is last in tables.
    usage: Vec<Figure>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        workload: &'static str,
        runtime: &'a Runtime,
        files: &'a Files,
        scale: Scale,
        sizes: &'a Sizes,
    ) -> Self {
        Self { runtime, scale, workload, files, sizes, figures: Vec::new(), usage: Vec::new() }
    }

    pub(super) fn into_figures(self) -> impl Iterator<Item = Figure> {
        self.figures.into_iter().chain(self.usage)
    }

    /// A size from the command line, in place of the workload's own.
    #[must_use]
    pub fn given(&self, size: &str) -> Option<u32> {
        self.sizes.get(size).copied()
    }

    /// Adds a figure.
    pub fn figure(&mut self, case: &str, what: &'static str, value: f64) {
        self.figures.push(Figure { case: case.to_owned(), what, value });
    }

    /// Adds the usage of a sample's process.
    pub fn used(&mut self, case: &str, Sample { used, .. }: &Sample) {
        for (what, value) in [
            ("cpu_ms", used.cpu.as_secs_f64() * 1e3),
            ("switches_voluntary", used.voluntary as f64),
            ("switches_involuntary", used.involuntary as f64),
        ] {
            self.usage.push(Figure { case: case.to_owned(), what, value });
        }
    }

    /// Starts the program.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start(&self, start: &Start<'_>) -> Result<Started, String> {
        let name = format!("{} under {}", self.workload, self.runtime.name);
        let command = self.runtime.command(self.workload, self.files, start)?;
        Started::new(name, command, start.pinned)
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// When it cannot start, fails, or prints a line that is not a figure.
    pub fn run(&self, settings: &[(&str, u32)]) -> Result<Sample, String> {
        self.start(&Start { settings, ..Start::default() })?.finish()
    }

    /// Runs the program to its end, as one sample of a case, and adds its usage.
    ///
    /// # Errors
    /// As [`Pass::run`].
    pub fn sample(&mut self, case: &str, settings: &[(&str, u32)]) -> Result<Sample, String> {
        let sample = self.run(settings)?;
        self.used(case, &sample);
        Ok(sample)
    }
}
