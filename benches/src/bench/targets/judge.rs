//! The judge of a workload: the figures that its targets compare.

use super::target::Target;
use super::verdict::{Limit, Verdict, is_too_noisy};
use crate::bench::runtimes::{CONTROL, CONTROL_AGAIN, NATIVE};
use crate::bench::samples::{Rows, distinct, ratios};

/// The figures of the judged runtime and of its references, and their targets. A figure that was
/// not measured has no samples, and makes no target.
#[derive(Debug)]
pub struct Judge<'a> {
    rows: &'a Rows,
    runtime: &'a str,
    cpython: Option<&'a str>,
    targets: Vec<Target>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(rows: &'a Rows, runtime: &'a str, cpython: Option<&'a str>) -> Self {
        Self { rows, runtime, cpython, targets: Vec::new() }
    }

    pub(crate) fn into_targets(self) -> Vec<Target> {
        self.targets
    }

    /// The cases of a workload, in the order in which they were measured.
    #[must_use]
    pub fn cases(&self, workload: &str) -> Vec<String> {
        let rows = self.rows.0.iter().filter(|row| row.workload == workload);
        distinct(rows.map(|row| row.case.as_str())).into_iter().map(str::to_owned).collect()
    }

    /// The samples of the judged runtime.
    #[must_use]
    pub fn own(&self, case: &str, what: &str) -> Vec<f64> {
        self.rows.of(case, self.runtime, what)
    }

    /// The samples of the control without a lock.
    #[must_use]
    pub fn control(&self, case: &str, what: &str) -> Vec<f64> {
        self.rows.of(case, CONTROL, what)
    }

    /// The samples of the control's second run.
    #[must_use]
    pub fn control_again(&self, case: &str, what: &str) -> Vec<f64> {
        self.rows.of(case, CONTROL_AGAIN, what)
    }

    /// The samples of the reference without an interpreter.
    #[must_use]
    pub fn native(&self, case: &str, what: &str) -> Vec<f64> {
        self.rows.of(case, NATIVE, what)
    }

    /// The samples of CPython, with its name.
    #[must_use]
    pub fn cpython(&self, case: &str, what: &str) -> Option<(&'a str, Vec<f64>)> {
        self.cpython.map(|name| (name, self.rows.of(case, name, what)))
    }

    /// Judges the samples.
    pub fn target(&mut self, what: impl Into<String>, limit: Limit, samples: Vec<f64>) {
        if !samples.is_empty() {
            self.targets.push(Target::new(what, limit, samples));
        }
    }

    /// Judges a figure's ratio to the control's, and the control's ratio to itself by the same
    /// limit. If the latter varies too much, there is no verdict on either.
    pub fn compare_with_control(&mut self, case: &str, what: &str, limit: Limit) {
        let control = self.control(case, what);
        let mine = ratios(&self.own(case, what), &control);
        let again = ratios(&self.control_again(case, what), &control);
        let noisy = !again.is_empty() && is_too_noisy(&again);
        let from = self.targets.len();
        self.target(format!("{case}: {what} / the control's"), limit, mine);
        self.target(format!("{case}: A/A, the control's {what} / itself"), limit, again);
        if noisy {
            self.targets[from..].iter_mut().for_each(|it| it.verdict = Verdict::TooNoisy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(again: [f64; 3]) -> Vec<Verdict> {
        let mut rows = Rows::default();
        for (runtime, values) in
            [("mine", [0.9, 1.0, 1.0]), (CONTROL, [1.0, 1.0, 1.0]), (CONTROL_AGAIN, again)]
        {
            values.iter().for_each(|value| rows.add("w", "case", runtime, "time", *value));
        }
        let mut judge = Judge::new(&rows, "mine", None);
        judge.compare_with_control("case", "time", Limit::AtMost(1.1));
        judge.into_targets().into_iter().map(|target| target.verdict).collect()
    }

    #[test]
    fn control_that_differs_from_itself_is_too_noisy_for_a_verdict() {
        assert_eq!(verdicts([0.9, 1.0, 1.1]), [Verdict::Met, Verdict::Met]);
        assert_eq!(verdicts([0.3, 1.0, 2.7]), [Verdict::TooNoisy, Verdict::TooNoisy]);
    }
}
