//! The uncontended pair and the safepoint, as a report.

use super::rounds::nanoseconds;
use super::timed::Timed;
use super::uncontended::{PAIRS, SAFEPOINTS};
use crate::bench::reports::Report;
use crate::bench::samples::{Row, ratios};
use crate::bench::targets::{Limit, Target};

const PAIR: &str = "uncontended pair";
const SAFEPOINT: &str = "safepoint, nothing requested";

/// Attach and detach, and safepoints, `count` times in each round.
#[must_use]
pub fn pairs(rounds: u32, count: u64) -> Report {
    let mut report = Report::of(rounds);
    let mut measure = |case: &str, timed: &[Timed]| {
        let times = nanoseconds(timed, rounds as usize, count);
        for ((name, _), samples) in timed.iter().zip(times) {
            let (case, runtime) = (case.to_owned(), (*name).to_owned());
            report.rows.0.push(Row { workload: "pairs", case, runtime, what: "ns", samples });
        }
    };
    measure(PAIR, PAIRS);
    measure(SAFEPOINT, SAFEPOINTS);
    for (case, row, to, most) in [
        (PAIR, "parking_lot again (A/A)", "parking_lot", 1.2),
        (PAIR, "Gil attach + drop", "parking_lot", 1.2),
        (PAIR, "Gil, only one attach", "parking_lot", 1.2),
        (PAIR, "Gil detach in place", "parking_lot", 1.2),
        (PAIR, "RawGil attach + detach", "parking_lot", 1.2),
        (PAIR, "Gil attach + drop", "RawGil, python3, no word", 0.35),
        (PAIR, "Gil detach in place", "RawGil, python3, no word", 0.35),
        // Stricter than the model. The bare pair of compare-and-swaps is judged too, because it is
        // the limit.
        (PAIR, "CAS + CAS", "CPython's two mutexes", 0.35),
        (PAIR, "Gil attach + drop", "CPython's two mutexes", 0.35),
        (PAIR, "Gil, only one attach", "CPython's two mutexes", 0.35),
        (PAIR, "Gil detach in place", "CPython's two mutexes", 0.35),
        (PAIR, "RawGil attach + detach", "CPython's two mutexes", 0.35),
        (SAFEPOINT, "one relaxed load (A/A)", "one relaxed load", 1.05),
        (SAFEPOINT, "handoff", "one relaxed load", 1.05),
    ] {
        let of = |row| report.rows.of(case, row, "ns");
        let what = format!("{case}: {row} / {to}");
        report.targets.push(Target::new(what, Limit::AtMost(most), ratios(&of(row), &of(to))));
    }
    report
}
