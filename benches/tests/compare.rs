//! `gil-bench compare` and `story`: each workload once, small, and their errors.

#![cfg(not(loom))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::process::{Command, Output};
use std::sync::LazyLock;

use gil_bench::bench::workloads::WORKLOADS;
use serde_json::Value;

/// The runtimes of `--quick` that are always available.
const RUNTIMES: [&str; 4] = ["handoff", "python3", "free", "free (A/A)"];

fn gil_bench(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_gil-bench");
    watchdog::output(Command::new(program).args(arguments)).expect("the program starts")
}

/// All workloads at once, as small as possible.
static REPORT: LazyLock<Value> = LazyLock::new(|| {
    let small = ["--quick", "--smoke", "--rounds", "1", "--format", "json"];
    let all: Vec<_> = WORKLOADS.iter().map(|workload| workload.name).collect();
    let output = gil_bench(&[&["compare"], &all[..], &small[..]].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON, and nothing else, on standard output")
});

/// The one sample of a figure.
fn sample(report: &Value, case: &str, runtime: &str, what: &str) -> f64 {
    let rows = report["rows"].as_array().expect("rows");
    let row = rows
        .iter()
        .find(|row| row["case"] == case && row["runtime"] == runtime && row["what"] == what);
    let row = row.unwrap_or_else(|| panic!("{case}: {what} of {runtime}"));
    let samples = row["samples"].as_array().expect("samples");
    assert_eq!(samples.len(), 1, "one round: {row}");
    samples[0].as_f64().expect("a number")
}

/// All named figures were measured in every runtime, and are greater than zero.
fn measures(report: &Value, case: &str, figures: &[&str]) {
    for runtime in RUNTIMES {
        for what in figures {
            let sample = sample(report, case, runtime, what);
            assert!(sample > 0.0, "{case}: {what} of {runtime} is {sample}");
        }
    }
}

/// All named figures were measured in every runtime; they may be zero.
fn has(report: &Value, case: &str, figures: &[&str]) {
    for runtime in RUNTIMES {
        for what in figures {
            let sample = sample(report, case, runtime, what);
            assert!(sample >= 0.0, "{case}: {what} of {runtime} is {sample}");
        }
    }
}

fn has_target(report: &Value, what: &str) {
    let targets = report["targets"].as_array().expect("targets");
    let found = targets.iter().any(|target| target["what"].to_string().contains(what));
    assert!(found, "no {what} in {targets:?}");
}

#[test]
fn echo_measures_latencies_and_cpu_throughput() {
    let report = &*REPORT;
    assert_eq!(report["schema"], "gil-bench/1");
    measures(report, "echo, 1 hog", &["p50_us", "p99_us", "mean_us"]);
    // On a busy machine a thread may not have run at all.
    has(report, "echo, 1 hog", &["hogs_per_ms", "hogs_kept"]);
    has(report, "echo, 2 hogs", &["p50_us", "most_by_least"]);
    for runtime in ["handoff", "native"] {
        let [p50, p99] = ["p50_us", "p99_us"].map(|q| sample(report, "echo, 1 hog", runtime, q));
        assert!(p50 <= p99, "{runtime}: {p50} {p99}");
    }
    for what in ["A/A", "/ native", "the luckiest hog", "the hogs' share"] {
        has_target(report, what);
    }
}

#[test]
fn machine_is_described() {
    let report = &*REPORT;
    let machine = report["machine"].as_array().expect("names and values");
    for name in ["kernel", "rustc", "commit", "parking_lot"] {
        let entry = machine.iter().find(|entry| entry[0] == name).expect(name);
        assert!(entry[1].as_str().is_some_and(|value| !value.is_empty()), "{entry}");
    }
    for runtime in RUNTIMES {
        assert!(report["runtimes"].as_array().expect("runtimes").contains(&runtime.into()));
    }
}

#[test]
fn short_io_measures_the_throughput_of_both() {
    let report = &*REPORT;
    measures(report, "short-io, 1 hog", &["alone_per_s", "writes_kept", "sum"]);
    has(report, "short-io, 1 hog", &["hogs_kept"]);
}

#[test]
fn countdown_measures_both_times_and_the_lock() {
    let report = &*REPORT;
    let case = "countdown, 2 threads";
    measures(report, case, &["sequential_ms", "wall", "cpu", "again", "again_cpu", "cpu_ms"]);
    has(report, case, &["switches_voluntary", "switches_involuntary"]);
    assert!(sample(report, case, "handoff", "forced") >= 0.0);
    let rows = report["rows"].as_array().expect("rows");
    let free = |row: &&Value| row["runtime"] == "free" && row["what"] == "forced";
    assert!(rows.iter().find(free).is_none(), "without a lock nothing is forced");
    has_target(report, "CPU time / sequential");
}

#[test]
fn blocking_and_long_work_is_timed_in_threads_and_alone() {
    measures(&REPORT, "hash, 2 threads", &["sequential_ms", "speed_up", "again"]);
    measures(&REPORT, "select, 2 threads", &["sequential_ms", "wall", "again"]);
    measures(&REPORT, "story, 8 threads", &["sequential_ms", "wall", "again"]);
}

#[test]
fn processes_report_start_and_transfer_separately() {
    let figures = ["sequential_ms", "start_ms", "transfer_ms", "work_ms", "whole_ms"];
    measures(&REPORT, "processes, 2 of them", &figures);
}

#[test]
fn ping_pong_is_measured_pinned_and_unpinned() {
    let report = &*REPORT;
    let pinned = "ping-pong, pinned to one processor";
    measures(report, pinned, &["one_way_us"]);
    measures(report, "ping-pong, anywhere", &["one_way_us"]);
    for runtime in RUNTIMES {
        // One thread must leave the processor before the other continues, in every turn.
        let switches = sample(report, pinned, runtime, "switches_one_way");
        assert!(switches > 0.9, "{switches} context switches one way under {runtime}");
    }
}

#[test]
fn ccbench_runs_its_three_tests() {
    let report = &*REPORT;
    measures(report, "ccbench throughput, 2 threads", &["turns_per_s", "of_one_thread"]);
    measures(report, "ccbench latency, 1 hog", &["median_us", "mean_us"]);
    measures(report, "ccbench bandwidth, 1 hog", &["packets_per_s", "packets_kept"]);
    has_target(report, "packets kept");
}

#[test]
fn handoffs_are_counted() {
    let report = &*REPORT;
    measures(report, "many, 10 waiting", &["elapsed_ms"]);
    has(report, "many, 10 waiting", &["system_switches_per_s"]);
    for runtime in ["handoff", "python3"] {
        assert!(sample(report, "many, 10 waiting", runtime, "hand_offs_an_interval") >= 0.0);
        assert!(sample(report, "many, 10 waiting", runtime, "time_outs_an_interval") >= 0.0);
        assert!(sample(report, "interval, 1 ms", runtime, "switches_an_interval") >= 0.0);
    }
}

#[test]
fn objects_have_no_interpreter() {
    let report = &*REPORT;
    for what in ["lock_each_ns", "lock_each_again_ns", "one_lock_ns"] {
        assert!(sample(report, "objects, 1 thread", "native", what) > 0.0, "{what}");
    }
    let mut rows = report["rows"].as_array().expect("rows").iter();
    assert!(rows.all(|row| row["workload"] != "objects" || row["runtime"] == "native"));
}

#[test]
fn workload_without_a_program_is_omitted() {
    // All interpreters that are found on PATH, or reported as missing.
    let output = gil_bench(&["compare", "select", "--smoke", "--rounds", "1", "--format", "json"]);
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let named = |of: &str, name: &str| {
        report[of].as_array().expect(of).iter().any(|one| one.to_string().contains(name))
    };
    for (runtime, command) in [("Ruby", "ruby"), ("OCaml", "ocamlopt"), ("PyPy", "pypy3")] {
        assert!(named("runtimes", runtime) != named("missing", command), "{runtime}");
    }
    let rows = report["rows"].as_array().expect("rows");
    assert!(rows.iter().all(|row| row["runtime"] != "native"), "it has no native program");
}

#[test]
fn results_are_written_to_the_given_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("results");
    let arguments = ["compare", "objects", "--smoke", "--rounds", "1", "--out-dir"];
    let output = gil_bench(&[&arguments[..], &[path.to_str().expect("UTF-8")]].concat());
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(path.join("results.txt")).expect("written");
    assert_eq!(text.as_bytes(), output.stdout, "the same as what was printed");
    let json = std::fs::read(path.join("results.json")).expect("written");
    assert!(serde_json::from_slice::<Value>(&json).is_ok());
}

#[test]
fn story_with_sizes_runs_threads_and_processes() {
    let sizes = ["--users", "2", "--sessions", "50", "--threads", "3"];
    let small = ["--quick", "--smoke", "--rounds", "1"];
    let output = gil_bench(&[&["story"], &sizes[..], &small[..]].concat());
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    for wanted in ["story, 3 threads", "processes, 3 of them", "free (A/A)", "interval of A/A"] {
        assert!(text.contains(wanted), "no {wanted} in {text}");
    }
}

/// Each is refused with this exit code.
fn refuses(code: i32, commands: &[&[&str]]) {
    for command in commands {
        let output = gil_bench(command);
        assert_eq!(output.status.code(), Some(code), "{command:?}: {output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{command:?}: {output:?}");
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    refuses(
        2,
        &[
            &["nonsense"],
            &["compare", "nonsense"],
            &["compare", "--rounds", "0"],
            &["compare", "--runtime", "python4"],
            &["compare", "--format", "xml"],
            &["story", "--users", "0"],
            &["micro"],
        ],
    );
}

#[test]
fn failure_exits_with_1() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let file = file.path().to_str().expect("UTF-8");
    refuses(
        1,
        &[
            &["native", "hash"],
            &["native", "echo", "port=70000"],
            &["native", "objects", "count=0"],
            &["compare", "echo", "--rounds", "1", "--smoke", "--quick", "--out-dir", file],
        ],
    );
}
