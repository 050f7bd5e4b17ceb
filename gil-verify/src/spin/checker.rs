//! Builds a checker from a model and runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::question::{Answer, LIVENESS, Question, SAFETY, SpinError, Verdict};
use super::read::{formula, read, trail};

/// The depths of the search: small first, so that a counterexample is short, then as deep as
/// needed.
const DEPTHS: &[&str] =
    &["-m64", "-m512", "-m4096", "-m32768", "-m262144", "-m2097152", "-m16777216"];

const PARTS: &[(&str, &str)] = &[
    ("common.pml", include_str!("../../spin/common.pml")),
    ("claims.pml", include_str!("../../spin/claims.pml")),
    ("threads.pml", include_str!("../../spin/threads.pml")),
];

/// A protocol's name, the file that models it, and its budgets.
type Model = (&'static str, (&'static str, &'static str), &'static [&'static str]);

const HANDOFF: (&str, &str) = ("handoff.pml", include_str!("../../spin/handoff.pml"));
const PYTHON2: (&str, &str) = ("python2.pml", include_str!("../../spin/python2.pml"));
const PYTHON3: (&str, &str) = ("python3.pml", include_str!("../../spin/python3.pml"));

const MODELS: &[Model] = &[
    ("handoff", HANDOFF, &["-DK=1", "-DB=3"]),
    ("handoff-plain", HANDOFF, &["-DK=1", "-DB=0"]),
    ("python3", PYTHON3, &[]),
    ("python2", PYTHON2, &[]),
];

const PROGRAMS: &[(&str, &[&str])] = &[
    ("hogs", &[]),
    ("blocking", &["-DRELEASES"]),
    ("blocking+cancel", &["-DRELEASES", "-DCANCELS"]),
];

/// A folder with the model, removed when it is dropped.
#[derive(Debug)]
pub(super) struct Checker {
    folder: TempDir,
    file: &'static str,
    defines: Vec<String>,
}

impl Checker {
    pub(super) fn new(question: &Question<'_>) -> Result<Self, SpinError> {
        let Question { protocol, threads, program, claims, mutant } = *question;
        let unknown = |what, name: &str| SpinError::Unknown { what, name: name.to_owned() };
        let model = MODELS.iter().find(|(name, ..)| *name == protocol);
        let (_, main, budgets) = model.ok_or_else(|| unknown("protocol", protocol))?;
        let does = PROGRAMS.iter().find(|(name, _)| *name == program);
        let (_, does) = does.ok_or_else(|| unknown("program", program))?;
        if !(2..=4).contains(&threads) {
            return Err(unknown("number of threads", &threads.to_string()));
        }
        let known = |claim: &&&str| SAFETY.contains(*claim) || LIVENESS.contains(*claim);
        if let Some(claim) = claims.iter().find(|claim| !known(claim)) {
            return Err(unknown("claim", claim));
        }
        let mut defines = vec![format!("-DN={threads}")];
        defines.extend(budgets.iter().chain(does.iter()).map(|define| (*define).to_owned()));
        if let Some(mutant) = mutant {
            let name = format!("MUTANT_{mutant}");
            // A macro that the model does not mention would change nothing and count as harmless.
            if !main.1.split(|c: char| c != '_' && !c.is_alphanumeric()).any(|word| word == name) {
                return Err(unknown("mutant", mutant));
            }
            defines.push(format!("-D{name}"));
        }
        let folder = tempfile::tempdir().map_err(|e| not_started("a temporary folder", e))?;
        for (name, text) in PARTS.iter().chain([main]) {
            let path = folder.path().join(name);
            fs::write(&path, text).map_err(|e| not_started(name, e))?;
        }
        Ok(Self { folder, file: main.0, defines })
    }

    fn spin(&self, options: &[&str], claims: &[&str]) -> Result<String, SpinError> {
        let judged = match claims {
            [claim, ..] if LIVENESS.contains(claim) => vec!["-DLIVENESS".to_owned()],
            _ => claims.iter().map(|claim| format!("-D{}", claim.replace('-', "_"))).collect(),
        };
        let defines = self.defines.iter().chain(&judged).map(String::as_str);
        let options: Vec<_> = options.iter().copied().chain(defines).chain([self.file]).collect();
        run(self.folder.path(), "spin", &options)
    }

    /// Makes the checker of safety claims, or of all liveness claims.
    pub(super) fn build(&self, claims: &[&str]) -> Result<(), SpinError> {
        // -o2: keep variables that are only written, so that states are those of the model; -o3:
        // keep statements apart, so that pan can list those it never reached.
        self.spin(&["-a", "-o2", "-o3"], claims)?;
        // Everything is shared, so a partial-order reduction has nothing to reduce. Optimizing
        // takes the compiler longer than the searches take without it.
        let mut flags = vec!["-O0", "-w", "-DNOREDUCE", "-DMEMLIM=4096", "-o", "pan", "pan.c"];
        let is_live = claims.iter().any(|claim| LIVENESS.contains(claim));
        flags.push(if is_live { "-DNFAIR=3" } else { "-DSAFETY" });
        run(self.folder.path(), "gcc", &flags).map(drop)
    }

    /// Searches for a run that breaks a claim, with increasing depth.
    pub(super) fn search(&self, claims: &[&str]) -> Result<Vec<Answer>, SpinError> {
        let pan = self.folder.path().join("pan").display().to_string();
        let mut output = String::new();
        for depth in DEPTHS {
            // LIVE-4 covers a state in which nothing can happen.
            let formula = formula(claims);
            let goal = formula.as_deref().map_or(vec!["-E"], |name| vec!["-a", "-f", "-N", name]);
            output = run(self.folder.path(), &pan, &[&goal[..], &["-w20", depth]].concat())?;
            let Some(mut answers) = read(&output, claims)? else { continue };
            for answer in answers.iter_mut().filter(|answer| answer.verdict == Verdict::Fails) {
                answer.trail = trail(&self.spin(&["-t", "-T"], claims)?, &output)?;
            }
            return Ok(answers);
        }
        Err(SpinError::Incomplete { output })
    }
}

/// Runs a program in a folder; returns its output.
pub(super) fn run(folder: &Path, command: &str, options: &[&str]) -> Result<String, SpinError> {
    let mut process = Command::new(command);
    process.args(options).current_dir(folder).stdin(Stdio::null()).env("LC_ALL", "C");
    let said = process.output().map_err(|source| not_started(command, source))?;
    let output =
        [said.stdout, said.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    if said.status.success() {
        return Ok(output);
    }
    Err(SpinError::Failed { command: format!("{command} {}", options.join(" ")), output })
}

fn not_started(command: &str, source: std::io::Error) -> SpinError {
    SpinError::Start { command: command.to_owned(), source }
}
