//! The size of the core: a budget of lines, and its dependencies.

#![cfg(not(loom))]

use std::collections::{BTreeMap, BTreeSet};
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

/// Whether a line is code: it has a letter and is not a comment. A line that enables a deliberate
/// bug is not counted: it exists under `cfg(loom)` only.
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

/// Which budget a file counts against; `None`: it exists under `cfg(loom)` only.
fn part(path: &Path) -> Option<Part> {
    let path = path.strip_prefix(source()).expect("a source file");
    let is = |name: &str| path == Path::new(name);
    match () {
        () if is("sync/choice.rs") || is("sync/mutants.rs") || is("sync/loom.rs") => None,
        () if is("pacing.rs") => Some(Part::Pacing),
        () if path.starts_with("heap") => Some(Part::Heap),
        () => Some(Part::Lock),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Part {
    Lock,
    Pacing,
    Heap,
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The budgets are frozen: they are lowered when code goes, and never raised.
#[test]
fn lines_of_code_are_within_the_frozen_budgets() {
    let mut files = Vec::new();
    sources(&source(), &mut files);
    files.sort();
    let mut sums = BTreeMap::new();
    for file in &files {
        if let Some(part) = part(file) {
            let lines = lines_of_code(file);
            println!("{lines:>5} {part:?} {}", file.display());
            *sums.entry(part).or_insert(0) += lines;
        }
    }
    for (part, budget) in [(Part::Lock, 1_700), (Part::Pacing, 150), (Part::Heap, 300)] {
        let lines = sums[&part];
        assert!((budget / 2..=budget).contains(&lines), "{lines} lines of code in {part:?}");
    }
}

#[test]
fn rules_of_the_default_protocol_are_at_most_100_lines() {
    let text = std::fs::read_to_string(source().join("protocol/handoff.rs")).expect("a text file");
    // The rules: from the first helper to the end, without the type, its constructors and `use`.
    let rules = text.split("fn next(").nth(1).expect("the first helper");
    let rules = rules.lines().map(str::trim).filter(is_code).count();
    assert!((40..=100).contains(&rules), "{rules} lines of rules");
}

/// The module of a file, as a path from the crate's root.
fn module_of(path: &Path) -> String {
    let path = path.strip_prefix(source()).expect("a source file").with_extension("");
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let parts = parts.strip_suffix(&["mod".to_owned()][..]).unwrap_or(&parts);
    match parts.join("::").as_str() {
        "sync::loom" => "sync::facade".to_owned(), // two files, one module
        module => module.to_owned(),
    }
}

/// The modules that a file imports from, by its `use` lines. A `mod.rs` that re-exports its own
/// submodules does not import them.
fn imports(module: &str, text: &str, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let code = text.split("mod tests {").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    for statement in code.split("\nuse ").skip(1) {
        let statement: String =
            statement.split(';').next().unwrap_or_default().split_whitespace().collect();
        let (base, rest) = match statement.split_once("::") {
            Some(("crate", rest)) => (String::new(), rest),
            Some(("super", rest)) => {
                (module.rsplit_once("::").map_or("", |(parent, _)| parent).to_owned(), rest)
            }
            Some((name, _)) if modules.contains(&format!("{module}::{name}")) => {
                (module.to_owned(), statement.as_str())
            }
            _ => continue,
        };
        let mut target = base;
        for name in rest.split("::") {
            let next =
                if target.is_empty() { name.to_owned() } else { format!("{target}::{name}") };
            if !modules.contains(&next) {
                break;
            }
            target = next;
        }
        if !target.is_empty() && target != module {
            found.insert(target);
        }
    }
    found
}

#[test]
fn imports_have_no_cycle() {
    let mut files = Vec::new();
    sources(&source(), &mut files);
    let modules: BTreeSet<_> = files.iter().map(|file| module_of(file)).collect();
    let mut arrows = BTreeMap::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("a text file");
        let module = module_of(file);
        if module == "lib" {
            continue; // it re-exports
        }
        arrows.insert(module.clone(), imports(&module, &text, &modules));
    }
    assert!(arrows.values().map(BTreeSet::len).sum::<usize>() > 40, "the imports are found");
    // Remove modules that import no remaining module, to a fixpoint.
    while let Some(done) =
        arrows.iter().find(|(_, to)| to.iter().all(|to| !arrows.contains_key(to)))
    {
        let done = done.0.clone();
        arrows.remove(&done);
    }
    assert!(arrows.is_empty(), "in a cycle, or above one: {arrows:#?}");
}

#[test]
fn crate_depends_on_parking_lot_alone() {
    let manifest = include_str!("../Cargo.toml");
    assert!(manifest.contains("default = []"));
    let outside_loom = manifest.split("[target.'cfg(not(loom))'.dependencies]").nth(1).unwrap();
    let outside_loom = outside_loom.split('[').next().unwrap().trim();
    assert_eq!(outside_loom, "parking_lot.workspace = true");
    assert!(!manifest.contains("\n[dependencies]"), "nothing else");
}
