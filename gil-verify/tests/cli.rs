//! The command line, run as a process.

#![cfg(not(loom))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gil-verify"));
    // A claim of the mechanism needs the loom build.
    let output = watchdog::output_of_build(command.args(arguments));
    output.expect("the binary was built for this test")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn unknown_name_is_a_usage_error_that_lists_valid_names() {
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
fn name_in_another_case_is_that_name() {
    let as_listed = run(&["explain", "SAFE-3F"]);
    let in_lower_case = run(&["explain", "safe-3f"]);
    assert_eq!(in_lower_case.status.code(), Some(0), "{}", text(&in_lower_case.stderr));
    assert_eq!(text(&in_lower_case.stdout), text(&as_listed.stdout));
    let simulated = run(&["simulate", "--protocol", "Python3", "--duration", "10ms"]);
    assert!(text(&simulated.stdout).starts_with("python3 on 2 cores"));
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gil-verify"));
    let child = command.arg("list").stdout(full).stderr(Stdio::piped()).spawn();
    let output = watchdog::wait_with_output(child.expect("it starts"));
    assert_eq!(output.status.code(), Some(70));
    let said = text(&output.stderr);
    assert!(said.contains("cannot write to standard output: No space left"), "{said}");
}

#[test]
fn output_folder_that_cannot_be_created_is_an_error() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let folder = file.path().join("inside");
    let folder = folder.to_str().expect("a plain path");
    let output = run(&["--claim", "SAFE-1", "--out-dir", folder]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot create the folder"));
}

#[test]
fn unknown_mutation_shard_is_a_usage_error() {
    for part in ["0/4", "5/4", "2", "2/", "one/four", "-1/4"] {
        let output = run(&["mutation", &format!("--shard={part}")]);
        assert_eq!(output.status.code(), Some(2), "{part}");
        let error = text(&output.stderr);
        assert!(error.contains(part) && error.contains("for example 2/8"), "{error}");
    }
    let output = run(&["mutation", "--check", "--only", "handoff"]);
    assert_eq!(output.status.code(), Some(2), "to run nothing and to run some");
}

#[test]
fn list_and_explain_print_every_entry() {
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
fn machine_output_matches_its_schema() {
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

/// The report without the times.
fn timeless(json: &str) -> String {
    let lines = json.lines().filter(|line| !line.trim_start().starts_with("\"seconds\""));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn merged_shards_give_the_report_of_an_ordinary_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let selection = ["--protocol", "handoff", "--claim", "SAFE-9"];
    let whole = run(&[&selection[..], &["--format", "json"]].concat());
    assert_eq!(whole.status.code(), Some(0), "{}", text(&whole.stderr));
    for shard in ["1/3", "2/3", "3/3"] {
        let output = run(&[&selection[..], &["--shard", shard, "--out-dir", &path("")]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains(&format!("shard {shard}: ")), "{output:?}");
    }
    let files = [1, 2, 3].map(|number| path(&format!("shard-{number}-of-3.json")));
    let [first, second, third] = files.each_ref().map(String::as_str);
    let merged = run(&["merge", third, first, second, "--format", "json"]);
    assert_eq!(merged.status.code(), Some(0), "{}", text(&merged.stderr));
    assert_eq!(timeless(&text(&merged.stdout)), timeless(&text(&whole.stdout)));
    let part: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(second).expect("it was written"))
            .expect("JSON");
    let jobs = part["run"]["jobs"].as_array().map_or(0, Vec::len);
    assert!(jobs > 0 && jobs < 20, "{jobs} jobs");

    for (files, code, why) in [
        (vec![first, third], 5, "missing: shard 2/3"),
        (vec![first, second, third, second], 5, "shard 2/3 is given twice"),
        (vec![first, &path("no-such-file")], 2, "cannot read"),
        (
            vec![first, concat!(env!("CARGO_MANIFEST_DIR"), "/golden/counts.json")],
            2,
            "is not a file that",
        ),
    ] {
        let output = run(&[&["merge"], &files[..]].concat());
        assert_eq!(output.status.code(), Some(code), "{files:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "nothing but the error is printed");
    }
    let no_folder = run(&["--shard", "1/3"]);
    assert_eq!(no_folder.status.code(), Some(2));
    assert!(text(&no_folder.stderr).contains("--out-dir"));
}

#[test]
fn junit_report_has_a_test_for_each_verdict() {
    let selection = ["--protocol", "python3", "--claim", "SAFE-9"];
    let output = run(&[&selection[..], &["--format", "junit"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let xml = text(&output.stdout);
    let json = run(&[&selection[..], &["--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    let claims = report["summary"]["claims"].as_u64().expect("a number");
    assert!(xml.contains(&format!("<testsuite name=\"claims\" tests=\"{claims}\"")), "{xml}");
    assert!(xml.contains("failures=\"0\" errors=\"0\""), "{xml}");
    let cut = run(&[&selection[..], &["--format", "junit", "--states-max", "10"]].concat());
    assert_eq!(cut.status.code(), Some(4), "{}", text(&cut.stderr));
    let xml = text(&cut.stdout);
    assert!(xml.contains("<error message=\"SAFE-9 of python3"), "{xml}");
}

#[test]
fn options_belong_to_their_subcommands() {
    for arguments in [
        vec!["list", "--protocol", "handoff"],
        vec!["explain", "SAFE-1", "--profile", "full"],
        vec!["simulate", "--claim", "SAFE-1"],
        vec!["--protocol", "handoff", "list"],
        vec!["matrix", "--bless"],
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("error:"), "{}", text(&output.stderr));
    }
}

#[test]
fn completions_name_every_subcommand() {
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&run(&["completions", shell]).stdout);
        for name in ["merge", "simulate", "--shard", "gil-verify"] {
            assert!(script.contains(name.trim_start_matches('-')), "{shell}: no {name}");
        }
    }
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
        (vec!["conform", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")], "not a trace"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    }
}

#[test]
fn simulate_writes_the_requested_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (svg, trace) = (path("out.svg"), path("out.json"));
    let mut arguments = vec!["simulate", "--protocol", "python2", "--workload", "cpu:2"];
    arguments.extend(["--cores", "2", "--duration", "20ms"]);
    arguments.extend(["--svg", &svg, "--trace", &trace, "--lanes"]);
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("wasted wake-up"), "{}", text(&output.stdout));
    assert!(std::fs::read_to_string(&svg).expect("it was written").ends_with("</svg>\n"));
    let trace = std::fs::read_to_string(&trace).expect("it was written");
    let trace: serde_json::Value = serde_json::from_str(&trace).expect("JSON");
    assert!(trace["traceEvents"].as_array().is_some_and(|events| events.len() > 50));
    let files = std::fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(files, 2, "nothing else is left");
}

#[test]
fn simulation_is_a_function_of_its_arguments() {
    let json = |seed: &str| {
        let workload = "cpu:2+echo:1+io:10@think=3ms";
        let arguments = ["simulate", "--protocol", "python3", "--workload", workload];
        let output = run(&[&arguments[..], &["--seed", seed, "--format", "json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_eq!(json("3"), json("3"));
    assert_ne!(json("3"), json("4"));
    assert!(json("3").contains("gil-simulation/1"));
}

#[test]
fn simulation_counts_a_wait_that_has_not_ended() {
    let arguments = ["simulate", "--protocol", "qemu", "--workload", "cpu:2", "--duration", "20s"];
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    // Nothing forces a switch between two CPU-bound threads.
    assert!(said.contains("waiting at the end: 1 of cpu:2, the longest for 19999"), "{said}");
    let json = run(&[&arguments[..], &["--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&text(&json.stdout)).expect("JSON");
    let group = &report["groups"][0];
    assert_eq!(group["still_waiting"], 1);
    assert!(group["time_to_acquire_us"]["max"].as_f64().is_some_and(|max| max > 19e6), "{group}");
}

#[test]
fn invalid_simulation_is_an_error_and_leaves_no_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let costs = path("costs.json");
    std::fs::write(&costs, r#"{"wake_ns": 99999999999}"#).expect("it can be written");
    let (svg, nowhere) = (path("out.svg"), path("no/such/folder.svg"));
    for (arguments, why) in [
        (vec!["--workload", "cpu:"], "the number of threads is missing"),
        (vec!["--workload", "io:-1"], "not a number of threads"),
        (vec!["--workload", "io:1@think=5"], "not a duration"),
        (vec!["--workload", "fly:1"], "there are cpu, io, echo"),
        (vec!["--workload", "cpu:1@pause=1ms"], "cpu has work"),
        (vec!["--cores", "0"], "--cores"),
        (vec!["--protocol", "python4"], "ocaml-old-yield"),
        (vec!["--duration", "soon"], "a duration"),
        (vec!["--duration", "0s"], "lasts longer than that"),
        (vec!["--lanes", "--window", "1ms..20ms"], "ends at 10ms: give a longer --duration"),
        (vec!["--window", "9ms..3ms"], "ends after it begins"),
        (vec!["--svg", &nowhere], "cannot write"),
        (vec!["--costs", &nowhere], "No such file"),
        (vec!["--costs", &costs], "`wake_ns` is 99999999999"),
        (vec!["--control", "no-lock", "--lanes"], "nothing to draw"),
    ] {
        let mut all = vec!["simulate", "--duration", "10ms", "--svg", &svg];
        if arguments.contains(&"--svg") || arguments.contains(&"--duration") {
            all.truncate(1);
        }
        all.extend(arguments);
        let output = run(&all);
        assert_eq!(output.status.code(), Some(2), "{all:?}");
        assert!(text(&output.stderr).contains(why), "{all:?}: {}", text(&output.stderr));
        assert!(!Path::new(&svg).exists(), "{all:?} left a file");
    }
    let left = std::fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(left, 1, "the costs, and no half-written picture");
}
