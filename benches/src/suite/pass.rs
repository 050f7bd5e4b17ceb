//! One pass of a workload through one runtime: its processes, and the figures they give.

use std::process::Child;
use std::time::{Duration, Instant};

use super::files::Files;
use super::runtime::Runtime;
use super::workload::{Scale, Workload};
use crate::program::printed;
use crate::usage::Usage;

/// One figure of a pass.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// Which size of the workload.
    pub case: String,
    /// What it is, with the unit.
    pub what: &'static str,
    /// How much.
    pub value: f64,
}

/// How a process of a workload is started.
#[derive(Clone, Copy, Default, Debug)]
pub struct Start<'a> {
    /// Its settings. `threads` and `interval_us` are also what the command line of this program calls
    /// `--threads` and `--switch-interval-us`.
    pub settings: &'a [(&'a str, u32)],
    /// On one processor only.
    pub pinned: bool,
    /// In so many processes, one interpreter in each, where that is more than one. Only in the
    /// runtimes of this program.
    pub processes: u32,
}

/// One pass.
#[derive(Debug)]
pub struct Pass<'a> {
    /// In which runtime.
    pub runtime: &'a Runtime,
    /// How much is measured.
    pub scale: Scale,
    workload: &'a Workload,
    files: &'a Files,
    figures: Vec<Figure>,
    /// What the samples' processes used, which comes last in tables.
    usage: Vec<Figure>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        workload: &'a Workload,
        runtime: &'a Runtime,
        files: &'a Files,
        scale: Scale,
    ) -> Self {
        Self { runtime, scale, workload, files, figures: Vec::new(), usage: Vec::new() }
    }

    pub(super) fn into_figures(self) -> impl Iterator<Item = Figure> {
        self.figures.into_iter().chain(self.usage)
    }

    /// Notes a figure.
    pub fn figure(&mut self, case: &str, what: &'static str, value: f64) {
        self.figures.push(Figure { case: case.to_owned(), what, value });
    }

    /// Notes what a sample's process used.
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
        let name = format!("{} under {}", self.workload.name, self.runtime.name);
        let before = Usage::children()?;
        let command = self.runtime.command(self.workload.name, self.files, start)?;
        let began = Instant::now();
        let child = super::pinned::spawn(command, start.pinned);
        let child = child.map_err(|error| format!("cannot start {name}: {error}"))?;
        Ok(Started { child: Some(child), before, began, name })
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// When it cannot be started, fails, or prints what is no figure.
    pub fn run(&self, settings: &[(&str, u32)]) -> Result<Sample, String> {
        self.start(&Start { settings, ..Start::default() })?.finish()
    }

    /// Runs the program to its end, as one sample of a case: what it used is noted.
    ///
    /// # Errors
    /// As [`Pass::run`].
    pub fn sample(&mut self, case: &str, settings: &[(&str, u32)]) -> Result<Sample, String> {
        let sample = self.run(settings)?;
        self.used(case, &sample);
        Ok(sample)
    }
}

/// A process that runs. Ended when dropped.
#[derive(Debug)]
pub struct Started {
    child: Option<Child>,
    before: Usage,
    began: Instant,
    name: String,
}

impl Started {
    /// Waits for the end of the process; what it printed and used.
    ///
    /// # Errors
    /// When it fails, or printed what is no figure.
    pub fn finish(mut self) -> Result<Sample, String> {
        let wrong = |what: &dyn std::fmt::Display| format!("{}: {what}", self.name);
        let child = self.child.take().ok_or_else(|| wrong(&"has ended"))?;
        let output = child.wait_with_output().map_err(|error| wrong(&error))?;
        let wall = self.began.elapsed();
        let used = Usage::children()?.since(self.before);
        if !output.status.success() {
            return Err(wrong(&format!("it failed, {}", output.status)));
        }
        let printed = printed(&String::from_utf8_lossy(&output.stdout));
        let printed = printed.map_err(|error| wrong(&error))?;
        Ok(Sample { printed, used, wall, name: self.name.clone() })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill().and_then(|()| child.wait()); // somebody has failed already
        }
    }
}

/// What one process printed and used.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Names and numbers.
    printed: Vec<(String, f64)>,
    /// From its start to its end.
    pub used: Usage,
    /// The time between them.
    pub wall: Duration,
    name: String,
}

impl Sample {
    /// The numbers under a name.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<f64> {
        self.printed.iter().filter(|(given, _)| given == name).map(|(_, number)| *number).collect()
    }

    /// Their sum.
    #[must_use]
    pub fn sum(&self, name: &str) -> f64 {
        self.all(name).iter().sum()
    }

    /// The number under a name, if the program printed one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<f64> {
        self.all(name).first().copied()
    }

    /// The number under a name.
    ///
    /// # Errors
    /// When the program has not printed it.
    pub fn one(&self, name: &str) -> Result<f64, String> {
        self.find(name).ok_or_else(|| format!("{} has not printed `{name}`", self.name))
    }
}
