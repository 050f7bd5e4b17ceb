//! The changes: cargo-mutants' own, and the lines of the rules deleted one by one.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::MutationError;

/// One change of one source file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The source file, from the workspace's folder.
    pub file: String,
    /// The description.
    pub name: String,
    /// The changed source.
    pub text: String,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    file: String,
    replacement: String,
    span: Span,
}

#[derive(Deserialize)]
struct Span {
    start: Place,
    end: Place,
}

/// Line and column, both from 1, the column in characters.
#[derive(Deserialize)]
struct Place {
    line: usize,
    column: usize,
}

impl Place {
    fn offset(&self, text: &str) -> usize {
        let line: usize = text.split_inclusive('\n').take(self.line - 1).map(str::len).sum();
        let rest = text[line..].char_indices().nth(self.column - 1);
        line + rest.map_or(0, |(at, _)| at)
    }
}

/// The functions whose lines are deleted: the rules of the default protocol.
pub(super) const RULES: [(&str, &str); 2] = [
    ("gil-core/src/protocol/handoff.rs", "fn next("),
    ("gil-core/src/protocol/timekeeper.rs", "pub fn wait_step("),
];

/// The prefix of the name of a change that deletes a line, after the position.
pub const LEAVE_OUT: &str = "leave out ";

/// All changes of these files.
///
/// # Errors
/// [`MutationError`] when cargo-mutants is not installed or does not print a list.
pub fn changes(root: &Path, files: &[String]) -> Result<Vec<Change>, MutationError> {
    let output = Command::new("cargo")
        .args(["mutants", "--list", "--json", "-p", "gil-core", "--no-config"])
        .current_dir(root)
        .output()
        .map_err(MutationError::Io)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(MutationError::NoList(said));
    }
    let listed: Vec<Listed> = serde_json::from_slice(&output.stdout)
        .map_err(|error| MutationError::NoList(error.to_string()))?;
    let mut changes = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(root.join(file)).map_err(MutationError::Io)?;
        for mutant in listed.iter().filter(|mutant| mutant.file == *file) {
            let (from, to) = (mutant.span.start.offset(&text), mutant.span.end.offset(&text));
            let changed = format!("{}{}{}", &text[..from], mutant.replacement, &text[to..]);
            changes.push(Change { file: file.clone(), name: mutant.name.clone(), text: changed });
        }
        if let Some((_, from)) = RULES.iter().find(|(of, _)| of == file) {
            changes.extend(without_lines(file, &text, from));
        }
    }
    Ok(changes)
}

/// The file without one of its one-line statements or conditions, from a position on. A one-line
/// arm is kept with an empty body.
fn without_lines(file: &str, text: &str, from: &str) -> Vec<Change> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = lines.iter().position(|line| line.contains(from)).unwrap_or_default();
    // A statement may have a comment behind it.
    let code = |index: usize| lines[index].split("//").next().unwrap_or_default().trim();
    let left_out = (begins..lines.len()).filter(|index| code(*index).ends_with([';', ',']));
    left_out
        .map(|index| {
            let (before, after) = (&lines[..index], &lines[index + 1..]);
            let arm = lines[index].split_once(" => ").map(|(arm, _)| format!("{arm} => {{}}"));
            let rest = [before, arm.as_deref().as_slice(), after].concat();
            let text = rest.join("\n") + "\n";
            let name = format!("{file}:{}: {LEAVE_OUT}`{}`", index + 1, code(index));
            Change { file: file.to_owned(), name, text }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_is_counted_in_characters() {
        let text = "a\nä = b\n";
        assert_eq!(&text[Place { line: 2, column: 5 }.offset(text)..], "b\n");
        assert_eq!(Place { line: 1, column: 1 }.offset(text), 0);
    }

    #[test]
    fn every_statement_of_the_rules_is_deleted_once() {
        let text = "use x;\nfn next() {\n    // a;\n    one(); // first\n    if two {\n        three();\n    }\n}\n";
        let changes = without_lines("f.rs", text, "fn next(");
        let names: Vec<_> = changes.iter().map(|change| change.name.as_str()).collect();
        assert_eq!(names, ["f.rs:4: leave out `one();`", "f.rs:6: leave out `three();`"]);
        assert!(!changes[0].text.contains("one") && changes[0].text.contains("three"));
    }

    #[test]
    fn one_line_arm_is_kept_with_an_empty_body() {
        let text =
            "fn next() {\n    match x {\n        None => cx.free(),\n        _ => {}\n    }\n}\n";
        let changes = without_lines("f.rs", text, "fn next(");
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].name, "f.rs:3: leave out `None => cx.free(),`");
        assert_eq!(changes[0].text, text.replace("cx.free(),", "{}"));
    }
}
