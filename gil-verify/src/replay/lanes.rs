//! A counterexample as a picture: one lane for each thread, the loop shaded.

use gil_models::picture::{Lanes, Steps};

use super::Replayed;

/// The lanes of a run of a protocol.
#[must_use]
pub fn lanes(replayed: &Replayed, protocol: &str) -> Lanes {
    let run = &replayed.run;
    let (stem, count) = (run.stem.len() as u64, run.len() as u64);
    let end = match &run.tail {
        Some(tail) if tail.circle.is_empty() => format!("and nothing more: {}", run.message),
        Some(_) => format!("repeatedly from state {stem}: {}", run.message),
        None => format!("{}: {}", run.claim, run.message),
    };
    let circle = run.tail.is_some().then_some(stem);
    let title = format!("{} of {protocol}: {}", run.claim, run.message);
    Lanes::new(&replayed.record, run.program.threads, 0..count + 1).named(&title).in_steps(Steps {
        count,
        circle,
        end,
    })
}
