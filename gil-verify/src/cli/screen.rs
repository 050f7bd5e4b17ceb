//! What the commands print, and where.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use indicatif::ProgressBar;

use crate::report::verify::Listen;
use crate::report::{Row, text_report};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(super) enum Format {
    Human,
    Json,
}

pub(super) fn print(text: &str) -> ExitCode {
    // A reader that closes the pipe early has read enough.
    let _ = anstream::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

pub(super) fn fail(what: &str, code: u8) -> ExitCode {
    let _ = writeln!(anstream::stderr(), "error: {what}");
    ExitCode::from(code)
}

/// Progress on a terminal, silence in a pipe.
pub(super) struct Screen {
    pub(super) bar: ProgressBar,
    format: Format,
}

impl Screen {
    pub(super) fn new(format: Format) -> Self {
        let bar = match std::io::stderr().is_terminal() {
            true => ProgressBar::new_spinner(),
            false => ProgressBar::hidden(),
        };
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, format }
    }
}

impl Listen for Screen {
    fn progress(&mut self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    fn explored(&mut self, rows: &[Row]) {
        if self.format == Format::Human {
            let text = text_report::explored(rows);
            self.bar.suspend(|| {
                print(&format!(
                    "{text}loom: building its suites (once, about a minute), then running them\n"
                ))
            });
        }
    }
}
