//! Random programs: a case is a number of threads and a list of picks. The same case runs through
//! every protocol.
//!
//! A pick chooses among all possible next actions, so a case is valid for every protocol, and a
//! shrunk case (fewer picks, smaller ones) is still a case. It prints as one line that can be
//! parsed: `3:0.4.1.17`.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use gil_core::engine::{Event, Operation};
use gil_core::protocol::Protocol;

use crate::claims::ghost::Violation;
use crate::explorer::model::{Next, Program, State, describe};

/// The largest number of threads of a case.
pub const THREADS_MAX: usize = 6;

/// A random program and schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// How many threads, 2 to [`THREADS_MAX`].
    pub threads: usize,
    /// The pick of each step, modulo the number of possible actions.
    pub picks: Vec<u8>,
}

/// Why a line is not a case.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// There is no colon.
    #[error("a case is `THREADS:PICK.PICK...`, like 3:0.4.1; there is no colon in `{0}`")]
    NoColon(String),
    /// The number of threads is not a number, or out of range.
    #[error("a case has 2 to {THREADS_MAX} threads, not `{0}`")]
    Threads(String),
    /// A pick is not a number from 0 to 255.
    #[error("pick {position} is `{text}`, not a number from 0 to 255")]
    Pick {
        /// Its position, from 1.
        position: usize,
        /// Its text.
        text: String,
    },
}

impl Display for Case {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let picks: Vec<_> = self.picks.iter().map(u8::to_string).collect();
        write!(f, "{}:{}", self.threads, picks.join("."))
    }
}

impl FromStr for Case {
    type Err = CaseError;

    fn from_str(line: &str) -> Result<Self, CaseError> {
        let (threads, picks) =
            line.trim().split_once(':').ok_or_else(|| CaseError::NoColon(line.to_owned()))?;
        let known = threads.parse().ok().filter(|threads| (2..=THREADS_MAX).contains(threads));
        let threads = known.ok_or_else(|| CaseError::Threads(threads.to_owned()))?;
        let picks = picks.split('.').filter(|_| !picks.is_empty()).enumerate();
        let picks = picks.map(|(index, text)| {
            let wrong = |_| CaseError::Pick { position: index + 1, text: text.to_owned() };
            text.parse().map_err(wrong)
        });
        Ok(Self { threads, picks: picks.collect::<Result<_, _>>()? })
    }
}

/// The result of a case.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ran {
    /// Broken claims, in order.
    pub broken: Vec<Violation>,
    /// All events.
    pub events: Vec<Event>,
    /// The run, one line per step.
    pub lines: Vec<String>,
    /// How many times each thread gained the lock.
    pub owned: Vec<u64>,
    /// How many threads gave up.
    pub cancels: u64,
}

impl Ran {
    /// Whether a switch was forced.
    #[must_use]
    pub fn has_forced_switch(&self) -> bool {
        self.events.iter().any(|event| matches!(event, Event::Answered(_)))
    }

    fn take<P: Protocol>(&mut self, next: Next<P>) -> Option<State<P>> {
        self.lines.push(describe(next.action, next.state.as_ref()));
        self.broken.extend(next.broken);
        let state = next.state?;
        self.cancels += u64::from(next.action.entry == Operation::Cancel);
        for event in state.monitor.events() {
            self.events.push(*event);
            if let Event::Taken(thread) | Event::Granted(thread) = event {
                self.owned[thread.index()] += 1;
            }
        }
        Some(state)
    }
}

/// Runs a case with blocking calls, threads that end, and waiters that give up. Then every thread
/// finishes: a running thread answers or leaves, a woken one runs, and no new one arrives.
///
/// Leftovers at the end are violations too: a thread that never leaves (LIVE-4), a request without
/// a waiter (LIVE-6).
#[must_use]
pub fn run<P: Protocol>(protocol: P, case: &Case) -> Ran {
    let program = Program::cancelling(case.threads);
    let mut ran = Ran { owned: vec![0; case.threads], ..Ran::default() };
    let mut state = State::initial(protocol, program, true);
    for pick in &case.picks {
        let mut next = state.successors(program);
        let chosen = usize::from(*pick) % next.len();
        let Some(after) = ran.take(next.swap_remove(chosen)) else { return ran };
        state = after;
    }
    // Each thread needs a handful of sections to leave, so this is more than enough.
    for _ in 0..200 * case.threads {
        let leaving = |next: &Next<P>| {
            next.action.fair && next.action.entry != Operation::Safepoint
                || matches!(next.action.entry, Operation::Release(_))
        };
        // A wake-up before a timeout: no thread may depend on a timer to be rescued.
        let timed = |next: &Next<P>| {
            matches!(next.action.entry, Operation::Resume(gil_core::protocol::Wake::TimedOut))
        };
        let mut next: Vec<_> = state.successors(program).into_iter().filter(leaving).collect();
        if let Some(index) = next.iter().position(|next| !timed(next)) {
            let Some(after) = ran.take(next.swap_remove(index)) else { return ran };
            state = after;
        } else {
            break;
        }
    }
    let broken = |claim, message: &str| Violation { claim, message: message.to_owned() };
    if !state.monitor.all_idle() || state.monitor.owner().is_some() {
        ran.broken.push(broken("LIVE-4", "a thread never leaves, with no thread left to wait for"));
    } else if state.monitor.requested() {
        ran.broken.push(broken("LIVE-6", "every thread is gone and a switch is requested"));
    }
    ran
}
