//! One interpreter in each process: the command is run again in several.

use std::ffi::OsString;
use std::process::{Child, Command};

/// Set in the processes that [`run`] starts.
const IS_PART: &str = "GIL_BENCH_PART";

/// Whether this process is one of those that [`run`] started.
pub(super) fn is_part() -> bool {
    std::env::var_os(IS_PART).is_some()
}

fn start(arguments: impl Iterator<Item = OsString>, part: u32) -> Result<Child, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(arguments).arg("--part").arg(part.to_string()).env(IS_PART, "1");
    command.spawn().map_err(|error| format!("cannot start a process: {error}"))
}

/// Runs the command again in `count` processes, which know their number. A process that fails
/// prints the reason itself.
pub(super) fn run(arguments: impl Iterator<Item = OsString>, count: u32) -> Result<(), String> {
    let arguments: Vec<_> = arguments.collect();
    let mut children = Vec::new();
    for part in 0..count {
        children.push(start(arguments.iter().cloned(), part)?);
    }
    let mut failed = 0;
    for mut child in children {
        let status = child.wait().map_err(|error| error.to_string())?;
        failed += u32::from(!status.success());
    }
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {count} processes failed")) }
}
