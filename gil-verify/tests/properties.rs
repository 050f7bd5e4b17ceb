//! Random programs through every protocol at once. A failure prints a line that replays it.

#![cfg(not(loom))]

use std::cell::Cell;

use gil_core::engine::Event;
use gil_core::protocol::{Budgets, Handoff, Protocol};
use gil_models::Ruby19;
use gil_verify::explorer::random_program::{Case, CaseError, Ran, THREADS_MAX, run};
use gil_verify::ledger::CLAIMS;
use gil_verify::mutants::protocol::{Mutated, Mutation};
use gil_verify::protocols::{self, PROTOCOLS};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestError, TestRunner};

const CASES: u32 = 3_000;

fn cases() -> impl Strategy<Value = Case> {
    (2..=THREADS_MAX, vec(0..24u8, 0..80)).prop_map(|(threads, picks)| Case { threads, picks })
}

/// The same cases on every run and machine.
fn runner() -> TestRunner {
    TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(20_190_206),
        max_shrink_iters: 20_000,
        ..Config::default()
    })
}

/// A protocol breaks no claim, except those that it is known to break.
fn judge<P: Protocol>(protocol: P, case: &Case, known: &[&str]) -> Result<Ran, TestCaseError> {
    let ran = run(protocol, case);
    match ran.broken.iter().find(|broken| !known.contains(&broken.claim)) {
        None => Ok(ran),
        Some(broken) => Err(TestCaseError::fail(format!(
            "{}: {}\nreplay: {} {case}\n{}",
            broken.claim,
            broken.message,
            P::NAME,
            ran.lines.join("\n")
        ))),
    }
}

/// The longest waiter is served first, and no thread overtakes a waiter.
fn is_fifo(ran: &Ran) -> bool {
    let mut queue = Vec::new();
    for event in &ran.events {
        match event {
            Event::Waiting(thread) if !queue.contains(thread) => queue.push(*thread),
            Event::Granted(thread) | Event::Taken(thread)
                if queue.first().is_some_and(|first| first != thread) =>
            {
                return false;
            }
            Event::Granted(thread) | Event::Cancelled(thread) | Event::Taken(thread) => {
                queue.retain(|waiting| waiting != thread);
            }
            _ => {}
        }
    }
    true
}

/// Runs a case on a protocol, which may break the claims that the ledger knows to be false of it.
fn judge_protocol(name: &str, case: &Case) -> Result<Ran, TestCaseError> {
    let (name, protocol) = protocols::named(name).expect("it is in the list");
    let false_here =
        CLAIMS.iter().filter(|claim| claim.all_known_false().any(|known| known.protocol == name));
    let known: Vec<_> = false_here.map(|claim| claim.id).collect();
    judge(protocol, case, &known)
}

#[test]
fn every_protocol_has_the_shared_properties() {
    let (all, forced, cancelled) = (Cell::new(0u32), Cell::new(0u32), Cell::new(0u32));
    let result = runner().run(&cases(), |case| {
        let mut ran = Vec::new();
        for protocol in PROTOCOLS {
            ran.push(judge_protocol(protocol, &case)?);
        }
        let strict = judge(Handoff::with_budgets(Budgets { barges: 0, boosts: 0 }), &case, &[])?;
        let ruby19 = &ran[PROTOCOLS.iter().position(|name| *name == "ruby19").expect("listed")];
        for (promises, ran) in [("handoff without budgets", &strict), ("ruby19", ruby19)] {
            prop_assert!(is_fifo(ran), "{promises}: not first come, first served\nreplay: {case}");
        }
        all.set(all.get() + 1);
        forced.set(forced.get() + u32::from(ran[0].has_forced_switch()));
        cancelled.set(cancelled.get() + u32::from(ran[0].cancels > 0));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (all, forced, cancelled) = (all.get(), forced.get(), cancelled.get());
    println!(
        "{all} cases through {} protocols; under the default one {forced} with a forced switch, \
         {cancelled} with a cancel",
        PROTOCOLS.len()
    );
    assert!(all >= CASES && forced * 10 >= all * 3 && cancelled * 10 >= all);
}

/// The shrunk case on which a mutant fails, and its failure.
fn caught<P: Protocol>(mutant: Mutated<P>) -> (Case, String) {
    let result = runner().run(&cases(), |case| judge(mutant.clone(), &case, &[]).map(|_| ()));
    match result {
        Err(TestError::Fail(reason, case)) => (case, reason.message().to_owned()),
        other => panic!("a mutant survived: {other:?}"),
    }
}

#[test]
fn each_property_fails_for_some_mutant() {
    for (mutation, claim) in [
        (Mutation::GivesByFreeing, "SAFE-3"),
        (Mutation::RequestsAtOnce, "SAFE-4"),
        (Mutation::RequestNotCleared, "SAFE-5"),
        (Mutation::NotifyDropped, "LIVE-4"),
        (Mutation::TakesHeldLock, "SAFE-1"),
        (Mutation::FreeDropped, "SAFE-6"),
    ] {
        let mutant = Mutated::new(Handoff::plain(), mutation);
        let (case, message) = caught(mutant.clone());
        assert!(message.starts_with(claim), "{mutation:?} was caught by {message}");
        // proptest removes one step at a time, and an acquire needs its release.
        assert!(case.picks.len() <= 40, "shrunk to {case}");
        // The printed line replays to the same failure.
        let line = message.lines().find_map(|line| line.strip_prefix("replay: handoff "));
        let replayed: Case = line.expect("a replay line").parse().expect("a case");
        assert_eq!(replayed, case);
        assert_eq!(run(mutant, &replayed).broken[0].claim, claim);
    }
    let fifo = |run: &dyn Fn(&Case) -> Ran| {
        runner().run(&cases(), |case| {
            prop_assert!(is_fifo(&run(&case)));
            Ok(())
        })
    };
    let last = Mutation::ServesLast;
    let strict = |case: &Case| {
        run(Mutated::new(Handoff::with_budgets(Budgets { barges: 0, boosts: 0 }), last), case)
    };
    assert!(fifo(&strict).is_err(), "a queue served from its end is no queue");
    let ruby19 = |case: &Case| run(Mutated::new(Ruby19::new(), last), case);
    assert!(fifo(&ruby19).is_err(), "nor is a list served from its end");
    let barging = |case: &Case| run(Handoff::with_budgets(Budgets { barges: 1, boosts: 0 }), case);
    assert!(fifo(&barging).is_err(), "nor is one that lets others go first");
}

#[test]
fn printed_case_parses_to_the_same_case() {
    let result = runner().run(&cases(), |case| {
        prop_assert_eq!(case.to_string().parse::<Case>(), Ok(case));
        Ok(())
    });
    assert!(result.is_ok(), "{result:?}");
    assert_eq!("30.4".parse::<Case>(), Err(CaseError::NoColon("30.4".to_owned())));
    assert_eq!("1:0".parse::<Case>(), Err(CaseError::Threads("1".to_owned())));
    let wrong = CaseError::Pick { position: 2, text: "x".to_owned() };
    assert_eq!(wrong.to_string(), "pick 2 is `x`, not a number from 0 to 255");
    assert_eq!("2:0.x".parse::<Case>(), Err(wrong));
}
