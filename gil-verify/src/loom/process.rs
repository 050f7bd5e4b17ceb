//! The builds of the checkers of the mechanism, and the output of their processes.
//!
//! Each suite has its own process, because loom aborts on a second panic, and because two cores can
//! run two. Each build has its own target directory. Its cfgs are *appended* to inherited
//! RUSTFLAGS: an inherited variable, even an empty one, would silently disable an alias.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use gil_core::engine::Fault;

use super::found::{Found, Sought};
use crate::claims::ghost::{PANICKED, Violation};
use crate::ledger;

/// A build of `gil-verify` on the types of a checker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Build {
    /// The checker, for messages, and the name of the target folder.
    pub checker: &'static str,
    /// The binary.
    pub binary: &'static str,
    /// The flags that are added to RUSTFLAGS.
    pub flags: &'static str,
}

/// The build for loom.
pub const LOOM: Build = Build { checker: "loom", binary: "gil-loom", flags: "--cfg loom" };

/// The build for shuttle.
pub const SHUTTLE: Build =
    Build { checker: "shuttle", binary: "gil-shuttle", flags: "--cfg loom --cfg shuttle" };

/// Why a checker of the mechanism could not run. None of these is a verdict.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// cargo could not be started.
    #[error("could not start `{command}`: {source}")]
    Start {
        /// The command.
        command: String,
        /// The reason.
        source: std::io::Error,
    },
    /// The build failed.
    #[error(
        "the {} build failed; by hand: RUSTFLAGS=\"{}\" cargo build --release -p gil-verify --bin {} --target-dir target/{}\n{output}",
        build.checker, build.flags, build.binary, build.checker
    )]
    Build {
        /// The build.
        build: Build,
        /// The compiler's output.
        output: String,
    },
    /// The checker rejects the arguments, for example an invalid schedule.
    #[error(
        "the checker of `{suite}` of {protocol} refuses its arguments, exit status: 2\n{output}"
    )]
    Refused {
        /// The suite.
        suite: &'static str,
        /// The protocol.
        protocol: String,
        /// Its output.
        output: String,
    },
    /// A suite ended without a verdict.
    #[error("the suite `{suite}` of {protocol} ended without a verdict:\n{output}")]
    NoVerdict {
        /// The suite.
        suite: &'static str,
        /// The protocol.
        protocol: String,
        /// Its output.
        output: String,
    },
}

/// The result of a process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// No claim was broken.
    Found(Box<Found>),
    /// A claim was broken, or the suite panicked in a way that no claim names.
    Broke {
        /// The claim, or [`UNNAMED`].
        claim: &'static str,
        /// The panic's message.
        message: String,
        /// How to run it again, if the checker says that.
        schedule: Option<String>,
    },
}

impl Build {
    /// Builds the binary and returns its path. `progress` is told what cargo does.
    ///
    /// # Errors
    /// [`ProcessError::Start`] and [`ProcessError::Build`].
    pub fn make(self, progress: &mut dyn FnMut(&str)) -> Result<PathBuf, ProcessError> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
        let target = target_folder(root).join(self.checker);
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
        let mut command = Command::new(&cargo);
        command
            .current_dir(root)
            .args(["build", "--release", "-p", "gil-verify", "--bin", self.binary])
            .arg("--target-dir")
            .arg(&target)
            .env("RUSTFLAGS", format!("{flags} {}", self.flags))
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("CARGO_BUILD_TARGET")
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let failed = |source| ProcessError::Start { command: cargo.clone(), source };
        let mut child = command.spawn().map_err(failed)?;
        let mut output = String::new();
        for line in child.stderr.take().into_iter().flat_map(|said| BufReader::new(said).lines()) {
            let line = line.map_err(failed)?;
            if let Some(step) = step(&line) {
                progress(&format!("{} build: {step}", self.checker));
            }
            output = output + &line + "\n";
        }
        if !child.wait().map_err(failed)?.success() {
            if output.contains("--offline") || output.contains("failed to download") {
                output += "without a network: run `cargo fetch` once while there is one\n";
            }
            return Err(ProcessError::Build { build: self, output });
        }
        Ok(target.join("release").join(self.binary))
    }
}

/// The target folder that this program is in, which cargo marks. So the builds of the checkers are
/// next to it, wherever an option, a variable or a configuration has put it.
fn target_folder(root: &Path) -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let marked = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    marked.map_or_else(|| root.join("target"), Path::to_path_buf)
}

/// What a line of cargo's output says about its progress.
fn step(line: &str) -> Option<&str> {
    let line = line.trim_start();
    if line.starts_with("Blocking") {
        return Some("another cargo holds the target folder, waiting for it to end");
    }
    ["Updating", "Downloading", "Compiling"]
        .iter()
        .any(|verb| line.starts_with(verb))
        .then_some(line)
}

/// Starts a binary of a checker; returns how it ended and its output.
fn start(binary: &Path, arguments: &[&str]) -> Result<(Output, String, String), ProcessError> {
    let mut command = Command::new(binary);
    command.args(arguments).stdin(Stdio::null()).env("RUST_BACKTRACE", "0");
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("LOOM_") || name_text.starts_with("SHUTTLE_") {
            command.env_remove(name); // a bound from outside would make the counts meaningless
        }
    }
    let output = command
        .output()
        .map_err(|source| ProcessError::Start { command: binary.display().to_string(), source })?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrote = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((output, said, wrote))
}

/// Every outcome that loom reaches of a litmus test.
///
/// # Errors
/// [`ProcessError::Start`] and [`ProcessError::NoVerdict`].
pub fn litmus(binary: &Path, name: &str) -> Result<BTreeSet<String>, ProcessError> {
    let (output, said, wrote) = start(binary, &["litmus", name])?;
    let outcomes = serde_json::from_str(&said).ok().filter(|_| output.status.success());
    outcomes.ok_or_else(|| ProcessError::NoVerdict {
        suite: "litmus",
        protocol: name.to_owned(),
        output: format!("{}\n{said}{wrote}", output.status),
    })
}

/// Runs a suite of a protocol, optionally with a mutant and more.
///
/// # Errors
/// [`ProcessError::Start`] and [`ProcessError::NoVerdict`].
pub fn say(
    binary: &Path,
    suite: &'static str,
    protocol: &str,
    more: &[&str],
) -> Result<Said, ProcessError> {
    let (output, said, wrote) = start(binary, &[&[suite, protocol], more].concat())?;
    if output.status.success() {
        if let Ok(found) = serde_json::from_str(&said) {
            return Ok(Said::Found(Box::new(found)));
        }
    } else if let Some((claim, message)) = broken_claim(&wrote) {
        return Ok(Said::Broke { claim, message, schedule: schedule(&wrote) });
    }
    if output.status.code() == Some(2) {
        let (protocol, output) = (protocol.to_owned(), wrote.clone());
        return Err(ProcessError::Refused { suite, protocol, output });
    }
    Err(ProcessError::NoVerdict {
        suite,
        protocol: protocol.to_owned(),
        output: format!("{}\n{said}{wrote}", output.status),
    })
}

/// Looks for the run of an explorer line on the mechanism.
///
/// # Errors
/// [`ProcessError::Start`] and [`ProcessError::NoVerdict`].
pub fn seek(binary: &Path, line: &str) -> Result<Sought, ProcessError> {
    let (output, said, wrote) = start(binary, &[SEEK, line])?;
    let last = said.lines().rev().find_map(|line| serde_json::from_str(line).ok());
    last.ok_or_else(|| ProcessError::NoVerdict {
        suite: SEEK,
        protocol: line.to_owned(),
        output: format!("{}\n{said}{wrote}", output.status),
    })
}

/// In place of a claim: the suite panicked, and no claim is about that.
pub const UNNAMED: &str = PANICKED;

/// The argument that replaces the suite.
pub const SEEK: &str = "seek";

/// The claim that a panic of a suite breaks, or [`UNNAMED`]; `None` if nothing panicked.
fn broken_claim(output: &str) -> Option<(&'static str, String)> {
    let message: Vec<&str> = output
        .lines()
        .skip_while(|line| !line.contains("panicked at"))
        .skip(1)
        .take_while(|line| !line.starts_with("note:") && !line.contains("panicked at"))
        .collect();
    let message = message.join("\n").trim().to_owned();
    (!message.is_empty()).then(|| (claim_of(&message).unwrap_or(UNNAMED), message))
}

/// The faults with which the mechanism ends the process, where a claim is about them.
const FAULTS: [Fault; 6] = [
    Fault::TakesHeldLock,
    Fault::FastPathWhileBusy,
    Fault::FreesWithoutOwning,
    Fault::WaitsWhileOwning,
    Fault::OwnsWhileLeaving,
    Fault::GivesToNonWaiter,
];

/// The claim that a message breaks: the one it names, or the one that the Monitor's or loom's
/// message stands for.
#[must_use]
pub fn claim_of(message: &str) -> Option<&'static str> {
    let named = ledger::CLAIMS.iter().map(|claim| claim.id);
    let claim = named.filter(|id| message.contains(&format!("{id}:"))).max_by_key(|id| id.len());
    let told = |text| message.contains(text);
    claim.or_else(|| {
        let fault = FAULTS.iter().find(|fault| message.contains(&fault.to_string()));
        if let Some(fault) = fault {
            Some(Violation::of_fault(*fault).claim)
        } else if told("Causality violation") {
            Some("SAFE-2")
        } else if told("deadlock") {
            Some("LIVE-4")
        } else if told("exceeded maximum number of branches") {
            Some("LIVE-1")
        } else {
            None
        }
    })
}

/// The schedule that shuttle printed: the lines between two lone quotation marks.
fn schedule(output: &str) -> Option<String> {
    let mut lines =
        output.lines().skip_while(|line| !line.starts_with("failing schedule:")).skip(2);
    let schedule: String = lines.by_ref().take_while(|line| *line != "\"").collect();
    (!schedule.is_empty()).then_some(schedule)
}

/// The execution in which a program found what it looks for.
#[must_use]
pub fn execution_of(message: &str) -> u64 {
    let last = message.lines().last().and_then(|line| line.strip_prefix("in execution "));
    last.and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_folder_contains_this_program() {
        let program = std::env::current_exe().expect("a test is a program");
        let folder = target_folder(Path::new("/no/such/folder"));
        assert!(program.starts_with(&folder) && folder != program, "{}", folder.display());
    }

    #[test]
    fn panic_breaks_the_claim_that_is_about_it() {
        let said = |message: &str| {
            let output = format!("thread 'main' panicked at harness.rs:1:1:\n{message}\nnote: run");
            broken_claim(&output).map(|(claim, _)| claim)
        };
        assert_eq!(said("SAFE-5: a request is gone\nafter []"), Some("SAFE-5"));
        for (fault, claim) in
            FAULTS.iter().zip(["SAFE-1", "SAFE-1", "SAFE-1", "SAFE-6", "SAFE-6", "SAFE-7"])
        {
            assert_eq!(said(&fault.to_string()), Some(claim));
        }
        assert_eq!(said("Causality violation: Concurrent write accesses"), Some("SAFE-2"));
        assert_eq!(said("index out of bounds"), Some(UNNAMED));
        assert_eq!(broken_claim("killed by a signal"), None);
    }

    #[test]
    fn lines_of_cargo_are_progress_or_nothing() {
        assert_eq!(step("   Compiling loom v0.7.3"), Some("Compiling loom v0.7.3"));
        let waits = step("    Blocking waiting for file lock on build directory");
        assert!(waits.is_some_and(|step| step.contains("another cargo")));
        assert_eq!(step("    Finished `release` profile"), None);
    }
}
