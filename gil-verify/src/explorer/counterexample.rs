//! A run of the explorer as data: what a counterexample is, how it is printed, and the line that
//! replays it.

use std::fmt::Write;

use gil_core::engine::{Event, ThreadState};
use gil_core::protocol::{Protocol, ThreadId};

use crate::claims::ghost::PANICKED;
use crate::explorer::fair::Fairness;
use crate::explorer::model::{Action, Program, State, describe};

/// A run that breaks a claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterexample {
    /// The broken claim.
    pub claim: &'static str,
    /// The violation in words.
    pub message: String,
    /// The program that runs.
    pub program: Program,
    /// The actions from the start; for a broken liveness claim, up to the loop.
    pub stem: Vec<Action>,
    /// For a broken liveness claim, the loop.
    pub tail: Option<Tail>,
}

/// The part that repeats forever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tail {
    /// The actions of the loop; none is a stutter.
    pub circle: Vec<Action>,
    /// The fairness under which it may happen.
    pub fairness: Fairness,
    /// For each thread, whether it acts in the loop; if not, it does not have to.
    pub acts: Vec<bool>,
}

impl Counterexample {
    /// The number of actions, with one iteration of the loop.
    #[must_use]
    pub fn len(&self) -> usize {
        self.stem.len() + self.tail.as_ref().map_or(0, |tail| tail.circle.len())
    }

    /// Whether it has no actions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All actions, with one iteration of the loop.
    pub fn actions(&self) -> impl Iterator<Item = Action> + '_ {
        let circle = self.tail.iter().flat_map(|tail| &tail.circle);
        self.stem.iter().chain(circle).copied()
    }

    /// The run as text: states by number, what each step did and changed, the loop in a separate
    /// part, and why it is fair.
    #[must_use]
    pub fn text<P: Protocol>(&self, start: &State<P>) -> String {
        let states = states(start, self.actions());
        let mut text = format!("{}\n   0  no thread has attached", self.message);
        let circle = self.stem.len();
        for (number, action) in (1..).zip(self.actions()) {
            if self.tail.is_some() && number == circle + 1 {
                text += "\n      and from here on, repeatedly:";
            }
            let what = describe::<P>(action, None);
            let changed = match (&states.get(number - 1), &states.get(number)) {
                (Some(before), Some(after)) => changes(before, after),
                _ if self.claim == PANICKED => "the protocol panics".to_owned(),
                _ => "the Monitor refuses".to_owned(),
            };
            let _ = write!(text, "\n{number:>4}  {what:<33}  {changed}");
        }
        if let Some(tail) = &self.tail {
            text += &match tail.circle.is_empty() {
                true => {
                    format!("\n      and stays in state {circle}: no thread has to act any more")
                }
                false => format!("\n      back to state {circle}"),
            };
            text += &self.in_vain(&states, tail);
            let _ = write!(text, "\n      fair ({}): ", tail.fairness.name());
            text += &self.reasons(&states, tail).join("; ");
        }
        text
    }

    /// Which threads are woken in the loop and have to wait again.
    fn in_vain<P: Protocol>(&self, states: &[State<P>], tail: &Tail) -> String {
        let mut text = String::new();
        for thread in (0..tail.acts.len() as u32).map(ThreadId::from_index) {
            let slots =
                || states.iter().skip(self.stem.len()).map(|s| s.monitor.thread_state(thread));
            let again = |(before, after): &(ThreadState, ThreadState)| {
                matches!((before, after), (ThreadState::Notified(_), ThreadState::Waiting(..)))
            };
            let times = slots().zip(slots().skip(1)).filter(again).count();
            if times > 0 {
                let often = if times == 1 { "once".to_owned() } else { format!("{times} times") };
                let _ = write!(text, "\n      wasted wake-ups: {thread:?}, {often} in each loop");
            }
        }
        text
    }

    /// For each thread, why the loop is fair to it.
    fn reasons<P: Protocol>(&self, states: &[State<P>], tail: &Tail) -> Vec<String> {
        let circle = self.stem.len();
        let reason = |(thread, acts): (u32, &bool)| {
            let thread = ThreadId::from_index(thread);
            let fair = |action: &Action| action.thread == thread && action.fair;
            if let Some(step) = tail.circle.iter().position(fair).filter(|_| *acts) {
                return format!("{thread:?} acts in step {}", circle + step + 1);
            }
            let rests = |state: &&State<P>| !state.is_pressed(self.program, thread);
            let mut states = states.iter().skip(circle).take(tail.circle.len().max(1));
            match states.clone().all(|state| rests(&state)) {
                true if tail.circle.is_empty() => format!("{thread:?} is not pressed there"),
                true => format!("{thread:?} is never pressed in it"),
                false => match states.position(|state| rests(&state)) {
                    Some(at) => format!("{thread:?} is not pressed in state {}", circle + at),
                    None => format!("{thread:?} is treated unfairly"),
                },
            }
        };
        (0..).zip(&tail.acts).map(reason).collect()
    }
}

/// The states of a run, from the start. The last one is the state before an action that the Monitor
/// refuses.
#[must_use]
pub fn states<P: Protocol>(
    start: &State<P>,
    actions: impl IntoIterator<Item = Action>,
) -> Vec<State<P>> {
    let mut states = vec![start.clone()];
    for action in actions {
        let Some(next) = states[states.len() - 1].replay(action).state else { break };
        states.push(next);
    }
    states
}

/// The changes of an action in a few words: the owner, the request, the thread states.
#[must_use]
pub fn changes<P: Protocol>(before: &State<P>, after: &State<P>) -> String {
    let (from, to) = (&before.monitor, &after.monitor);
    let mut words = Vec::new();
    let new_owner = to.owner().filter(|owner| from.owner() != Some(*owner));
    if from.owner() != to.owner() {
        words.push(match to.owner() {
            Some(owner) if to.thread_state(owner) == ThreadState::Granted => {
                format!("{owner:?} is granted it")
            }
            Some(owner) => format!("{owner:?} has it"),
            None => "the lock is free".to_owned(),
        });
    }
    if from.requested() != to.requested() {
        words.push(if to.requested() { "requested" } else { "no request" }.to_owned());
    }
    for thread in to.threads() {
        let (was, is) = (from.thread_state(thread), to.thread_state(thread));
        // A thread that stops running without a thread state of its own has left.
        let left =
            was == ThreadState::Idle && from.owner() == Some(thread) && to.owner() != Some(thread);
        words.push(match is {
            _ if was == is && !left => continue,
            ThreadState::Idle | ThreadState::Granted if new_owner == Some(thread) => continue,
            ThreadState::Idle if to.owner() == Some(thread) => format!("{thread:?} runs"),
            ThreadState::Idle => format!("{thread:?} is outside"),
            ThreadState::Waiting(set, None) => format!("{thread:?} waits in set {}", set.0),
            ThreadState::Waiting(set, Some(_)) => {
                format!("{thread:?} waits in set {} with a timer", set.0)
            }
            ThreadState::Notified(_) => format!("{thread:?} is woken"),
            ThreadState::Granted => format!("{thread:?} is granted it"),
            ThreadState::BetweenSections => format!("{thread:?} is between two sections"),
        });
    }
    match words.is_empty() {
        true if from == to => "nothing changes".to_owned(),
        true => "nothing that is shown here changes".to_owned(),
        false => words.join(", "),
    }
}

/// The threads and the names of the events of a run, for comparison with those of another engine.
#[must_use]
pub fn events<P: Protocol>(start: &State<P>, actions: &[Action]) -> Vec<Event> {
    let states = states(start, actions.iter().copied());
    states.iter().skip(1).flat_map(|state| state.monitor.events()).copied().collect()
}

/// The error for an action that is not possible here: it lists the possible ones.
#[must_use]
pub fn can<P: Protocol>(state: &State<P>, program: Program, thread: ThreadId) -> String {
    if thread.index() >= program.threads {
        return format!("there are {} threads, T0 is the first", program.threads);
    }
    let entries = state.entries(program, thread);
    let words: Vec<_> = entries
        .iter()
        .map(|(entry, fair)| {
            let action = Action { thread, entry: *entry, choice: 0, fair: *fair, fast: false };
            describe::<P>(action, None)
        })
        .collect();
    match words.as_slice() {
        [] => format!("{thread:?} can do nothing there"),
        words => format!("there it could be: {}", words.join(", or ")),
    }
}
