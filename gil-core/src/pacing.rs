//! What needs a clock: when the present run began, and two delays with absolute limits.
//!
//! The protocol decides without a clock, and this module makes none of its decisions. The module
//! may only *delay*:
//! - **Grace period.** A release wakes the next waiter. If the thread that released has already
//!   retaken the lock by then, it is making short calls, and the woken thread sleeps on for a
//!   while instead of finding the lock held. See [`Pacing::grace_deadline`].
//! - **Deferred request.** A thread that arrives may request a switch at once. If a boosted
//!   thread ran just before, the holder sees the request only once its own run is as long. So a
//!   CPU-bound thread keeps its share. See [`Pacing::defer_request`].
//!
//! # Limits
//! [`Limits`] holds every upper limit, in absolute time, whatever the switch interval is. The
//! claims TIME-1 and TIME-2 check them: a free lock is taken within [`Limits::grace`], and a
//! request is published within [`Limits::defer`].

use std::fmt::Debug;
use std::time::Duration;

use crate::monitor::Operation;
use crate::protocol::ThreadId;
use crate::sync::{Clock, mutant};

/// The grace period is at most this part of the switch interval.
const GRACE_DIV: u32 = 5;

/// A woken thread first rechecks after the switch interval divided by this, or after
/// [`Limits::free`] if that is less.
const RECHECK_DIV: u32 = 100;

/// A run defers no request if it is shorter than both [`Limits::free`] and the switch interval
/// divided by this. The timer would cost more than the run.
const MIN_RUN_DIV: u32 = 250;

/// In a run whose number is a multiple of this, a woken thread may sleep on before any reacquire.
/// It does so only if the owner requested a switch on its arrival.
const PROBE_EVERY: u64 = 7;

/// The absolute upper limits of every delay.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// How long a woken thread sleeps on in all.
    pub grace: Duration,
    /// The longest it sleeps at a time if it finds the lock free. If it finds the lock held, it may
    /// sleep longer: for as long again as it has slept so far.
    pub free: Duration,
    /// How long a request is deferred.
    pub defer: Duration,
}

impl Limits {
    /// 1 ms of grace, 50 us at a time while the lock is free, and 5 ms for a request.
    pub const DEFAULT: Self = Self {
        grace: Duration::from_micros(1_000),
        free: Duration::from_micros(50),
        defer: Duration::from_micros(5_000),
    };

    /// No delay at all.
    pub const NONE: Self =
        Self { grace: Duration::ZERO, free: Duration::ZERO, defer: Duration::ZERO };
}

/// The present run: it begins when another thread gains the lock, and goes on while its owner
/// releases and retakes the lock with no other owner between.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Run<M> {
    owner: Option<ThreadId>,
    /// Counts runs, so that a timer of an earlier one is told apart.
    epoch: u64,
    /// When it began, or when the word was frozen under an owner that came by the fast path.
    began: Option<M>,
}

/// A woken thread that sleeps on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Grace<M> {
    thread: ThreadId,
    /// The run in which it last rechecked. In that run no other thread sleeps on: two that take
    /// turns could do so for ever (TIME-1).
    epoch: u64,
    began: M,
    recheck_at: M,
}

/// The clock's share of a lock; `M` is a [`Clock::Instant`]. See the module's page.
///
/// ```
/// use std::time::Duration;
/// use gil_core::engine::{Clock, Limits, Pacing};
/// use gil_core::protocol::ThreadId;
///
/// struct Virtual(Duration);
/// impl Clock for Virtual {
///     type Instant = Duration;
///     fn now(&self) -> Duration { self.0 }
///     fn elapsed_since(&self, instant: Duration) -> Duration { self.0.saturating_sub(instant) }
///     fn later(&self, instant: Duration, by: Duration) -> Option<Duration> {
///         instant.checked_add(by)
///     }
/// }
/// let [holder, waiter] = [0, 1].map(ThreadId::from_index);
/// let interval = Duration::from_secs(3_600);
/// let mut pacing = Pacing::new(Limits::DEFAULT);
/// pacing.after_section(true, Some(holder), interval, &Virtual(Duration::from_millis(1)));
/// // The holder has released the lock, which woke the waiter, and has retaken it.
/// pacing.after_section(true, Some(holder), interval, &Virtual(Duration::from_millis(2)));
/// let due = pacing.grace_deadline(waiter, false, interval, &Virtual(Duration::from_millis(2)));
/// assert_eq!(due, Some(Duration::from_micros(2_050)), "50 us, although the interval is an hour");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pacing<M> {
    limits: Limits,
    run: Run<M>,
    /// The owner has retaken the lock since a woken thread last looked.
    retaken: bool,
    grace: Option<Grace<M>>,
    /// The last thread that requested a switch on its arrival, until another thread begins a run.
    boosted_thread: Option<ThreadId>,
    /// How old the present run has to be before a request is published.
    min_run: Duration,
    /// The thread whose request is deferred. It rechecks to publish it.
    deferred_by: Option<ThreadId>,
}

impl<M> Pacing<M> {
    /// Nothing has happened yet.
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            run: Run { owner: None, epoch: 0, began: None },
            retaken: false,
            grace: None,
            boosted_thread: None,
            min_run: Duration::ZERO,
            deferred_by: None,
        }
    }

    /// Delays nothing: what checkers choose that have no clock.
    pub const fn none() -> Self {
        Self::new(Limits::NONE)
    }

    /// The number of the present run, from 0.
    pub const fn epoch(&self) -> u64 {
        self.run.epoch
    }

    /// The thread whose request is not published yet.
    pub const fn deferred_by(&self) -> Option<ThreadId> {
        self.deferred_by
    }

    /// The owner has released and retaken the lock without a section.
    pub const fn record_reacquires(&mut self) {
        self.retaken = true;
    }

    /// `thread` has left. A later thread under its id inherits no run, boost or deferred request.
    pub fn forget(&mut self, thread: ThreadId) {
        let other = |known: &ThreadId| *known != thread;
        self.run.owner = self.run.owner.filter(other);
        self.boosted_thread = self.boosted_thread.filter(other);
        self.deferred_by = self.deferred_by.filter(other);
    }
}

impl<M: Copy + Ord + Debug> Pacing<M> {
    /// When the present run began, for its timer.
    pub const fn timer_start(&self) -> Option<M> {
        self.run.began
    }

    /// The same with every point in time moved by `earlier`, and with epoch 0: for a search that
    /// counts from the present. A timer of an earlier epoch has to be told apart by the
    /// search.
    pub fn rebased(&self, earlier: impl Fn(M) -> M) -> Self {
        let mut next = self.clone();
        (next.run.epoch, next.run.began) = (0, self.run.began.map(&earlier));
        if let Some(it) = &mut next.grace {
            it.epoch = u64::from(it.epoch != self.run.epoch);
            (it.began, it.recheck_at) = (earlier(it.began), earlier(it.recheck_at));
        }
        next
    }

    /// The slow path has frozen the word and found `owner`; `known`: it was the owner after the
    /// last section too.
    pub fn sync_fast_path(
        &mut self,
        owner: Option<ThreadId>,
        known: bool,
        clock: &impl Clock<Instant = M>,
    ) {
        let age = self.age(clock);
        self.min_run = if known { self.min_run.saturating_sub(age) } else { Duration::ZERO };
        self.retaken &= known;
        self.restart(owner, clock.now());
    }

    fn restart(&mut self, owner: Option<ThreadId>, now: M) {
        let counted = u64::from(!mutant!(RunNotCounted));
        self.run = Run { owner, epoch: self.run.epoch + counted, began: Some(now) };
    }

    fn age(&self, clock: &impl Clock<Instant = M>) -> Duration {
        self.run.began.map_or(Duration::ZERO, |began| clock.elapsed_since(began))
    }

    /// A section has left the lock with `owner`; `was_free`: it was free before.
    pub fn after_section(
        &mut self,
        was_free: bool,
        owner: Option<ThreadId>,
        interval: Duration,
        clock: &impl Clock<Instant = M>,
    ) {
        match owner {
            Some(owner) if self.run.owner != Some(owner) => self.begin_run(owner, interval, clock),
            Some(_) => self.retaken |= was_free,
            None => {}
        }
    }

    fn begin_run(&mut self, owner: ThreadId, interval: Duration, clock: &impl Clock<Instant = M>) {
        let interrupted = self.run.owner.is_some() && self.run.owner == self.boosted_thread;
        let used = self.age(clock).min(interval).min(self.limits.defer);
        let defers = interrupted && used >= self.limits.free.min(interval / MIN_RUN_DIV);
        self.min_run = if defers { used } else { Duration::ZERO };
        self.boosted_thread = self.boosted_thread.filter(|thread| *thread == owner);
        self.grace = self.grace.filter(|grace| grace.thread != owner);
        self.retaken = false;
        self.restart(Some(owner), clock.now());
    }

    /// Returns until when `thread` sleeps on, because the owner keeps retaking the lock. Called
    /// when `thread` runs after a release has woken it. `None`: it runs its section now.
    pub fn grace_deadline(
        &mut self,
        thread: ThreadId,
        is_free: bool,
        interval: Duration,
        clock: &impl Clock<Instant = M>,
    ) -> Option<M> {
        let epoch = self.run.epoch;
        let known = self.grace.filter(|it| it.thread == thread || it.epoch == epoch);
        match known {
            Some(grace) if grace.thread != thread => return None,
            Some(grace) if clock.is_future(grace.recheck_at) => return Some(grace.recheck_at),
            _ => {}
        }
        let began = known.map_or_else(|| clock.now(), |grace| grace.began);
        let retaken = std::mem::replace(&mut self.retaken, false);
        let grace = self.limits.grace.min(interval / GRACE_DIV);
        let calls = self.run.owner.is_some() && self.run.owner == self.boosted_thread;
        let probes = known.is_none() && calls && self.run.epoch.is_multiple_of(PROBE_EVERY);
        let end = clock.deadline_if_younger(began, grace).filter(|_| retaken || probes);
        let free = self.limits.free.min(interval / RECHECK_DIV);
        let span = if is_free { free } else { free.max(clock.elapsed_since(began)) };
        self.grace = end.and_then(|end| {
            let recheck_at = clock.later(clock.now(), span)?.min(end);
            Some(Grace { thread, epoch, began, recheck_at })
        });
        self.grace.map(|grace| grace.recheck_at)
    }

    /// Returns until when the request that `thread` made on its arrival is deferred. Called after a
    /// section of `thread`. `requested`: whether a switch was requested before and after the
    /// section.
    pub fn defer_request(
        &mut self,
        thread: ThreadId,
        operation: Operation,
        requested: (bool, bool),
        clock: &impl Clock<Instant = M>,
    ) -> Option<M> {
        let (before, after) = requested;
        let arrives = operation == Operation::Acquire && !before && after;
        if arrives {
            self.boosted_thread = Some(thread);
        }
        // A sleep may end early, spuriously.
        let comes_back =
            matches!(operation, Operation::Resume(_)) && self.deferred_by == Some(thread) && after;
        if arrives || comes_back {
            let due =
                self.run.began.and_then(|began| clock.deadline_if_younger(began, self.min_run));
            self.deferred_by = due.map(|_| thread);
            return due;
        }
        let stays = |by: &ThreadId| after && (*by != thread || mutant!(DeferralOutlivesWaiter));
        self.deferred_by = self.deferred_by.filter(stays);
        None
    }
}
