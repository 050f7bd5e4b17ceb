//! The slow path with a small discrete clock: every state, and what can happen in it.
//!
//! The section, its pacing and its timers are the code that ships ([`TimedMonitor`]). The model
//! adds the word, the flag, how a thread sleeps, and that a due thread runs within [`START`] ticks.

use std::hash::Hash;
use std::time::Duration;

use gil_core::engine::{Clock, Operation, Outcome, Pacing, ThreadState, TimedMonitor, WaitPlan};
use gil_core::protocol::{Handoff, Protocol, Release, ThreadId, Timer, Wake};
use gil_core::raw::{Observe, SectionInfo};

use super::run_timer::{Lock, RunTimer};
use super::setting::Setting;
use super::timer_bug::TimerBug;

/// One tick of the clock.
pub const TICK: Duration = Duration::from_micros(50);

/// The largest number of ticks that a thread takes to start.
pub const START: u8 = 1;

/// A point in time that no search reaches: it comes no nearer.
pub(super) const FAR: i32 = 1_000;

/// Whatever lies further ahead than every finite span is the same.
const fn far_is_far(at: i32) -> i32 {
    if at > FAR / 2 { FAR } else { at }
}

/// A number of ticks, rounded up.
pub(super) fn ticks(span: Duration) -> i32 {
    i32::try_from(span.as_nanos().div_ceil(TICK.as_nanos())).unwrap_or(FAR).min(FAR)
}

/// The clock of a state. A point in time is a number of ticks from the present, which is 0.
struct Present;

impl Clock for Present {
    type Instant = i32;

    fn now(&self) -> i32 {
        0
    }

    fn elapsed_since(&self, at: i32) -> Duration {
        TICK * u32::try_from(-at).unwrap_or(0)
    }

    fn later(&self, at: i32, by: Duration) -> Option<i32> {
        let never = by > Duration::from_secs(1 << 40);
        (!never).then(|| far_is_far(at + ticks(by)))
    }
}

struct Quiet;

impl Observe for Quiet {
    fn section<P: Protocol>(&mut self, _: &SectionInfo<'_, P>) {}
}

/// A deliberate bug of how a thread sleeps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SleepBug {
    /// It rechecks much later than it is due.
    RechecksLate,
    /// It never rechecks.
    NeverRechecks,
}

/// The thread that may change the word without a section.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Word {
    /// No thread.
    Frozen,
    /// Any thread; the holder.
    Open(Option<ThreadId>),
    /// One thread: whether it holds the lock, and whether it has retaken it.
    Biased { thread: ThreadId, held: bool, retaken: bool },
}

/// A thread that sleeps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Asleep {
    deadline: Option<i32>,
    /// Its timer is for the present run.
    current: bool,
    recheck_at: Option<i32>,
    notified: bool,
    /// For how many ticks it has been due.
    late: u8,
}

impl Asleep {
    fn new(plan: WaitPlan<i32>, sleep_bug: Option<SleepBug>) -> Self {
        let recheck_at = match (plan.recheck_at, sleep_bug) {
            (Some(at), Some(SleepBug::RechecksLate)) => Some(at + 10),
            (Some(_), Some(SleepBug::NeverRechecks)) => Some(FAR),
            (at, _) => at,
        };
        // It first spins for the answer, then rechecks.
        let notified = plan.spin_for_answer && recheck_at.is_none();
        Self { deadline: plan.deadline, current: true, recheck_at, notified, late: 0 }
    }

    /// How it returns now, if a move makes it return.
    fn due(&self) -> Option<Wake> {
        match (self.notified, self.recheck_at, self.deadline) {
            (true, ..) => Some(Wake::Notified),
            (_, Some(at), _) => (at <= 0).then_some(Wake::Notified),
            (_, None, Some(at)) => (at <= 0).then_some(Wake::TimedOut),
            (_, None, None) => None,
        }
    }
}

/// A state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct World {
    timed: TimedMonitor<Handoff, i32>,
    word: Word,
    asleep: Vec<Option<Asleep>>,
    /// What TIME-3 knows, if it is judged.
    run_timer: Option<RunTimer>,
    /// For how many ticks the lock has been free with a woken waiter.
    pub free_for: u8,
    /// For how many ticks a request has been deferred.
    pub deferred_for: u8,
}

/// A move.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Move {
    /// A tick passes.
    Tick,
    /// A thread acquires or frees the lock through the word.
    Fast(ThreadId),
    /// A thread runs a section.
    Section(ThreadId, Operation),
    /// The switch interval is set.
    Set(Duration),
}

impl World {
    /// A free lock.
    #[must_use]
    pub fn new(setting: &Setting) -> Self {
        let protocol = Handoff::with_budgets(setting.budgets);
        let mut timed = TimedMonitor::new(protocol, Pacing::new(setting.limits), setting.interval);
        timed.set_interval(setting.interval);
        let (word, asleep) = (Word::Open(None), vec![None; setting.threads]);
        let judged = !setting.changes.is_empty();
        let run_timer = judged.then(|| RunTimer::new(setting.threads, setting.interval));
        Self { timed, word, asleep, run_timer, free_for: 0, deferred_for: 0 }
    }

    fn owner(&self) -> Option<ThreadId> {
        match self.word {
            Word::Frozen => self.timed.monitor.owner(),
            Word::Open(holder) => holder,
            Word::Biased { thread, held, .. } => held.then_some(thread),
        }
    }

    /// Whether a switch is requested.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.timed.monitor.requested()
    }

    /// Whether a request came sooner than the switch interval, or is later than it (TIME-3).
    #[must_use]
    pub fn misses_interval(&self) -> bool {
        let runs = self.owner().is_some() && !self.requested();
        let misses = |it: &RunTimer| it.is_too_soon() || runs && it.is_too_late();
        self.run_timer.as_ref().is_some_and(misses)
    }

    /// All moves.
    #[must_use]
    pub fn moves(&self, setting: &Setting) -> Vec<Move> {
        let mut moves = Vec::new();
        if self.asleep.iter().flatten().all(|it| it.due().is_none() || it.late < START) {
            moves.push(Move::Tick);
        }
        if let Some(run_timer) = &self.run_timer {
            let others = setting.changes.iter().filter(|it| **it != run_timer.interval());
            moves.extend(others.map(|it| Move::Set(*it)));
        }
        for thread in (0..self.asleep.len() as u32).map(ThreadId::from_index) {
            let section = |operation| Move::Section(thread, operation);
            if let Some(asleep) = self.asleep[thread.index()] {
                // A return when the timer has expired is no spurious one, as the clock says then.
                let expired = self.run_timer.is_some() && asleep.due() == Some(Wake::TimedOut);
                if setting.spurious && !expired || asleep.due() == Some(Wake::Notified) {
                    moves.push(section(Operation::Resume(Wake::Notified)));
                }
                if asleep.due() == Some(Wake::TimedOut) {
                    moves.push(section(Operation::Resume(Wake::TimedOut)));
                }
            } else if self.owner() == Some(thread) {
                let fast = match self.word {
                    Word::Frozen => false,
                    Word::Open(_) => true,
                    Word::Biased { thread: biased, .. } => biased == thread,
                };
                let release = section(Operation::Release(Release::Blocking));
                moves.push(if fast { Move::Fast(thread) } else { release });
                if self.timed.publishes_request() {
                    moves.push(section(Operation::Safepoint));
                }
            } else {
                let fast = match self.word {
                    Word::Frozen => false,
                    Word::Open(holder) => holder.is_none(),
                    Word::Biased { thread: biased, held, .. } => biased == thread && !held,
                };
                moves.push(if fast { Move::Fast(thread) } else { section(Operation::Acquire) });
            }
        }
        moves
    }

    /// The state after a move.
    ///
    /// # Panics
    /// When the Monitor refuses a section.
    #[must_use]
    pub fn after(&self, it: Move, setting: &Setting) -> Self {
        let mut world = self.clone();
        match it {
            Move::Tick => world.tick(setting.past()),
            Move::Fast(thread) => match &mut world.word {
                Word::Frozen => {}
                Word::Open(holder) => *holder = if holder.is_some() { None } else { Some(thread) },
                Word::Biased { held, retaken, .. } => {
                    *held = !*held;
                    *retaken |= *held;
                }
            },
            Move::Section(thread, operation) => world.section(thread, operation, setting),
            Move::Set(interval) => world.set(interval, setting),
        }
        if world.owner().is_some() {
            world.free_for = 0;
        }
        if !world.defers() {
            world.deferred_for = 0;
        }
        world
    }

    /// Whether a request is kept from the holder.
    fn defers(&self) -> bool {
        self.timed.monitor.requested() && !self.timed.publishes_request()
    }

    fn set(&mut self, interval: Duration, setting: &Setting) {
        let waits = self.asleep.iter().any(Option::is_some);
        let present = self.timed.interval;
        let bug = setting.timer_bug;
        let set = bug.map_or(interval, |bug| bug.set(setting.interval, present, interval, waits));
        self.timed.set_interval(set);
        if let Some(run_timer) = &mut self.run_timer {
            run_timer.set_interval(interval);
        }
    }

    fn tick(&mut self, past: i32) {
        let earlier = |at: i32| far_is_far(at - i32::from(at < FAR)).max(past);
        self.timed.pacing = self.timed.pacing.rebased(earlier);
        let woken = |thread: usize| {
            let state = self.timed.monitor.thread_state(ThreadId::from_index(thread as u32));
            matches!(state, ThreadState::Notified(_))
        };
        let is_free = self.owner().is_none() && (0..self.asleep.len()).any(woken);
        self.free_for += u8::from(is_free);
        self.deferred_for += u8::from(self.defers());
        if let Some(run_timer) = &mut self.run_timer {
            run_timer.tick(earlier);
        }
        for asleep in self.asleep.iter_mut().flatten() {
            asleep.late += u8::from(asleep.due().is_some());
            asleep.deadline = asleep.deadline.map(earlier);
            asleep.recheck_at = asleep.recheck_at.map(earlier);
        }
    }

    fn section(&mut self, thread: ThreadId, operation: Operation, setting: &Setting) {
        let requested = self.requested();
        let Self { timed, word, asleep, run_timer, .. } = self;
        if let (Some(run_timer), Word::Open(holder)) = (run_timer.as_mut(), *word) {
            run_timer.begin_run(holder);
        }
        let synced = match *word {
            Word::Frozen => Ok(()),
            Word::Open(holder) => timed.sync_owner(holder, None, &Present),
            Word::Biased { thread, held, retaken } => {
                timed.sync_owner(held.then_some(thread), Some(retaken.into()), &Present)
            }
        };
        synced.expect("the fast path changes what it may");
        let slept = asleep[thread.index()].take();
        let epoch = timed.pacing.epoch();
        let expired_epoch = match (operation, slept) {
            (Operation::Resume(Wake::TimedOut), Some(slept)) => {
                let earlier_counts = setting.timer_bug == Some(TimerBug::EarlierRunCounts);
                Some(if slept.current || earlier_counts { epoch } else { u64::MAX })
            }
            _ => None,
        };
        let interval = timed.interval;
        let bug = setting.timer_bug;
        timed.interval = bug.map_or(interval, |bug| bug.of_section(setting.interval, interval));
        let decided = timed.section(thread, operation, expired_epoch, &mut Quiet, &Present);
        timed.interval = interval;
        let (outcome, mut plan) = decided.expect("the move fits the state");
        if let (Outcome::Wait(Some(Timer::Run)), Some(bug)) = (outcome, bug) {
            plan = bug.plan(plan, Present.later(0, interval));
        }
        if let Outcome::Wait(_) = outcome {
            asleep[thread.index()] = Some(Asleep::new(plan, setting.sleep_bug));
        }
        if timed.pacing.epoch() != 0 {
            // The sleep of this thread belongs to the present run; all others belong to an earlier
            // one.
            let present = timed.pacing.epoch();
            let others = asleep.iter_mut().enumerate().filter(|(at, _)| *at != thread.index());
            others.filter_map(|(_, it)| it.as_mut()).for_each(|it| it.current &= present == epoch);
            timed.pacing = timed.pacing.rebased(|at| at);
        }
        for woken in timed.monitor.drain_woken() {
            if let Some(asleep) = &mut asleep[woken.index()] {
                asleep.notified = true;
            }
        }
        let monitor = &timed.monitor;
        *word = match monitor.biased() {
            _ if monitor.all_idle() => Word::Open(monitor.owner()),
            Some(thread) => {
                Word::Biased { thread, held: monitor.owner().is_some(), retaken: false }
            }
            None => Word::Frozen,
        };
        self.record((thread, operation), outcome, requested);
    }

    /// Records a section for TIME-3; `requested`: a switch was requested before it.
    fn record(&mut self, section: (ThreadId, Operation), outcome: Outcome, requested: bool) {
        let (thread, operation) = section;
        let owner = self.owner();
        let Self { timed: TimedMonitor { monitor, .. }, run_timer: Some(run_timer), .. } = self
        else {
            return;
        };
        if monitor.requested() && !requested && operation != Operation::Acquire {
            run_timer.requests(thread); // every other request is one on arrival
        }
        run_timer.owned_by(owner);
        for index in 0..self.asleep.len() {
            let state = monitor.thread_state(ThreadId::from_index(index as u32));
            if !matches!(state, ThreadState::Waiting(_, Some(Timer::Run))) {
                run_timer.clear_timer(index);
            }
        }
        if let Outcome::Wait(Some(Timer::Run)) = outcome {
            let lock = match owner {
                None => Lock::Free,
                Some(_) if monitor.requested() => Lock::Requested,
                Some(_) => Lock::Held,
            };
            run_timer.set_timer(thread, lock);
        }
    }
}
