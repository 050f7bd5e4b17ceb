//! Interleaved runs: on a noisy machine only ratios within one round mean anything.

use std::fmt::{Display, Formatter};
use std::time::Duration;

/// The median: the mean of the two in the middle of an even number.
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
    /// When there are none.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self { median: median(&values), least, most }
    }

    /// The range of the ratios of each value to the one of the same round.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub fn of_ratios(values: &[f64], to: &[f64]) -> Self {
        Self::of(values.iter().zip(to).map(|(value, to)| value / to))
    }
}

impl Display for Range {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let digits = f.precision().unwrap_or(3);
        let Self { median, least, most } = self;
        write!(f, "{median:.digits$} [{least:.digits$}-{most:.digits$}]")
    }
}

/// What is timed: a name, and a number of repetitions of it.
pub type Timed = (&'static str, fn(u64) -> Duration);

/// Nanoseconds a repetition, by row and round. The rows take turns.
#[must_use]
pub fn nanoseconds(rows: &[Timed], rounds: usize, count: u64) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::new(); rows.len()];
    for _ in 0..rounds {
        for (times, (_, timed)) in times.iter_mut().zip(rows) {
            times.push(timed(count).as_secs_f64() * 1e9 / count as f64);
        }
    }
    times
}

/// The rows as a table, each with its ratio to the first.
#[must_use]
pub fn table(rows: &[Timed], rounds: usize, count: u64) -> String {
    let times = nanoseconds(rows, rounds, count);
    let control = rows.first().map_or("", |(name, _)| name);
    let mut text = format!("{rounds} interleaved rounds of {count}, median [range]\n");
    for ((name, _), mine) in rows.iter().zip(&times) {
        let (ns, ratio) = (Range::of(mine.iter().copied()), Range::of_ratios(mine, &times[0]));
        text += &format!("  {name:24} {:7.2} ns   {ratio:.2} x {control}\n", ns.median);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let range = Range::of_ratios(&[2.0, 30.0, 8.0], &[1.0, 10.0, 2.0]);
        assert_eq!(range, Range { median: 3.0, least: 2.0, most: 4.0 });
        assert_eq!(format!("{range:.1}"), "3.0 [2.0-4.0]");
    }
}
