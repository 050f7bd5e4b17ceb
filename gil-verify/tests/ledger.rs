//! The ledger holds together: nothing in it hangs in the air, and altering it is noticed.

#![cfg(not(loom))]

use std::path::Path;

use gil_verify::book::mutants_of;
use gil_verify::counts;
use gil_verify::ledger::{CLAIMS, claim};
use gil_verify::looms::{MECHANISM_MUTANTS, suite};
use gil_verify::mutants::MUTANTS;
use gil_verify::report::{ClaimRow, Engine, MutantRow, MutantVerdict, Profile, Row, Verdict};
use gil_verify::verify::{self, judge};
use gil_verify::zoo::PROTOCOLS;

fn source(of: &str) -> (String, &str) {
    let (file, name) = of.split_once("::").unwrap_or_else(|| panic!("`{of}` is no file::name"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join(file));
    (text.unwrap_or_else(|error| panic!("{file}: {error}")), name)
}

#[test]
fn every_claim_has_a_judge_a_test_and_a_mutant() {
    for claim in CLAIMS {
        for place in [claim.judge, claim.test] {
            let (text, name) = source(place);
            assert!(text.contains(&format!("fn {name}")), "{}: no {place}", claim.id);
        }
        assert!(!mutants_of(claim.id).is_empty(), "no mutant can break {}", claim.id);
    }
}

#[test]
fn every_name_in_the_ledger_exists() {
    for mutant in MUTANTS {
        assert!(mutant.breaks.iter().all(|id| claim(id).is_some()), "{mutant:?}");
        assert!(mutant.of.iter().all(|of| PROTOCOLS.contains(of)), "{mutant:?}");
    }
    for mutant in MECHANISM_MUTANTS {
        assert!(mutant.breaks.iter().all(|id| claim(id).is_some()), "{mutant:?}");
        assert!(suite(mutant.suite).is_some(), "{mutant:?}");
    }
    for claim in CLAIMS {
        let known = claim.all_known_false().map(|known| known.protocol);
        let not = claim.not_applicable.iter().map(|(protocol, _)| *protocol);
        assert!(known.chain(not).all(|of| PROTOCOLS.contains(&of)), "{}", claim.id);
    }
}

fn row(verdict: Verdict, expected: Verdict) -> Row {
    Row::Claim(ClaimRow {
        id: "SAFE-1".to_owned(),
        protocol: "handoff".to_owned(),
        engine: Engine::Explorer,
        threads: 2,
        bound: "all states".to_owned(),
        fairness: None,
        variant: Some("hogs".to_owned()),
        verdict,
        expected,
        explored: 39,
        unit: "states".to_owned(),
        seconds: 0.0,
        test: String::new(),
        counterexample: None,
    })
}

fn code(rows: Vec<Row>, differences: Vec<String>) -> u8 {
    verify::exit_code(&judge(Profile::Quick, rows, differences))
}

#[test]
fn an_altered_expectation_is_red() {
    let fine = row(Verdict::Holds, Verdict::Holds);
    assert_eq!(code(vec![fine.clone()], vec![]), verify::EXIT_AS_EXPECTED);
    let altered = row(Verdict::Holds, Verdict::Fails);
    assert_eq!(code(vec![fine.clone(), altered], vec![]), verify::EXIT_NOT_AS_EXPECTED);
    let ended = row(Verdict::Inconclusive, Verdict::Holds);
    assert_eq!(code(vec![fine.clone(), ended], vec![]), verify::EXIT_INCONCLUSIVE);
    let survivor = Row::Mutant(MutantRow {
        id: "m".to_owned(),
        of: "handoff".to_owned(),
        breaks: vec!["SAFE-1".to_owned()],
        verdict: MutantVerdict::Survived,
        caught_by: vec![],
    });
    assert_eq!(code(vec![fine, survivor], vec![]), verify::EXIT_MUTANT_SURVIVED);
    assert_eq!(code(vec![], vec![]), verify::EXIT_HARNESS_BROKEN);
}

#[test]
fn a_count_that_differs_is_red_in_both_directions() {
    let rows = vec![row(Verdict::Holds, Verdict::Holds)];
    let found = counts::of(&rows);
    let key = "explorer handoff 2 hogs with-ghost".to_owned();
    assert_eq!(found.get(&key), Some(&39));
    for committed in [38, 40] {
        let committed = counts::Counts::from([(key.clone(), committed)]);
        let wrong = counts::differences(&committed, &found, |_| true);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(code(rows.clone(), wrong), verify::EXIT_NOT_AS_EXPECTED);
    }
    let gone = counts::differences(&found, &counts::Counts::new(), |_| true);
    assert_eq!(gone.len(), 1, "a suite that did not run is red: {gone:?}");
}
