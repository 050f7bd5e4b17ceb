//! Whether a target is met: the median within the limit, the interval wholly beyond it, or open. A
//! noisy machine gives no verdict.

use serde::Serialize;

use crate::bench::samples::median;

/// The number of resampled medians, with a fixed seed.
const RESAMPLES: usize = 2_000;
const SEED: u64 = 42;

/// The verdict of the samples on a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The median is within it.
    Met,
    /// The whole 95 % interval of the median is beyond it.
    NotMet,
    /// Neither: more or quieter rounds are needed. It is not a success.
    Open,
    /// The control differs too much from itself ([`is_too_noisy`]). It is not a success.
    TooNoisy,
}

impl Verdict {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::Open => "open",
            Self::TooNoisy => "too noisy to tell",
        }
    }
}

/// The side of a limit on which the samples should be.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "side", content = "limit")]
pub enum Limit {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

/// The 95 % bootstrap interval of the median, the same for the same samples.
///
/// # Panics
/// When there are no samples.
#[must_use]
pub fn interval(samples: &[f64]) -> (f64, f64) {
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut draw = || {
        let again: Vec<_> =
            samples.iter().map(|_| samples[random.usize(..samples.len())]).collect();
        median(&again)
    };
    let mut medians: Vec<_> = (0..RESAMPLES).map(|_| draw()).collect();
    medians.sort_by(f64::total_cmp);
    (medians[RESAMPLES / 40], medians[RESAMPLES - 1 - RESAMPLES / 40])
}

/// How many times the upper end of the control's interval may be its lower end.
const NOISE_MAX: f64 = 1.5;

/// Whether the machine is too noisy for a verdict: these are the ratios of a control to itself (the
/// A/A row), and their interval is wide.
///
/// ```
/// use gil_bench::bench::targets::is_too_noisy;
/// assert!(!is_too_noisy(&[0.9, 1.0, 1.1]));
/// assert!(is_too_noisy(&[0.3, 1.0, 2.7]));
/// ```
///
/// # Panics
/// When there are no samples.
#[must_use]
pub fn is_too_noisy(control_to_itself: &[f64]) -> bool {
    let (low, high) = interval(control_to_itself);
    high > NOISE_MAX * low
}

/// The verdict of `samples` on `limit`.
///
/// ```
/// use gil_bench::bench::targets::{Limit, Verdict, judge};
/// assert_eq!(judge(&[0.9, 1.0, 1.3], Limit::AtMost(1.1)), Verdict::Met);
/// assert_eq!(judge(&[1.2, 1.3, 1.4], Limit::AtMost(1.1)), Verdict::NotMet);
/// assert_eq!(judge(&[1.0, 1.2, 1.4], Limit::AtMost(1.1)), Verdict::Open);
/// ```
///
/// # Panics
/// When there are no samples.
#[must_use]
pub fn judge(samples: &[f64], limit: Limit) -> Verdict {
    let (low, high) = interval(samples);
    let (within, beyond) = match limit {
        Limit::AtMost(most) => (median(samples) <= most, low > most),
        Limit::AtLeast(least) => (median(samples) >= least, high < least),
    };
    match (within, beyond) {
        (true, _) => Verdict::Met,
        (_, true) => Verdict::NotMet,
        _ => Verdict::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_is_deterministic_and_within_the_samples() {
        let samples = [5.0, 1.0, 2.0, 4.0, 3.0, 9.0, 2.5, 3.5, 3.1];
        let (low, high) = interval(&samples);
        assert_eq!((low, high), interval(&samples));
        assert!(low >= 1.0 && high <= 9.0 && low <= median(&samples) && median(&samples) <= high);
    }

    #[test]
    fn target_for_a_large_value_is_judged_in_reverse() {
        assert_eq!(judge(&[0.5, 0.6, 0.7], Limit::AtLeast(0.3)), Verdict::Met);
        assert_eq!(judge(&[0.1, 0.1, 0.2], Limit::AtLeast(0.3)), Verdict::NotMet);
        assert_eq!(judge(&[0.1, 0.2, 0.4], Limit::AtLeast(0.3)), Verdict::Open);
    }
}
