//! A process of a workload: started, waited for, with its output and usage.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::bench::runtimes::{printed, spawn};
use crate::lang::Usage;

/// A running process. Killed when dropped.
#[derive(Debug)]
pub struct Started {
    child: Option<Child>,
    before: Usage,
    began: Instant,
    name: String,
}

impl Started {
    /// Starts a process, `pinned` to one processor or not.
    pub(super) fn new(name: String, command: Command, pinned: bool) -> Result<Self, String> {
        let (before, began) = (Usage::children()?, Instant::now());
        let child = spawn(command, pinned);
        let child = child.map_err(|error| format!("cannot start {name}: {error}"))?;
        Ok(Self { child: Some(child), before, began, name })
    }

    /// Waits for the end of the process; returns its output and usage.
    ///
    /// # Errors
    /// When it fails, or printed a line that is not a figure.
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
            let _ = child.kill().and_then(|()| child.wait()); // an earlier error is reported
        }
    }
}

/// The output and usage of one process.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Names and numbers.
    printed: Vec<(String, f64)>,
    /// The time from its start to its end.
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
