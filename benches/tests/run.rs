//! The article's programs, small, in every runtime; and `gil-bench run`.

#![cfg(not(loom))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};

use gil_bench::bench::runtimes::{Visit, WORLDS, printed, with};
use gil_bench::bench::workloads::named;
use gil_bench::lang::{self, Options, World};

use watchdog::Watchdog;

/// A program of a workload, with one setting, in three threads.
struct Small(&'static str, &'static str, i64);

impl Visit for Small {
    type Output = BTreeMap<String, f64>;
    fn visit<W: World>(self) -> Self::Output {
        let Self(workload, name, value) = self;
        let program = named(workload).and_then(|workload| workload.program.gil);
        let settings = [(name.to_owned(), value), ("users".to_owned(), 4)].into();
        let options = Options { threads: 3, settings, ..Options::default() };
        let output = lang::Output::memory();
        let dog = Watchdog::new();
        dog.view("the lock", || W::counters().map(|counters| format!("{counters:?}")));
        let run = || lang::run::<W>(program.expect("a program"), options, output.clone());
        let ran = dog.waits(format!("the end of {workload}"), run);
        ran.unwrap_or_else(|error| panic!("{workload}, {error}"));
        printed(&output.text()).expect("names and numbers").into_iter().collect()
    }
}

#[test]
fn article_programs_run_in_every_world() {
    for (workload, setting, size) in
        [("story", "sessions", 500), ("countdown", "count", 20_000), ("hash", "bytes", 10_000)]
    {
        for world in WORLDS {
            let times = with(world, Small(workload, setting, size)).expect("it is known");
            for name in ["again", "sequential", "threads"] {
                assert!(times.contains_key(name), "no {name} of {workload} under {world}");
            }
        }
    }
}

#[test]
fn blocking_calls_in_two_threads_overlap() {
    for world in WORLDS {
        let times = with(world, Small("select", "milliseconds", 300)).expect("it is known");
        // Not a time limit: if they were not detached, the threads would take the sum, as
        // `sequential`.
        assert!(times["threads"] < times["sequential"], "under {world}: {times:?}");
    }
}

#[test]
fn line_without_a_number_is_an_error() {
    assert!(printed("sequential 1\nthreads x").unwrap_err().contains("`threads x`"));
}

fn gil_bench(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_gil-bench");
    watchdog::output(Command::new(program).args(arguments)).expect("the program starts")
}

/// Standard error of a command that is refused with this exit code.
fn refused(code: i32, arguments: &[&str]) -> String {
    let output = gil_bench(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn bad_input_is_refused_with_its_position() {
    let folder = tempfile::tempdir().expect("a folder");
    let bad = folder.path().join("bad.gil");
    std::fs::write(&bad, "let a = 1\nprint(a b)\n").expect("it can be written");
    let bad = bad.to_str().expect("a readable path");
    assert!(refused(1, &["run", bad]).contains("bad.gil, line 2: `,` or `)` should be here"));
    assert!(refused(2, &["run", "missing.gil"]).contains("cannot read missing.gil"));
    let said = refused(2, &["run", bad, "--protocol", "python4"]);
    assert!(said.contains("python4") && said.contains("handoff, handoff-plain, python3"), "{said}");
    assert!(refused(2, &["run", bad, "--threads", "0"]).contains("--threads"));
    assert!(refused(2, &["run", bad, "--set", "n"]).contains("a setting is name=value"));
}

#[test]
fn command_line_runs_a_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("ok.gil");
    std::fs::write(&program, "print(part(), parts(), threads(), setting(\"n\", 0))")
        .expect("written");
    let program = program.to_str().expect("a readable path");
    let arguments = ["run", program, "--threads", "8", "--protocol", "python3", "--set", "n=5"];
    let output = gil_bench(&arguments);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0 1 8 5\n");
    let output = gil_bench(&["run", program, "--processes", "3"]);
    let mut lines: Vec<_> = str::from_utf8(&output.stdout).expect("text").lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["0 3 1 0", "1 3 1 0", "2 3 1 0"]);
}

#[test]
fn closed_output_is_no_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("prints.gil");
    std::fs::write(&program, "for i in 0..20000 { print(i) }").expect("it can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gil-bench"));
    command.arg("run").arg(&program).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    drop(child.stdout.take());
    let output = watchdog::wait_with_output(child);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
