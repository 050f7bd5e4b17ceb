//! The judges give known answers, and a judge with a deliberate bug does not.

#![cfg(not(loom))]

use std::collections::BTreeSet;

use gil_verify::mutants::judges::{JUDGE_MUTANTS, Judge};

#[test]
fn every_judge_gives_the_known_answers() {
    let wrong = JUDGE_MUTANTS.iter().filter(|mutant| !mutant.passes(Judge::Real));
    let wrong: Vec<_> = wrong.map(|mutant| (mutant.name, mutant.noticed_by)).collect();
    assert!(wrong.is_empty(), "not so: {wrong:#?}");
}

#[test]
fn every_mutant_of_a_judge_is_noticed() {
    let missed = JUDGE_MUTANTS.iter().filter(|mutant| mutant.passes(Judge::Mutated));
    let missed: Vec<_> = missed.map(|mutant| (mutant.name, mutant.bug)).collect();
    assert!(missed.is_empty(), "not noticed: {missed:#?}");
    let names: BTreeSet<_> = JUDGE_MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(names.len(), JUDGE_MUTANTS.len(), "names are unique");
    assert!(names.len() >= 10, "{names:?}");
}
