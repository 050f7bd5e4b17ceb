//! The command line: programs run, and bad input is refused with its position and an exit code
//! other than 0.

#![cfg(not(loom))]

#[path = "../../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::process::{Command, Output};

use gil_lua::compare::{PROGRAMS, ROWS, times};

use watchdog::Watchdog;

fn gil_lua(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_gil-lua");
    watchdog::output(Command::new(program).args(arguments)).expect("the program starts")
}

/// Standard error of a command that is refused with this exit code.
#[track_caller]
fn refused(code: i32, arguments: &[&str]) -> String {
    let output = gil_lua(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A file with a program, for as long as the folder lives.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("program.lua");
    std::fs::write(&path, text).expect("it can be written");
    let path = path.to_str().expect("a readable path").to_owned();
    (folder, path)
}

#[test]
fn command_line_runs_a_program() {
    let (_folder, path) = file("print(threads(), setting('n', 0), setting('m', 7), is_main())");
    let arguments = ["run", &path, "--threads", "8", "--protocol", "python3", "--set", "n=5"];
    let output = gil_lua(&arguments);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "8\t5\t7\ttrue\n");
    let output = gil_lua(&["run", &path, "--counters", "--hook-count", "0"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("sections:"), "{said}");
    assert!(said.contains("longest unanswered switch request: 0 us"), "{said}");
}

#[test]
fn bad_input_is_refused_with_its_position() {
    let (_folder, path) = file("local a = 1\nprint(a b)");
    let said = refused(1, &["run", &path]);
    assert!(said.contains("program.lua:2: ')' expected near 'b'"), "{said}");
    let (_folder, path) = file("local function f()\n  error('no')\nend\njoin(spawn(f))");
    let said = refused(1, &["run", &path]);
    assert!(said.contains("program.lua:2: no") && said.contains("stack traceback"), "{said}");
    assert!(refused(2, &["run", "missing.lua"]).contains("cannot read missing.lua"));
    let said = refused(2, &["run", &path, "--protocol", "python4"]);
    assert!(said.contains("python4") && said.contains("handoff, handoff-plain, python3"), "{said}");
    assert!(refused(2, &["run", &path, "--set", "n"]).contains("a setting is name=value"));
    assert!(refused(2, &["run", &path, "--threads", "0"]).contains("--threads"));
    assert!(refused(2, &["compare", "--rounds", "0"]).contains("--rounds"));
    let said = refused(2, &["compare", "--protocols", "python3,python4"]);
    assert!(said.contains("python4") && said.contains("handoff, python3, python2"), "{said}");
}

#[test]
fn failed_program_does_not_wait_for_its_threads() {
    let (_folder, path) = file("spawn(function() while true do end end)\nerror('the end')");
    assert!(refused(1, &["run", &path]).contains("program.lua:2: the end"));
}

#[test]
fn article_programs_run_in_every_row() {
    let small = [("countdown", 20_000), ("select", 1), ("hash", 10_000), ("story", 50)];
    for (pair, (name, size)) in PROGRAMS.iter().zip(small) {
        assert_eq!(pair.name, name);
        for row in ROWS {
            let dog = Watchdog::new();
            let end = format!("the end of {name} under {}", row.name);
            let times = dog.waits(end, || row.once(pair, size));
            let times = times.unwrap_or_else(|error| panic!("{error}"));
            let names: Vec<_> = times.keys().map(String::as_str).collect();
            assert_eq!(names, ["again", "sequential", "threads"], "{name} under {}", row.name);
        }
    }
}

#[test]
fn named_protocols_alone_are_compared() {
    let small = ["compare", "countdown", "--rounds", "1", "--divide", "1000"];
    let output = gil_lua(&[&small[..], &["--protocols", "python3,separate"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("countdown: 1 rounds of each row"), "{said}");
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    let rows: Vec<_> = table.lines().skip(3).map(str::trim).collect();
    let begins = ["python3", "separate states", "separate (A/A)"];
    assert!(rows.len() >= begins.len(), "{table}");
    for (row, name) in rows.iter().zip(begins) {
        assert!(row.starts_with(name), "{table}");
    }
    assert!(!table.contains("handoff") && !table.contains("python2"), "{table}");
}

#[test]
fn echo_is_answered_in_every_row() {
    // Without CPU-bound threads: some protocols do not promise that a server alongside one ever
    // answers.
    let table = gil_lua::echo::table(ROWS, 0, 3, 1).unwrap_or_else(|error| panic!("{error}"));
    for row in ROWS {
        assert!(table.contains(row.name), "{table}");
    }
}

#[test]
fn invalid_time_is_an_error() {
    assert!(times("sequential 1\nthreads x").unwrap_err().contains("`threads x`"));
}
