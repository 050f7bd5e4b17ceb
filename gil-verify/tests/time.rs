//! TIME-1, TIME-2 and TIME-3, and the deliberate bugs that they must catch.

#![cfg(not(loom))]

use std::time::Duration;

use gil_core::protocol::Handoff;
use gil_verify::claims::time::{INTERVALS, Searched, Setting, TIME, search, text};
use gil_verify::mutants::time::TIME_MUTANTS;
use gil_verify::report::Verdict;

/// No claim is broken.
fn assert_holds(name: &str, found: &Searched) {
    let runs = TIME.iter().filter_map(|id| Some(format!("{id}:\n{}", text(found.run(id)?))));
    let runs = runs.collect::<Vec<_>>();
    assert!(runs.is_empty(), "interval {name}: {}", runs.join("\n\n"));
    assert!(found.complete && found.states > 1_000, "interval {name}: {} states", found.states);
}

#[test]
fn delays_are_within_their_limits_at_every_interval() {
    for (name, interval) in INTERVALS {
        let setting = Setting::new(2, interval);
        assert_holds(name, &search(&setting, setting.claims()));
    }
}

#[test]
fn requests_come_after_the_interval_that_is_set() {
    for (handoff, threads) in [(Handoff::new(), 2), (Handoff::plain(), 2), (Handoff::plain(), 3)] {
        let budgets = handoff.budgets_left();
        let found = search(&Setting { budgets, ..Setting::changing(threads) }, &TIME);
        println!(
            "{threads} threads, {budgets:?}: {} states, {} with a request",
            found.states, found.requests
        );
        assert_holds("changes", &found);
        assert_eq!(found.verdict("TIME-3"), Verdict::Holds);
        assert!(found.requests > 100, "{} states in which a timer requests", found.requests);
    }
}

#[test]
fn each_mutant_of_the_delays_is_caught_by_its_claim() {
    for mutant in TIME_MUTANTS {
        let found = search(&mutant.setting(), &[mutant.breaks]);
        assert!(
            found.run(mutant.breaks).is_some(),
            "{} survives {} states",
            mutant.name,
            found.states
        );
        println!("{}: {} in {} states", mutant.name, mutant.breaks, found.states);
    }
}

#[test]
fn three_threads_keep_the_limits_too() {
    let (name, interval) = INTERVALS[2];
    let setting = Setting::new(3, interval);
    let found = search(&setting, setting.claims());
    println!("three threads at {name}: {} states", found.states);
    assert_holds(name, &found);
}

#[test]
fn search_in_which_no_timer_requests_is_inconclusive() {
    let budgets = Handoff::plain().budgets_left();
    let interval = Duration::MAX;
    let setting = Setting { budgets, interval, changes: &[Duration::MAX], ..Setting::changing(2) };
    let found = search(&setting, setting.claims());
    assert!(found.complete && found.run("TIME-3").is_none(), "{} states", found.states);
    assert_eq!(found.verdict("TIME-3"), Verdict::Inconclusive);
}
