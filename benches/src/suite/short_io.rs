//! `short-io`: one thread makes short blocking calls all the time, others compute.

use super::report::{Row, Target, ratios, samples};
use super::runtime::{CONTROL, CONTROL_AGAIN, Files, Program, Runtime, named, printed};
use super::verdict::Limit;

/// The program.
pub const PROGRAM: Program = Program {
    name: "short-io",
    source: include_str!("../../programs/short-io.gil"),
    python: include_str!("../../programs/short-io.py"),
};

/// So many threads compute beside the one that writes.
pub const HOGS: &[u32] = &[1, 2];

fn case(hogs: u32) -> String {
    format!("short-io, {hogs} hog{}", if hogs == 1 { "" } else { "s" })
}

/// All samples, round by round: shares of what the writer and the hogs do alone.
///
/// # Errors
/// When a program fails.
pub fn run(
    runtimes: &[Runtime],
    rounds: u32,
    milliseconds: u32,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Row>, String> {
    let files = Files::new(PROGRAM)?;
    let once = |runtime: &Runtime, hogs: u32, writers: u32| {
        let settings = [("hogs", hogs), ("writers", writers), ("milliseconds", milliseconds)];
        let printed = printed(files.start(runtime, &settings)?, runtime)?;
        let sum = |name| named(&printed, name).iter().sum::<f64>();
        Ok::<_, String>((sum("writes"), sum("hog")))
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |case: String, runtime: &Runtime, what, sample: f64| {
        let same =
            |row: &&mut Row| row.case == case && row.runtime == runtime.name && row.what == what;
        match rows.iter_mut().find(same) {
            Some(row) => row.samples.push(sample),
            None => {
                rows.push(Row { case, runtime: runtime.name.clone(), what, samples: vec![sample] });
            }
        }
    };
    for round in 0..rounds as usize {
        progress(&format!("short-io: round {} of {rounds}", round + 1));
        for place in 0..runtimes.len() {
            let runtime = &runtimes[(round + place) % runtimes.len()];
            let (alone, _) = once(runtime, 0, 1)?;
            let (_, solo) = once(runtime, 1, 0)?;
            for &hogs in HOGS {
                let (writes, turns) = once(runtime, hogs, 1)?;
                let (kept, share) = (writes / alone, turns / solo);
                add(case(hogs), runtime, "writes_kept", kept);
                add(case(hogs), runtime, "hogs_kept", share);
                add(case(hogs), runtime, "sum", kept + share);
            }
        }
    }
    rows.sort_by(|a, b| a.case.cmp(&b.case)); // stable: the runtimes keep their order
    Ok(rows)
}

/// What the project wants of it.
#[must_use]
pub fn targets(rows: &[Row], runtime: &str) -> Vec<Target> {
    let of = |what| samples(rows, &case(1), runtime, what);
    let kept = of("writes_kept");
    if kept.is_empty() {
        return Vec::new();
    }
    let sum_of = |control| samples(rows, &case(1), control, "sum");
    let worst = kept.iter().copied().fold(f64::INFINITY, f64::min);
    vec![
        Target::new("short-io, 1 hog: writes kept", Limit::AtLeast(0.4), kept),
        Target::new("short-io, 1 hog: the worst run", Limit::AtLeast(0.2), vec![worst]),
        Target::new("short-io, 1 hog: the hog's share", Limit::AtLeast(0.3), of("hogs_kept")),
        Target::new("short-io, 1 hog: sum", Limit::AtLeast(0.95), of("sum")),
        Target::new(
            "short-io, 1 hog: A/A, the control's sum / itself",
            Limit::AtLeast(0.95),
            ratios(&sum_of(CONTROL_AGAIN), &sum_of(CONTROL)),
        ),
    ]
}
