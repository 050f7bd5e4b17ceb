//! The finite program of the mechanism that may have a run of the explorer.
//!
//! The explorer's threads loop forever and may do anything at any moment. On the mechanism each
//! thread attaches, reaches one safepoint and detaches, a few times, and has a few timeouts.

use std::collections::BTreeMap;

use gil_core::engine::{Event, Operation, Phase, ThreadState};
use gil_core::protocol::{Protocol, Release, ThreadId, Timer, Wake};

use crate::explorer::counterexample::{events, states};
use crate::explorer::finite::{Finite, begins_with};
use crate::explorer::model::{Action, State};
use crate::loom::NOT_UNDER_LOOM;
use crate::protocols::{self, Visit};
use crate::replay::replay_line::Explored;

/// The largest program: loom has five threads, and one of them arms the choices.
const MAX: Finite = Finite { threads: 4, rounds: 3, timeouts: 3, give_ups: 3 };

/// A run to look for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bounded {
    /// The program.
    pub finite: Finite,
    /// The events that its run must begin with.
    pub events: Vec<Event>,
}

impl Bounded {
    /// The preemption bounds of successive searches, because most runs need few; `None` is
    /// exhaustive (no preemption bound).
    #[must_use]
    pub const fn preemptions(&self) -> &'static [Option<usize>] {
        match (self.finite.threads, self.finite.rounds) {
            (2, 1) => &[None],
            (2, _) => &[Some(3), Some(4), Some(5)],
            (3, _) => &[Some(3), Some(4), Some(5)],
            _ => &[Some(2), Some(3)],
        }
    }

    /// The largest of these, in words.
    #[must_use]
    pub fn bound(&self) -> String {
        let last = self.preemptions().last().copied().flatten();
        last.map_or("all preemptions".to_owned(), |most| format!("at most {most} preemptions"))
    }
}

/// Why a run fits no finite program.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// A loop.
    #[error("the run goes on forever, and the programs that loom explores end")]
    Loop,
    /// The Monitor refuses the last section.
    #[error("the Monitor refuses the last section, and the mechanism ends the process there")]
    Refused,
    /// The protocol does not run under loom.
    #[error(
        "{0} does not run under loom: it has no lock, or its waiters return by their timers alone"
    )]
    Protocol(String),
    /// A final release.
    #[error(
        "in step {0} a thread releases for the last time, and all releases there are for blocking calls"
    )]
    FinalRelease(usize),
    /// The fast path.
    #[error("step {0} goes by the fast path, which is not seen there")]
    FastPath(usize),
    /// Too much of something.
    #[error("it needs {needed} {what}, and the largest program explored has {max}")]
    TooMany {
        /// The subject.
        what: &'static str,
        /// The needed number.
        needed: usize,
        /// The largest number.
        max: usize,
    },
    /// The threads of the program behave differently.
    #[error(
        "the program (attach, one safepoint, detach; the first of a set is woken first) matches the run up to event {met} of {}", met + rest
    )]
    OtherProgram {
        /// The last matching event.
        met: usize,
        /// How many events follow.
        rest: usize,
    },
}

/// The finite program in which a run of the explorer can be looked for.
///
/// # Errors
/// [`Unfit`] with the reason, if there is none. The run itself must have been replayed.
pub fn bounded(line: &Explored) -> Result<Bounded, Unfit> {
    if line.circle.is_some() {
        return Err(Unfit::Loop);
    }
    if NOT_UNDER_LOOM.contains(&line.protocol.as_str()) {
        return Err(Unfit::Protocol(line.name()));
    }
    for (step, action) in (1..).zip(&line.stem) {
        match action.entry {
            _ if action.fast => return Err(Unfit::FastPath(step)),
            Operation::Release(Release::Final) => return Err(Unfit::FinalRelease(step)),
            _ => {}
        }
    }
    let found = protocols::with_any(&line.protocol, line.mutant.as_deref(), Fit(line));
    found.unwrap_or_else(|_| Err(Unfit::Protocol(line.name())))
}

struct Fit<'a>(&'a Explored);

impl Visit for Fit<'_> {
    type Output = Result<Bounded, Unfit>;
    fn visit<P: Protocol + Send + Sync + 'static>(
        self,
        _: &'static str,
        protocol: P,
    ) -> Self::Output {
        let Explored { program, stem, .. } = self.0;
        let start = State::initial(protocol.clone(), *program, false);
        let states = states(&start, stem.iter().copied());
        if states.len() <= stem.len() {
            return Err(Unfit::Refused);
        }
        let finite = needed(stem, &states);
        for (what, needed, max) in [
            ("threads", finite.threads, MAX.threads),
            ("rounds of a thread", finite.rounds, MAX.rounds),
            ("timeout decisions of a thread", finite.timeouts, MAX.timeouts),
            ("decisions of a thread to give up", finite.give_ups, MAX.give_ups),
        ] {
            if needed > max {
                return Err(Unfit::TooMany { what, needed, max });
            }
        }
        let events = events(&start, stem);
        let met = begins_with(protocol, finite, &events);
        match events.len() - met {
            0 => Ok(Bounded { finite, events }),
            rest => Err(Unfit::OtherProgram { met, rest }),
        }
    }
}

/// The work of each thread in a run. Each park uses a decision, with or without a timeout. So the
/// number of parks up to the last timeout counts, and up to the last time that a thread gave up.
fn needed<P: Protocol>(stem: &[Action], states: &[State<P>]) -> Finite {
    let mut parks: BTreeMap<ThreadId, [usize; 2]> = BTreeMap::new();
    let mut rounds: BTreeMap<ThreadId, usize> = BTreeMap::new();
    let mut finite = Finite { threads: 2, rounds: 1, timeouts: 0, give_ups: 0 };
    for (action, after) in stem.iter().zip(&states[1..]) {
        let thread = action.thread;
        let [timed, entering] = parks.entry(thread).or_default();
        match action.entry {
            Operation::Acquire => *rounds.entry(thread).or_default() += 1,
            Operation::Resume(Wake::TimedOut) => finite.timeouts = finite.timeouts.max(*timed),
            Operation::Cancel => finite.give_ups = finite.give_ups.max(*entering),
            _ => {}
        }
        let timer = match after.monitor.thread_state(thread) {
            ThreadState::Waiting(_, timer) => timer,
            _ => continue,
        };
        *timed += usize::from(matches!(timer, Some(Timer::Wait | Timer::Run)));
        *entering += usize::from(after.monitor.phase(thread) == Phase::Acquiring);
    }
    finite.threads = rounds.keys().map(|t| t.index() + 1).max().unwrap_or(2).max(2);
    finite.rounds = rounds.values().copied().max().unwrap_or(1);
    finite
}
