//! The committed results of the mutation run.

#![cfg(not(loom))]

use gil_verify::mutants::source::{
    EQUIVALENT, Equivalent, Outcome, Results, Verdict, committed, equivalent, root, rules, stale,
};

fn results() -> Results {
    committed().expect("gil-verify/golden/mutation.json is valid")
}

#[test]
fn mutations_of_the_core_are_all_caught() {
    let results = results();
    let missed = results.mutants.iter().filter(|outcome| outcome.verdict == Verdict::Missed);
    let missed: Vec<_> = missed.map(|outcome| outcome.name.as_str()).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    // `cargo verify mutation --check` lists the files that changed since their last run.
    let (all, caught) = (results.mutants.len(), results.count(Verdict::Caught));
    assert!(caught * 10 >= all * 6, "{}", results.summary());
    let silent = |verdict, by: &str| verdict == Verdict::Caught && by.is_empty();
    assert!(results.mutants.iter().all(|outcome| !silent(outcome.verdict, &outcome.by)));
}

/// A source in which the run finds nothing to change would be current without a result.
#[test]
fn every_source_with_a_function_has_a_change() {
    let results = results();
    for file in results.sources.keys() {
        let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        let code = text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
        let has_function = code.clone().any(|line| line.contains("fn ") && line.ends_with('{'));
        let changes = results.mutants.iter().filter(|outcome| outcome.file == *file).count();
        assert!(changes > 0 || !has_function, "{file}: the run changes nothing in it");
    }
}

#[test]
fn equivalent_mutants_are_argued_and_were_missed() {
    let results = results();
    let ran = |known: &&Equivalent| results.sources.contains_key(known.file);
    for known in EQUIVALENT.iter().filter(ran) {
        let about =
            |o: &&Outcome| known.is_about(&o.file, &o.name) && o.verdict == Verdict::Equivalent;
        let matches = results.mutants.iter().filter(about).count();
        assert!(matches > 0, "no change is `{}` of {} any more", known.change, known.file);
    }
    for outcome in results.mutants.iter().filter(|o| o.verdict == Verdict::Equivalent) {
        assert_eq!(equivalent(&outcome.file, &outcome.name), Some(outcome.by.as_str()));
    }
}

#[test]
fn every_deleted_line_of_the_rules_breaks_a_claim() {
    let results = results();
    let without: Vec<_> = rules::without_claim(&results)
        .iter()
        .map(|outcome| format!("{}: {:?} by {}", outcome.name, outcome.verdict, outcome.by))
        .collect();
    assert!(without.is_empty(), "{}", without.join("\n"));
    if !results.sources.contains_key("gil-core/src/protocol/handoff.rs") {
        let page = rules::page(&results);
        assert!(page.contains("no result of theirs is committed"), "{page}");
        return;
    }
    assert_eq!(rules::lines(&results).count(), 46, "all lines were deleted once");
    let for_speed = rules::lines(&results).filter(|line| rules::for_speed(line).is_some());
    assert_eq!(for_speed.count(), rules::FOR_SPEED.len(), "each is a line, and a test misses it");
}

/// Results of two files, with one change each.
fn results_of_two_files() -> Results {
    let of = |file: &str| Outcome {
        file: file.to_owned(),
        name: format!("{file}:1: leave out `x`"),
        verdict: Verdict::Caught,
        by: "SAFE-1".to_owned(),
        claim: Some("SAFE-1".to_owned()),
        seconds: 1.0,
    };
    let files = ["a.rs", "b.rs"];
    Results {
        sources: files.map(|file| (file.to_owned(), "1".repeat(64))).into(),
        mutants: files.map(of).into(),
    }
}

#[test]
fn changed_or_new_source_is_stale() {
    let results = results_of_two_files();
    let mut present = results.sources.clone();
    assert_eq!(stale(&results, &present), Vec::<String>::new());
    present.insert("b.rs".to_owned(), "0".repeat(64));
    present.insert("new.rs".to_owned(), "0".repeat(64));
    assert_eq!(stale(&results, &present), ["b.rs", "new.rs"]);
    let mut kept = results;
    kept.keep(&present);
    let left: Vec<_> = kept.mutants.iter().map(|outcome| outcome.file.as_str()).collect();
    assert_eq!(left, ["a.rs"], "results of another text are removed, and nothing else");
}
