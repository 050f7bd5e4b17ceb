//! What the commands print, and where.

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::ProgressBar;

use crate::report::judge::EXIT_INTERNAL;
use crate::report::verify::Listen;
use crate::report::{Row, text_report};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(super) enum Format {
    Human,
    Json,
}

/// How a report is printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(super) enum ReportFormat {
    Human,
    Json,
    Junit,
}

/// Prints to standard output; returns the exit code. A reader that closes the pipe early has read
/// enough. Any other error, such as a full disk, is an error here too.
pub(super) fn print(text: &str) -> ExitCode {
    let mut stdout = anstream::stdout();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            fail(&format!("cannot write to standard output: {error}"), EXIT_INTERNAL)
        }
        _ => ExitCode::SUCCESS,
    }
}

pub(super) fn fail(what: &str, code: u8) -> ExitCode {
    let _ = writeln!(anstream::stderr(), "error: {what}");
    ExitCode::from(code)
}

/// How often a run without a terminal says what it does, unless it begins something else.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Progress: a bar on a terminal, lines elsewhere.
pub(super) struct Screen {
    pub(super) bar: ProgressBar,
    for_humans: bool,
    lines: Option<Lines>,
}

/// What was said last, and when.
#[derive(Default)]
struct Lines {
    part: String,
    said: Option<Instant>,
}

impl Lines {
    /// Whether to say this: it belongs to another part of the run, or the last line is old.
    fn is_due(&mut self, what: &str, now: Instant) -> bool {
        let part = what.split([':', ',']).next().unwrap_or_default();
        let old = self.said.is_none_or(|said| now.duration_since(said) >= LINE_EVERY);
        if part == self.part && !old {
            return false;
        }
        *self = Self { part: part.to_owned(), said: Some(now) };
        true
    }
}

impl Screen {
    pub(super) fn new(for_humans: bool) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, for_humans, lines: (!is_terminal).then(Lines::default) }
    }
}

impl Listen for Screen {
    fn progress(&mut self, what: &str) {
        self.bar.set_message(what.to_owned());
        if self.lines.as_mut().is_some_and(|lines| lines.is_due(what, Instant::now())) {
            let _ = writeln!(anstream::stderr(), "{what}");
        }
    }

    fn explored(&mut self, rows: &[Row]) {
        if self.for_humans {
            let text = text_report::explored(rows);
            self.bar.suspend(|| print(&text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_due_for_a_new_part_and_after_ten_seconds() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        assert!(lines.is_due("explorer, 1 of 2: handoff", now));
        assert!(!lines.is_due("explorer, 2 of 2: python3", now));
        assert!(lines.is_due("loom build: Compiling loom", now));
        assert!(lines.is_due("loom: two/handoff", now));
        assert!(!lines.is_due("loom: two/python3", now));
        assert!(lines.is_due("loom: two/python2", now + LINE_EVERY));
    }
}
