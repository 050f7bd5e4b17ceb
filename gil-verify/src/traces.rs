//! The sequences of events that a *finite* program can have: the explorer's half of the comparison
//! with loom.
//!
//! The program is the one that the loom suites run without the fast path: each thread attaches,
//! comes to one safepoint and detaches, so many times. A thread has a number of *time-out
//! decisions*. Each timed park uses one up, whether its timer is to expire or not; when they are
//! gone, a park lasts until it is woken.
//!
//! What the mechanism adds to the Monitor is modelled here, so that a difference is a difference
//! of the mechanism: a safepoint may miss a request that came after its thread's last section (the flag is read
//! without the mutex), a
//! timer of a run that is over starts anew, and a thread woken before it parks has used up the
//! park's decision all the same.

use std::collections::BTreeSet;
use std::rc::Rc;

use gil_core::{
    Entry, Event, First, Monitor, Outcome, Preemption, Protocol, Release, Slot, ThreadId, Timer,
    Wake,
};
use rustc_hash::FxHashMap;

/// Sequences of events.
pub type Traces = BTreeSet<Vec<Event>>;

/// What one thread does next.
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
    Retry,
    Done,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Thread {
    next: Next,
    /// Where it goes on when the present operation is over.
    then: Next,
    rounds_left: usize,
    decisions_left: usize,
    /// The owner has changed since its present sleep was timed.
    stale: bool,
    /// Its last section saw the request: its next look at the flag cannot miss it.
    knows: bool,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct State<P: Protocol> {
    monitor: Monitor<P>,
    threads: Vec<Thread>,
}

/// All sequences of events of `threads` threads with `rounds` acquisitions and `decisions`
/// time-out decisions each.
///
/// ```
/// use gil_core::Handoff;
/// let traces = gil_verify::traces::all(Handoff::new(), 2, 1, 1);
/// assert!(traces.len() > 2);
/// ```
#[must_use]
pub fn all<P: Protocol>(protocol: P, threads: usize, rounds: usize, decisions: usize) -> Traces {
    let thread = Thread {
        next: Next::Attach,
        then: Next::Attach,
        rounds_left: rounds,
        decisions_left: decisions,
        stale: false,
        knows: false,
    };
    let state = State { monitor: Monitor::new(protocol), threads: vec![thread; threads] };
    let mut known = FxHashMap::default();
    suffixes(&state, &mut known).iter().cloned().collect()
}

type Known<P> = FxHashMap<State<P>, Rc<Traces>>;

fn suffixes<P: Protocol>(state: &State<P>, known: &mut Known<P>) -> Rc<Traces> {
    if let Some(found) = known.get(state) {
        return found.clone();
    }
    let mut found = Traces::new();
    let steps: Vec<_> = (0..state.threads.len()).flat_map(|thread| state.steps(thread)).collect();
    if steps.is_empty() {
        found.insert(Vec::new());
    }
    for (events, next) in steps {
        for suffix in suffixes(&next, known).iter() {
            found.insert(events.iter().chain(suffix).copied().collect());
        }
    }
    let found = Rc::new(found);
    known.insert(state.clone(), found.clone());
    found
}

impl<P: Protocol> State<P> {
    fn steps(&self, index: usize) -> Vec<(Vec<Event>, Self)> {
        let thread = self.threads[index];
        let id = ThreadId::from_index(index as u32);
        match thread.next {
            Next::Done => Vec::new(),
            Next::Attach => vec![self.section(index, Entry::Acquire, Next::Safepoint)],
            Next::Safepoint => {
                let missed = self.moved(index, |thread| thread.next = Next::Detach);
                let answered = || self.section(index, Entry::Safepoint, Next::Detach);
                match P::PREEMPTION {
                    Preemption::EveryTicks(_) => vec![answered()],
                    Preemption::OnRequest if thread.knows => vec![answered()],
                    Preemption::OnRequest if self.monitor.requested() => vec![missed, answered()],
                    Preemption::OnRequest => vec![missed],
                }
            }
            Next::Detach => {
                vec![self.section(index, Entry::Release(Release::Blocking), Next::Attach)]
            }
            Next::Retry => vec![self.section(index, Entry::Retry, thread.then)],
            Next::Park { timed } => self.park(index, timed),
            Next::Asleep { expires } => match self.monitor.slot(id) {
                Slot::Waiting(..) if !expires => Vec::new(),
                Slot::Waiting(_, Some(Timer::Run)) if thread.stale => {
                    vec![self.moved(index, |thread| {
                        (thread.next, thread.stale) = (Next::Park { timed: true }, false)
                    })]
                }
                Slot::Waiting(..) => vec![self.resume(index, Wake::Expired)],
                _ => vec![self.resume(index, Wake::Notified)],
            },
        }
    }

    /// The park: a timed one uses up a decision, even if its thread has been woken meanwhile.
    fn park(&self, index: usize, timed: bool) -> Vec<(Vec<Event>, Self)> {
        let decides = timed && self.threads[index].decisions_left > 0;
        let asleep = |expires| {
            self.moved(index, |thread| {
                thread.decisions_left -= usize::from(decides);
                thread.next = Next::Asleep { expires };
            })
        };
        if decides { vec![asleep(false), asleep(true)] } else { vec![asleep(false)] }
    }

    fn moved(&self, index: usize, change: impl FnOnce(&mut Thread)) -> (Vec<Event>, Self) {
        let mut state = self.clone();
        change(&mut state.threads[index]);
        (Vec::new(), state)
    }

    fn resume(&self, index: usize, wake: Wake) -> (Vec<Event>, Self) {
        self.section(index, Entry::Resume(wake), self.threads[index].then)
    }

    fn section(&self, index: usize, entry: Entry, then: Next) -> (Vec<Event>, Self) {
        let mut state = self.clone();
        let id = ThreadId::from_index(index as u32);
        let outcome = state.monitor.section(id, entry, &mut First);
        let outcome = outcome.expect("the shipped protocols cause no fault");
        let thread = &mut state.threads[index];
        (thread.then, thread.knows) = (then, state.monitor.requested());
        match outcome {
            Outcome::Owns => thread.next = then,
            Outcome::Left => {
                thread.rounds_left -= 1;
                thread.next = if thread.rounds_left == 0 { Next::Done } else { then };
            }
            Outcome::Wait(timer) => {
                let timed = timer.is_some();
                (thread.next, thread.stale) = (Next::Park { timed }, false);
            }
            Outcome::Retry => thread.next = Next::Retry,
        }
        if state.monitor.owner() != state.monitor.owner_before() {
            for (other, thread) in state.threads.iter_mut().enumerate() {
                thread.stale |= other != index;
            }
        }
        let events = state.monitor.events().to_vec();
        state.settle();
        (events, state)
    }

    /// Forgets what can no longer matter, so that equal futures are equal states.
    fn settle(&mut self) {
        for (index, thread) in self.threads.iter_mut().enumerate() {
            let slot = self.monitor.slot(ThreadId::from_index(index as u32));
            thread.knows &= self.monitor.requested();
            thread.stale &= matches!(slot, Slot::Waiting(_, Some(Timer::Run)));
        }
    }
}
