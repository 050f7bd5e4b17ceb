//! The shape of a workload, and the one loop that measures all of them.

use super::pass::{Pass, Sizes};
use super::scale::Scale;
use crate::bench::runtimes::{Files, Kind, Program, Runtime, Settings};
use crate::bench::samples::Rows;
use crate::bench::targets::{Judge, Target};

/// A workload without any interpreter, in Rust: prints like a program.
pub type Native = fn(&Settings) -> Result<(), String>;

/// One workload.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name on the command line.
    pub name: &'static str,
    /// A one-line description.
    pub about: &'static str,
    /// In the small language, and in those of the interpreters that have it.
    pub program: Program,
    /// In Rust, if that is a reference.
    pub native: Option<Native>,
    /// One round of one runtime: all its cases.
    pub pass: fn(&mut Pass<'_>) -> Result<(), String>,
    /// The project's targets for it.
    pub targets: fn(&mut Judge<'_>),
}

impl Workload {
    /// Whether it has a program for this runtime.
    #[must_use]
    pub fn runs_in(&self, runtime: &Runtime) -> bool {
        match &runtime.kind {
            Kind::Own(_) => self.program.gil.is_some(),
            Kind::Native => self.native.is_some(),
            Kind::Interpreter { language, .. } => self.program.text(*language).is_some(),
        }
    }

    /// All rounds, interleaved: each is one pass through every runtime that has the program.
    ///
    /// # Errors
    /// When a program fails.
    pub fn measure(
        &self,
        runtimes: &[Runtime],
        rounds: u32,
        scale: Scale,
        sizes: &Sizes,
        rows: &mut Rows,
        progress: &mut dyn FnMut(&str),
    ) -> Result<(), String> {
        let runtimes: Vec<_> = runtimes.iter().filter(|runtime| self.runs_in(runtime)).collect();
        let compiler = runtimes.iter().find_map(|runtime| runtime.compiler());
        let files = Files::new(&self.program, compiler)?;
        let mut of: Vec<_> = runtimes.iter().map(|_| Vec::new()).collect();
        for round in 0..rounds as usize {
            progress(&format!("{}: round {} of {rounds}", self.name, round + 1));
            // Each round begins with another runtime: the first one has a disadvantage.
            for place in 0..runtimes.len() {
                let place = (round + place) % runtimes.len();
                let mut pass = Pass::new(self.name, runtimes[place], &files, scale, sizes);
                (self.pass)(&mut pass)?;
                of[place].extend(pass.into_figures());
            }
        }
        // By runtime, in the order of the list; within one in the order of the rounds.
        for (runtime, figures) in runtimes.iter().zip(of) {
            for figure in figures {
                rows.add(self.name, &figure.case, &runtime.name, figure.what, figure.value);
            }
        }
        Ok(())
    }

    /// The verdicts on its targets: `runtime` is compared with the control and with the CPython of
    /// this name.
    #[must_use]
    pub fn judge(&self, rows: &Rows, runtime: &str, cpython: Option<&str>) -> Vec<Target> {
        let mut judge = Judge::new(rows, runtime, cpython);
        (self.targets)(&mut judge);
        judge.into_targets()
    }
}
