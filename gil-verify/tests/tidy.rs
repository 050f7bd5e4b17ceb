//! House rules that a compiler does not check: the width of lines, the words of the glossary, that
//! every invariant of `gil-core` has a check that names it, and that no test can hang.

#![cfg(not(loom))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The widest line of Rust code.
const RUST_WIDTH: usize = 100;

/// The widest line of a page.
const PAGE_WIDTH: usize = 120;

/// The folders whose Rust files are checked.
const CRATES: &[&str] = &["gil-core", "gil-models", "gil-verify", "benches"];

/// Pages of the book that `tests/book.rs` generates, besides those in `claims/`.
const GENERATED: &[&str] = &["claims.md", "article.md", "mutants.md", "kills.md", "rules.md"];

/// This file lists the phrases, so it does not check itself.
const THIS_FILE: &str = "gil-verify/tests/tidy.rs";

/// A phrase in lower case, matched at word boundaries, and what to write instead.
const BANNED: &[(&str, &str)] = &[
    ("whoever", "the thread that ..."),
    ("who asked", "the thread that requested"),
    ("who is woken", "the woken thread"),
    ("who was woken", "the woken thread"),
    ("so many", "N, at most N"),
    ("so often", "how often, N times"),
    ("beside", "compared with, alongside, next to"),
    ("anew", "again"),
    ("in vain", "spurious, wasted, without success"),
    ("for nothing", "spurious, wasted"),
    ("but for", "except"),
    ("timer is up", "the timer has expired"),
    ("interval is up", "the interval has expired"),
    ("time is up", "the time has expired"),
    ("comes to a safepoint", "reaches a safepoint"),
    ("come to a safepoint", "reach a safepoint"),
    ("comes to safepoints", "reaches safepoints"),
    ("come to safepoints", "reach safepoints"),
    ("wants in", "is acquiring"),
    ("want in", "are acquiring"),
    ("switched out", "preempted"),
    ("put aside", "preempted"),
    ("hog", "CPU-bound thread"),
    ("hogs", "CPU-bound threads"),
    ("hold back", "defer"),
    ("holds back", "defers"),
    ("held back", "deferred"),
    ("shows the request", "publishes the request"),
    ("show the request", "publish the request"),
    ("affair", "handled by"),
    ("affair of", "handled by"),
    ("business of", "handled by"),
    ("as new", "reset"),
    ("in between", "between critical sections, meanwhile"),
    ("bug more", "one more bug"),
    ("time-out", "timeout"),
    ("time-outs", "timeouts"),
    ("hand-over", "hand-off"),
    ("hand-overs", "hand-offs"),
    ("cousin", "related design"),
    ("cousins", "related designs"),
    ("bell", "notification"),
    ("bells", "notifications"),
    ("young run", "grace period"),
    ("young runs", "grace periods"),
    ("looks again", "rechecks"),
    ("look again", "recheck"),
    ("takes back", "retakes, reacquires"),
    ("taken back", "retaken, reacquired"),
    ("keeps the time", "is the timekeeper"),
    ("keep the time", "be the timekeeper"),
];

/// What starts threads or a program in a test, and what the same function must then have, so that a
/// hang ends with a report of `gil-core/tests/watchdog`.
const CAN_HANG: &[(&str, &str)] = &[
    ("thread::scope(", "dog."),
    ("thread::spawn(", "dog."),
    ("thread::Builder", "dog."),
    ("lang::run::<", "dog."),
    ("gil_lua::run(", "dog."),
    ("row.once(", "dog."),
    ("Command::new(", "watchdog::"),
];

/// The watchdog itself, and the programs that are never run.
const NO_TESTS: &[&str] = &["gil-core/tests/watchdog", "gil-core/tests/exploits"];

#[test]
fn lines_are_within_their_width() {
    let mut wrong = Vec::new();
    for file in rust_files() {
        for (at, line) in scan(&read(&file)).iter().enumerate() {
            let exempt = line.comment.contains("://") || line.comment.trim_start().starts_with('|');
            if line.breakable > RUST_WIDTH && !exempt {
                wrong.push(format!("{}:{}: over {RUST_WIDTH} characters", file.display(), at + 1));
            }
        }
    }
    for file in written_pages() {
        let mut in_block = false;
        for (at, line) in read(&file).lines().enumerate() {
            let fence = is_fence(line);
            in_block ^= fence;
            let exempt = in_block || fence || line.contains("](") || line.contains("://");
            let table = line.trim_start().starts_with('|');
            if line.chars().count() > PAGE_WIDTH && !exempt && !table {
                wrong.push(format!("{}:{}: over {PAGE_WIDTH} characters", file.display(), at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{} lines:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn comments_and_pages_use_the_glossary() {
    let mut wrong = Vec::new();
    for file in rust_files() {
        let lines = scan(&read(&file));
        find_banned(&file, lines.iter().map(|line| line.comment.as_str()), &mut wrong);
    }
    let mut pages = written_pages();
    pages.push(PathBuf::from("CHANGELOG.md"));
    for file in pages {
        let text = read(&file);
        let mut in_block = false;
        let prose = text.lines().map(|line| {
            let fence = is_fence(line);
            in_block ^= fence;
            if in_block || fence { "" } else { line }
        });
        find_banned(&file, prose.collect::<Vec<_>>().into_iter(), &mut wrong);
    }
    assert!(wrong.is_empty(), "{} phrases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_invariant_is_cited_by_a_check() {
    let mut defined = BTreeMap::new();
    let mut checks = String::new();
    for file in rust_files() {
        let text = read(&file);
        if !file.starts_with("gil-core/src") {
            checks.push_str(if file == Path::new(THIS_FILE) { "" } else { &text });
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            if let Some(id) = invariant(line) {
                defined.insert(id.to_owned(), format!("{}:{}", file.display(), at + 1));
            }
        }
        checks.push_str(unit_tests(&text).unwrap_or_default());
    }
    let cited: BTreeSet<_> =
        checks.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
    let missing = defined.iter().filter(|(id, _)| !cited.contains(id.as_str()));
    let missing: Vec<_> = missing.map(|(id, at)| format!("{at}: {id} has no check")).collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(defined.len() >= 10, "{} invariants", defined.len());
}

#[test]
fn tests_that_can_hang_are_under_a_watchdog() {
    let (mut wrong, mut watched) = (Vec::new(), 0);
    for file in rust_files() {
        let exempt = file == Path::new(THIS_FILE) || NO_TESTS.iter().any(|at| file.starts_with(at));
        let text = read(&file);
        // Under loom alone the checker schedules the threads, and finds a deadlock by itself.
        if exempt || text.contains("#![cfg(all(loom") {
            continue;
        }
        let in_tests = file.components().any(|part| part.as_os_str() == "tests");
        let tests = if in_tests { Some(text.as_str()) } else { unit_tests(&text) };
        watched += unwatched(&file, tests.unwrap_or_default(), &mut wrong);
    }
    assert!(wrong.is_empty(), "{} functions:\n{}", wrong.len(), wrong.join("\n"));
    assert!(watched > 40, "only {watched} functions of tests start threads or programs");
}

#[test]
fn check_for_watchdogs_reports_each_function_without_one() {
    let source = "
fn watched() {
    let dog = Watchdog::new();
    thread::scope(|t| dog.waits(\"x\", || t.spawn(f)));
}
fn starts() {
    impl X {
        fn method() {}
    }
    let hotdog = std::thread::spawn(f);
    // dog.
}
mod inner {
    async fn runs() {
        Command::new(\"x\").output()
    }
    fn runs_watched() {
        watchdog::output(Command::new(\"x\"))
    }
}
fn harmless() {} // thread::spawn(
";
    let mut wrong = Vec::new();
    assert_eq!(unwatched(Path::new("x.rs"), source, &mut wrong), 4);
    let expected = ["fn starts() {: `thread::spawn(` without", "async fn runs() {: `Command::new("];
    assert_eq!(wrong.len(), expected.len(), "{wrong:?}");
    for (wrong, expected) in wrong.iter().zip(expected) {
        assert!(wrong.contains(expected), "{wrong}");
    }
    assert_eq!(unit_tests("fn a() {}\n#[cfg(test)]\nmod tests;"), Some("\nmod tests;"));
}

#[test]
fn scanner_separates_code_strings_and_comments() {
    let source = "let a = \"// b\"; // c\n/* d\ne */ 'x' '\"' r#\"f\" // \"# // g";
    let lines = scan(source);
    let comments: Vec<_> = lines.iter().map(|line| line.comment.trim()).collect();
    assert_eq!(comments, ["c", "d", "e  g"]);
    assert_eq!(lines[0].breakable, "let a = \"\"; // c".len());
    let mut wrong = Vec::new();
    let lines = ["It asks in", "vain, `but for` x.", "", "in", "", "vain"];
    find_banned(Path::new("x.rs"), lines.into_iter(), &mut wrong);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].starts_with("x.rs:1: \"in vain\""), "{wrong:?}");
}

/// One line of a Rust file.
#[derive(Default)]
struct Line {
    /// What stands in comments, without their markers.
    comment: String,
    /// Its characters except those within string literals, which `rustfmt` does not break.
    breakable: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Code,
    LineComment,
    BlockComment(usize),
    Text,
    RawText(usize),
}

/// The lines of a Rust source.
fn scan(source: &str) -> Vec<Line> {
    let chars: Vec<char> = source.chars().collect();
    let starts = |at: usize, what: &str| {
        what.chars().enumerate().all(|(n, c)| chars.get(at + n) == Some(&c))
    };
    let (mut lines, mut line) = (Vec::new(), Line::default());
    let (mut state, mut at) = (State::Code, 0);
    while at < chars.len() {
        let c = chars[at];
        if c == '\n' {
            lines.push(std::mem::take(&mut line));
            at += 1;
            if state == State::LineComment {
                state = State::Code;
            }
            continue;
        }
        let mut length = 1;
        match state {
            State::Code if starts(at, "//") => {
                state = State::LineComment;
                length = 2 + usize::from(starts(at + 2, "/") || starts(at + 2, "!"));
            }
            State::Code if starts(at, "/*") => (state, length) = (State::BlockComment(1), 2),
            State::Code if c == '"' => state = State::Text,
            State::Code
                if c == 'r' && (at == 0 || !is_word(chars[at - 1]) || chars[at - 1] == 'b') =>
            {
                let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
                if starts(at + 1 + hashes, "\"") {
                    (state, length) = (State::RawText(hashes), hashes + 2);
                }
            }
            State::Code if starts(at, "'\\") => {
                let rest = chars[at + 3..].iter().position(|c| *c == '\'');
                length = rest.map_or(1, |rest| rest + 4);
            }
            State::Code if c == '\'' && starts(at + 2, "'") => length = 3,
            State::BlockComment(depth) if starts(at, "*/") => {
                state = if depth == 1 { State::Code } else { State::BlockComment(depth - 1) };
                length = 2;
            }
            State::BlockComment(depth) if starts(at, "/*") => {
                (state, length) = (State::BlockComment(depth + 1), 2);
            }
            State::LineComment | State::BlockComment(_) => line.comment.push(c),
            State::Text if c == '\\' && chars.get(at + 1).is_some_and(|next| *next != '\n') => {
                at += 2;
                continue;
            }
            State::Text if c == '"' => state = State::Code,
            State::RawText(hashes) if starts(at, &format!("\"{}", "#".repeat(hashes))) => {
                (state, length) = (State::Code, hashes + 1);
            }
            State::Code => {}
            State::Text | State::RawText(_) => {
                at += 1;
                continue;
            }
        }
        at += length;
        line.breakable += length;
    }
    lines.push(line);
    lines
}

/// Reports every banned phrase in consecutive lines of prose. Text in backticks is not prose.
fn find_banned<'a>(file: &Path, prose: impl Iterator<Item = &'a str>, wrong: &mut Vec<String>) {
    let mut words: Vec<(String, usize)> = Vec::new();
    let mut in_code = false;
    for (at, line) in prose.enumerate() {
        if line.trim().is_empty() {
            in_code = false;
            words.push((String::new(), at)); // a phrase does not go on after an empty line
        }
        for (n, part) in line.split('`').enumerate() {
            in_code ^= n > 0;
            if in_code {
                words.push((String::new(), at));
                continue;
            }
            let split = part.split(|c: char| !is_word(c) && c != '-');
            words.extend(split.filter(|word| !word.is_empty()).map(|w| (w.to_lowercase(), at)));
        }
    }
    for (phrase, instead) in BANNED {
        let wanted: Vec<_> = phrase.split(' ').collect();
        for found in words.windows(wanted.len()) {
            if found.iter().map(|(word, _)| word.as_str()).eq(wanted.iter().copied()) {
                let line = found[0].1 + 1;
                wrong.push(format!("{}:{line}: \"{phrase}\": {instead}", file.display()));
            }
        }
    }
}

/// Counts the functions of tests that can hang, and reports each that has no watchdog.
fn unwatched(file: &Path, tests: &str, wrong: &mut Vec<String>) -> usize {
    let mut functions: Vec<Vec<&str>> = Vec::new();
    for line in tests.lines() {
        // A function inside another one is part of it, and is indented by more.
        let indent = line.len() - line.trim_start().len();
        if indent <= 4 && line.split('(').next().is_some_and(|head| head.contains("fn ")) {
            functions.push(Vec::new());
        }
        if let Some(function) = functions.last_mut() {
            function.push(line.split("//").next().unwrap_or_default());
        }
    }
    let mut found = 0;
    for function in functions {
        let code = function.join("\n");
        for (starts, needs) in CAN_HANG.iter().filter(|(starts, _)| code.contains(starts)) {
            found += 1;
            let has = code.match_indices(needs).any(|(at, _)| !code[..at].ends_with(is_word));
            if !has {
                let head = function[0].trim();
                wrong.push(format!("{}: {head}: `{starts}` without `{needs}`", file.display()));
            }
        }
    }
    found
}

/// The tests at the end of a source file.
fn unit_tests(text: &str) -> Option<&str> {
    text.split_once("#[cfg(test)]").map(|(_, tests)| tests)
}

/// The id of the invariant that a line defines.
fn invariant(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("- ")?;
    let (id, _) = rest.split_once(": ")?;
    let (name, number) = id.split_once('-')?;
    let is_id = !name.is_empty()
        && !number.is_empty()
        && name.bytes().all(|b| b.is_ascii_uppercase())
        && number.bytes().all(|b| b.is_ascii_digit());
    (is_id && before.trim_start().starts_with("//")).then_some(id)
}

const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: &Path) -> String {
    let path = root().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file of the workspace, relative to its root.
fn rust_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in CRATES {
        collect(Path::new(folder), "rs", &mut files);
    }
    assert!(files.len() > 100, "{} Rust files", files.len());
    files
}

/// The README and the pages of the book that are written by hand.
fn written_pages() -> Vec<PathBuf> {
    let mut pages = vec![PathBuf::from("README.md")];
    collect(Path::new("docs/src"), "md", &mut pages);
    pages.retain(|page| {
        let generated = GENERATED.iter().any(|name| page == &Path::new("docs/src").join(name));
        !generated && !page.starts_with("docs/src/claims")
    });
    assert!(pages.len() > 10, "{} pages", pages.len());
    pages
}

/// Adds the files below a folder that have this extension, in the order of their names.
fn collect(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(root().join(folder)).expect("the folder can be read");
    let mut paths: Vec<_> =
        entries.map(|entry| folder.join(entry.expect("an entry").file_name())).collect();
    paths.sort();
    for path in paths {
        if root().join(&path).is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(&path, extension, files);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
}
