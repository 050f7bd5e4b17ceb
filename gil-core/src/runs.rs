//! Young runs: what an engine remembers of the present run of an owner, and of who interrupts runs.
//!
//! The protocol decides without a clock. Beside it stand two rules that need one. They decide nothing
//! for good: a thread sleeps on for a while, and a request is shown a little later.
//! - **Looking again.** A thread that a release has woken leaves the lock to the one that makes short
//!   calls, while that one's run is young and it is expected back. So it does not come in vain.
//! - **Sparing.** An arriving thread's request is held back for as much time as the thread that
//!   interrupted the run before has used. So a thread that computes keeps its share beside it.
//!
//! They are written once, for the clock on the wall, for virtual time, and for loom, where there is
//! no time and whether a run is young is a free choice.

use std::fmt::Debug;
use std::ops::Add;
use std::time::Duration;

use crate::monitor::Operation;
use crate::protocol::ThreadId;
use crate::sync::mutant;

/// A run is spared for as much time as the thread that interrupted the run before has used: an arriving
/// thread's request is held back meanwhile. Less than this part of the switch interval is not worth the
/// timer that it takes.
const WORTH_SPARING: u32 = 250;

/// A thread that makes short calls goes on with its run for this part of the switch interval: whoever
/// was woken by its first release does not say before that it came in vain.
const SHORT_CALLS: u32 = 5;

/// It looks again when the run is twice as old, but not before this part of the switch interval.
const LOOKS_AGAIN: u32 = 100;

/// A thread that interrupts is expected back as often as it came back in such a run before, in so many
/// runs; in the next one it is expected without an end, because that is how a change is noticed. (With that
/// one the number is odd: where runs of two kinds take turns, both are seen.)
const LEARNS_EVERY: u32 = 8;

/// Where that taught nothing the number of runs is doubled, so often at most: to 256. Each run that learns costs
/// a hundredth of an interval, in which the lock is free and somebody wants it.
const DOUBLED_AT_MOST: u32 = 5;

/// An engine's clock.
pub trait Clock {
    /// A moment of it.
    type Moment: Copy + Debug + Add<Duration, Output = Self::Moment>;

    /// The present moment.
    fn now(&self) -> Self::Moment;

    /// How long ago that was.
    fn since(&self, moment: Self::Moment) -> Duration;

    /// Whether that moment is still to come.
    fn is_to_come(&self, moment: Self::Moment) -> bool;

    /// When a run that `began` then is as old as `minimum`, unless it is.
    fn young_until(&self, began: Self::Moment, minimum: Duration) -> Option<Self::Moment> {
        Some(began + minimum).filter(|due| self.is_to_come(*due))
    }
}

/// What is remembered of runs; `M` is the moment of a [`Clock`]. See the module's page.
///
/// [`RawGil`](crate::RawGil) has one beside its Monitor. Another engine that runs the Monitor in a time
/// of its own has one as well, and then its young runs are treated as the lock's are.
///
/// ```
/// use std::ops::Add;
/// use std::time::Duration;
/// use gil_core::{Clock, Runs, ThreadId};
///
/// struct Virtual(Duration);
/// impl Clock for Virtual {
///     type Moment = Duration;
///     fn now(&self) -> Duration { self.0 }
///     fn since(&self, moment: Duration) -> Duration { self.0 - moment }
///     fn is_to_come(&self, moment: Duration) -> bool { self.0 < moment }
/// }
/// let [a, b] = [0, 1].map(ThreadId::from_index);
/// let (mut runs, interval) = (Runs::new(), Duration::from_millis(5));
/// runs.section(true, Some(a), interval, &Virtual(Duration::from_millis(1)));
/// runs.section(false, Some(b), interval, &Virtual(Duration::from_millis(3)));
/// assert_eq!(runs.began(), Some(Duration::from_millis(3)), "the timer of the run began anew");
/// ```
#[derive(Clone, Debug)]
pub struct Runs<M> {
    /// Counts the runs of owners; a timer of the run belongs to one of them.
    number: u64,
    began: Option<M>,
    /// When the owner gained the lock, if it did so in a section. (A run that began without one begins,
    /// for its timer, when the first waiter comes.)
    gained: Option<M>,
    /// Whose run that is: who takes back what it released goes on with it.
    whose: Option<ThreadId>,
    /// How often that thread has taken the lock back in this run, and how often at the last look of the
    /// thread that it woke.
    taken_back: u64,
    looked: Option<u64>,
    /// How old the run was when that thread first found the lock free since it was last taken back.
    used: Option<Duration>,
    /// When that thread looks again: a sleep may end early.
    looks_at: Option<M>,
    /// Who asked on its arrival, and was the next to run: it comes from one call, and is expected to make
    /// others.
    interrupter: Option<ThreadId>,
    /// How often such a thread took the lock back in its last run, and for how many runs more that is
    /// what is expected.
    returns_before: u64,
    as_before: u32,
    /// How often in turn a run in which it was expected without an end has taught nothing.
    taught_nothing: u32,
    /// How old the present run has to be before it is interrupted.
    spared: Duration,
    /// Whose request is not shown to the holder yet, because its run is young. That thread comes back
    /// to show it.
    held_back: Option<ThreadId>,
}

impl<M> Default for Runs<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M> Runs<M> {
    /// Nothing has happened.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            number: 0,
            began: None,
            gained: None,
            whose: None,
            taken_back: 0,
            looked: None,
            used: None,
            looks_at: None,
            interrupter: None,
            returns_before: 0,
            as_before: 0,
            taught_nothing: 0,
            spared: Duration::ZERO,
            held_back: None,
        }
    }

    /// The number of the present run, from 0.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Whose request is not shown to the holder yet.
    #[must_use]
    pub const fn held_back(&self) -> Option<ThreadId> {
        self.held_back
    }

    /// The moment has come: the request is shown.
    pub const fn show(&mut self) {
        self.held_back = None;
    }

    /// The owner took the lock back, so many times.
    pub const fn taken_back(&mut self, times: u64) {
        self.taken_back += times;
        self.used = None;
    }

    fn forget_looks(&mut self) {
        (self.taken_back, self.looked, self.used, self.looks_at) = (0, None, None, None);
    }
}

impl<M: Copy + Debug + Add<Duration, Output = M>> Runs<M> {
    /// When the present run began, for its timer.
    #[must_use]
    pub const fn began(&self) -> Option<M> {
        self.began
    }

    /// The lock is with `holder` by the fast path; `known`: it was when the last section ended.
    pub fn fast(&mut self, holder: Option<ThreadId>, known: bool, clock: &impl Clock<Moment = M>) {
        if !known {
            self.gained = None;
            self.forget_looks();
        }
        self.whose = holder;
        self.restart(clock.now());
    }

    fn restart(&mut self, now: M) {
        self.number += u64::from(!mutant!(RunNotCounted));
        self.began = Some(now);
    }

    /// A section has left the lock with `owner`; `was_free`: nobody had it before.
    pub fn section(
        &mut self,
        was_free: bool,
        owner: Option<ThreadId>,
        interval: Duration,
        clock: &impl Clock<Moment = M>,
    ) {
        match owner {
            Some(new) if self.whose != Some(new) => self.begin(new, interval, clock),
            Some(_) if was_free => self.taken_back(1),
            _ => {}
        }
    }

    fn begin(&mut self, new: ThreadId, interval: Duration, clock: &impl Clock<Moment = M>) {
        let ran = self.whose.replace(new);
        self.spared = Duration::ZERO;
        if ran.is_some() && ran == self.interrupter {
            let used = self.used.unwrap_or_else(|| self.age(clock)).min(interval);
            if used >= interval / WORTH_SPARING {
                self.spared = used;
            }
            self.learn();
        }
        self.forget_looks();
        self.interrupter = self.interrupter.filter(|asked| *asked == new);
        self.restart(clock.now());
        self.gained = self.began;
    }

    /// The run of a thread that interrupts is over.
    fn learn(&mut self) {
        if self.as_before == 0 {
            let taught = self.taken_back > self.returns_before;
            let doubled = (self.taught_nothing + 1).min(DOUBLED_AT_MOST);
            self.taught_nothing = if taught { 0 } else { doubled };
            self.as_before = LEARNS_EVERY << self.taught_nothing;
        } else {
            self.as_before -= 1;
        }
        self.returns_before = self.taken_back;
    }

    fn age(&self, clock: &impl Clock<Moment = M>) -> Duration {
        self.gained.map_or(Duration::ZERO, |gained| clock.since(gained))
    }

    /// A woken thread's sleep has ended before its next look is due: it sleeps on until then.
    #[must_use]
    pub fn sleeps_on(&self, clock: &impl Clock<Moment = M>) -> Option<M> {
        self.looks_at.filter(|due| clock.is_to_come(*due))
    }

    /// A thread that a release has woken has come. Whether it waits for the run to end by itself, and
    /// when it looks again: while the run is young, and the lock has been taken back or, where it
    /// `is_free`, is expected to be.
    pub fn looks_again(
        &mut self,
        is_free: bool,
        interval: Duration,
        clock: &impl Clock<Moment = M>,
    ) -> Option<M> {
        let may_return = self.as_before == 0 || self.taken_back < self.returns_before;
        let expected = may_return && self.whose.is_some() && self.whose == self.interrupter;
        let goes_on = self.looked.replace(self.taken_back) != Some(self.taken_back);
        if is_free {
            let age = self.age(clock);
            self.used.get_or_insert(age);
        }
        let sleeps_on = if is_free { goes_on && expected } else { self.taken_back > 0 };
        let gained = self.gained.filter(|_| sleeps_on)?;
        clock.young_until(gained, interval / SHORT_CALLS)?;
        self.looks_at = Some(clock.now() + self.age(clock).max(interval / LOOKS_AGAIN));
        self.looks_at
    }

    /// After a section of `thread`, with what was `requested` before it and after: whether the request
    /// that it made on its arrival is held back, and until when.
    pub fn hold_back(
        &mut self,
        thread: ThreadId,
        entry: Operation,
        requested: (bool, bool),
        clock: &impl Clock<Moment = M>,
    ) -> Option<M> {
        let (before, asked) = requested;
        let arrives = entry == Operation::Acquire && !before;
        if asked && arrives {
            self.interrupter = Some(thread);
        }
        // A sleep may end early, for no reason or for an old one.
        let still = matches!(entry, Operation::Resume(_)) && self.held_back == Some(thread);
        if asked && (arrives || still) {
            let due = self.gained.and_then(|gained| clock.young_until(gained, self.spared));
            self.held_back = due.map(|_| thread);
            return due;
        }
        let stays = |asker| asker != thread || mutant!(HeldBackByWhoLeft);
        self.held_back = self.held_back.filter(|asker| asked && stays(*asker));
        None
    }
}
