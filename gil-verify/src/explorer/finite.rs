//! A *finite* program in the explorer: its half of the comparison with loom.
//!
//! The program is the one that the loom suites run without the fast path: each thread attaches,
//! reaches one safepoint and detaches, for a number of rounds. A thread has a number of *timeout
//! decisions*. Each timed park uses one, whether its timer expires or not. After the last one a
//! park lasts until a wake-up. A thread has a number of decisions to give up in the same way.
//!
//! The model includes what the mechanism adds to the Monitor, so that a difference is a difference
//! of the mechanism. A safepoint may miss a request made after its thread's last section, because
//! it reads the flag without the mutex. A timer of a run that is over restarts. A thread woken
//! before it parks has still used the decisions of that park.

use std::collections::BTreeSet;
use std::rc::Rc;

use gil_core::engine::{Event, Monitor, Operation, Outcome, ThreadState, WakeFirst};
use gil_core::protocol::{Preemption, Protocol, Release, ThreadId, Timer, WaitSet, Wake};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::claims::ghost_observer::{Fingerprint, a_move, fingerprint};

/// Sequences of events.
pub type Traces = BTreeSet<Vec<Event>>;

/// The work of each thread of the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Finite {
    /// How many threads.
    pub threads: usize,
    /// Acquisitions of each.
    pub rounds: usize,
    /// Timeout decisions of each.
    pub timeouts: usize,
    /// Decisions of each to give up.
    pub give_ups: usize,
}

/// The next action of a thread.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Next {
    Attach,
    Safepoint,
    Detach,
    /// Between the section that made it wait, with a timer or without, and the park.
    Park {
        timed: bool,
    },
    /// Parked, its timer about to expire or not.
    Asleep {
        expires: bool,
    },
    GivesUp,
    Retry,
    Done,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Thread {
    next: Next,
    /// Where it continues after the present operation.
    then: Next,
    rounds_left: usize,
    time_outs_left: usize,
    give_ups_left: usize,
    /// The owner has changed since its present sleep was timed.
    stale: bool,
    /// Its last section saw the request, so its next read of the flag cannot miss it.
    knows: bool,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct State<P: Protocol> {
    monitor: Monitor<P>,
    /// The waiters of each set in arrival order. The mechanism wakes the first one, also where the
    /// Monitor's equality ignores the order.
    sets: Vec<Vec<ThreadId>>,
    threads: Vec<Thread>,
    /// The thread whose run continues when it retakes the lock that it released.
    runs: Option<ThreadId>,
}

/// One step of one thread: the events and the move of its section, if it was one.
#[derive(Clone)]
struct Step<P: Protocol> {
    events: Vec<Event>,
    moved: Option<Fingerprint>,
    next: State<P>,
}

/// All sequences of events of the program.
///
/// ```
/// use gil_core::protocol::Handoff;
/// use gil_verify::explorer::finite::{Finite, traces};
/// let finite = Finite { threads: 2, rounds: 1, timeouts: 1, give_ups: 0 };
/// assert!(traces(Handoff::new(), finite).len() > 2);
/// ```
#[must_use]
pub fn traces<P: Protocol>(protocol: P, finite: Finite) -> Traces {
    let mut known = FxHashMap::default();
    suffixes(&State::initial(protocol, finite), &mut known).iter().cloned().collect()
}

/// All moves of the program, as [`a_move`] records them: which section led from which state to
/// which, with the flag equal to the request and the word frozen while a thread state is not idle.
///
/// ```
/// use gil_core::protocol::Handoff;
/// use gil_verify::explorer::finite::{Finite, moves};
/// let finite = Finite { threads: 3, rounds: 1, timeouts: 1, give_ups: 1 };
/// assert!(moves(Handoff::new(), finite).len() > 100);
/// ```
#[must_use]
pub fn moves<P: Protocol>(protocol: P, finite: Finite) -> BTreeSet<Fingerprint> {
    // Millions of states: each is stored once.
    let start = Rc::new(State::initial(protocol, finite));
    let mut moves = BTreeSet::new();
    let mut known = FxHashSet::from_iter([start.clone()]);
    let mut open = vec![start];
    while let Some(state) = open.pop() {
        for step in state.all_steps() {
            moves.extend(step.moved);
            let next = Rc::new(step.next);
            if known.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    moves
}

/// The length of the longest prefix of these events with which a run of the program begins.
///
/// ```
/// use gil_core::engine::Event;
/// use gil_core::protocol::{Handoff, ThreadId};
/// use gil_verify::explorer::finite::{Finite, begins_with};
/// let finite = Finite { threads: 2, rounds: 1, timeouts: 0, give_ups: 0 };
/// let [first, second] = [0, 1].map(ThreadId::from_index);
/// let waits = [Event::Taken(second), Event::Waiting(first), Event::TimedOut(first)];
/// assert_eq!(begins_with(Handoff::plain(), finite, &waits), 2, "it has no timeouts");
/// ```
#[must_use]
pub fn begins_with<P: Protocol>(protocol: P, finite: Finite, wanted: &[Event]) -> usize {
    let start = (State::initial(protocol, finite), 0);
    let mut furthest = 0;
    let mut known = FxHashSet::from_iter([start.clone()]);
    let mut open = vec![start];
    while let Some((state, met)) = open.pop() {
        furthest = furthest.max(met);
        if met == wanted.len() {
            break;
        }
        for step in state.all_steps() {
            let then = met + step.events.len();
            let next = (step.next, then);
            if wanted.get(met..then) == Some(&step.events) && known.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    furthest
}

type Known<P> = FxHashMap<State<P>, Rc<Traces>>;

fn suffixes<P: Protocol>(state: &State<P>, known: &mut Known<P>) -> Rc<Traces> {
    if let Some(found) = known.get(state) {
        return found.clone();
    }
    let mut found = Traces::new();
    let steps: Vec<_> = state.all_steps().collect();
    if steps.is_empty() {
        found.insert(Vec::new());
    }
    for Step { events, next, .. } in steps {
        for suffix in suffixes(&next, known).iter() {
            found.insert(events.iter().chain(suffix).copied().collect());
        }
    }
    let found = Rc::new(found);
    known.insert(state.clone(), found.clone());
    found
}

impl<P: Protocol> State<P> {
    fn initial(protocol: P, finite: Finite) -> Self {
        let thread = Thread {
            next: Next::Attach,
            then: Next::Attach,
            rounds_left: finite.rounds,
            time_outs_left: finite.timeouts,
            give_ups_left: finite.give_ups,
            stale: false,
            knows: false,
        };
        let sets = vec![Vec::new(); protocol.settings().sets.len()];
        Self {
            monitor: Monitor::new(protocol),
            sets,
            threads: vec![thread; finite.threads],
            runs: None,
        }
    }

    /// The steps of all threads; where a thread parks, those of the first such thread alone. Its
    /// decision commutes with every step of the others: it reads and writes only what they leave
    /// alone, and is neither an event nor a move. So each order of the two has the same sections.
    fn all_steps(&self) -> impl Iterator<Item = Step<P>> {
        let parks = |thread: &Thread| matches!(thread.next, Next::Park { .. });
        let threads = match self.threads.iter().position(parks) {
            Some(first) => first..first + 1,
            None => 0..self.threads.len(),
        };
        threads.flat_map(|thread| self.steps(thread))
    }

    fn steps(&self, index: usize) -> Vec<Step<P>> {
        let thread = self.threads[index];
        let id = ThreadId::from_index(index as u32);
        match thread.next {
            Next::Done => Vec::new(),
            Next::Attach => self.section(index, Operation::Acquire, Next::Safepoint),
            Next::Safepoint => {
                let missed = self.moved(index, |thread| thread.next = Next::Detach);
                let answered = || self.section(index, Operation::Safepoint, Next::Detach);
                match self.monitor.protocol().settings().preemption {
                    Preemption::EveryTicks(_) => answered(),
                    Preemption::OnRequest if thread.knows => answered(),
                    Preemption::OnRequest if self.monitor.requested() => {
                        [vec![missed], answered()].concat()
                    }
                    Preemption::OnRequest => vec![missed],
                }
            }
            Next::Detach => {
                self.section(index, Operation::Release(Release::Blocking), Next::Attach)
            }
            Next::GivesUp => self.section(index, Operation::Cancel, thread.then),
            Next::Retry => self.section(index, Operation::Retry, thread.then),
            Next::Park { timed } => self.park(index, timed),
            Next::Asleep { expires } => match self.monitor.thread_state(id) {
                ThreadState::Waiting(..) if !expires => Vec::new(),
                ThreadState::Waiting(_, Some(Timer::Run)) if thread.stale => {
                    vec![self.moved(index, |thread| {
                        (thread.next, thread.stale) = (Next::Park { timed: true }, false)
                    })]
                }
                ThreadState::Waiting(..) => self.resume(index, Wake::TimedOut),
                _ => self.resume(index, Wake::Notified),
            },
        }
    }

    /// The park. It uses each possible decision, even if the thread has been woken meanwhile. Only
    /// a thread whose timer does not expire may give up.
    fn park(&self, index: usize, timed: bool) -> Vec<Step<P>> {
        let thread = self.threads[index];
        let times_out = timed && thread.time_outs_left > 0;
        let gives_up = thread.then == Next::Safepoint && thread.give_ups_left > 0;
        let to = |next, asks: bool| {
            self.moved(index, |thread| {
                thread.time_outs_left -= usize::from(times_out);
                thread.give_ups_left -= usize::from(asks);
                thread.next = next;
            })
        };
        let mut steps = vec![to(Next::Asleep { expires: false }, gives_up)];
        if times_out {
            steps.push(to(Next::Asleep { expires: true }, false));
        }
        if gives_up {
            steps.push(to(Next::GivesUp, true));
        }
        steps
    }

    fn moved(&self, index: usize, change: impl FnOnce(&mut Thread)) -> Step<P> {
        let mut state = self.clone();
        change(&mut state.threads[index]);
        Step { events: Vec::new(), moved: None, next: state }
    }

    fn resume(&self, index: usize, wake: Wake) -> Vec<Step<P>> {
        self.section(index, Operation::Resume(wake), self.threads[index].then)
    }

    /// Nothing follows a section that the Monitor refuses, which happens only with a faulty
    /// protocol: the mechanism ends the process there.
    fn section(&self, index: usize, entry: Operation, then: Next) -> Vec<Step<P>> {
        let mut state = self.clone();
        let id = ThreadId::from_index(index as u32);
        let before = fingerprint(&self.monitor);
        let Ok(outcome) = state.monitor.section(id, entry, &mut WakeFirst) else {
            return Vec::new();
        };
        let thread = &mut state.threads[index];
        (thread.then, thread.knows) = (then, state.monitor.requested());
        match outcome {
            Outcome::Owns => thread.next = then,
            Outcome::Left => {
                thread.rounds_left -= 1;
                thread.next = if thread.rounds_left == 0 { Next::Done } else { Next::Attach };
            }
            Outcome::Wait(timer) => {
                let timed = timer.is_some();
                (thread.next, thread.stale) = (Next::Park { timed }, false);
            }
            Outcome::Retry => thread.next = Next::Retry,
        }
        let owner = state.monitor.owner();
        if owner.is_some_and(|owner| state.runs.replace(owner) != Some(owner)) {
            for (other, thread) in state.threads.iter_mut().enumerate() {
                thread.stale |= other != index;
            }
        }
        let events = state.monitor.events().to_vec();
        let published = (state.monitor.requested(), !state.monitor.all_idle());
        let moved = a_move(before, id, outcome, &state.monitor, published);
        state.settle();
        vec![Step { events, moved, next: state }]
    }

    /// Forgets what no longer matters, so that equal futures are equal states.
    fn settle(&mut self) {
        if self.monitor.all_idle() {
            self.runs = self.monitor.owner(); // as the fast path leaves it
        }
        for (set, waiting) in (0..).zip(&mut self.sets) {
            waiting.clear();
            waiting.extend(self.monitor.queue(WaitSet(set)));
        }
        for (index, thread) in self.threads.iter_mut().enumerate() {
            let slot = self.monitor.thread_state(ThreadId::from_index(index as u32));
            thread.knows &= self.monitor.requested();
            thread.stale &= matches!(slot, ThreadState::Waiting(_, Some(Timer::Run)));
        }
    }
}
