//! The explorer's state space: threads that loop forever around one Monitor.
//!
//! Each thread is outside, running as the owner, or in one of the Monitor's thread states. The
//! thread states determine the possible actions; timeouts and wake choices are free. One action is
//! one critical section, the unit in which the real lock decides.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gil_core::engine::{Event, Monitor, Operation, Outcome, Phase, ThreadState, WakePolicy};
use gil_core::protocol::{Preemption, Protocol, Release, ThreadId, Timer, Wake};

use crate::claims::ghost::{Ghost, Violation};

/// What the looping threads may do. Every thread always acquires, answers safepoints, and sees its
/// timers expire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Program {
    /// How many threads.
    pub threads: usize,
    /// Owners may release for a blocking call and reacquire.
    pub blocking: bool,
    /// Threads may end; a new one attaches with the same id.
    pub exit: bool,
    /// Waiters may give up.
    pub cancel: bool,
}

impl Program {
    /// Threads that never release by themselves.
    #[must_use]
    pub const fn hogs(threads: usize) -> Self {
        Self { threads, blocking: false, exit: false, cancel: false }
    }

    /// Threads that make blocking calls, end, and return.
    #[must_use]
    pub const fn blocking(threads: usize) -> Self {
        Self { threads, blocking: true, exit: true, cancel: false }
    }

    /// As [`Program::blocking`], and waiters may give up at any moment.
    #[must_use]
    pub const fn cancelling(threads: usize) -> Self {
        Self { threads, blocking: true, exit: true, cancel: true }
    }

    /// Its name in reports.
    #[must_use]
    pub const fn variant(self) -> &'static str {
        match (self.blocking, self.cancel) {
            (false, _) => "hogs",
            (true, false) => "blocking",
            (true, true) => "blocking+cancel",
        }
    }
}

/// A state: the Monitor and, for safety claims, the ghost.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State<P: Protocol> {
    /// The lock.
    pub monitor: Monitor<P>,
    /// The memory of the safety claims; `None` for liveness only.
    pub ghost: Option<Ghost>,
}

/// One section of one thread, with its wake choice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Action {
    /// The thread.
    pub thread: ThreadId,
    /// The operation.
    pub entry: Operation,
    /// Which waiter of a condition variable was woken, in the order of ids; 0 without a choice.
    pub choice: u8,
    /// Whether fairness guarantees that it happens: sections of a thread that needs one, expiry,
    /// and the owner's safepoint while a switch is requested. Fairness does not guarantee a
    /// release, a return or giving up.
    pub fair: bool,
    /// Whether it takes the fast path instead of a section.
    pub fast: bool,
}

/// The result of an action.
#[derive(Clone, Debug)]
pub struct Next<P: Protocol> {
    /// The action.
    pub action: Action,
    /// The state after it; `None` when the Monitor refused, or the protocol panicked.
    pub state: Option<State<P>>,
    /// The claims it broke.
    pub broken: Vec<Violation>,
}

/// Wakes the `wanted`th waiter by id and records how many there were to choose from.
struct ById {
    wanted: usize,
    alternatives: usize,
}

impl WakePolicy for ById {
    fn choose(&mut self, waiting: &mut dyn Iterator<Item = ThreadId>) -> Option<ThreadId> {
        let mut waiting: Vec<_> = waiting.collect();
        waiting.sort_unstable();
        if waiting.len() <= 1 {
            return waiting.first().copied();
        }
        self.alternatives = self.alternatives.max(1) * waiting.len();
        let chosen = waiting[self.wanted % waiting.len()];
        self.wanted /= waiting.len();
        Some(chosen)
    }
}

impl<P: Protocol> State<P> {
    /// No thread has attached yet.
    ///
    /// # Panics
    /// Never: a new Monitor is idle.
    #[must_use]
    pub fn initial(protocol: P, program: Program, ghost: bool) -> Self {
        let mut monitor = Monitor::new(protocol);
        // Every thread is known from the start: a thread that has never attached and one that has
        // left must be the same state.
        for thread in (0..program.threads as u32).map(ThreadId::from_index) {
            let known = monitor.sync_owner(Some(thread));
            known.expect("a fresh Monitor is idle");
        }
        monitor.sync_owner(None).expect("a fresh Monitor is idle");
        Self { monitor, ghost: ghost.then(|| Ghost::new(program.threads, true)) }
    }

    /// The possible operations of `thread`, with whether fairness guarantees them.
    pub fn entries(&self, program: Program, thread: ThreadId) -> Vec<(Operation, bool)> {
        let monitor = &self.monitor;
        let mut entries = Vec::new();
        match monitor.thread_state(thread) {
            ThreadState::Idle if monitor.owner() == Some(thread) => {
                let preemption = monitor.protocol().settings().preemption;
                let ticks = matches!(preemption, Preemption::EveryTicks(_));
                if ticks || monitor.requested() {
                    entries.push((Operation::Safepoint, true));
                }
                if program.blocking {
                    entries.push((Operation::Release(Release::Blocking), false));
                }
                if program.exit {
                    entries.push((Operation::Release(Release::Final), false));
                }
            }
            ThreadState::Idle => entries.push((Operation::Acquire, false)),
            ThreadState::Waiting(_, Some(Timer::Wait | Timer::Run)) => {
                entries.push((Operation::Resume(Wake::TimedOut), true));
            }
            ThreadState::Waiting(_, None) => {}
            ThreadState::Notified(_) | ThreadState::Granted => {
                entries.push((Operation::Resume(Wake::Notified), true));
            }
            ThreadState::BetweenSections => entries.push((Operation::Retry, true)),
        }
        let waits = monitor.thread_state(thread) != ThreadState::Idle
            && monitor.phase(thread) == Phase::Acquiring;
        if program.cancel && waits {
            entries.push((Operation::Cancel, false));
        }
        entries
    }

    /// Whether fairness guarantees an action of `thread` here.
    pub fn is_pressed(&self, program: Program, thread: ThreadId) -> bool {
        self.entries(program, thread).iter().any(|(_, fair)| *fair)
    }

    /// All possible actions.
    pub fn successors(&self, program: Program) -> Vec<Next<P>> {
        let mut all = Vec::new();
        for thread in self.monitor.threads() {
            for (entry, fair) in self.entries(program, thread) {
                let mut choice = 0;
                loop {
                    let action = Action { thread, entry, choice, fair, fast: false };
                    let (next, alternatives) = self.step(action);
                    all.push(next);
                    choice += 1;
                    if usize::from(choice) >= alternatives {
                        break;
                    }
                }
            }
        }
        all
    }

    /// One action, and the number of its wake choices.
    fn step(&self, action: Action) -> (Next<P>, usize) {
        let mut choose = ById { wanted: usize::from(action.choice), alternatives: 1 };
        let mut state = self.clone();
        let Action { thread, entry, .. } = action;
        // After a panic the state is dropped, so that no half-changed one is explored.
        let section = || state.monitor.section(thread, entry, &mut choose);
        let decided = match catch_unwind(AssertUnwindSafe(section)) {
            Ok(decided) => decided,
            Err(panic) => {
                let broken = vec![Violation::of_panic(&*panic)];
                return (Next { action, state: None, broken }, 1);
            }
        };
        let next = match decided {
            Ok(outcome) => {
                let broken = state.judge(thread, entry, outcome);
                Next { action, state: Some(state), broken }
            }
            Err(fault) => Next { action, state: None, broken: vec![Violation::of_fault(fault)] },
        };
        (next, choose.alternatives)
    }

    /// Repeats one action, for its events.
    pub fn replay(&self, action: Action) -> Next<P> {
        match action.fast {
            true => Next { action, state: self.fast(action), broken: Vec::new() },
            false => self.step(action).0,
        }
    }

    /// Whether `thread` is releasing and has to wait for that.
    pub fn is_leaving(&self, thread: ThreadId) -> bool {
        self.monitor.phase(thread) == Phase::Releasing
            && self.monitor.thread_state(thread) != ThreadState::Idle
    }

    fn judge(&mut self, thread: ThreadId, entry: Operation, outcome: Outcome) -> Vec<Violation> {
        let Self { monitor, ghost } = self;
        ghost.as_mut().map_or_else(Vec::new, |g| g.judge(thread, entry, outcome, monitor))
    }

    /// The same operation of the thread by the fast path, where possible. The lock must be idle, or
    /// biased to the thread. It must be free for an acquire and owned by the thread for a release.
    pub fn fast(&self, action: Action) -> Option<Self> {
        let owner = match action.entry {
            Operation::Acquire if self.monitor.owner().is_none() => Some(action.thread),
            Operation::Release(Release::Blocking) => None,
            _ => return None,
        };
        if !self.monitor.all_idle() && self.monitor.biased() != Some(action.thread) {
            return None;
        }
        let mut state = self.clone();
        state.monitor.sync_owner(owner).ok()?;
        if let Some(ghost) = &mut state.ghost {
            ghost.fast(action.thread, owner.is_some());
        }
        Some(state)
    }
}

/// An action and its events in words. The verbs are those of `gil-verify/spin/threads.pml`, because
/// `tests/spin.rs` compares them.
#[must_use]
pub fn describe<P: Protocol>(action: Action, after: Option<&State<P>>) -> String {
    let verb = match action.entry {
        Operation::Acquire => "wants the lock",
        Operation::Release(Release::Blocking) => "releases for a blocking call",
        Operation::Release(Release::Final) => "releases for the last time",
        Operation::Safepoint => "reaches a safepoint",
        Operation::Resume(Wake::Notified) => "runs after a wake-up",
        Operation::Resume(Wake::TimedOut) => "runs after its timer",
        Operation::Retry => "is back between two sections",
        Operation::Cancel => "gives up",
    };
    let mut text = format!("{:?} {verb}", action.thread);
    if action.fast {
        return text + ", by the fast path";
    }
    let Some(after) = after else { return text };
    let words = after.monitor.events().iter().map(|event| match *event {
        Event::Requested(thread, _) => format!("{thread:?} requests a switch"),
        Event::Answered(thread) => format!("{thread:?} releases on request"),
        Event::Released(thread) => format!("{thread:?} releases"),
        Event::Granted(thread) => format!("granted to {thread:?}"),
        Event::Confirmed(thread) => format!("{thread:?} confirms"),
        Event::Taken(thread) => format!("{thread:?} takes"),
        Event::Waiting(thread) => format!("{thread:?} waits"),
        Event::TimedOut(thread) => format!("{thread:?} timed out"),
        Event::Notified(thread) => format!("{thread:?} was notified"),
        Event::Cancelled(thread) => format!("{thread:?} is gone"),
    });
    let wakes = after.monitor.woken().iter().map(|thread| format!("wakes {thread:?}"));
    let words: Vec<_> = words.chain(wakes).collect();
    if !words.is_empty() {
        text = format!("{text:<34} {}", words.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use gil_core::protocol::Handoff;

    use super::*;

    #[test]
    fn granted_thread_that_gives_up_owns_and_any_other_answer_breaks_a_claim() {
        let program = Program::cancelling(2);
        let [first, second] = [0, 1].map(ThreadId::from_index);
        let mut state = State::initial(Handoff::new(), program, true);
        let steps = [
            (first, Operation::Acquire),
            (second, Operation::Acquire),
            (first, Operation::Safepoint),
        ];
        for (thread, entry) in steps {
            let action = Action { thread, entry, choice: 0, fair: false, fast: false };
            state = state.replay(action).state.expect("the Monitor does it");
        }
        assert_eq!(state.monitor.thread_state(second), ThreadState::Granted);
        let gives_up = |next: &&Next<_>| {
            next.action.thread == second && next.action.entry == Operation::Cancel
        };
        let nexts = state.successors(program);
        let next = nexts.iter().find(gives_up).expect("a granted thread may give up");
        let after = next.state.as_ref().expect("the Monitor does it");
        assert!(next.broken.is_empty() && after.monitor.owner() == Some(second));
        let broken = state.judge(second, Operation::Cancel, Outcome::Left);
        assert!(broken.iter().any(|it| it.claim == "SAFE-6"), "{broken:?}");
    }
}
