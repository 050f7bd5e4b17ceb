//! What a workload runs in: the small language under a protocol, or an interpreter found on PATH.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::runtimes::RUNTIMES;

/// A program, in the language and in Python.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// In the language.
    pub source: &'static str,
    /// In Python.
    pub python: &'static str,
}

/// The control's name: the language without a lock.
pub const CONTROL: &str = "free";

/// The control once more: the A/A row.
pub const CONTROL_AGAIN: &str = "free (A/A)";

/// Real interpreters that have a program of ours: the name of the command, and the Debian package.
const INTERPRETERS: &[(&str, &str)] = &[("python3", "python3"), ("pypy3", "pypy3")];

/// A runtime.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Runtime {
    /// Its name in tables: of an interpreter with its version.
    pub name: String,
    command: Option<&'static str>,
}

/// The runtimes of a comparison, and the interpreters that are missing, each with the package that
/// brings it.
#[must_use]
pub fn all() -> (Vec<Runtime>, Vec<String>) {
    let own = RUNTIMES.iter().copied().chain([CONTROL_AGAIN]);
    let mut found: Vec<_> =
        own.map(|name| Runtime { name: name.to_owned(), command: None }).collect();
    let mut missing = Vec::new();
    for (command, package) in INTERPRETERS {
        match version(command) {
            Some(name) => found.push(Runtime { name, command: Some(command) }),
            None => {
                missing.push(format!("{command} is not on PATH; the Debian package is `{package}`"))
            }
        }
    }
    (found, missing)
}

/// What an interpreter calls itself, in one line.
fn version(command: &str) -> Option<String> {
    const CODE: &str = "import platform as p; print(p.python_implementation(), p.python_version())";
    let output = Command::new(command).args(["-c", CODE]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// The programs, as files for as long as this lives.
#[derive(Debug)]
pub struct Files(PathBuf);

impl Files {
    /// Writes a program into a new folder of its own.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(program: Program) -> Result<Self, String> {
        let name = format!("gil-bench-{}-{}", std::process::id(), program.name);
        let folder = std::env::temp_dir().join(name);
        let write = |file: &str, text| std::fs::write(folder.join(file), text);
        std::fs::create_dir_all(&folder)
            .and_then(|()| write("program.gil", program.source))
            .and_then(|()| write("program.py", program.python))
            .map_err(|error| format!("cannot write into {}: {error}", folder.display()))?;
        Ok(Self(folder))
    }

    /// Starts the program in a runtime.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start(&self, runtime: &Runtime, settings: &[(&str, u32)]) -> Result<Child, String> {
        let set = settings.iter().map(|(name, value)| format!("{name}={value}"));
        let mut command = match runtime.command {
            Some(interpreter) => {
                let mut command = Command::new(interpreter);
                command.arg(self.0.join("program.py")).args(set);
                command
            }
            None => {
                let program = std::env::current_exe().map_err(|error| error.to_string())?;
                let protocol = if runtime.name == CONTROL_AGAIN { CONTROL } else { &runtime.name };
                let mut command = Command::new(program);
                command.arg("run").arg(self.0.join("program.gil")).args(["--protocol", protocol]);
                set.for_each(|setting| {
                    command.args(["--set", &setting]);
                });
                command
            }
        };
        command.stdout(Stdio::piped());
        command.spawn().map_err(|error| format!("cannot start {}: {error}", runtime.name))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a process printed: names and numbers, in order.
///
/// # Errors
/// When it failed, or printed something else.
pub fn printed(child: Child, runtime: &Runtime) -> Result<Vec<(String, f64)>, String> {
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("{} failed: {}", runtime.name, output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let line = |line: &str| {
        let (name, number) = line.split_once(' ')?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    let wrong = |text: &str| format!("{}: `{text}` is no name and number", runtime.name);
    text.lines().map(|text| line(text).ok_or_else(|| wrong(text))).collect()
}

/// The numbers under one name.
#[must_use]
pub fn named(printed: &[(String, f64)], name: &str) -> Vec<f64> {
    printed.iter().filter(|(given, _)| given == name).map(|(_, number)| *number).collect()
}
