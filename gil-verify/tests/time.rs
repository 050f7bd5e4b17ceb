//! TIME-1 and TIME-2, and the deliberate bugs that they must catch.

#![cfg(not(loom))]

use gil_verify::claims::time::{INTERVALS, Setting, TIME, search, text};
use gil_verify::mutants::time::TIME_MUTANTS;

#[test]
fn delays_are_within_their_limits_at_every_interval() {
    for (name, interval) in INTERVALS {
        let found = search(&Setting::new(2, interval), &TIME);
        let runs = found.broken.iter().flatten().map(|run| text(run));
        let runs = runs.collect::<Vec<_>>();
        assert!(runs.is_empty(), "interval {name}:\n{}", runs.join("\n\n"));
        assert!(found.complete && found.states > 1_000, "interval {name}: {} states", found.states);
    }
}

#[test]
fn each_mutant_of_the_delays_is_caught_by_its_claim() {
    for mutant in TIME_MUTANTS {
        let found = search(&mutant.setting(), &[mutant.breaks]);
        let at = TIME.iter().position(|claim| *claim == mutant.breaks).expect("a claim");
        let run = found.broken[at].as_ref();
        assert!(run.is_some(), "{} survives {} states", mutant.name, found.states);
        println!("{}: {} in {} states", mutant.name, mutant.breaks, found.states);
    }
}

#[test]
fn three_threads_keep_the_limits_too() {
    let (name, interval) = INTERVALS[2];
    let found = search(&Setting::new(3, interval), &TIME);
    println!("three threads at {name}: {} states", found.states);
    let runs: Vec<_> = found.broken.iter().flatten().map(|run| text(run)).collect();
    assert!(runs.is_empty(), "interval {name}:\n{}", runs.join("\n\n"));
    assert!(found.complete, "interval {name}: {} states", found.states);
}
