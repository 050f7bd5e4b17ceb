//! A runtime of a workload: the small language under a protocol, an interpreter found on PATH, or
//! plain Rust.

use std::process::{Command, Stdio};

use super::files::Files;
use super::program::Language;
use super::start::Start;
use super::worlds::{CONTROL, WORLDS};

/// The control a second time: the A/A row.
pub const CONTROL_AGAIN: &str = "free (A/A)";

/// The reference without an interpreter and without a lock, if a workload has one.
pub const NATIVE: &str = "native";

/// How a program runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// In the small language, under a protocol of [`WORLDS`].
    Own(&'static str),
    /// As Rust in this program.
    Native,
    /// In an interpreter, or compiled by its compiler.
    Interpreter {
        /// Its language.
        language: Language,
        /// The command.
        command: String,
    },
}

/// A runtime.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Runtime {
    /// Its name in tables, with the version of an interpreter.
    pub name: String,
    /// How a program runs in it.
    pub kind: Kind,
}

/// The runtimes of this program itself.
#[must_use]
pub fn own() -> Vec<Runtime> {
    let runtime = |name: &str, kind| Runtime { name: name.to_owned(), kind };
    let protocols = WORLDS.iter().map(|name| runtime(name, Kind::Own(name)));
    protocols
        .chain([runtime(CONTROL_AGAIN, Kind::Own(CONTROL)), runtime(NATIVE, Kind::Native)])
        .collect()
}

impl Runtime {
    /// Whether `--quick` has it: the judged one, CPython's protocol, the controls, CPython itself.
    #[must_use]
    pub fn is_quick(&self, judged: &str) -> bool {
        [judged, "python3", CONTROL, CONTROL_AGAIN, NATIVE].contains(&self.name.as_str())
            || self.is_cpython()
    }

    /// Whether it is a CPython with its lock.
    #[must_use]
    pub fn is_cpython(&self) -> bool {
        self.name.starts_with("CPython") && !self.name.ends_with('t')
    }

    /// The command of its compiler, if it runs only compiled programs.
    #[must_use]
    pub fn compiler(&self) -> Option<&str> {
        match &self.kind {
            Kind::Interpreter { language: Language::OCaml, command } => Some(command),
            _ => None,
        }
    }

    /// The command that runs a workload's program.
    ///
    /// # Errors
    /// When this program does not know its own path.
    pub fn command(
        &self,
        workload: &str,
        files: &Files,
        start: &Start<'_>,
    ) -> Result<Command, String> {
        let this = std::env::current_exe().map_err(|error| error.to_string())?;
        let set = start.settings.iter().map(|(name, value)| format!("{name}={value}"));
        let mut command = match &self.kind {
            Kind::Own(protocol) => {
                let mut command = Command::new(this);
                command.arg("run").arg(files.program(Language::Gil));
                command.args(["--protocol", protocol]);
                for (name, value) in start.settings {
                    match *name {
                        "threads" => command.args(["--threads", &value.to_string()]),
                        "interval_us" => command.args(["--switch-interval-us", &value.to_string()]),
                        _ => &mut command,
                    };
                }
                if start.processes > 1 {
                    command.args(["--processes", &start.processes.to_string()]);
                }
                command.args(set.flat_map(|setting| ["--set".to_owned(), setting]));
                command
            }
            Kind::Native => {
                let mut command = Command::new(this);
                command.args(["native", workload]).args(set);
                command
            }
            Kind::Interpreter { language: Language::OCaml, .. } => {
                let mut command = Command::new(files.compiled());
                command.args(set);
                command
            }
            Kind::Interpreter { language, command } => {
                let mut command = Command::new(command);
                command.arg(files.program(*language)).args(set);
                command
            }
        };
        command.current_dir(files.folder()).stdout(Stdio::piped());
        Ok(command)
    }
}
