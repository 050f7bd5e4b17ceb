//! Workloads in every runtime: the selection, the number of rounds, and the judged targets.

use super::reports::Report;
use super::runtimes::{Runtime, find, own};
use super::workloads::{QUICK, Scale, Sizes, WORKLOADS, Workload, named};

/// What to compare.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Only these workloads; all of the scale if there are none.
    pub workloads: Vec<&'static Workload>,
    /// Interleaved rounds.
    pub rounds: u32,
    /// The scale.
    pub scale: Scale,
    /// Only the runtimes of [`Runtime::is_quick`], and by default only the workloads of [`QUICK`].
    pub quick: bool,
    /// The runtime whose targets are judged.
    pub judged: String,
    /// Sizes that replace those of the workloads.
    pub sizes: Sizes,
}

impl Comparison {
    /// Measures all rounds and judges the targets.
    ///
    /// # Errors
    /// When a program fails.
    pub fn run(&self, progress: &mut dyn FnMut(&str)) -> Result<Report, String> {
        let (interpreters, missing) = find();
        let mut runtimes = own();
        runtimes.extend(interpreters);
        if self.quick {
            runtimes.retain(|runtime| runtime.is_quick(&self.judged));
        }
        let cpython = runtimes.iter().find(|runtime| runtime.is_cpython());
        let cpython = cpython.map(|Runtime { name, .. }| name.as_str());
        let mut report = Report { missing, ..Report::of(self.rounds) };
        let names: Vec<_> = runtimes.iter().map(|runtime| runtime.name.as_str()).collect();
        progress(&format!("{} rounds in {}", self.rounds, names.join(", ")));
        for workload in self.workloads() {
            let Self { rounds, scale, sizes, .. } = self;
            workload.measure(&runtimes, *rounds, *scale, sizes, &mut report.rows, progress)?;
            report.targets.extend(workload.judge(&report.rows, &self.judged, cpython));
        }
        report.runtimes = runtimes.into_iter().map(|runtime| runtime.name).collect();
        Ok(report)
    }

    fn workloads(&self) -> Vec<&'static Workload> {
        match self.workloads.as_slice() {
            [] if self.quick => QUICK.iter().filter_map(|name| named(name)).collect(),
            [] => WORKLOADS.iter().collect(),
            chosen => chosen.to_vec(),
        }
    }
}
