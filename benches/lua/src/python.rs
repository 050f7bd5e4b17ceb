//! The same programs in CPython, if there is one on PATH.

use std::process::{Child, Command, Stdio};

use crate::compare::Pair;

/// The version of `python3`, in one line.
#[must_use]
pub fn version() -> Option<String> {
    let output = Command::new("python3").arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().replace("Python", "CPython");
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// Starts a program, with settings.
pub(crate) fn start(source: &str, settings: &[(&str, i64)]) -> Result<Child, String> {
    let mut command = Command::new("python3");
    command.args(["-c", source]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.args(settings.iter().map(|(name, value)| format!("{name}={value}")));
    command.spawn().map_err(|error| format!("python3 cannot be started: {error}"))
}

/// The output.
pub(crate) fn output(child: Child) -> Result<String, String> {
    let output = child.wait_with_output().map_err(|error| format!("python3: {error}"))?;
    if !output.status.success() {
        return Err(format!("python3: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program once.
pub(crate) fn run(pair: &Pair, size: i64) -> Result<String, String> {
    output(start(pair.python, &[(pair.size, size), ("threads", pair.threads.into())])?)
}
