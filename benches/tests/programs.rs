//! The article's programs, small, in every runtime; and the command that runs programs.

#![cfg(not(loom))]

use std::process::{Command, Output};

use gil_benches::compare::{self, COUNTDOWN, Comparison, HASH, Program, SELECT, STORY};
use gil_benches::program;
use gil_benches::runtimes::RUNTIMES;

fn small(program: Program, settings: &[(&'static str, u32)]) {
    let comparison = Comparison { program, threads: 3, rounds: 1, settings };
    for runtime in RUNTIMES {
        let times = compare::once(runtime, &comparison).unwrap_or_else(|error| panic!("{error}"));
        for name in ["again", "sequential", "threads"] {
            assert!(times.contains_key(name), "no {name} of {} under {runtime}", program.name);
        }
    }
}

#[test]
fn the_articles_programs_run_everywhere() {
    small(STORY, &[("users", 4), ("sessions", 500)]);
    small(COUNTDOWN, &[("count", 20_000)]);
    small(SELECT, &[("milliseconds", 1)]);
    small(HASH, &[("bytes", 10_000)]);
}

#[test]
fn two_selects_overlap_whatever_the_protocol() {
    let settings = [("milliseconds", 300)];
    let comparison = Comparison { program: SELECT, threads: 2, rounds: 1, settings: &settings };
    for runtime in RUNTIMES {
        let times = compare::once(runtime, &comparison).expect("it runs");
        // Not a time limit: were they not detached, the threads would take the sum, as `sequential`.
        assert!(times["threads"] < times["sequential"], "under {runtime}: {times:?}");
    }
}

#[test]
fn what_is_no_time_is_an_error() {
    assert!(program::printed("sequential 1\nthreads x").unwrap_err().contains("`threads x`"));
}

fn gil_benches(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_gil-benches");
    Command::new(program).args(arguments).output().expect("the program starts")
}

/// Exit code and standard error.
fn refused(arguments: &[&str]) -> String {
    let output = gil_benches(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn bad_input_is_refused_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let bad = folder.path().join("bad.gil");
    std::fs::write(&bad, "let a = 1\nprint(a b)\n").expect("it can be written");
    let bad = bad.to_str().expect("a readable path");
    assert!(refused(&["run", bad]).contains("bad.gil, line 2: `,` or `)` should be here"));
    assert!(refused(&["run", "missing.gil"]).contains("cannot read missing.gil"));
    let said = refused(&["run", bad, "--protocol", "python4"]);
    assert!(said.contains("python4") && said.contains("handoff, handoff-plain, python3"), "{said}");
    assert!(refused(&["run", bad, "--threads", "0"]).contains("--threads"));
    assert!(refused(&["run", bad, "--set", "n"]).contains("a setting is name=value"));
    assert!(refused(&["story", "--users", "0"]).contains("--users"));
}

#[test]
fn a_program_runs_from_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("ok.gil");
    std::fs::write(&program, "print(part(), parts(), threads(), setting(\"n\", 0))")
        .expect("written");
    let program = program.to_str().expect("a readable path");
    let arguments = ["run", program, "--threads", "8", "--protocol", "python3", "--set", "n=5"];
    let output = gil_benches(&arguments);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0 1 8 5\n");
    let output = gil_benches(&["run", program, "--processes", "3"]);
    let mut lines: Vec<_> = str::from_utf8(&output.stdout).expect("text").lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["0 3 1 0", "1 3 1 0", "2 3 1 0"]);
}

#[test]
fn comparisons_print_their_control() {
    let output = gil_benches(&["story", "--users", "2", "--sessions", "50", "--rounds", "1"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    for wanted in ["handoff", "python3", "python2", "free again (A/A)", "processes instead of"] {
        assert!(text.contains(wanted), "no {wanted} in {text}");
    }
}
