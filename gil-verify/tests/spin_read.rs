//! Which outputs of Spin are a verdict and which are not: outputs as printed by Spin 6.5.2. No test
//! here needs Spin.
#![cfg(not(loom))]

use std::collections::BTreeSet;

use gil_verify::ledger;
use gil_verify::mutants::spin::MUTANTS;
use gil_verify::spin::read::{read, trail};
use gil_verify::spin::{Answer, Question, SpinError, Verdict, ask};

macro_rules! printed {
    ($name:literal) => {
        include_str!(concat!("../spin/printed/", $name, ".txt"))
    };
}

fn verdict(output: &str, claims: &[&str]) -> (String, Verdict) {
    let answers = read(output, claims).expect("a verdict").expect("deep enough");
    let [Answer { claim, verdict, .. }] = answers.as_slice() else { panic!("{answers:?}") };
    (claim.clone(), *verdict)
}

#[test]
fn complete_search_and_error_are_verdicts() {
    let answers = read(printed!("safety-holds"), &["LIVE-4", "SAFE-1"]).expect("a verdict");
    let answers = answers.expect("deep enough");
    assert_eq!(answers.len(), 2, "all that was asked holds");
    for answer in answers {
        assert_eq!(answer.verdict, Verdict::Holds);
        assert_eq!((answer.states, answer.moves, answer.depth), (35, 48, 59));
        assert_eq!(answer.untaken, ["is back between two sections"]);
    }
    let broken = verdict(printed!("safety-fails"), &["LIVE-4", "SAFE-1"]);
    assert_eq!(broken, ("SAFE-1".to_owned(), Verdict::Fails));
    let holds = verdict(printed!("liveness-holds"), &["LIVE-2"]);
    assert_eq!(holds, ("LIVE-2".to_owned(), Verdict::Holds));
    let fails = verdict(printed!("liveness-fails"), &["LIVE-2"]);
    assert_eq!(fails, ("LIVE-2".to_owned(), Verdict::Fails));
}

#[test]
fn truncated_search_is_no_verdict() {
    let deeper = read(printed!("cut-short"), &["LIVE-4"]).expect("no error yet");
    assert_eq!(deeper, None, "it has to be made again, deeper");
    let ended = read(printed!("out-of-memory"), &["SAFE-3"]);
    assert!(matches!(ended, Err(SpinError::Incomplete { .. })), "{ended:?}");
    let warned =
        printed!("safety-holds").replace("\n\nFull", "\nWarning: Search not completed\n\nFull");
    let ended = read(&warned, &["LIVE-4"]);
    assert!(matches!(ended, Err(SpinError::Incomplete { .. })), "{ended:?}");
}

#[test]
fn promise_that_never_begins_is_no_verdict() {
    let empty = read(printed!("vacuous"), &["LIVE-1"]);
    assert!(matches!(&empty, Err(SpinError::Vacuous { claim }) if claim == "LIVE-1"), "{empty:?}");
}

#[test]
fn answer_to_another_question_is_no_verdict() {
    for (output, asked) in [
        (printed!("safety-fails"), "LIVE-4"),
        (printed!("safety-fails"), "SAFE-3"),
        (printed!("safety-holds"), "LIVE-2"),
        (printed!("liveness-holds"), "LIVE-1"),
        (printed!("liveness-holds"), "SAFE-1"),
        (printed!("liveness-fails"), "LIVE-1"),
        // Its loop is not possible under a fair scheduler.
        (printed!("unfair"), "LIVE-2"),
        ("", "SAFE-1"),
        ("pan: no such option", "LIVE-2"),
    ] {
        let found = read(output, &[asked]);
        assert!(matches!(found, Err(SpinError::NoVerdict { .. })), "{asked}: {found:?}\n{output}");
    }
}

#[test]
fn partial_output_is_no_verdict() {
    for output in [printed!("safety-holds"), printed!("liveness-holds")] {
        let claim = if output.contains("live_2") { "LIVE-2" } else { "SAFE-1" };
        let ends = output.find("errors:").expect("the number of errors");
        for end in (0..ends).filter(|end| output.is_char_boundary(*end)) {
            let found = read(&output[..end], &[claim]);
            assert!(matches!(found, Err(SpinError::NoVerdict { .. })), "{end}: {found:?}");
        }
    }
}

#[test]
fn error_that_cannot_be_replayed_is_no_verdict() {
    let told = trail(printed!("replay"), "").expect("it was replayed");
    assert_eq!(told, ["T1 wants the lock: T1 take", "T0 wants the lock: T0 take"]);
    let found = trail(printed!("replay-without-trail"), printed!("safety-fails"));
    let Err(SpinError::NoVerdict { output }) = found else { panic!("{found:?}") };
    assert!(
        output.contains("safe_1_is_broken") && output.contains("cannot find trail"),
        "{output}"
    );
}

#[test]
fn unknown_name_is_an_error_that_names_it() {
    let right = Question {
        protocol: "handoff",
        threads: 2,
        program: "hogs",
        claims: &["SAFE-1"],
        mutant: None,
    };
    for (question, what, wrong) in [
        (Question { protocol: "ruby", ..right }, "protocol", "ruby"),
        (Question { program: "spurious", ..right }, "program", "spurious"),
        (Question { threads: 1, ..right }, "number of threads", "1"),
        (Question { threads: 5, ..right }, "number of threads", "5"),
        (Question { claims: &["SAFE-1", "SAFE-2"], ..right }, "claim", "SAFE-2"),
        (Question { mutant: Some("NO_SUCH"), ..right }, "mutant", "NO_SUCH"),
        // It is a macro of another model, and a part of the name of one of this model.
        (
            Question { mutant: Some("TAKER_DOES_NOT_SIGNAL"), ..right },
            "mutant",
            "TAKER_DOES_NOT_SIGNAL",
        ),
        (Question { mutant: Some("TAKES"), ..right }, "mutant", "TAKES"),
    ] {
        let error = ask(&question).expect_err("it is wrong").to_string();
        assert_eq!(error, format!("the Promela models know no {what} `{wrong}`"));
    }
}

#[test]
fn every_mutant_of_the_models_is_listed() {
    let models = [
        ("handoff", include_str!("../spin/handoff.pml")),
        ("python2", include_str!("../spin/python2.pml")),
        ("python3", include_str!("../spin/python3.pml")),
    ];
    let word = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let in_models: BTreeSet<_> = models
        .iter()
        .flat_map(|(of, text)| {
            let words = text.split(move |c| !word(c));
            words.filter_map(|word| word.strip_prefix("MUTANT_")).map(move |name| (*of, name))
        })
        .collect();
    let listed: BTreeSet<_> = MUTANTS.iter().map(|mutant| (mutant.of, mutant.name)).collect();
    assert_eq!(in_models, listed);
    assert_eq!(MUTANTS.len(), listed.len(), "each once");
    assert!(listed.len() >= 16);
    for part in [
        include_str!("../spin/common.pml"),
        include_str!("../spin/claims.pml"),
        include_str!("../spin/threads.pml"),
    ] {
        assert!(!part.contains("MUTANT_"), "a mutant of all models at once is listed nowhere");
    }
    for mutant in MUTANTS {
        assert!(ledger::claim(mutant.breaks).is_some(), "{mutant:?}");
    }
    // A claim that no mutant breaks has no test of its judge.
    for claim in gil_verify::spin::SAFETY.iter().chain(gil_verify::spin::LIVENESS) {
        assert!(MUTANTS.iter().any(|mutant| mutant.breaks == *claim), "nothing breaks {claim}");
    }
}
