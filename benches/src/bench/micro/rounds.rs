//! Routines in interleaved rounds, each as a row.

use super::timed::Timed;
use crate::bench::samples::Range;

/// Nanoseconds per repetition, by row and round. The rows take turns.
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
