//! Runs the oracle on changed copies of the workspace.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::failure::{self, Failure};
use super::list::{Change, RULES};
use super::{MutationError, Outcome, Verdict, equivalent};

/// A check that takes longer hangs: an unchanged one takes some seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// The memory limit of a process, in KiB: a change that allocates forever must not exhaust the
/// machine.
const MEMORY_KIB: u64 = 6_000_000;

/// One build.
struct Build {
    name: &'static str,
    flags: &'static str,
    /// How many tests of one program run at once. With one, the first failure is deterministic.
    /// With several, a test that hangs does not prevent others from failing.
    test_threads: &'static str,
    packages: &'static [&'static str],
}

const LOOM: Build = Build {
    name: "loom",
    flags: "--cfg loom",
    test_threads: "1",
    packages: &["-p", "gil-core", "-p", "gil-verify"],
};

const REAL: Build =
    Build { name: "real", flags: "", test_threads: "4", packages: &["-p", "gil-core"] };

/// Some tests of a build: their targets, and the prefixes of their names.
type Run = (&'static Build, &'static [&'static str], &'static [&'static str]);

/// The checks, up to the first failure. The claims run first, because they say more than unit tests
/// and counts. The slowest checks run last.
const RUNS: [Run; 5] = [
    (&LOOM, &["--test", "oracle"], &["claims_"]),
    (&LOOM, &["--test", "oracle"], &["suite_"]),
    (&REAL, &["--lib", "--test=behaviour", "--test=bad_input", "--test=heap", "--test=abort"], &[]),
    (&LOOM, &["--test", "under_loom"], &[]),
    (&LOOM, &["--test", "oracle"], &["the_"]),
];

/// Sources that a build under loom does not contain.
const NOT_UNDER_LOOM: [&str; 1] = ["gil-core/src/sync/facade.rs"];

/// The time limit of a build and of the first run, which must pass.
const BUILD_LIMIT: Duration = Duration::from_secs(900);

/// A copy of the workspace in which changes are tried.
#[derive(Debug)]
pub struct Copy {
    folder: PathBuf,
}

/// The copied folders: everything that the oracle is built from.
const PARTS: [&str; 7] =
    ["Cargo.toml", "Cargo.lock", "README.md", "gil-core", "gil-models", "gil-verify", "benches"];

impl Copy {
    /// Copies the workspace at `root` into `folder`; an existing build is kept.
    ///
    /// # Errors
    /// When a file cannot be copied.
    pub fn new(root: &Path, folder: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        for part in PARTS {
            copy(&root.join(part), &folder.join(part))?;
        }
        Ok(Self { folder })
    }

    /// Checks that the oracle passes without a change, and builds the unchanged parts.
    ///
    /// # Errors
    /// [`MutationError::OracleRed`] when it fails.
    pub fn warm_up(&self) -> Result<(), MutationError> {
        match self.judge("", BUILD_LIMIT)? {
            (Verdict::Missed, _) => Ok(()),
            (verdict, red) => Err(MutationError::OracleRed(format!("{verdict:?} {}", red.by))),
        }
    }

    /// Tries one change.
    ///
    /// # Errors
    /// When a file cannot be written or a process cannot start.
    pub fn try_change(&self, change: &Change) -> Result<Outcome, MutationError> {
        let path = self.folder.join(&change.file);
        let original = std::fs::read_to_string(&path)?;
        let began = Instant::now();
        std::fs::write(&path, &change.text)?;
        let judged = self.judge(&change.file, LIMIT);
        std::fs::write(&path, original)?;
        let (mut verdict, Failure { mut by, claim }) = judged?;
        if let (Verdict::Missed, Some(why)) = (verdict, equivalent(&change.file, &change.name)) {
            (verdict, by) = (Verdict::Equivalent, why.to_owned());
        }
        let seconds = (began.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        let (file, name) = (change.file.clone(), change.name.clone());
        Ok(Outcome { file, name, verdict, by, claim, seconds })
    }

    /// The result of the oracle while this source is changed.
    fn judge(&self, file: &str, limit: Duration) -> Result<(Verdict, Failure), MutationError> {
        let plain = |by: String| Failure { by, claim: None };
        let sees = |build: &Build| build.name != LOOM.name || !NOT_UNDER_LOOM.contains(&file);
        let mut runs: Vec<_> = RUNS.into_iter().filter(|(build, ..)| sees(build)).collect();
        // A claim must catch a changed rule. For every other change the cheapest build runs first.
        if !RULES.iter().any(|(of, _)| *of == file) {
            runs.sort_by_key(|(build, ..)| build.name != REAL.name);
        }
        let mut hung = None;
        for (build, targets, tests) in runs {
            let name = build.name;
            match self.cargo(build, &[targets, &["--no-run"]].concat(), BUILD_LIMIT)? {
                Ended::Well => {}
                Ended::Badly(_) => return Ok((Verdict::Unviable, plain(name.to_owned()))),
                Ended::Not(_) => {
                    return Ok((Verdict::Timeout, plain(format!("{name}: the build"))));
                }
            }
            let limit = if name == REAL.name { limit / 3 } else { limit };
            match self.cargo(build, &[targets, &["--"], tests].concat(), limit)? {
                Ended::Well => {}
                Ended::Badly(log) => {
                    let Failure { by, claim } = failure::first(&log);
                    return Ok((Verdict::Caught, Failure { by: format!("{name}: {by}"), claim }));
                }
                // One test hung; another one may still have failed.
                Ended::Not(log) => {
                    match failure::first_failed(&log) {
                        Some(test) => {
                            return Ok((Verdict::Caught, plain(format!("{name}: {test}"))));
                        }
                        // A hang does not catch it either: a later run may name the cause.
                        None => hung = hung.or(Some(name)),
                    }
                }
            }
        }
        Ok(match hung {
            Some(name) => (Verdict::Timeout, plain(name.to_owned())),
            None => (Verdict::Missed, plain(String::new())),
        })
    }

    /// Runs `cargo test` on targets of a build; returns its output if it failed.
    fn cargo(&self, build: &Build, what: &[&str], limit: Duration) -> std::io::Result<Ended> {
        let log = self.folder.join("log");
        let mut command = Command::new("sh");
        let script = format!("ulimit -v {MEMORY_KIB}; exec cargo test --profile mutants \"$@\"");
        command.args(["-c", &script, "cargo"]).args(build.packages).args(what);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LOOM_") {
                command.env_remove(name); // a bound from outside would make the oracle weaker
            }
        }
        let mut child = command
            .current_dir(&self.folder)
            .env_remove("CARGO_INCREMENTAL")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("RUSTFLAGS", build.flags)
            .env("CARGO_TARGET_DIR", self.folder.join("target").join(build.name))
            .env("CARGO_PROFILE_MUTANTS_INCREMENTAL", "true")
            .env("CARGO_TERM_COLOR", "never")
            .env("RUST_BACKTRACE", "0")
            .env("RUST_TEST_THREADS", build.test_threads)
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(&log)?)
            .stderr(std::fs::File::options().append(true).open(&log)?)
            .process_group(0)
            .spawn()?;
        let began = Instant::now();
        let wrote = || std::fs::read(&log).map(|log| String::from_utf8_lossy(&log).into_owned());
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(if status.success() { Ended::Well } else { Ended::Badly(wrote()?) });
            }
            if began.elapsed() > limit {
                // The whole group: killing cargo alone would leave the hung test running.
                let group = format!("-{}", child.id());
                Command::new("kill").args(["-9", "--", &group]).status()?;
                child.wait()?;
                return Ok(Ended::Not(wrote()?));
            }
            // std cannot wait for a child with a limit; no order depends on this.
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// How a run ended, with its output if it failed.
enum Ended {
    Well,
    Badly(String),
    Not(String),
}

/// Makes `to` equal to `from`.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if from.is_dir() {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        for entry in std::fs::read_dir(to)? {
            let entry = entry?;
            if from.join(entry.file_name()).exists() {
                continue;
            }
            // A module that has moved would exist twice.
            match entry.file_type()?.is_dir() {
                true => std::fs::remove_dir_all(entry.path())?,
                false => std::fs::remove_file(entry.path())?,
            }
        }
        return Ok(());
    }
    let text = std::fs::read(from)?;
    // An unchanged file keeps its time, so cargo reuses what it built from it.
    if std::fs::read(to).is_ok_and(|known| known == text) {
        return Ok(());
    }
    std::fs::write(to, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_equals_the_original() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        let write = |path: PathBuf, text: &str| {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            std::fs::write(path, text).expect("it can be written");
        };
        write(from.join("a.rs"), "new");
        write(from.join("b/mod.rs"), "moved");
        write(to.join("a.rs"), "old");
        write(to.join("b.rs"), "gone");
        write(to.join("c/d.rs"), "gone");
        copy(&from, &to).expect("both can be read and written");
        assert_eq!(std::fs::read_to_string(to.join("a.rs")).expect("it is there"), "new");
        assert!(to.join("b/mod.rs").exists());
        assert!(!to.join("b.rs").exists() && !to.join("c").exists());
    }
}
