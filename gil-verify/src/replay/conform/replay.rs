//! A trace of CPython's lock through the Monitor.
//!
//! Which thread a drop's signal wakes is visible only later, when that thread's wait ends without a
//! timeout. So the replay looks ahead: the signal goes to the waiter that first reports a wake-up.
//! If there is none, the signal found no waiter. That is legal only if all apparent waiters have
//! already timed out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gil_core::engine::{Event, Fault, Monitor, Operation, Outcome, Phase, ThreadState, WakePolicy};
use gil_core::protocol::{Release, ThreadId, Timer, Wake};
use gil_models::Python3;

use super::trace::{Kind, Line, Reason};

/// The contents of an accepted trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Accepted {
    /// Events.
    pub events: usize,
    /// Critical sections that the model ran.
    pub sections: usize,
    /// Acquires of the lock.
    pub takes: usize,
    /// Requests.
    pub requests: usize,
    /// Drops with a request that a switch answered: the thread waited for it, or saw that it had
    /// happened.
    pub forced: usize,
    /// Final drops with a request after which the same thread acquired first.
    pub retaken: usize,
}

/// The first event that the model cannot reproduce.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejection {
    /// Its line.
    pub line: Line,
    /// The reason.
    pub why: String,
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Line { seq, thread, event, .. } = &self.line;
        // The first line of the file is the header.
        write!(f, "event {seq} (line {}), thread {thread}, {event:?}: {}", seq + 2, self.why)
    }
}

impl std::error::Error for Rejection {}

/// Replays a trace; `interval_us` is the switch interval it was recorded with.
///
/// # Errors
/// The first event that the model does not accept.
pub fn replay(model: Python3, lines: &[Line], interval_us: u64) -> Result<Accepted, Rejection> {
    let mut replay = Replay::new(model, lines, interval_us);
    for line in lines {
        replay.step(line).map_err(|why| Rejection { line: line.clone(), why })?;
    }
    replay.seen.events = lines.len();
    Ok(replay.seen)
}

/// When a thread's wait ends, and whether because of a wake-up.
type End = (u64, bool);

struct Replay {
    monitor: Monitor<Python3>,
    /// The thread state of each operating-system thread.
    states: BTreeMap<u32, ThreadId>,
    next_state: u32,
    ends: BTreeMap<u32, VecDeque<End>>,
    /// Whether the next acquire of each thread is by another thread state than its last.
    fresh: BTreeMap<u32, VecDeque<bool>>,
    waits_since_ns: BTreeMap<u32, u64>,
    /// A wait that has ended, in a section that has not: its end, and whether a request followed.
    /// Only events under the second mutex may come between them.
    ended: Option<(Line, bool)>,
    /// Threads that have dropped with a request and not yet locked the second mutex.
    owes: BTreeSet<u32>,
    switch_number: u64,
    interval_ns: u64,
    /// The thread of the last final drop with a request pending.
    final_drop: Option<u32>,
    seen: Accepted,
}

struct Woken<'a> {
    states: &'a BTreeMap<u32, ThreadId>,
    ends: &'a BTreeMap<u32, VecDeque<End>>,
}

impl WakePolicy for Woken<'_> {
    fn choose(&mut self, waiting: &mut dyn Iterator<Item = ThreadId>) -> Option<ThreadId> {
        let end = |state: ThreadId| {
            let (thread, _) = self.states.iter().find(|(_, known)| **known == state)?;
            let (seq, woken) = self.ends.get(thread)?.front()?;
            woken.then_some((*seq, state))
        };
        waiting.filter_map(end).min().map(|(_, state)| state)
    }
}

type Step<T = ()> = Result<T, String>;

fn must(holds: bool, why: impl FnOnce() -> String) -> Step {
    if holds { Ok(()) } else { Err(why()) }
}

impl Replay {
    fn new(model: Python3, lines: &[Line], interval_us: u64) -> Self {
        let mut ends: BTreeMap<u32, VecDeque<End>> = BTreeMap::new();
        let mut fresh: BTreeMap<u32, VecDeque<bool>> = BTreeMap::new();
        for line in lines {
            match line.event {
                Kind::WaitEnd => {
                    let woken = line.timed_out == Some(0);
                    ends.entry(line.thread).or_default().push_back((line.seq, woken));
                }
                Kind::SwitchWaitEnd => {
                    ends.entry(line.thread).or_default().push_back((line.seq, true));
                }
                Kind::Take => {
                    let other = line.holder == Some(line.thread) && line.holder_changed == Some(1);
                    fresh.entry(line.thread).or_default().push_back(other);
                }
                _ => {}
            }
        }
        Self {
            monitor: Monitor::new(model),
            states: BTreeMap::new(),
            next_state: 0,
            ends,
            fresh,
            waits_since_ns: BTreeMap::new(),
            ended: None,
            owes: BTreeSet::new(),
            switch_number: 0,
            interval_ns: interval_us * 1_000,
            final_drop: None,
            seen: Accepted::default(),
        }
    }

    fn new_state(&mut self, thread: u32) -> ThreadId {
        let state = ThreadId::from_index(self.next_state);
        self.next_state += 1;
        self.states.insert(thread, state);
        state
    }

    /// The thread state of a thread that attaches: a new one after a final drop, if the trace shows
    /// another address.
    fn entering(&mut self, thread: u32) -> ThreadId {
        let another = self.fresh.get(&thread).and_then(VecDeque::front) == Some(&true);
        match self.states.get(&thread) {
            Some(state) if !another || self.monitor.thread_state(*state) != ThreadState::Idle => {
                *state
            }
            _ => self.new_state(thread),
        }
    }

    fn state(&self, thread: u32) -> Step<ThreadId> {
        self.states
            .get(&thread)
            .copied()
            .ok_or_else(|| "the thread has not attached yet".to_owned())
    }

    fn thread_of(&self, state: Option<ThreadId>) -> Option<u32> {
        let state = state?;
        self.states.iter().find(|(_, known)| **known == state).map(|(thread, _)| *thread)
    }

    fn section(&mut self, state: ThreadId, entry: Operation) -> Step<Outcome> {
        self.seen.sections += 1;
        let mut woken = Woken { states: &self.states, ends: &self.ends };
        let result = self.monitor.section(state, entry, &mut woken);
        result.map_err(|fault: Fault| fault.to_string())
    }

    /// One event. A section runs at its last one.
    fn step(&mut self, line: &Line) -> Step {
        if let Some((end, _)) = &self.ended {
            let goes_on = matches!(line.event, Kind::Request | Kind::WaitAgain | Kind::Take);
            let elsewhere = matches!(
                line.event,
                Kind::SwitchWaitBegin
                    | Kind::SwitchSkip
                    | Kind::SwitchWaitEnd
                    | Kind::ThreadStart
                    | Kind::ThreadExit
            );
            must(if line.thread == end.thread { goes_on } else { elsewhere }, || {
                format!("thread {} is in the middle of a section", end.thread)
            })?;
        }
        let owed = self.owes.remove(&line.thread);
        let looks = matches!(line.event, Kind::SwitchWaitBegin | Kind::SwitchSkip);
        must(owed == looks, || match owed {
            true => {
                "after a drop with a request the thread must check whether another has acquired it"
                    .into()
            }
            false => "a check under the second mutex without a requested drop".into(),
        })?;
        match line.event {
            Kind::Begin => self.begin(line)?,
            Kind::ThreadStart => {}
            Kind::ThreadExit => {
                let outside =
                    |state: &ThreadId| self.monitor.thread_state(*state) == ThreadState::Idle;
                let outside = self.states.get(&line.thread).is_none_or(outside);
                must(outside, || "it ends in the middle of an operation".to_owned())?;
            }
            Kind::WantLocked => {
                let outcome = self.come_in(line)?;
                let waits = outcome == Outcome::Wait(Some(Timer::Wait));
                must(waits, || format!("the model does not wait: {outcome:?}"))?;
                self.waits_since_ns.insert(line.thread, line.t_ns);
            }
            Kind::Take if self.ended.is_some() => self.after_wait(line)?,
            Kind::WaitAgain => self.after_wait(line)?,
            Kind::Take => {
                let before = self.monitor.protocol().last_holder();
                let outcome = self.come_in(line)?;
                self.take(line, before, outcome)?;
            }
            Kind::WaitEnd => self.wait_end(line)?,
            Kind::Request => self.request(line)?,
            Kind::Drop => self.drop(line)?,
            Kind::SwitchWaitBegin => {
                let state = self.state(line.thread)?;
                let outcome = self.section(state, Operation::Retry)?;
                must(outcome == Outcome::Wait(None), || {
                    format!("another thread has acquired it, or there was no request: {outcome:?}")
                })?;
                self.seen.forced += 1;
            }
            Kind::SwitchSkip => {
                let state = self.state(line.thread)?;
                let taken = self.monitor.protocol().last_holder() != Some(state);
                must(taken, || "no thread has acquired it since: the model waits".to_owned())?;
                if self.monitor.phase(state) == Phase::Releasing {
                    let outcome = self.section(state, Operation::Retry)?;
                    must(outcome == Outcome::Left, || format!("it is on its way: {outcome:?}"))?;
                }
                self.seen.forced += 1;
            }
            Kind::SwitchWaitEnd => {
                self.end_of(line);
                let state = self.state(line.thread)?;
                must(matches!(self.monitor.thread_state(state), ThreadState::Notified(_)), || {
                    "no acquire has woken it".to_owned()
                })?;
                let outcome = self.section(state, Operation::Resume(Wake::Notified))?;
                must(matches!(outcome, Outcome::Retry | Outcome::Left), || {
                    format!("it did not wait for the switch: {outcome:?}")
                })?;
            }
        }
        Ok(())
    }

    fn begin(&mut self, line: &Line) -> Step {
        let state = self.new_state(line.thread);
        self.section(state, Operation::Acquire)?;
        self.switch_number = line.switch_after.unwrap_or_default();
        Ok(())
    }

    fn end_of(&mut self, line: &Line) {
        if let Some(ends) = self.ends.get_mut(&line.thread) {
            ends.pop_front();
        }
    }

    /// An acquire, or the second half of a drop at the breaker.
    fn come_in(&mut self, line: &Line) -> Step<Outcome> {
        let state = self.entering(line.thread);
        let entry = match self.monitor.thread_state(state) {
            ThreadState::BetweenSections => Operation::Retry,
            _ => Operation::Acquire,
        };
        must(entry == Operation::Retry || self.monitor.owner() != Some(state), || {
            "it holds the lock already".to_owned()
        })?;
        self.section(state, entry)
    }

    fn take(&mut self, line: &Line, before: Option<ThreadId>, outcome: Outcome) -> Step {
        must(outcome == Outcome::Owns, || format!("the model does not acquire: {outcome:?}"))?;
        let state = self.state(line.thread)?;
        if let Some(fresh) = self.fresh.get_mut(&line.thread) {
            fresh.pop_front();
        }
        let changed = before != Some(state);
        must(line.holder_changed == Some(changed.into()), || {
            format!("the last holder is {} thread state", if changed { "another" } else { "this" })
        })?;
        must(line.switch_before == Some(self.switch_number), || {
            format!("the switch number before is {}", self.switch_number)
        })?;
        self.switch_number += u64::from(changed);
        must(line.switch_after == Some(self.switch_number), || {
            format!("the switch number after is {}", self.switch_number)
        })?;
        self.seen.takes += 1;
        self.seen.retaken += usize::from(self.final_drop.take() == Some(line.thread));
        Ok(())
    }

    /// The beginning of a section: `wait_end [request] (wait_again | take)`.
    fn wait_end(&mut self, line: &Line) -> Step {
        self.end_of(line);
        let state = self.state(line.thread)?;
        let slot = self.monitor.thread_state(state);
        match (slot, line.timed_out == Some(1)) {
            (ThreadState::Waiting(..), true) | (ThreadState::Notified(_), false) => {}
            (ThreadState::Notified(_), true) => return Err("a drop has woken it".to_owned()),
            (ThreadState::Waiting(..), false) => return Err("no drop has woken it".to_owned()),
            _ => return Err(format!("it does not wait: {slot:?}")),
        }
        let since = self.waits_since_ns.get(&line.thread).copied().unwrap_or_default();
        let waited_ns = line.t_ns.saturating_sub(since);
        must(line.timed_out != Some(1) || waited_ns >= self.interval_ns, || {
            format!("its timer expired after {waited_ns} ns, before the switch interval was over")
        })?;
        let held = self.monitor.owner();
        must(line.locked == Some(held.is_some().into()), || match held {
            Some(_) => "the lock is held".to_owned(),
            None => "the lock is free".to_owned(),
        })?;
        must(line.holder == self.thread_of(held), || {
            format!("the holder is thread {:?}", self.thread_of(held))
        })?;
        self.ended = Some((line.clone(), false));
        Ok(())
    }

    fn request(&mut self, line: &Line) -> Step {
        let Some((_, asks)) = &mut self.ended else {
            return Err("no wait has ended before it".to_owned());
        };
        must(!std::mem::replace(asks, true), || "it has just requested".to_owned())?;
        let holder = self.thread_of(self.monitor.owner());
        must(line.holder == holder, || format!("it requests from thread {holder:?}"))?;
        let asked = u8::from(self.monitor.requested());
        must(line.requested == Some(asked), || format!("the bit was {asked} before"))
    }

    /// The end of the section that [`Replay::wait_end`] began.
    fn after_wait(&mut self, line: &Line) -> Step {
        let Some((end, asks)) = self.ended.take() else {
            return Err("no wait has ended before it".to_owned());
        };
        let state = self.state(line.thread)?;
        let before = self.monitor.protocol().last_holder();
        let wake = if end.timed_out == Some(1) { Wake::TimedOut } else { Wake::Notified };
        let outcome = self.section(state, Operation::Resume(wake))?;
        let requests = |event: &Event| matches!(event, Event::Requested(..));
        let requests = self.monitor.events().iter().any(requests);
        must(requests == asks, || match asks {
            true => {
                "the model does not request: another thread has owned the lock in this interval"
                    .to_owned()
            }
            false => "the model requests a switch, the trace does not".to_owned(),
        })?;
        self.seen.requests += usize::from(asks);
        if line.event == Kind::Take {
            return self.take(line, before, outcome);
        }
        must(matches!(outcome, Outcome::Wait(_)), || {
            format!("the model does not wait again: {outcome:?}")
        })?;
        self.waits_since_ns.insert(line.thread, line.t_ns);
        Ok(())
    }

    fn drop(&mut self, line: &Line) -> Step {
        let state = self.state(line.thread)?;
        must(self.monitor.owner() == Some(state), || "it does not hold the lock".to_owned())?;
        let asked = self.monitor.requested();
        must(line.requested == Some(asked.into()), || {
            format!("the request bit is {}", u8::from(asked))
        })?;
        let sleepers: Vec<_> = self.sleepers().collect();
        let entry = match line.reason {
            Some(Reason::Blocking) => Operation::Release(Release::Blocking),
            Some(Reason::Final) => Operation::Release(Release::Final),
            Some(Reason::Breaker) => Operation::Safepoint,
            None => return Err("a drop has a reason".to_owned()),
        };
        self.section(state, entry)?;
        let woken = sleepers.iter().any(|thread| {
            let slot = self.states.get(thread).map(|state| self.monitor.thread_state(*state));
            matches!(slot, Some(ThreadState::Notified(_)))
        });
        if !woken && let Some(thread) = sleepers.into_iter().find(|t| self.cannot_expire(*t, line))
        {
            return Err(format!("its signal is lost: thread {thread} waits and is not woken"));
        }
        let is_final = line.reason == Some(Reason::Final);
        if asked && !is_final {
            self.owes.insert(line.thread);
        }
        self.final_drop = (asked && is_final).then_some(line.thread);
        Ok(())
    }

    /// The threads that wait for the lock and have not been woken.
    fn sleepers(&self) -> impl Iterator<Item = u32> {
        let waits = |state: &ThreadId| {
            matches!(self.monitor.thread_state(*state), ThreadState::Waiting(_, Some(_)))
        };
        self.states.iter().filter(move |(_, state)| waits(state)).map(|(thread, _)| *thread)
    }

    /// Whether a thread's wait cannot have timed out at `line`.
    fn cannot_expire(&self, thread: u32, line: &Line) -> bool {
        let since = self.waits_since_ns.get(&thread).copied().unwrap_or_default();
        let comes = self.ends.get(&thread).is_some_and(|ends| !ends.is_empty());
        comes && line.t_ns < since + self.interval_ns
    }
}
