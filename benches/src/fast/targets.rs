//! The fast path and the pass as tables, with the project's targets judged.

use crate::interleaved::{Timed, nanoseconds};
use crate::pairs::{PAIRS, SAFEPOINTS};
use crate::suite::figures::{Row, Rows, ratios};
use crate::suite::machine::machine;
use crate::suite::report::{Report, SCHEMA};
use crate::suite::target::Target;
use crate::suite::verdict::Limit;

fn empty(rounds: u32) -> Report {
    Report {
        schema: SCHEMA,
        rounds,
        machine: machine(),
        runtimes: Vec::new(),
        missing: Vec::new(),
        rows: Rows::default(),
        targets: Vec::new(),
    }
}

const PAIR: &str = "uncontended pair";
const SAFEPOINT: &str = "safepoint, nothing requested";

/// Attach and detach, and safepoints, `count` times in each round.
#[must_use]
pub fn pairs(rounds: u32, count: u64) -> Report {
    let mut report = empty(rounds);
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
        // Harder than the model: a bare pair of compare-and-swaps is beside it, because that is the limit.
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

#[cfg(target_os = "linux")]
pub use passes::passes;

#[cfg(target_os = "linux")]
mod passes {
    use super::empty;
    use crate::fast::passing::{Condition, ways};
    use crate::suite::figures::{Row, ratios};
    use crate::suite::report::Report;
    use crate::suite::target::Target;
    use crate::suite::verdict::Limit;

    /// The name of the case in tables.
    fn case(condition: Condition) -> String {
        format!("hand-off, {}", condition.words())
    }

    /// Passing the lock on, `visits` times in each round, in every condition that can be had here.
    pub fn passes(rounds: u32, visits: u64, progress: &mut dyn FnMut(&str)) -> Report {
        let mut report = empty(rounds);
        for condition in Condition::ALL {
            let ways = ways(condition);
            let mut taken = vec![(Vec::new(), Vec::new()); ways.len()];
            for round in 0..rounds as usize {
                progress(&format!("{}: round {} of {rounds}", case(condition), round + 1));
                // Each round begins elsewhere, as in `gil-bench`.
                for place in (0..ways.len()).map(|place| (place + round) % ways.len()) {
                    match ways[place].1(condition, visits) {
                        Ok(passed) => {
                            taken[place].0.push(passed.one_way.as_nanos() as f64);
                            taken[place].1.extend(passed.switches);
                        }
                        Err(why) => report.missing.push(format!("{}: {why}", case(condition))),
                    }
                }
            }
            for ((name, _), (one_way, switches)) in ways.iter().zip(taken) {
                for (what, samples) in [("one_way_ns", one_way), ("switches", switches)] {
                    if !samples.is_empty() {
                        let (case, runtime) = (case(condition), (*name).to_owned());
                        report.rows.0.push(Row {
                            workload: "handoff",
                            case,
                            runtime,
                            what,
                            samples,
                        });
                    }
                }
            }
        }
        report.missing.dedup();
        judge(&mut report);
        report
    }

    fn judge(report: &mut Report) {
        let mut target = |what: String, most, samples: Vec<f64>| {
            if !samples.is_empty() {
                report.targets.push(Target::new(what, Limit::AtMost(most), samples));
            }
        };
        for (condition, control, most) in [
            (Condition::Running, "spin", 10.0),
            (Condition::SameCore, "futex", 1.3),
            (Condition::OtherCore, "futex", 1.1),
        ] {
            let of = |runtime: &str, what| report.rows.of(&case(condition), runtime, what);
            let again = format!("{control} (A/A)");
            for runtime in [again.as_str(), "handoff"] {
                let to = ratios(&of(runtime, "one_way_ns"), &of(control, "one_way_ns"));
                target(format!("{}: {runtime} / {control}", case(condition)), most, to);
            }
            if condition != Condition::Running {
                let what = format!("{}: context switches of a handoff", case(condition));
                target(what, 1.2, of("handoff", "switches"));
            }
        }
    }
}
