//! The command line, from outside.

#![cfg(not(loom))]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_gil-verify")).args(arguments).output();
    output.expect("the binary was built for this test")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn an_unknown_name_is_a_usage_error_that_lists_the_valid_ones() {
    for (arguments, valid) in [
        (["--protocol", "python4"], "handoff-plain"),
        (["--claim", "SAFE-99"], "LIVE-2"),
        (["--profile", "huge"], "quick"),
        (["explain", "LIVE-99"], "SAFE-3F"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let error = text(&output.stderr);
        assert!(error.contains(arguments[1]) && error.contains(valid), "{error}");
        assert!(output.stdout.is_empty(), "nothing but the error is printed");
    }
}

#[test]
fn an_output_folder_that_cannot_be_made_is_an_error() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let folder = file.path().join("inside");
    let folder = folder.to_str().expect("a plain path");
    let output = run(&["--claim", "SAFE-1", "--out-dir", folder]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot create the folder"));
}

#[test]
fn list_and_explain_say_what_there_is() {
    let list = text(&run(&["list"]).stdout);
    for name in ["SAFE-3", "python2", "two-twice-fast", "blocking+cancel"] {
        assert!(list.contains(name), "{list}");
    }
    let explained = text(&run(&["explain", "SAFE-3"]).stdout);
    assert!(explained.contains("no reacquire before hand-off"), "{explained}");
    assert!(explained.contains("known to be false of python2"), "{explained}");
    assert!(explained.contains("gives-by-freeing"), "{explained}");
}

#[test]
fn the_machine_output_is_as_its_schema_says() {
    let output = run(&["--claim", "SAFE-3", "--protocol", "handoff", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON alone");
    let schema = include_str!("../schema/gil-verify-1.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).expect("a JSON document");
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(report["schema"], "gil-verify/1");
    assert!(report["claims"].as_array().is_some_and(|claims| claims.len() > 10));
    let mut broken = report.clone();
    broken["claims"][0]["verdict"] = "maybe".into();
    assert!(!validator.is_valid(&broken), "the schema rejects what it should");
}

#[test]
fn conform_accepts_rejects_and_refuses() {
    let trace = |name: &str| format!("{}/traces/{name}.csv", env!("CARGO_MANIFEST_DIR"));
    let (cpu2, foreign) = (trace("cpu2"), trace("foreign"));
    let accepted = run(&["conform", &foreign]);
    assert_eq!(accepted.status.code(), Some(0));
    assert!(text(&accepted.stdout).contains("243 final drops"), "{}", text(&accepted.stdout));
    let rejected = run(&["conform", &cpu2, "--protocol", "python3-no-forced-switch"]);
    assert_eq!(rejected.status.code(), Some(1));
    assert!(text(&rejected.stdout).contains("event 9 (line 11), thread 1, SwitchWaitBegin"));
    for (arguments, why) in [
        (vec!["conform", "no-such-file"], "cannot read no-such-file"),
        (vec!["conform", &cpu2, "--protocol", "ruby"], "python3-no-switch-check"),
        (vec!["conform", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")], "no trace"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    }
}
