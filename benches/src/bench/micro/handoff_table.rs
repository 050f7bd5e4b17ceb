//! Passing the lock on, as a report.

use super::handoff::{Condition, ways};
use crate::bench::reports::Report;
use crate::bench::samples::{Row, ratios};
use crate::bench::targets::{Limit, Target};

/// The name of the case in tables.
fn case(condition: Condition) -> String {
    format!("hand-off, {}", condition.words())
}

/// Passing the lock on, `visits` times in each round, in every condition that is available here.
pub fn passes(rounds: u32, visits: u64, progress: &mut dyn FnMut(&str)) -> Report {
    let mut report = Report::of(rounds);
    for condition in Condition::ALL {
        let ways = ways(condition);
        let mut taken = vec![(Vec::new(), Vec::new()); ways.len()];
        for round in 0..rounds as usize {
            progress(&format!("{}: round {} of {rounds}", case(condition), round + 1));
            // Each round begins with another row, as in `gil-bench compare`.
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
                    report.rows.0.push(Row { workload: "handoff", case, runtime, what, samples });
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
