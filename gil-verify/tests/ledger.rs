//! The ledger is consistent: every entry has a source, and an altered entry is noticed.

#![cfg(not(loom))]

use std::path::Path;

use gil_models::Python3;
use gil_verify::claims::explored::Explored;
use gil_verify::claims::promise::bounds::Point;
use gil_verify::explorer::model::Program;
use gil_verify::ledger::arguments::{ARGUMENTS, argument};
use gil_verify::ledger::{CLAIMS, claim, expected, opinions, overtakes_max};
use gil_verify::loom::suite;
use gil_verify::mutants::matrix;
use gil_verify::mutants::mechanism::MECHANISM_MUTANTS;
use gil_verify::mutants::protocol::{MUTANTS, Mutant, Mutated};
use gil_verify::mutants::source::{root, sources};
use gil_verify::protocols::PROTOCOLS;
use gil_verify::report::book::mutants_of;
use gil_verify::report::job::Run;
use gil_verify::report::judge::{self, judge};
use gil_verify::report::selection::Selection;
use gil_verify::report::verify;
use gil_verify::report::{
    BoundRow, CaughtBy, ClaimRow, Engine, MutantRow, MutantVerdict, Profile, Row, Verdict, counts,
    overtaking_page,
};

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

/// The text of every source of `gil-core`.
fn core() -> String {
    let files = sources(&root()).expect("the sources can be read").into_keys();
    let text = |file: String| std::fs::read_to_string(root().join(file)).expect("a text file");
    files.map(text).collect()
}

/// What stands between backticks.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_claim_has_an_argument_whose_names_are_in_the_core() {
    let core = core();
    assert_eq!(ARGUMENTS.len(), CLAIMS.len());
    for claim in CLAIMS {
        let text = argument(claim.id);
        assert!((2..=16).contains(&text.lines().count()), "{}", claim.id);
        for name in names(text) {
            let last = name.rsplit("::").next().unwrap_or(name);
            let end = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            let found = core.match_indices(last).any(|(at, _)| end(&core[at + last.len()..]));
            assert!(found, "{}: there is no `{name}` in gil-core", claim.id);
        }
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

#[test]
fn every_protocol_has_a_verdict_about_waiting() {
    for id in ["LIVE-3", "LIVE-5", "LIVE-6"] {
        let claim = claim(id).expect("a claim");
        for protocol in PROTOCOLS {
            let why_not = claim.not_applicable(protocol);
            for (threads, program) in [(2, "hogs"), (3, "blocking"), (4, "blocking+cancel")] {
                let expected = expected(id, protocol, threads, program);
                assert_eq!(expected.is_none(), why_not.is_some(), "{id} of {protocol}, {program}");
            }
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/claims");
            let page = std::fs::read_to_string(path.join(format!("{id}.md"))).expect("a page");
            let list = page.split_once("## Where it fails").map_or("", |(_, list)| list);
            let is_word = |word: &str| word == *protocol;
            let names = |line: &&str| line.split([' ', ',', '.', ':', '*']).any(is_word);
            let says = list.lines().filter(|line| line.starts_with("- ")).find(names);
            assert!(says.is_some_and(|says| !says.starts_with("- Not")), "{id} of {protocol}");
        }
    }
    // Overtaking: a run for each, of the bound that the ledger expects.
    let runs = overtaking_page::runs();
    let applies = |of: &&&str| claim("LIVE-3").is_some_and(|c| c.not_applicable(of).is_none());
    let wanted: Vec<_> = PROTOCOLS.iter().filter(applies).copied().collect();
    assert_eq!(runs.iter().map(|(protocol, ..)| *protocol).collect::<Vec<_>>(), wanted);
    for (protocol, threads, max, run) in runs {
        assert_eq!(max, overtakes_max(protocol, threads), "{protocol}, {threads} threads");
        let loops = run.contains("and from here on, repeatedly:");
        assert_eq!(loops, max.is_none(), "{protocol}: {run}");
    }
}

#[test]
fn release_that_never_ends_is_caught_in_python3() {
    let breaks = |mutant: &&Mutant| mutant.breaks == ["LIVE-5"] && mutant.of == ["python3"];
    let names: Vec<_> = MUTANTS.iter().filter(breaks).map(|mutant| mutant.name).collect();
    assert_eq!(names, ["releaser-is-not-signalled", "canceller-does-not-signal"]);
    for mutant in MUTANTS.iter().filter(breaks) {
        let mutated = Mutated::new(Python3::new(), mutant.mutation);
        let explored = Explored::new(&mutated, Program::cancelling(2), 100_000);
        let run = explored.check("LIVE-5").counterexample.expect(mutant.name);
        assert!(run.message.contains("its release never returns"), "{}", run.message);
    }
    let explored = Explored::new(&Python3::new(), Program::cancelling(2), 100_000);
    assert_eq!(explored.check("LIVE-5").verdict, Verdict::Holds, "unchanged");
}

#[test]
fn table_cell_that_differs_fails() {
    let row = Point { barges: 3, boosts: 1, threads: 2 }.row();
    let judge =
        |row: &BoundRow| judge(Profile::Full, vec![Row::Bound(row.clone())], vec![]).problems;
    assert_eq!(judge(&row), Vec::<String>::new());
    for altered in [
        BoundRow { overtakes_max: Some(4), ..row.clone() },
        BoundRow { overtakes_max: None, ..row.clone() },
        BoundRow { proved_edges: None, ..row.clone() },
    ] {
        assert_eq!(judge(&altered).len(), 1, "{altered:?}");
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
    judge::exit_code(&judge(Profile::Quick, rows, differences))
}

#[test]
fn altered_expectation_fails() {
    let fine = row(Verdict::Holds, Verdict::Holds);
    assert_eq!(code(vec![fine.clone()], vec![]), judge::EXIT_AS_EXPECTED);
    let altered = row(Verdict::Holds, Verdict::Fails);
    assert_eq!(code(vec![fine.clone(), altered], vec![]), judge::EXIT_NOT_AS_EXPECTED);
    let ended = row(Verdict::Inconclusive, Verdict::Holds);
    assert_eq!(code(vec![fine.clone(), ended], vec![]), judge::EXIT_INCONCLUSIVE);
    let survivor = Row::Mutant(MutantRow {
        id: "m".to_owned(),
        of: "handoff".to_owned(),
        breaks: vec!["SAFE-1".to_owned()],
        argument: None,
        verdict: MutantVerdict::Survived,
        caught_by: vec![],
    });
    assert_eq!(code(vec![fine, survivor], vec![]), judge::EXIT_MUTANT_SURVIVED);
    assert_eq!(code(vec![], vec![]), judge::EXIT_HARNESS_BROKEN);
}

#[test]
fn count_that_differs_in_either_direction_fails() {
    let rows = vec![row(Verdict::Holds, Verdict::Holds)];
    let found = counts::of(&rows);
    let key = "explorer handoff 2 hogs with-ghost".to_owned();
    assert_eq!(found.get(&key), Some(&39));
    for committed in [38, 40] {
        let committed = counts::Counts::from([(key.clone(), committed)]);
        let wrong = counts::differences(&committed, &found, |_| true);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(code(rows.clone(), wrong), judge::EXIT_NOT_AS_EXPECTED);
    }
    let gone = counts::differences(&found, &counts::Counts::new(), |_| true);
    assert_eq!(gone.len(), 1, "a suite that did not run fails: {gone:?}");
}

/// The report of a run without a single result.
fn nothing_ran(selection: Selection) -> judge::Report {
    verify::finish(Run { selection, jobs: Vec::new(), notes: Vec::new(), seconds: 0.0 }).0
}

#[test]
fn suite_that_is_gone_is_missed_also_when_one_protocol_is_selected() {
    let selection = Selection::all(Profile::Quick);
    let of_handoff = Selection { protocol: Some("handoff".to_owned()), ..selection.clone() };
    let is_missed = |problems: &[String], key: &str| {
        problems.iter().any(|problem| problem.starts_with(&format!("`{key}`: committed in")))
    };
    let [all, of_handoff] = [selection, of_handoff].map(|selected| nothing_ran(selected).problems);
    assert!(is_missed(&all, "loom handoff four") && is_missed(&all, "loom python3 four"));
    assert!(is_missed(&of_handoff, "loom handoff four"));
    assert!(!is_missed(&of_handoff, "loom python3 four"), "another protocol");
    assert!(!is_missed(&of_handoff, "loom handoff three-deep"), "another profile");
}

#[test]
fn claim_whose_checks_did_not_all_run_is_partly_checked() {
    let one_claim =
        Selection { claim: Some("SAFE-1".to_owned()), ..Selection::all(Profile::Quick) };
    let report = nothing_ran(one_claim);
    let names = |kind: &str| {
        let part = format!("SAFE-1, {kind}: 0 of ");
        report.left_out.iter().any(|left| left.starts_with(&part) && left.ends_with(" ran"))
    };
    assert!(names("loom") && names("explorer") && names("mutants"), "{:?}", report.left_out);
    assert!(report.left_out.iter().all(|left| left.starts_with("SAFE-1")));
    assert_eq!(judge::exit_code(&report), judge::EXIT_HARNESS_BROKEN, "nothing ran");
    let row = row(Verdict::Holds, Verdict::Holds);
    let partly =
        judge::Report { left_out: report.left_out, ..judge(Profile::Quick, vec![row], Vec::new()) };
    assert_eq!(judge::exit_code(&partly), judge::EXIT_INCONCLUSIVE);
}

#[test]
fn spin_state_counts_equal_those_of_the_explorer() {
    let committed = counts::committed().expect("counts.json is valid");
    let of_spin = committed.iter().filter(|(key, _)| key.starts_with("spin "));
    let mut compared = 0;
    for (key, states) in of_spin {
        let explorer = format!("{} plain", key.replacen("spin", "explorer", 1));
        assert_eq!(committed.get(&explorer), Some(states), "{key} and {explorer}");
        compared += 1;
    }
    assert_eq!(compared, 4 * 3 * 3, "four protocols, three numbers of threads, three programs");
}

#[test]
fn every_claim_has_two_engines_or_a_reason() {
    for claim in CLAIMS {
        let engines = opinions::engines(claim.id);
        let alone = opinions::SINGLE.iter().any(|(id, _)| *id == claim.id);
        assert!(!engines.is_empty(), "{} is judged by no engine", claim.id);
        assert_eq!(engines.len() == 1, alone, "{}: {engines:?}", claim.id);
    }
    let known = |id: &&str| claim(id).is_some();
    assert!(opinions::SINGLE.iter().map(|(id, _)| id).all(known), "a reason for no claim");
}

#[test]
fn kill_matrix_has_every_mutant_and_no_survivor() {
    let matrix = matrix::committed().expect("kills.json is a matrix");
    let survivors: Vec<_> = matrix.iter().filter(|(_, fate)| fate.survives()).collect();
    assert!(survivors.is_empty(), "{survivors:?}");
    for mutant in MUTANTS {
        for of in mutant.of {
            let fate = matrix.get(&format!("{of}/{}", mutant.name)).expect("it is in the matrix");
            let named = |by: &CaughtBy| mutant.breaks.contains(&by.claim.as_str());
            let caught = fate.caught_by.iter().any(named);
            assert_eq!(caught, mutant.equivalent.is_none(), "{of}/{}: {fate:?}", mutant.name);
        }
    }
    for mutant in MECHANISM_MUTANTS {
        let lines = matrix.iter().filter(|(name, _)| name.ends_with(&format!("/{}", mutant.name)));
        let by_loom =
            |fate: &matrix::Fate| fate.caught_by.iter().any(|by| by.engine == Engine::Loom);
        assert!(lines.map(|(_, fate)| fate).any(by_loom), "{} under loom", mutant.name);
    }
    let explored = matrix.values().flat_map(|fate| &fate.caught_by);
    assert!(explored.filter(|by| by.engine == Engine::Spin).count() >= 15, "Spin caught its own");
}

#[test]
fn mutant_with_another_outcome_is_a_difference() {
    let committed = matrix::committed().expect("kills.json is a matrix");
    assert!(matrix::differences(&committed, &committed).is_empty());
    let mut found = committed.clone();
    let fate = found.get_mut("handoff/serves-last").expect("it is in the matrix");
    fate.caught_by.retain(|by| by.claim != "LIVE-2");
    assert_eq!(matrix::differences(&committed, &found).len(), 1, "caught by something else");
    found.remove("handoff/serves-last");
    assert_eq!(matrix::differences(&committed, &found).len(), 1, "it did not run");
    assert_eq!(matrix::differences(&found, &committed).len(), 1, "it is new");
}
