//! `gil-bench`: each workload once, small, and what it refuses.

#![cfg(not(loom))]

use std::process::{Command, Output};

fn gil_bench(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_gil-bench");
    Command::new(program).args(arguments).output().expect("the program starts")
}

fn report(workload: &str) -> serde_json::Value {
    let output = gil_bench(&[workload, "--quick", "--rounds", "1", "--format", "json"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON, and nothing else, on standard output")
}

/// The samples of a figure.
fn samples(report: &serde_json::Value, runtime: &str, what: &str) -> Vec<f64> {
    let rows = report["rows"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["runtime"] == runtime && row["what"] == what);
    let samples = row.unwrap_or_else(|| panic!("{what} of {runtime}"))["samples"].as_array();
    samples.expect("samples").iter().map(|sample| sample.as_f64().expect("a number")).collect()
}

#[test]
fn echo_measures_latencies_and_what_the_hogs_keep() {
    let report = report("echo");
    assert_eq!(report["schema"], "gil-bench/1");
    for runtime in ["handoff", "python3", "free", "free (A/A)"] {
        let (p50, p99) = (samples(&report, runtime, "p50_us"), samples(&report, runtime, "p99_us"));
        assert!(p50.len() == 1 && p50[0] > 0.0 && p50[0] <= p99[0], "{runtime}: {p50:?} {p99:?}");
        assert!(samples(&report, runtime, "hogs_per_ms")[0] > 0.0, "{runtime}");
    }
    let machine = report["machine"].to_string();
    assert!(machine.contains("parking_lot"), "{machine}");
    let targets = report["targets"].as_array().expect("targets");
    assert!(targets.iter().any(|target| target["what"].to_string().contains("A/A")));
}

#[test]
fn short_io_measures_what_both_keep() {
    let report = report("short-io");
    for what in ["writes_kept", "hogs_kept", "sum"] {
        assert!(samples(&report, "handoff", what)[0] > 0.0, "{what}");
    }
}

#[test]
fn the_results_are_written_where_they_are_wanted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("results");
    let arguments = ["echo", "--quick", "--rounds", "1", "--out-dir"];
    let output = gil_bench(&[&arguments[..], &[path.to_str().expect("UTF-8")]].concat());
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(path.join("results.txt")).expect("written");
    assert_eq!(text.as_bytes(), output.stdout, "the same as what was printed");
    let json = std::fs::read(path.join("results.json")).expect("written");
    assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
}

#[test]
fn bad_input_is_refused() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let file = file.path().to_str().expect("UTF-8");
    for bad in [
        &["nonsense"][..],
        &["--rounds", "0"],
        &["--runtime", "python4"],
        &["--format", "xml"],
        &["echo", "--rounds", "1", "--quick", "--out-dir", file],
    ] {
        let output = gil_bench(bad);
        assert_eq!(output.status.code(), Some(2), "{bad:?}: {output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{bad:?}: {output:?}");
    }
}
