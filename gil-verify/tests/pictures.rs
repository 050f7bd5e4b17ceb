//! The pictures of the book equal the output of their commands.

#![cfg(not(loom))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::path::Path;
use std::process::Command;

const PAGE: &str = concat!(
    include_str!("../../docs/src/pictures.md"),
    include_str!("../../docs/src/counterexamples.md")
);

/// The arguments of each drawing command on the pages.
fn commands() -> impl Iterator<Item = Vec<String>> {
    let lines = PAGE.lines().filter_map(|line| line.strip_prefix("cargo verify "));
    let lines = lines.filter(|line| line.contains("--svg "));
    lines.map(|line| {
        let quoted = line.split('"').enumerate();
        let words = quoted.flat_map(|(number, part)| match number % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
            _ => vec![part.to_owned()],
        });
        words.collect()
    })
}

#[test]
fn pictures_equal_the_output_of_their_commands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut drawn = 0;
    for mut arguments in commands() {
        let file = arguments.pop().expect("the picture is the last argument");
        assert!(PAGE.contains(&format!("]({})", file.trim_start_matches("docs/src/"))), "{file}");
        let fresh = folder.path().join("fresh.svg");
        let mut command = Command::new(env!("CARGO_BIN_EXE_gil-verify"));
        let output = watchdog::output(command.args(&arguments).arg(&fresh));
        let output = output.expect("the binary was built for this test");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        if std::env::var_os("GIL_BLESS").is_some() {
            std::fs::copy(&fresh, root.join(&file)).expect("the folder is there");
        }
        let fresh = std::fs::read_to_string(&fresh).expect("it was written");
        let committed = std::fs::read_to_string(root.join(&file)).unwrap_or_default();
        assert!(
            fresh == committed,
            "{file} is out of date: GIL_BLESS=1 cargo test --test pictures"
        );
        drawn += 1;
    }
    assert_eq!(drawn, PAGE.matches("![").count(), "each picture has its command");
    assert!(drawn >= 11);
}
