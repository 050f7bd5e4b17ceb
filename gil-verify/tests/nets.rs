//! Each mutant has two nets or a reason, and each loom suite has a mutant or a reason.

#![cfg(not(loom))]

use gil_verify::ledger::claim;
use gil_verify::loom::{SUITES, runs, suite};
use gil_verify::mutants::matrix::{self, Matrix};
use gil_verify::mutants::mechanism::{SUITES_WITHOUT_MUTANT, planted_in};
use gil_verify::mutants::nets;
use gil_verify::mutants::protocol::ON_LOOM;
use gil_verify::report::Engine;

fn committed() -> Matrix {
    matrix::committed().expect("kills.json is a matrix")
}

#[test]
fn mutant_with_one_net_has_a_reason() {
    assert_eq!(nets::problems(&committed()), Vec::<String>::new());
}

#[test]
fn mutant_that_loses_its_second_net_is_a_problem() {
    let mut matrix = committed();
    let fate = matrix.get_mut("handoff/free-dropped").expect("it is in the matrix");
    fate.caught_by.retain(|by| by.engine == Engine::Explorer);
    let problems = nets::problems(&matrix);
    assert_eq!(problems, ["mutant handoff/free-dropped has one net and no reason"]);
}

#[test]
fn reason_without_a_mutant_is_a_problem() {
    let mut matrix = committed();
    matrix.retain(|name, _| !name.starts_with("pacing/"));
    let problems = nets::problems(&matrix);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("no mutant has the reason: A delay needs a clock"));
}

#[test]
fn claims_and_comparisons_of_one_engine_are_one_net() {
    let matrix = committed();
    let of = |name: &str| nets::nets(&matrix[name]);
    assert_eq!(of("mechanism/StaleRequestAnswered"), [Engine::Loom], "by REFINES");
    assert_eq!(of("handoff/last-unseen"), [Engine::Explorer], "by HAND and LIVE-2");
    assert_eq!(of("handoff/notify-dropped"), [Engine::Explorer, Engine::Spin, Engine::Loom]);
}

#[test]
fn machine_output_has_the_nets_of_every_mutant() {
    let matrix = committed();
    let json = nets::json(&matrix).expect("plain data");
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    for (name, fate) in &matrix {
        let nets = json[name]["nets"].as_array().expect("a list").len();
        assert_eq!(nets, nets::nets(fate).len(), "{name}");
        assert_eq!(json[name]["one_net"].is_string(), nets == 1, "{name}");
    }
}

#[test]
fn mutant_of_a_protocol_on_loom_exists_and_its_suite_runs() {
    for on in ON_LOOM {
        let suite = suite(on.suite).expect("a suite");
        for of in on.of {
            let mutant = on.mutant(of).unwrap_or_else(|| panic!("{} of {of}", on.name));
            assert!(mutant.equivalent.is_none(), "{} of {of} is no bug", on.name);
            assert!(runs(suite, of), "{} does not run on {of} without the mutant", suite.name);
        }
        assert!(on.breaks.iter().all(|id| claim(id).is_some()), "{on:?}");
    }
}

#[test]
fn loom_suite_has_a_planted_mutant_or_a_reason() {
    for suite in SUITES {
        let without = SUITES_WITHOUT_MUTANT.iter().any(|(name, _)| *name == suite.name);
        let planted = planted_in(suite.name);
        assert_eq!(planted.is_empty(), without, "{}: {planted:?}", suite.name);
    }
    let known = |(name, _): &(&str, _)| suite(name).is_some();
    assert!(SUITES_WITHOUT_MUTANT.iter().all(known), "a reason for no suite");
}
