//! The format of the recorded traces: one line per event inside CPython's lock.

use std::io::Read;

use serde::Deserialize;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The first line: this thread owns.
    Begin,
    /// Found the lock held, begins to wait.
    WantLocked,
    /// Begins to wait again.
    WaitAgain,
    /// The timed wait has returned.
    WaitEnd,
    /// The holder's drop-request bit is set.
    Request,
    /// The lock is acquired.
    Take,
    /// The lock is free.
    Drop,
    /// The dropping thread waits until another thread has acquired it.
    SwitchWaitBegin,
    /// Another thread already has.
    SwitchSkip,
    /// That wait has returned.
    SwitchWaitEnd,
    /// A thread's first act.
    ThreadStart,
    /// A thread's last act.
    ThreadExit,
}

/// Why the lock was dropped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A blocking call.
    Blocking,
    /// The evaluation loop saw the request.
    Breaker,
    /// The thread state is being deleted.
    Final,
}

/// One event.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Line {
    /// 0, 1, 2 ... in the order of the critical sections.
    pub seq: u64,
    /// The time.
    pub t_ns: u64,
    /// The operating system's thread.
    pub thread: u32,
    /// The kind of event.
    pub event: Kind,
    /// Whether a wait ended by its timeout.
    pub timed_out: Option<u8>,
    /// Whether the lock is held, after the event.
    pub locked: Option<u8>,
    /// The holder; for an acquire, the previous holder.
    pub holder: Option<u32>,
    /// The switch number before, or when the wait began.
    pub switch_before: Option<u64>,
    /// The switch number now.
    pub switch_after: Option<u64>,
    /// Whether the last holder is another one.
    pub holder_changed: Option<u8>,
    /// The drop-request bit.
    pub requested: Option<u8>,
    /// The reason of a drop.
    pub reason: Option<Reason>,
    /// Waits done in this acquisition.
    pub waits: Option<u32>,
}

/// Why a file is not a trace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// A line does not have the format.
    #[error("this is not a trace of CPython's lock: {0}")]
    Format(#[from] csv::Error),
    /// There is nothing in it.
    #[error("this trace has no events")]
    Empty,
    /// It does not begin with an owning thread.
    #[error("a trace begins with a `begin` event, with seq 0")]
    NoBegin,
    /// A number is missing.
    #[error("line {line}: seq is {found} and should be {wanted}: an event is missing")]
    Gap {
        /// The line in the file.
        line: u64,
        /// The number found.
        found: u64,
        /// The number expected.
        wanted: u64,
    },
}

/// Reads a trace.
///
/// # Errors
/// A [`TraceError`], with the line.
pub fn read(from: impl Read) -> Result<Vec<Line>, TraceError> {
    let lines: Vec<Line> =
        csv::Reader::from_reader(from).deserialize().collect::<Result<_, _>>()?;
    match lines.first() {
        None => return Err(TraceError::Empty),
        Some(first) if first.event != Kind::Begin || first.seq != 0 => {
            return Err(TraceError::NoBegin);
        }
        Some(_) => {}
    }
    for (wanted, line) in (0..).zip(&lines) {
        if line.seq != wanted {
            return Err(TraceError::Gap { line: wanted + 2, found: line.seq, wanted });
        }
    }
    Ok(lines)
}
