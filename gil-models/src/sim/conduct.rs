//! A run that follows a script. An adversary knows the lock's state and decides when each thread
//! attaches and detaches, as late as it can.
//!
//! Every thread has its own core and is on it while it is outside, so it attaches at the moment of
//! the script. The lock's own effects on threads (timers, wake-ups, requested safepoints) happen
//! with the simulator's latencies.
//!
//! Until the wait under attack begins, the script runs without delays, safepoints included. From
//! then on a holder stays until just before a timer of its run fires: an interval and the lateness
//! of a timer.

use std::collections::VecDeque;

use gil_core::engine::{Operation, Pacing, ThreadState};
use gil_core::protocol::{Protocol, Release, ThreadId};

use super::clock::ns;
use super::run::{Due, Simulation};
use super::thread::{Activity, Do, FOR_EVER_NS, Place};
use super::{Run, Setup};

/// How long before the last moment the adversary acts. The timer may have been set for the release
/// before this run, and waking others takes the releasing thread some time.
const MARGIN_NS: u64 = 15_000;

/// One step of a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cue {
    /// The thread.
    pub thread: ThreadId,
    /// The operation. The kind of a release does not matter.
    pub entry: Operation,
    /// The owner at that moment.
    pub owner: Option<ThreadId>,
    /// Whether the wait under attack has begun. Steps that no thread chooses are awaited before it,
    /// and have no meaning after it.
    pub attacks: bool,
}

/// Simulates `protocol` under a script, with the threads of `setup`. It ends when thread 0, which
/// is under attack, owns the lock at the end of the script.
///
/// # Panics
/// When `setup` has fewer cores than threads, and as [`run`](super::run) does.
#[must_use]
pub fn conduct<P: Protocol>(name: &str, protocol: P, setup: &Setup, script: Vec<Cue>) -> Run {
    assert!(setup.cores >= setup.workload.threads(), "each thread needs its own core");
    let mut simulation = Simulation::new(Some((protocol, Pacing::none())), 100, setup);
    simulation.raise_curtain(Conductor { script: script.into(), ..Conductor::default() });
    simulation.run(name)
}

#[derive(Debug, Default)]
pub(super) struct Conductor {
    script: VecDeque<Cue>,
    /// The thread that must act and has not yet.
    told: Option<usize>,
    /// The script went on: the holder has to compute again how long it runs.
    went_on: bool,
    /// The time of its next check.
    armed_ns: u64,
}

fn is_chosen(entry: Operation) -> bool {
    matches!(entry, Operation::Acquire | Operation::Release(_))
}

impl Conductor {
    /// A section begins.
    pub(super) fn sees(&mut self, thread: usize, entry: Operation) {
        let mine = |cue: &Cue| !cue.attacks && cue.thread.index() == thread && cue.entry == entry;
        if is_chosen(entry) {
            self.told = self.told.filter(|told| *told != thread);
        } else if let Some(place) = self.script.iter().position(mine) {
            self.script.remove(place);
            self.went_on = true;
        }
    }

    /// Whether `thread` has to keep the lock, with or without a request.
    pub(super) fn holds(&self, thread: usize) -> bool {
        self.script.front().is_some_and(|cue| {
            let its_turn = cue.entry == Operation::Safepoint && cue.thread.index() == thread;
            !cue.attacks && !its_turn
        })
    }
}

impl<P: Protocol> Simulation<P> {
    /// All threads are outside, on their cores.
    fn raise_curtain(&mut self, conductor: Conductor) {
        self.forget_arrivals();
        for thread in 0..self.threads.len() {
            let state = &mut self.threads[thread];
            state.left_ns = FOR_EVER_NS;
            state.activity = Activity::Call;
            self.make_ready(thread);
        }
        self.conductor = Some(conductor);
        self.at(1_000_000, Due::Cue);
    }

    /// Lets the next thread of the script act, if the moment has come.
    pub(super) fn follow_script(&mut self) {
        let (Some(conductor), Some(timed)) = (&mut self.conductor, &self.timed) else { return };
        let run_ends =
            timed.pacing.timer_start().unwrap_or_default().saturating_add(timed.interval);
        let latest_ns = ns(run_ends) + self.costs.timer_late_ns;
        let monitor = &timed.monitor;
        let owner = monitor.owner();
        let runs = |thread: ThreadId| monitor.thread_state(thread) == ThreadState::Idle;
        if std::mem::take(&mut conductor.went_on)
            && let Some(owner) = owner.map(ThreadId::index)
            && let Place::On(core) = self.threads[owner].place
        {
            self.account(core);
            self.plan(core);
            return self.at(self.now_ns, Due::Cue);
        }
        let Some(cue) = conductor.script.front().copied() else {
            if owner.is_some_and(|owner| owner.index() == 0 && runs(owner)) {
                self.end();
            }
            return;
        };
        let thread = cue.thread.index();
        let place = self.threads[thread].place;
        let (true, None, Place::On(core)) = (is_chosen(cue.entry), conductor.told, place) else {
            return;
        };
        let is_there = match cue.entry {
            Operation::Acquire => self.threads[thread].activity == Activity::Call,
            _ => self.threads[thread].activity == Activity::Compute,
        };
        if !is_there || owner != cue.owner || owner.is_some_and(|owner| !runs(owner)) {
            return;
        }
        let at_ns = match owner {
            Some(_) if cue.attacks => latest_ns.saturating_sub(MARGIN_NS),
            _ => self.now_ns,
        };
        if at_ns > self.now_ns {
            if std::mem::replace(&mut conductor.armed_ns, at_ns) != at_ns {
                self.at(at_ns, Due::Cue);
            }
            return;
        }
        conductor.script.pop_front();
        conductor.told = Some(thread);
        conductor.went_on = true;
        self.account(core);
        let state = &mut self.threads[thread];
        if cue.entry == Operation::Acquire {
            state.left_ns = 0; // its call is over
        } else {
            state.outside = Do::Call { ns: FOR_EVER_NS };
            state.activity = Activity::Enter(Operation::Release(Release::Blocking));
        }
        self.plan(core);
    }
}
