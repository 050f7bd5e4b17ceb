//! The committed results of the mutation run.

#![cfg(not(loom))]

use gil_verify::mutants::source::{
    EQUIVALENT, Equivalent, Outcome, Results, Verdict, committed, equivalent, rules, stale,
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
    assert!(all > 100 && caught * 10 > all * 6, "{}", results.summary());
    let silent = |verdict, by: &str| verdict == Verdict::Caught && by.is_empty();
    assert!(results.mutants.iter().all(|outcome| !silent(outcome.verdict, &outcome.by)));
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
    assert_eq!(rules::lines(&results).count(), 44, "all lines were deleted once");
    let for_speed = rules::lines(&results).filter(|line| rules::for_speed(line).is_some());
    assert_eq!(for_speed.count(), rules::FOR_SPEED.len(), "each is a line, and a test misses it");
}

#[test]
fn changed_or_new_source_is_stale() {
    let results = results();
    let mut present = results.sources.clone();
    assert_eq!(stale(&results, &present), Vec::<String>::new());
    let handoff = "gil-core/src/protocol/handoff.rs";
    let hash = present.get_mut(handoff).expect("the default protocol was run");
    *hash = hash.replace(|digit: char| digit.is_ascii_digit(), "0");
    present.insert("gil-core/src/new.rs".to_owned(), "0".repeat(64));
    assert_eq!(stale(&results, &present), [handoff, "gil-core/src/new.rs"]);
    let mut kept = results.clone();
    kept.keep(&present);
    let of = |results: &Results| results.mutants.iter().filter(|o| o.file == handoff).count();
    assert!(of(&results) > 0 && of(&kept) == 0, "results of another text are removed");
    assert_eq!(kept.mutants.len(), results.mutants.len() - of(&results), "and nothing else");
}
