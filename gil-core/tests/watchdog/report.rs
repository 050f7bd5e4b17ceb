//! The report on a test that hangs.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::thread::Thread;
use super::{LIMIT_VARIABLE, Test, View, panics};

/// How long the report waits for the view of one lock. Only a thread that hangs with the lock's
/// mutex held delays it that long.
const VIEW_LIMIT: Duration = Duration::from_secs(2);

impl Test {
    /// Prints the report, past the capture of the test harness.
    pub(super) fn report(&self, after: Duration, threads: &[Arc<Thread>], views: &[View]) {
        let Self { name, at, .. } = self;
        let after = after.as_secs_f64();
        let mut text = format!(
            "\nwatchdog: the test {name} ({at}) has not ended after {after:.1} s \
             ({LIMIT_VARIABLE} sets the limit)\n"
        );
        list(&mut text, "what its threads wait for", threads);
        let views: Vec<_> = views.iter().filter_map(seen).collect();
        list(&mut text, "its locks", &views);
        list(&mut text, "panics in this process, some of them on purpose", &panics::recorded());
        let _ = std::io::stderr().write_all(text.as_bytes()); // nothing is left to tell otherwise
    }
}

fn list(text: &mut String, title: &str, lines: &[impl Display]) {
    *text += &format!("  {title}:{}\n", if lines.is_empty() { " none is known" } else { "" });
    for line in lines {
        *text += &format!("    {line}\n");
    }
}

/// Looks at a lock in another thread, and gives up on it if the lock's mutex is held.
fn seen(view: &View) -> Option<String> {
    let (tell, told) = mpsc::channel();
    let look = view.look.clone();
    std::thread::spawn(move || tell.send(look()));
    let held = "it cannot be inspected, so a thread seems to hang with its mutex held";
    let state = told.recv_timeout(VIEW_LIMIT).unwrap_or_else(|_| Some(held.to_owned()))?;
    Some(format!("{}: {state}", view.name))
}
