//! Builds the loom binary and runs the suites in it, one process each.
//!
//! A process each, because loom aborts on a second panic, and because two cores can run two. The
//! build has a target directory of its own, and `--cfg loom` is *appended* to inherited RUSTFLAGS:
//! an inherited variable, even an empty one, would silently switch an alias off.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::{
    Compared, Found, MECHANISM_MUTANTS, MechanismMutant, SUITES, Suite, Work, compares, judged,
    missing,
};
use crate::engines::Selection;
use crate::ledger;
use crate::report::{
    AgreementRow, CaughtBy, ClaimRow, Engine, MutantRow, MutantVerdict, Row, Verdict,
};
use crate::zoo::PROTOCOLS;

/// Why the loom part could not be run. None of these is a verdict.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoomError {
    /// cargo could not be started.
    #[error("could not start `{command}` for the loom build: {source}")]
    Start {
        /// What was started.
        command: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The build failed.
    #[error(
        "the loom build failed; by hand: RUSTFLAGS=\"--cfg loom\" cargo build --release -p gil-verify --bin gil-loom --target-dir target/loom\n{0}"
    )]
    Build(String),
    /// A suite ended without a verdict.
    #[error("the loom suite `{suite}` of {protocol} ended without a verdict:\n{output}")]
    NoVerdict {
        /// The suite.
        suite: &'static str,
        /// The protocol.
        protocol: String,
        /// What it printed.
        output: String,
    },
}

/// What a process of the loom build said.
enum Said {
    Found(Box<Found>),
    Broke { claim: &'static str, message: String },
}

/// Builds the binary that runs the suites.
///
/// # Errors
/// [`LoomError::Start`] and [`LoomError::Build`].
pub fn build() -> Result<PathBuf, LoomError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), PathBuf::from)
        .join("loom");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let mut command = Command::new(&cargo);
    command
        .current_dir(root)
        .args(["build", "--release", "--quiet", "-p", "gil-verify", "--bin", "gil-loom"])
        .arg("--target-dir")
        .arg(&target)
        .env("RUSTFLAGS", format!("{flags} --cfg loom"))
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    let output = command.output().map_err(|source| LoomError::Start { command: cargo, source })?;
    if !output.status.success() {
        return Err(LoomError::Build(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(target.join("release").join("gil-loom"))
}

/// One process to run.
enum Job {
    Suite(&'static Suite, &'static str),
    Mutant(&'static MechanismMutant, &'static Suite),
}

/// Builds, then runs the suites and the mechanism's mutants, two at a time.
///
/// # Errors
/// A [`LoomError`], where something could not be run at all.
pub fn run(
    selection: &Selection,
    sink: &mut dyn FnMut(Row),
    progress: &mut dyn FnMut(&str),
) -> Result<(), LoomError> {
    progress("building the loom suites (once, about a minute)");
    let binary = build()?;
    let jobs = jobs(selection);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(jobs.iter().map(|_| None).collect::<Vec<_>>());
    let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().min(8));
    std::thread::scope(|scope| {
        let (jobs, next, results, binary) = (&jobs, &next, &results, &binary);
        let handles: Vec<_> = (0..workers)
            .map(|_| {
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed); // each job once
                        let Some(job) = jobs.get(index) else { return };
                        let rows = perform(binary, job);
                        if let Ok(mut results) = results.lock() {
                            results[index] = Some(rows);
                        }
                    }
                })
            })
            .collect();
        for handle in handles {
            let _ = handle.join();
        }
    });
    for rows in results.into_inner().unwrap_or_default() {
        for row in rows.unwrap_or_else(|| Ok(Vec::new()))? {
            let wanted = match &row {
                Row::Claim(row) => selection.has_claim(&row.id),
                Row::Agreement(_) => selection.has_claim("TRACES"),
                Row::Mutant(_) | Row::Bound(_) => true,
            };
            if wanted {
                sink(row);
            }
        }
    }
    Ok(())
}

fn jobs(selection: &Selection) -> Vec<Job> {
    let mut jobs = Vec::new();
    for suite in SUITES.iter().filter(|suite| suite.profile <= selection.profile) {
        for protocol in PROTOCOLS.iter().filter(|protocol| selection.has_protocol(protocol)) {
            let claims = claims(suite, protocol);
            if claims.iter().any(|(id, _)| selection.has_claim(id))
                || compares(suite, protocol) && selection.has_claim("TRACES")
            {
                jobs.push(Job::Suite(suite, protocol));
            }
        }
    }
    for mutant in MECHANISM_MUTANTS.iter().filter(|_| selection.has_protocol("handoff")) {
        if mutant.breaks.iter().any(|claim| selection.has_claim(claim)) {
            jobs.extend(super::suite(mutant.suite).map(|suite| Job::Mutant(mutant, suite)));
        }
    }
    jobs
}

/// The claims that a suite judges, with the verdict to expect.
fn claims(suite: &Suite, protocol: &str) -> Vec<(&'static str, Verdict)> {
    let expected = |id| ledger::expected(id, protocol, suite.threads, suite.name);
    judged(suite, protocol).iter().filter_map(|id| Some((*id, expected(id)?))).collect()
}

fn perform(binary: &Path, job: &Job) -> Result<Vec<Row>, LoomError> {
    let began = Instant::now();
    match job {
        Job::Suite(suite, protocol) => {
            let said = say(binary, suite, protocol, None)?;
            Ok(rows(suite, protocol, &said, began.elapsed().as_secs_f64()))
        }
        Job::Mutant(mutant, suite) => {
            let said = say(binary, suite, "handoff", Some(mutant.name))?;
            Ok(vec![Row::Mutant(judge_mutant(mutant, suite, said))])
        }
    }
}

fn say(
    binary: &Path,
    suite: &'static Suite,
    protocol: &str,
    mutant: Option<&str>,
) -> Result<Said, LoomError> {
    let mut command = Command::new(binary);
    command.arg(suite.name).arg(protocol).args(mutant).stdin(Stdio::null());
    command.env("RUST_BACKTRACE", "0");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LOOM_") {
            command.env_remove(name); // a bound from outside would make the counts mean nothing
        }
    }
    let output = command
        .output()
        .map_err(|source| LoomError::Start { command: binary.display().to_string(), source })?;
    let (said, wrote) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        if let Ok(found) = serde_json::from_str(&said) {
            return Ok(Said::Found(Box::new(found)));
        }
    } else if let Some((claim, message)) = broken_claim(&wrote) {
        return Ok(Said::Broke { claim, message });
    }
    Err(LoomError::NoVerdict {
        suite: suite.name,
        protocol: protocol.to_owned(),
        output: format!("{}\n{said}{wrote}", output.status),
    })
}

/// Which claim a panic of a suite means.
fn broken_claim(output: &str) -> Option<(&'static str, String)> {
    let message: Vec<&str> = output
        .lines()
        .skip_while(|line| !line.contains("panicked at"))
        .skip(1)
        .take_while(|line| !line.starts_with("note:") && !line.contains("panicked at"))
        .collect();
    let message = message.join("\n").trim().to_owned();
    let named = ledger::CLAIMS.iter().map(|claim| claim.id);
    let claim = named.filter(|id| message.contains(&format!("{id}:"))).max_by_key(|id| id.len());
    let claim = claim.or_else(|| {
        let told = |text| message.contains(text);
        if told("Causality violation") {
            Some("SAFE-2")
        } else if told("the fast path changed the owner") || told("take a held lock") {
            Some("SAFE-1")
        } else if told("deadlock") {
            Some("LIVE-4")
        } else if told("exceeded maximum number of branches") {
            Some("LIVE-1")
        } else {
            None
        }
    })?;
    Some((claim, message))
}

fn rows(suite: &Suite, protocol: &str, said: &Said, seconds: f64) -> Vec<Row> {
    let none = Found::default();
    let found = match said {
        Said::Found(found) => found,
        Said::Broke { .. } => &none,
    };
    let explored = match said {
        Said::Found(found) => found.executions,
        Said::Broke { message, .. } => execution_of(message),
    };
    let mut rows = Vec::new();
    for (id, expected) in claims(suite, protocol) {
        let (verdict, counterexample) = match suite.work.must_find() {
            Some(wanted) => find(wanted, said),
            None => judge(id, suite, protocol, said),
        };
        let of = if suite.work.is_without_lock() { NO_LOCK } else { protocol };
        rows.push(Row::Claim(ClaimRow {
            id: id.to_owned(),
            protocol: of.to_owned(),
            engine: Engine::Loom,
            threads: suite.threads,
            bound: suite.bound(),
            fairness: None,
            variant: Some(suite.name.to_owned()),
            verdict,
            expected,
            explored,
            unit: "executions".to_owned(),
            seconds,
            test: "gil-verify/tests/loom.rs::every_suite_is_as_expected".to_owned(),
            counterexample,
        }));
    }
    if let (true, Work::Rounds(acquisitions)) = (compares(suite, protocol), suite.work) {
        let compared =
            found.compared.unwrap_or(Compared { only_explorer: 1, ..Compared::default() });
        rows.push(Row::Agreement(AgreementRow {
            protocol: protocol.to_owned(),
            suite: suite.name.to_owned(),
            threads: suite.threads,
            acquisitions,
            timeouts: suite.time_outs,
            fast_path: suite.fast_path,
            loom: found.traces,
            explorer: compared.explorer,
            only_loom: compared.only_loom,
            only_explorer: compared.only_explorer,
        }));
    }
    rows
}

/// The protocol of a row about a program that has no lock.
pub const NO_LOCK: &str = "no lock";

/// The execution in which a program found what it was there to find.
fn execution_of(message: &str) -> u64 {
    let last = message.lines().last().and_then(|line| line.strip_prefix("in execution "));
    last.and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// The verdict on a program that must find something: to find it is what holds.
fn find(wanted: &str, said: &Said) -> (Verdict, Option<String>) {
    match said {
        Said::Broke { claim, message } if *claim == wanted => {
            (Verdict::Holds, Some(message.clone()))
        }
        Said::Broke { .. } => (Verdict::Inconclusive, None),
        Said::Found(found) => {
            let text = format!("not found in {} executions, which are all", found.executions);
            (Verdict::Fails, Some(text))
        }
    }
}

fn judge(id: &str, suite: &Suite, protocol: &str, said: &Said) -> (Verdict, Option<String>) {
    match said {
        Said::Broke { claim, message } if *claim == id => (Verdict::Fails, Some(message.clone())),
        // Another claim ended the run: nothing is known of this one.
        Said::Broke { .. } => (Verdict::Inconclusive, None),
        Said::Found(found) if id == "WITNESS" => {
            let missing = missing(protocol, suite, found);
            if missing.is_empty() && found.one_sided.is_empty() {
                return (Verdict::Holds, None);
            }
            let text = format!("never seen: {missing:?}; one-sided choices: {:?}", found.one_sided);
            (Verdict::Fails, Some(text))
        }
        Said::Found(found) => match found.broken.get(id) {
            Some(executions) => {
                let text = format!("in {executions} of {} executions", found.executions);
                (Verdict::Fails, Some(text))
            }
            None => (Verdict::Holds, None),
        },
    }
}

fn judge_mutant(mutant: &MechanismMutant, suite: &Suite, said: Said) -> MutantRow {
    let (claim, explored) = match said {
        // A cure is caught by the claim that there is something to find.
        said if suite.work.must_find().is_some() => {
            let (verdict, _) = find(suite.work.must_find().unwrap_or_default(), &said);
            let claim = (verdict == Verdict::Fails).then(|| suite.work.must_find()).flatten();
            (claim, if let Said::Found(found) = said { found.executions } else { 0 })
        }
        Said::Broke { claim, message } => (Some(claim), execution_of(&message)),
        Said::Found(found) => {
            let one_sided = (!found.one_sided.is_empty()).then_some("WITNESS");
            let differs = found.compared.is_some_and(|c| c.only_loom + c.only_explorer > 0);
            (one_sided.or(differs.then_some("TRACES")), found.executions)
        }
    };
    let caught = claim.filter(|claim| mutant.breaks.contains(claim));
    MutantRow {
        id: format!("{}/{}", mutant.name, mutant.suite),
        of: if suite.work.must_find().is_some() { "program" } else { "mechanism" }.to_owned(),
        breaks: mutant.breaks.iter().map(|claim| (*claim).to_owned()).collect(),
        verdict: caught.map_or(MutantVerdict::Survived, |_| MutantVerdict::Caught),
        caught_by: caught
            .map(|claim| CaughtBy { claim: claim.to_owned(), engine: Engine::Loom, explored })
            .into_iter()
            .collect(),
    }
}
