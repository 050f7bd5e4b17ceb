//! A target of the project, and its verdict.

use serde::Serialize;

use super::verdict::{Limit, Verdict, judge};

/// A target of the project, with its verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Target {
    /// In words.
    pub what: String,
    /// The limit.
    #[serde(flatten)]
    pub limit: Limit,
    /// Ratios or shares, one for each round.
    pub samples: Vec<f64>,
    /// The verdict.
    pub verdict: Verdict,
}

impl Target {
    /// Judges the samples.
    ///
    /// # Panics
    /// When there are no samples.
    #[must_use]
    pub fn new(what: impl Into<String>, limit: Limit, samples: Vec<f64>) -> Self {
        let verdict = judge(&samples, limit);
        Self { what: what.into(), limit, samples, verdict }
    }
}
