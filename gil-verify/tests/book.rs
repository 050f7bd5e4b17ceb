//! The generated pages equal the committed ones. `GIL_BLESS=1 cargo test -p gil-verify --test book`
//! writes them.

#![cfg(not(loom))]

use std::path::Path;

use gil_verify::claims::promise::bounds;
use gil_verify::report::book;

const BEGIN: &str = "<!-- verdicts: made from the ledger -->\n";
const END: &str = "<!-- end of verdicts -->";
const TABLE: &str = "<!-- bounds: made from gil-verify/golden/bounds.json -->\n\n";
const TABLE_END: &str = "\n<!-- end of bounds -->";

fn same_or_bless(path: &Path, wanted: &str) {
    if std::env::var_os("GIL_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        std::fs::write(path, wanted).expect("it can be written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let bless = "GIL_BLESS=1 cargo test -p gil-verify --test book";
    assert!(committed == wanted, "{} is not what the ledger says; {bless}", path.display());
}

#[test]
fn generated_pages_equal_the_committed_ones() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let summary = std::fs::read_to_string(root.join("docs/src/SUMMARY.md")).expect("a summary");
    for (name, text) in book::pages(&root).expect("the sources are here") {
        same_or_bless(&root.join("docs/src").join(&name), &text);
        assert!(summary.contains(&format!("({name})")), "{name} is not in SUMMARY.md");
    }
}

#[test]
fn readme_has_the_table_of_the_ledger() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(&path).expect("a README");
    let (before, rest) = readme.split_once(BEGIN).expect("the table's beginning");
    let (_, after) = rest.split_once(END).expect("the table's end");
    let table = book::table("docs/src/claims/");
    same_or_bless(&path, &format!("{before}{BEGIN}{table}{END}{after}"));
}

#[test]
fn promise_page_has_the_committed_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/promise.md");
    let page = std::fs::read_to_string(&path).expect("a page");
    let (before, rest) = page.split_once(TABLE).expect("the table's beginning");
    let (_, after) = rest.split_once(TABLE_END).expect("the table's end");
    let table = bounds::table(&bounds::committed().expect("bounds.json is a table"));
    same_or_bless(&path, &format!("{before}{TABLE}{table}{TABLE_END}{after}"));
    let readme = include_str!("../../README.md").replace('\n', " ");
    assert!(readme.contains("at most (K+2B-1)(N-2)**"), "the README says the formula");
}

#[test]
fn history_page_names_only_what_exists() {
    let page = include_str!("../../docs/src/history.md");
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let mut named = 0;
    for row in rows {
        for name in row.split('`').skip(1).step_by(2) {
            let mutant =
                gil_verify::mutants::protocol::MUTANTS.iter().any(|mutant| mutant.name == name);
            let model = gil_verify::protocols::PROTOCOLS.contains(&name);
            let of_mechanism = gil_verify::mutants::mechanism::MECHANISM_MUTANTS
                .iter()
                .any(|mutant| mutant.name == name);
            assert!(mutant || of_mechanism || model, "`{name}` is neither a mutant nor a protocol");
            named += 1;
        }
    }
    assert!(named >= 18, "{named} names");
}
