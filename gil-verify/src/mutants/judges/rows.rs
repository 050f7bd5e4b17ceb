//! Mutants of what is made of the results: the comparisons, the ledger, the counts, the exit code.

use gil_models::Python2;

use super::Judge;
use crate::claims::explored::{Explored, STATES_MAX};
use crate::explorer::model::Program;
use crate::ledger;
use crate::loom::engine::judge_mutant;
use crate::loom::process::{Said, UNNAMED};
use crate::loom::suite;
use crate::mutants::mechanism::MECHANISM_MUTANTS;
use crate::report::counts::{self, Counts};
use crate::report::judge::{EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE, exit_code, judge};
use crate::report::{AgreementRow, ClaimRow, Engine, MutantVerdict, Profile, Row, Verdict};

/// A row about LIVE-2 of python2 with four CPU-bound threads.
fn row(verdict: Verdict, expected: Verdict) -> ClaimRow {
    ClaimRow {
        id: "LIVE-2".to_owned(),
        protocol: "python2".to_owned(),
        engine: Engine::Explorer,
        threads: 4,
        bound: "all states".to_owned(),
        fairness: None,
        variant: Some("hogs".to_owned()),
        verdict,
        expected,
        explored: 1,
        unit: "states".to_owned(),
        seconds: 0.0,
        test: String::new(),
        counterexample: None,
    }
}

fn code(row: ClaimRow) -> u8 {
    exit_code(&judge(Profile::Quick, vec![Row::Claim(row)], Vec::new()))
}

pub(super) fn nothing_agrees_with_nothing(which: Judge) -> bool {
    let agrees = |row: &AgreementRow| match which {
        Judge::Real => row.agrees(),
        Judge::Mutated => row.only_loom == 0 && row.only_explorer == 0,
    };
    let of = |loom, explorer, only_loom| AgreementRow {
        id: "TRACES".to_owned(),
        protocol: "handoff".to_owned(),
        suite: "two".to_owned(),
        threads: 2,
        acquisitions: 1,
        timeouts: 1,
        give_ups: 0,
        bound: "unbounded".to_owned(),
        loom,
        explorer,
        only_loom,
        only_explorer: 0,
    };
    agrees(&of(10, 10, 0)) && !agrees(&of(10, 9, 1)) && !agrees(&of(0, 0, 0))
}

pub(super) fn ledger_is_compared(which: Judge) -> bool {
    let program = Program::hogs(4);
    let found = Explored::new(&Python2::new(), program, STATES_MAX).check("LIVE-2");
    let expected = match which {
        Judge::Real => ledger::expected("LIVE-2", "python2", 4, program.variant()),
        Judge::Mutated => Some(Verdict::Holds),
    };
    expected.is_some_and(|expected| code(row(found.verdict, expected)) == EXIT_AS_EXPECTED)
}

pub(super) fn inconclusive_is_no_success(which: Judge) -> bool {
    let verdict = match which {
        Judge::Real => Verdict::Inconclusive,
        Judge::Mutated => Verdict::Holds,
    };
    code(row(Verdict::Holds, Verdict::Holds)) == EXIT_AS_EXPECTED
        && code(row(verdict, Verdict::Holds)) == EXIT_INCONCLUSIVE
}

pub(super) fn missing_count_is_a_difference(which: Judge) -> bool {
    let found = counts::of(&[Row::Claim(row(Verdict::Fails, Verdict::Fails))]);
    let differences = |committed: &Counts, found: &Counts| {
        counts::differences(committed, found, |_| which == Judge::Real).len()
    };
    differences(&found, &found) == 0 && differences(&found, &Counts::new()) == 1
}

pub(super) fn other_claim_catches_nothing(which: Judge) -> bool {
    let mutant = MECHANISM_MUTANTS.iter().find(|mutant| mutant.name == "CancelSkipped");
    let Some((mutant, suite)) = mutant.and_then(|it| Some((it, suite(it.suite)?))) else {
        return false;
    };
    let verdict = |claim| {
        let said = Said::Broke { claim, message: String::new(), schedule: None };
        match which {
            Judge::Real => judge_mutant(mutant, suite, said).verdict,
            Judge::Mutated => MutantVerdict::Caught,
        }
    };
    let named = mutant.breaks.iter().all(|claim| verdict(claim) == MutantVerdict::Caught);
    named && verdict(UNNAMED) == MutantVerdict::Survived
}
