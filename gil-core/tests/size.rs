//! The core stays readable in one sitting: a budget of lines, and what it depends on.

#![cfg(not(loom))]

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the sources are here") {
        let path = entry.expect("a folder entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Whether a line is code: it says something, and is no comment. A lone bracket says nothing. Where a
/// deliberate bug is switched on is no code of the product: it is there under `cfg(loom)` only.
fn is_code(line: &&str) -> bool {
    !line.starts_with("//") && line.contains(char::is_alphanumeric) && !line.contains("mutant!(")
}

/// Lines of code, without the tests at a file's end.
fn lines_of_code(path: &Path) -> usize {
    let text = std::fs::read_to_string(path).expect("a text file");
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let (mut lines, mut inside) = (0, None);
    for line in code.lines() {
        let indent = line.len() - line.trim_start().len();
        if inside == Some(indent) {
            inside = None; // the closing bracket of a deliberate bug
        } else if inside.is_none() {
            let begins = line.trim_start().starts_with("if mutant!(") && line.ends_with('{');
            inside = begins.then_some(indent);
            lines += usize::from(is_code(&line.trim()));
        }
    }
    lines
}

/// Layer 2, the objects: a user of the lock alone need not read them.
const HEAP: [&str; 2] = ["heap.rs", "deferred.rs"];

/// What needs a clock: no verdict depends on it.
const CLOCK: [&str; 1] = ["runs.rs"];

#[test]
fn the_lock_is_at_most_1800_lines_of_code_its_rules_of_time_150_and_the_heap_300() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    // Under `cfg(loom)` only: no part of the product.
    files.retain(|file| !file.ends_with("choice.rs") && !file.ends_with("looms.rs"));
    let is_in = |names: &[&str], file: &Path| names.iter().any(|name| file.ends_with(name));
    let lines = |is_counted: &dyn Fn(&Path) -> bool| {
        let files = files.iter().filter(|file| is_counted(file));
        files.map(|file| lines_of_code(file)).sum::<usize>()
    };
    let lock = lines(&|file| !is_in(&HEAP, file) && !is_in(&CLOCK, file));
    let (clock, heap) = (lines(&|file| is_in(&CLOCK, file)), lines(&|file| is_in(&HEAP, file)));
    assert!((500..=1_800).contains(&lock), "{lock} lines of code in the lock");
    assert!((100..=150).contains(&clock), "{clock} lines of code in its rules of time");
    assert!((100..=300).contains(&heap), "{heap} lines of code in the heap");
}

#[test]
fn the_default_protocols_rules_are_at_most_100_lines() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/handoff.rs");
    let text = std::fs::read_to_string(file).expect("a text file");
    // The rules: from the first helper to the end, without the type, its constructors and `use`.
    let rules = text.split("fn next(").nth(1).expect("the first helper");
    let rules = rules.lines().map(str::trim).filter(is_code).count();
    assert!((40..=100).contains(&rules), "{rules} lines of rules");
}

#[test]
fn it_depends_on_parking_lot_alone_and_has_no_default_features() {
    let manifest = include_str!("../Cargo.toml");
    assert!(manifest.contains("default = []"));
    let outside_loom = manifest.split("[target.'cfg(not(loom))'.dependencies]").nth(1).unwrap();
    let outside_loom = outside_loom.split('[').next().unwrap().trim();
    assert_eq!(outside_loom, "parking_lot.workspace = true");
    assert!(!manifest.contains("\n[dependencies]"), "nothing else");
}
