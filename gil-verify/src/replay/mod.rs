//! Replays the line of a counterexample, and checks again that it is one.
//!
//! Nothing in the line is trusted. Each action must be possible in its state. The last one must
//! break the safety claim, or the loop must close, break the promise and be fair.

pub mod bounded;
#[cfg(all(feature = "cli", not(loom)))]
pub mod conform;
pub mod lanes;
pub mod mechanism;
pub mod replay_line;

use gil_core::engine::{Event, ThreadState};
use gil_core::protocol::{Protocol, ThreadId};
use gil_models::trace::{TraceEvent, TraceRecord};

use crate::claims::explored::{self, HAND, LIVENESS, TURNS};
use crate::claims::ghost::{PANICKED, REFUSED};
use crate::claims::liveness::Promise;
use crate::claims::overtake::Overtakings;
use crate::claims::{equal_turns, invariants};
use crate::explorer::counterexample::{Counterexample, Tail, can, changes};
use crate::explorer::fair::Fairness;
use crate::explorer::model::{Action, Program, State, describe};
use crate::ledger;
use crate::protocols::{self, Unknown, Visit};
use crate::replay::replay_line::{Explored, LineError};

/// The result of a replay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replayed {
    /// The run, with the violation as the replay found it.
    pub run: Counterexample,
    /// The run as text.
    pub text: String,
    /// Why it is not a counterexample, if it is not.
    pub differs: Option<Differs>,
    /// Whether the Monitor refused the last action.
    pub refused: bool,
    /// All events, one nanosecond per step, for a picture.
    pub record: Vec<TraceRecord>,
}

impl Replayed {
    /// The events, in order.
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        self.record.iter().filter_map(|happened| match happened.what {
            TraceEvent::Event(event) => Some(event),
            TraceEvent::Woken(_) | TraceEvent::Left(_) => None,
        })
    }
}

/// Why a run is not the counterexample that its line says it is.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Differs {
    /// The last step does not break the claim.
    #[error("the last step, {step}, does not break {claim}{}", also(broken))]
    NotBroken {
        /// The last step.
        step: usize,
        /// The claim.
        claim: &'static str,
        /// The claims that it does break.
        broken: Vec<&'static str>,
    },
    /// The claim is broken earlier.
    #[error("{claim} is broken in step {step} already, before the end of the line")]
    Earlier {
        /// The step.
        step: usize,
        /// The claim.
        claim: &'static str,
    },
    /// The loop ends in another state than it begins in.
    #[error("the loop does not close: state {end} is not state {begin}; between them: {changes}")]
    DoesNotClose {
        /// The state in which it begins.
        begin: usize,
        /// The state in which it ends.
        end: usize,
        /// The differences between the two.
        changes: String,
    },
    /// The bound on waiting is not attained.
    #[error("T0 is overtaken {count} times before it owns; the bound to attain is {}", bound_text(*bound))]
    NotAttained {
        /// The number of times.
        count: u64,
        /// The bound of the protocol, if it has one.
        bound: Option<u64>,
    },
    /// The promise of the claim is fulfilled, or never made.
    #[error("{claim} is not broken: no thread's promise is open all the time in the loop")]
    Kept {
        /// The claim.
        claim: &'static str,
    },
    /// The fairness that the line names forbids the loop.
    #[error("the loop is not fair ({}): {thread:?} is pressed in it and never acts", fairness.name())]
    Unfair {
        /// The thread that is treated unfairly.
        thread: ThreadId,
        /// The fairness.
        fairness: Fairness,
    },
}

fn bound_text(bound: Option<u64>) -> String {
    bound.map_or("none, so the line needs a loop".to_owned(), |bound| bound.to_string())
}

fn also(broken: &[&str]) -> String {
    match broken {
        [] => ", nor any other claim".to_owned(),
        broken => format!(", but {}", broken.join(", ")),
    }
}

/// Why a line cannot be replayed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// It is not a line.
    #[error(transparent)]
    Line(#[from] LineError),
    /// It names something unknown.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The explorer does not judge the claim.
    #[error(
        "the explorer does not judge {claim}; it judges {}, LIVE-3",
        explored::judged().collect::<Vec<_>>().join(", ")
    )]
    NotJudged {
        /// The claim.
        claim: &'static str,
    },
    /// A liveness claim without a loop.
    #[error("{0} is a liveness claim: the line needs a loop, like 0a,1a~0s,0r")]
    NoLoop(&'static str),
    /// A safety claim with a loop, or under strong fairness.
    #[error("{0} is a safety claim: the line has neither a loop nor `+strong`")]
    Loop(&'static str),
    /// An action is not possible in its state.
    #[error("step {step} of the line, `{action}`, cannot happen in state {}: {can}", step - 1)]
    Cannot {
        /// The position.
        step: usize,
        /// The action in words.
        action: String,
        /// The possible actions.
        can: String,
    },
    /// The Monitor refuses an action that is not the last one.
    #[error("step {step} of the line, `{action}`, is refused by the Monitor, and the line goes on")]
    Refused {
        /// The position.
        step: usize,
        /// The action in words.
        action: String,
    },
}

/// Replays a run of the explorer.
///
/// ```
/// use gil_verify::replay::replay_line::Line;
/// use gil_verify::replay::explored;
/// let line = "explorer:python2:hogs:2:SAFE-3:0a,1a,0s,0r:decbfd2c";
/// let Ok(Line::Explorer(line)) = Line::parse(line) else { panic!("it is one of the explorer's") };
/// let replayed = explored(&line)?;
/// assert_eq!(replayed.differs, None, "Python 2 has not changed");
/// # Ok::<(), gil_verify::replay::ReplayError>(())
/// ```
///
/// # Errors
/// A [`ReplayError`], if there is no such run.
pub fn explored(line: &Explored) -> Result<Replayed, ReplayError> {
    check(line)?;
    protocols::with_any(&line.protocol, line.mutant.as_deref(), Replay(line))?
}

/// As [`explored()`], for a protocol of your own: nothing looks up the name in `line`.
///
/// # Errors
/// A [`ReplayError`], if there is no such run.
pub fn of<P: Protocol + Send + Sync + 'static>(
    protocol: P,
    line: &Explored,
) -> Result<Replayed, ReplayError> {
    check(line)?;
    Replay(line).visit(P::NAME, protocol)
}

/// Whether the line has the form that its claim needs.
fn check(line: &Explored) -> Result<(), ReplayError> {
    let Explored { claim, circle, fairness, .. } = line;
    match circle {
        _ if !explored::judged().chain([BOUND, PANICKED, REFUSED]).any(|id| id == *claim) => {
            return Err(ReplayError::NotJudged { claim });
        }
        None if LIVENESS.contains(claim) => return Err(ReplayError::NoLoop(claim)),
        None if *fairness == Fairness::Strong => return Err(ReplayError::Loop(claim)),
        // The bound on waiting has a run that attains it, or a loop if there is no bound.
        Some(_) if !LIVENESS.contains(claim) && *claim != BOUND => {
            return Err(ReplayError::Loop(claim));
        }
        _ => {}
    }
    Ok(())
}

const BOUND: &str = "LIVE-3";

struct Replay<'a>(&'a Explored);

impl Visit for Replay<'_> {
    type Output = Result<Replayed, ReplayError>;
    fn visit<P: Protocol + Send + Sync + 'static>(
        self,
        name: &'static str,
        protocol: P,
    ) -> Self::Output {
        let Explored { claim, program, stem, circle, fairness, .. } = self.0;
        let start = State::initial(protocol, *program, circle.is_none());
        let all = stem.iter().chain(circle.iter().flatten());
        let walk = Walk::new(start, *program, all)?;
        let (stem, circle) = match circle {
            Some(_) => (walk.actions[..stem.len()].to_vec(), Some(&walk.actions[stem.len()..])),
            None => (walk.actions.clone(), None),
        };
        let (message, differs, tail) = match circle {
            None => {
                let (message, differs) = match *claim {
                    BOUND => walk.judge_bound(name),
                    claim => walk.judge_safety(claim),
                };
                (message, differs, None)
            }
            Some(circle) => {
                let fairness = if *claim == BOUND { &Fairness::None } else { fairness };
                let (message, differs) = match *claim {
                    BOUND => walk.judge_endless(stem.len()),
                    claim => walk.judge_loop(claim, stem.len(), *fairness),
                };
                let threads = 0..program.threads;
                let acts = threads.map(|thread| acts(circle, thread)).collect();
                let tail = Tail { circle: circle.to_vec(), fairness: *fairness, acts };
                (message, differs, Some(tail))
            }
        };
        let run = Counterexample { claim, message, program: *program, stem, tail };
        let text = run.text(&walk.states[0]);
        let (refused, record) = (walk.is_refused(), walk.record());
        Ok(Replayed { run, text, differs, refused, record })
    }
}

/// Whether a thread satisfies fairness in a loop.
fn acts(circle: &[Action], thread: usize) -> bool {
    circle.iter().any(|action| action.thread.index() == thread && action.fair)
}

/// The states of the line.
struct Walk<P: Protocol> {
    program: Program,
    /// In the explorer's form, with fairness.
    actions: Vec<Action>,
    /// One more than the actions, unless the last one was refused.
    states: Vec<State<P>>,
    /// What each action broke, by claim and message.
    broken: Vec<Vec<(&'static str, String)>>,
}

impl<P: Protocol + 'static> Walk<P> {
    fn new<'a>(
        start: State<P>,
        program: Program,
        actions: impl Iterator<Item = &'a Action>,
    ) -> Result<Self, ReplayError> {
        let mut walk =
            Self { program, actions: Vec::new(), states: vec![start], broken: Vec::new() };
        for action in actions {
            walk.take(*action)?;
        }
        Ok(walk)
    }

    fn is_refused(&self) -> bool {
        self.states.len() == self.actions.len()
    }

    fn take(&mut self, wanted: Action) -> Result<(), ReplayError> {
        let before = &self.states[self.states.len() - 1];
        let Action { thread, entry, choice, fast, .. } = wanted;
        if self.is_refused() {
            let last = self.actions[self.actions.len() - 1];
            let (step, action) = (self.actions.len(), describe::<P>(last, None));
            return Err(ReplayError::Refused { step, action });
        }
        let cannot = || ReplayError::Cannot {
            step: self.actions.len() + 1,
            action: describe::<P>(wanted, None),
            can: can(before, self.program, thread),
        };
        let mut possible = before.successors(self.program).into_iter();
        let found = possible.find(|next| {
            let next = next.action;
            (next.thread, next.entry, next.choice) == (thread, entry, choice)
        });
        let found = found.ok_or_else(cannot)?;
        let (action, after, broken) = match fast {
            true => {
                let after = before.fast(found.action).ok_or_else(cannot)?;
                (Action { fast: true, fair: false, ..found.action }, Some(after), Vec::new())
            }
            false => (found.action, found.state, found.broken),
        };
        self.actions.push(action);
        self.broken.push(broken.into_iter().map(|b| (b.claim, b.message)).collect());
        self.states.extend(after);
        Ok(())
    }

    /// The claim must be broken by the last action, and not before.
    fn judge_safety(&self, claim: &'static str) -> (String, Option<Differs>) {
        let of = |broken: &[(&'static str, String)]| {
            broken.iter().find(|(id, _)| *id == claim).map(|(_, message)| message.clone())
        };
        let last = self.broken.last().map(Vec::as_slice).unwrap_or_default();
        let first = match claim {
            TURNS => equal_turns::broken_at(&self.states, &self.actions).map(|step| step - 1),
            HAND => {
                let after = self.states.iter().skip(1);
                after.map(invariants::broken).position(|broken| broken.is_some())
            }
            _ => self.broken.iter().position(|broken| of(broken).is_some()),
        };
        let differs = match first {
            Some(at) if at + 1 == self.actions.len() => None,
            Some(at) => Some(Differs::Earlier { step: at + 1, claim }),
            None => Some(Differs::NotBroken {
                step: self.actions.len(),
                claim,
                broken: last.iter().map(|(id, _)| *id).collect(),
            }),
        };
        let message = match claim {
            _ if differs.is_some() => format!("{claim} is not broken"),
            TURNS => equal_turns::broken_message(),
            HAND => self.states.last().and_then(invariants::broken).unwrap_or_default().to_owned(),
            _ => of(last).unwrap_or_else(|| format!("{claim} is not broken")),
        };
        (message, differs)
    }

    /// Thread 0 must be overtaken as often as the bound of the protocol says, and own at the end.
    fn judge_bound(&self, protocol: &str) -> (String, Option<Differs>) {
        let (first, mut seen) = (ThreadId::from_index(0), Overtakings::default());
        let (mut most, mut owns) = (0, false);
        for state in self.states.iter().skip(1) {
            seen.note(&state.monitor);
            most = seen.of(first).map_or(most, |count| count.max(most));
            owns = state.monitor.owner() == Some(first);
        }
        let bound = ledger::overtakes_max(protocol, self.program.threads);
        let message = format!("{first:?} waits, and is overtaken {most} times before it owns");
        let attained = owns && bound.is_some_and(|bound| most >= bound);
        (message, (!attained).then_some(Differs::NotAttained { count: most, bound }))
    }

    /// The loop that begins after `stem` actions must close, and thread 0 wait and be overtaken in
    /// it.
    fn judge_endless(&self, stem: usize) -> (String, Option<Differs>) {
        let (first, circle) = (ThreadId::from_index(0), &self.states[stem..]);
        let gains = |pair: &[State<P>]| {
            let [before, after] = [&pair[0], &pair[1]].map(|state| state.monitor.owner());
            after.is_some_and(|owner| owner != first && before != Some(owner))
        };
        let waits = circle.iter().all(|state| state.monitor.is_waiter(first));
        let differs = match self.does_not_close(stem) {
            None if waits && circle.windows(2).any(gains) => None,
            None => Some(Differs::Kept { claim: BOUND }),
            differs => differs,
        };
        (format!("{first:?} can be overtaken like this forever"), differs)
    }

    fn does_not_close(&self, stem: usize) -> Option<Differs> {
        let (first, last) = (&self.states[stem], &self.states[self.states.len() - 1]);
        if !self.is_refused() && first == last {
            return None;
        }
        let changes = match self.is_refused() {
            true => "the Monitor refuses the last step".to_owned(),
            false => changes(first, last),
        };
        Some(Differs::DoesNotClose { begin: stem, end: self.actions.len(), changes })
    }

    /// The loop that begins after `stem` actions must close, break a promise that began before, and
    /// be fair.
    fn judge_loop(
        &self,
        claim: &'static str,
        stem: usize,
        fairness: Fairness,
    ) -> (String, Option<Differs>) {
        let circle = &self.states[stem..];
        let first = &circle[0];
        let broken = |promise: &Promise| {
            let open = |state: &State<P>| promise.judge(state).open;
            let since = self.states[..stem].iter().rev().take_while(|state| open(state));
            let begins = |state: &State<P>| promise.judge(state).begins;
            circle.iter().all(open) && since.chain(circle).any(begins)
        };
        let promise = Promise::all(claim, self.program.threads).find(broken);
        let unfair = || {
            let pressed = |thread| {
                let mut pressed = circle.iter().map(|s| s.is_pressed(self.program, thread));
                match fairness {
                    Fairness::Weak => pressed.all(|pressed| pressed),
                    Fairness::Strong => pressed.any(|pressed| pressed),
                    Fairness::None => false,
                }
            };
            let acts = |thread: ThreadId| acts(&self.actions[stem..], thread.index());
            first.monitor.threads().find(|thread| pressed(*thread) && !acts(*thread))
        };
        let open = self.does_not_close(stem);
        let differs = if open.is_some() {
            open
        } else if promise.is_none() {
            Some(Differs::Kept { claim })
        } else {
            unfair().map(|thread| Differs::Unfair { thread, fairness })
        };
        let message = promise.map_or(format!("{claim} is not broken"), Promise::broken);
        (message, differs)
    }

    fn record(&self) -> Vec<TraceRecord> {
        let mut record = Vec::new();
        for ((at_ns, action), states) in (1..).zip(&self.actions).zip(self.states.windows(2)) {
            let monitor = &states[1].monitor;
            let thread = action.thread;
            let happened = |what| TraceRecord { at_ns, what };
            if action.fast {
                // No section reports it: the fast path is invisible.
                let event = match monitor.owner() {
                    Some(thread) => Event::Taken(thread),
                    None => Event::Released(thread),
                };
                record.push(happened(TraceEvent::Event(event)));
            } else {
                record.extend(
                    monitor.events().iter().map(|event| happened(TraceEvent::Event(*event))),
                );
                record.extend(
                    monitor.woken().iter().map(|woken| happened(TraceEvent::Woken(*woken))),
                );
            }
            let is_outside = monitor.thread_state(thread) == ThreadState::Idle
                && monitor.owner() != Some(thread);
            record.extend(is_outside.then(|| happened(TraceEvent::Left(thread))));
        }
        record
    }
}
