//! Medians, ranges, and ratios per round: on a noisy machine only ratios within one round have a
//! meaning.

use std::fmt::{Display, Formatter};

/// The median: of an even number, the mean of the two in the middle.
///
/// # Panics
/// When there are no samples.
#[must_use]
pub fn median(samples: &[f64]) -> f64 {
    assert!(!samples.is_empty(), "the median of no samples");
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

/// The ratio of each value to the value of the same round.
#[must_use]
pub fn ratios(values: &[f64], to: &[f64]) -> Vec<f64> {
    values.iter().zip(to).map(|(value, to)| value / to.max(f64::MIN_POSITIVE)).collect()
}

/// Median, smallest and largest of some values.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Range {
    /// The [`median`].
    pub median: f64,
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl Range {
    /// The range of some values.
    ///
    /// # Panics
    /// When there are no values.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self { median: median(&values), least, most }
    }

    /// The range of the ratios of each value to the value of the same round.
    ///
    /// # Panics
    /// When there are no values.
    #[must_use]
    pub fn of_ratios(values: &[f64], to: &[f64]) -> Self {
        Self::of(ratios(values, to))
    }
}

impl Display for Range {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let digits = f.precision().unwrap_or(3);
        let Self { median, least, most } = self;
        write!(f, "{median:.digits$} [{least:.digits$}-{most:.digits$}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_an_even_number_is_the_mean_of_the_middle() {
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
    }

    #[test]
    fn ratios_are_computed_per_round() {
        let range = Range::of_ratios(&[2.0, 30.0, 8.0], &[1.0, 10.0, 2.0]);
        assert_eq!(range, Range { median: 3.0, least: 2.0, most: 4.0 });
        assert_eq!(format!("{range:.1}"), "3.0 [2.0-4.0]");
    }
}
