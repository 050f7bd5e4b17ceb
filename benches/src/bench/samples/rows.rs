//! The measured figures: for each case, runtime and figure one sample per round.

use serde::Serialize;

/// One figure of one runtime: one sample per round.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Row {
    /// The workload.
    pub workload: &'static str,
    /// The workload and its size: `echo, 4 hogs`.
    pub case: String,
    /// The runtime.
    pub runtime: String,
    /// The name of the samples, with the unit: `p50_us`.
    pub what: &'static str,
    /// In the order of the rounds.
    pub samples: Vec<f64>,
}

/// All rows.
#[derive(Clone, Default, Debug, Serialize)]
#[serde(transparent)]
pub struct Rows(pub Vec<Row>);

impl Rows {
    /// Adds a round's sample.
    pub fn add(
        &mut self,
        workload: &'static str,
        case: &str,
        runtime: &str,
        what: &'static str,
        sample: f64,
    ) {
        let same = |row: &&mut Row| row.case == case && row.runtime == runtime && row.what == what;
        match self.0.iter_mut().find(same) {
            Some(row) => row.samples.push(sample),
            None => self.0.push(Row {
                workload,
                case: case.to_owned(),
                runtime: runtime.to_owned(),
                what,
                samples: vec![sample],
            }),
        }
    }

    /// The samples of a figure, or nothing if it was not measured.
    #[must_use]
    pub fn of(&self, case: &str, runtime: &str, what: &str) -> Vec<f64> {
        let same = |row: &&Row| row.case == case && row.runtime == runtime && row.what == what;
        self.0.iter().find(same).map(|row| row.samples.clone()).unwrap_or_default()
    }

    /// The cases, in the order of their first rows.
    #[must_use]
    pub fn cases(&self) -> Vec<&str> {
        distinct(self.0.iter().map(|row| row.case.as_str()))
    }
}

/// Each value once, in the order of first occurrence.
pub fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_has_a_sample_of_each_round() {
        let mut rows = Rows::default();
        for (case, sample) in [("a", 1.0), ("b", 5.0), ("a", 2.0)] {
            rows.add("w", case, "free", "p50_us", sample);
        }
        assert_eq!(rows.of("a", "free", "p50_us"), [1.0, 2.0]);
        assert_eq!(rows.of("b", "free", "p50_us"), [5.0]);
        assert!(rows.of("a", "free", "p99_us").is_empty());
        assert_eq!(rows.cases(), ["a", "b"]);
    }
}
