//! `gil-bench micro`, small: every row, its control, and the targets.

#![cfg(not(loom))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::process::Command;

fn printed(arguments: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_gil-bench");
    let output = watchdog::output(Command::new(program).arg("micro").args(arguments));
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn has_all(text: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted} in\n{text}");
    }
}

#[test]
fn pairs_include_every_protocol_and_other_locks() {
    let text = printed(&["pairs", "--rounds", "2", "--count", "1000"]);
    has_all(&text, &["CAS + CAS", "CAS + store", "std Mutex", "CPython's two mutexes", "no word"]);
    has_all(&text, &["Gil, python3", "Gil, python2", "RawGil, handoff-plain"]);
    has_all(&text, &["safepoint, nothing requested", "one relaxed load (A/A)", "python2"]);
    has_all(&text, &["Gil attach + drop / parking_lot <= 1.2", "CPython's two mutexes <= 0.35"]);
    // The figures depend on the version, so the report prints it: as in the lock file.
    let version = text.lines().find_map(|line| line.trim().strip_prefix("parking_lot: "));
    let of_lock_file = format!("name = \"parking_lot\"\nversion = \"{}\"", version.expect("said"));
    assert!(include_str!("../../Cargo.lock").contains(&of_lock_file), "{of_lock_file}");
}

#[test]
#[cfg(target_os = "linux")]
fn passes_are_measured_in_every_available_condition() {
    let text = printed(&["handoff", "--rounds", "1", "--count", "3"]);
    has_all(&text, &["waiter asleep on the same core", "futex (A/A)", "parking_lot condvar"]);
    has_all(&text, &["handoff / futex <= 1.3", "context switches of a handoff <= 1.2"]);
    if text.contains("this needs two cores") {
        return;
    }
    has_all(&text, &["waiter running on another core", "handoff / spin <= 10"]);
    has_all(&text, &["waiter asleep on another core", "handoff / futex <= 1.1"]);
}
