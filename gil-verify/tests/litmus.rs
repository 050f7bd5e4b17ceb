//! The litmus tests of the lock word: exactly these outcomes under loom, and the texts for herd7.
//!
//! An ordinary build starts the loom build itself, so the test cannot pass without running. A build
//! with `--cfg loom` runs in this process.

use std::collections::BTreeSet;

use gil_verify::loom::litmus::{self, Litmus, Result};

#[cfg(not(all(loom, shuttle)))]
fn assert_as_listed(litmus: &Litmus, reached: &BTreeSet<String>) {
    let Litmus { name, outcomes, beyond_loom, only_loom, .. } = litmus;
    let shown = outcomes.iter().filter(|outcome| !beyond_loom.contains(outcome)).chain(only_loom);
    let listed: BTreeSet<_> = shown.map(|outcome| (*outcome).to_owned()).collect();
    assert_eq!(*reached, listed, "{name}");
    assert_eq!(litmus.judge(reached.iter().map(String::as_str)), litmus.result, "{name}");
}

#[test]
fn c11_allows_exactly_the_listed_outcomes() {
    for litmus in litmus::all() {
        let allowed = litmus::views::outcomes(&litmus);
        let listed: BTreeSet<_> = litmus.outcomes.iter().map(|one| (*one).to_owned()).collect();
        assert_eq!(allowed, listed, "{}", litmus.name);
        let result = litmus.judge(allowed.iter().map(String::as_str));
        assert_eq!(result, litmus.result, "{}", litmus.name);
    }
}

#[cfg(all(loom, not(shuttle)))]
#[test]
fn loom_reaches_exactly_the_listed_outcomes() {
    for litmus in litmus::all() {
        assert_as_listed(&litmus, &litmus::run::outcomes(&litmus));
    }
}

#[cfg(not(loom))]
#[test]
fn loom_reaches_exactly_the_listed_outcomes() {
    use gil_verify::loom::process::{self, LOOM};
    let binary = LOOM.make(&mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
    for litmus in litmus::all() {
        let reached = process::litmus(&binary, &litmus.name);
        assert_as_listed(&litmus, &reached.unwrap_or_else(|error| panic!("{error}")));
    }
    let unknown = process::litmus(&binary, "no-such-test").expect_err("there is none");
    assert!(unknown.to_string().contains("there is no litmus test `no-such-test`"), "{unknown}");
}

#[test]
fn each_guarantee_has_a_strong_and_a_weakened_test() {
    let all = litmus::all();
    let strong: Vec<_> = all.iter().filter(|litmus| !litmus.name.contains('+')).collect();
    assert!(strong.len() >= 10, "{} guarantees", strong.len());
    for litmus in &strong {
        assert_eq!(litmus.result, Result::Never, "{}", litmus.name);
        let weaker = format!("{}+", litmus.name);
        let breaks = |other: &&Litmus| other.result == Result::Sometimes;
        let weakened = all.iter().filter(|other| other.name.starts_with(&weaker)).filter(breaks);
        assert!(weakened.count() > 0, "nothing shows what {} needs", litmus.name);
    }
    let names: BTreeSet<_> = all.iter().map(|litmus| &litmus.name).collect();
    assert_eq!(names.len(), all.len(), "each name once");
    for Litmus { name, outcomes, beyond_loom, only_loom, .. } in &all {
        assert!(beyond_loom.iter().all(|outcome| outcomes.contains(outcome)), "{name}");
        assert!(!only_loom.iter().any(|outcome| outcomes.contains(outcome)), "{name}");
    }
}

#[cfg(not(loom))]
mod texts {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use gil_verify::loom::litmus::{self, herd};

    const BLESS: &str = "GIL_BLESS=1 cargo test -p gil-verify --test litmus";

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/litmus")
    }

    #[test]
    fn every_text_equals_the_program_loom_runs() {
        let mut wanted = BTreeSet::new();
        for litmus in litmus::all() {
            let (name, text) = (format!("{}.litmus", litmus.name), herd::text(&litmus));
            let path = folder().join(&name);
            if std::env::var_os("GIL_BLESS").is_some() {
                std::fs::write(&path, &text).expect("it can be written");
            }
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(committed == text, "{name} is not what loom runs; {BLESS}");
            wanted.insert(name);
        }
        let there = std::fs::read_dir(folder()).expect("the folder is there");
        let there = there.map(|entry| entry.expect("an entry").file_name().into_string());
        let there: BTreeSet<_> = there.map(|name| name.expect("a plain name")).collect();
        assert_eq!(there, wanted, "a text that nothing runs");
    }

    #[test]
    fn litmus_page_lists_every_test_with_its_verdict() {
        let page = include_str!("../../docs/src/litmus.md");
        for litmus in litmus::all() {
            let row = format!("| `{}` | {:?} |", litmus.name, litmus.result);
            assert!(page.contains(&row), "docs/src/litmus.md has no row {row}");
        }
        let rows = page.lines().filter(|line| line.starts_with("| `"));
        assert_eq!(rows.count(), litmus::all().len());
    }

    /// The tests describe the lock only while the lock has these lines.
    #[test]
    fn litmus_orderings_equal_those_of_the_lock() {
        let source = include_str!("../../gil-core/src/raw/word.rs");
        for step in [
            "ordering!(AttachRelaxed, Acquire)",
            "ordering!(DetachRelaxed, Release)",
            "ordering!(FreezeRelaxed, Acquire)",
            "ordering!(UnfreezeRelaxed, Release)",
            "compare_exchange(free, held, success, Ordering::Relaxed)",
            "compare_exchange(held, free, success, Ordering::Relaxed)",
            "swap(FROZEN, order)",
            "ordering!(LeaveRelaxed, Release)",
            "self.exchange(held, held - HELD, success)",
            "self.exchange(free, held, Ordering::Relaxed)",
            "store(owner.map_or(0, Self::held_by), order)",
            "const FROZEN: u64 = 1;",
            "(thread.get() as u64) << 1",
        ] {
            assert!(source.contains(step), "gil-core/src/raw/word.rs no longer has `{step}`");
        }
    }
}
