//! One interpreter in each process: the article's way around the lock, with what it costs to start.

use std::ffi::OsString;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::interleaved::Range;
use crate::program::Program;

/// Set in the processes that [`run`] starts.
pub const IS_PART: &str = "GIL_BENCHES_PART";

fn start(arguments: impl Iterator<Item = OsString>, part: u32) -> Result<Child, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(arguments).arg("--part").arg(part.to_string()).env(IS_PART, "1");
    command.spawn().map_err(|error| format!("cannot start a process: {error}"))
}

/// Runs the command again in `count` processes, which know their number.
///
/// # Errors
/// When one cannot be started or fails; it has said why.
pub fn run(arguments: impl Iterator<Item = OsString>, count: u32) -> Result<(), String> {
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

/// One process against several, everything included: start, data, work.
///
/// # Errors
/// When a process cannot be started or fails.
pub fn compare(
    program: Program,
    settings: &[(&'static str, u32)],
    processes: u32,
    rounds: u32,
) -> Result<String, String> {
    let file = std::env::temp_dir().join(format!("gil-benches-{}.gil", std::process::id()));
    let source = program.gil.ok_or_else(|| format!("{} is in no .gil", program.name))?;
    std::fs::write(&file, source).map_err(|error| format!("{}: {error}", file.display()))?;
    let timed = |settings: &[(&str, u32)], processes: u32| {
        let mut command = Command::new(std::env::current_exe().map_err(|e| e.to_string())?);
        command.arg("run").arg(&file).args(["--processes", &processes.to_string()]);
        for (name, value) in settings.iter().chain(&[("once", 1)]) {
            command.args(["--set", &format!("{name}={value}")]);
        }
        let began = Instant::now();
        let status = command.stdout(Stdio::null()).status().map_err(|error| error.to_string())?;
        let time = began.elapsed().as_secs_f64() * 1e3;
        if status.success() { Ok(time) } else { Err("a process failed".to_owned()) }
    };
    let least: Vec<_> = settings.iter().map(|(name, _)| (*name, 1)).collect();
    let mut rows = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    let measured = (0..rounds).try_for_each(|_| {
        rows[0].push(timed(settings, 1)?);
        rows[1].push(timed(settings, processes)?);
        rows[2].push(timed(settings, 1)?);
        rows[3].push(timed(&least, processes)?);
        Ok(())
    });
    let _ = std::fs::remove_file(&file);
    measured.map_err(|error: String| error)?;
    let ms = |row: &[f64]| format!("{:.1}", Range::of(row.iter().copied()));
    Ok(format!(
        "\nprocesses instead of threads, from start to end, each making its own share of the data\n  \
         1 process      {} ms\n  {processes} processes    {} ms, of which start-up {} ms\n  \
         ratio          {}\n  A/A            {}\n",
        ms(&rows[0]),
        ms(&rows[1]),
        ms(&rows[3]),
        Range::of_ratios(&rows[1], &rows[0]),
        Range::of_ratios(&rows[2], &rows[0]),
    ))
}
