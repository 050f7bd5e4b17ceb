//! The default protocol: hand-off with boosted return.
//!
//! # Why not CPython's
//! CPython makes the releasing thread sleep until somebody else has taken the lock (two context
//! switches more), lets anybody take it meanwhile, and makes a thread that returns from a short
//! blocking call wait a whole switch interval, once per call: the convoy.
//!
//! # The idea
//! Three queues, served in this order: **boosted** (back from outside, paid from a budget),
//! **interrupted** (whose turn goes on) and **regular**.
//! - A *forced* release gives the lock to the next in line in one step. No reacquire before
//!   hand-off, by construction. Whoever was switched out goes to the end of the regular queue; but
//!   where a boosted thread cuts its run short and there is a boost left, its turn goes on after that.
//! - A *voluntary* release frees the lock and wakes the next in line, who may be barged in front
//!   of, at most `barges` times in a turn; after that it too is handed the lock.
//! - The thread that released last may *take it back*, as often as it likes until the woken one has
//!   come: that is still its run, and no barge. Whoever came in vain is handed the lock at the next
//!   release.
//! - A thread that arrives asks for the lock at once, at most `boosts` times in a turn.
//!
//! Both budgets come back only with a **new regular turn**: the head of the regular queue gets the
//! lock, or nobody waits any more. Each waiter is thus overtaken a bounded number of times; a thread
//! that makes blocking calls beside ones that compute asks at once after every call, and no convoy
//! forms; and one that makes short calls makes many of them in a run, and wakes somebody once.
//!
//! Why a turn goes on: the thread that was interrupted is awake still, or its processor is. Starting
//! another on one that sleeps costs more than the call that interrupted.
//!
//! # One armed timer
//! One waiter, the [`Timekeeper`], sleeps with a timer; all others sleep until they are woken.
//!
//! # Invariants
//! - HAND-1: while the lock is free and somebody waits, the next in line is notified, and
//!   `barges_left > 0`.
//! - HAND-2: while the lock is held and somebody waits, a request is pending or there is a
//!   timekeeper.
//! - HAND-3: with nobody waiting there is no request, and the protocol is as new: no timekeeper, and
//!   the whole budgets.
//! - HAND-4: who may take the lock back owns it, or has left it free.
//! - HAND-5: where a release has woken somebody in vain, and nobody has asked, the next one is a
//!   hand-over.
//! - HAND-6: a run is taken for a whole interval old only while a switch is requested.
//!
//! They are a claim of their own (HAND), checked in every state.
//!
//! # Cousins
//! GHC queues tasks that return from a foreign call apart and serves them first; QEMU's old big
//! lock had a requesting flag; Go lets a goroutine that is back from a short system call go on where
//! nobody has taken its processor.

use crate::protocol::{Context, Order, Protocol, Release, Request, Step, ThreadId, WaitSet, Wake};
use crate::timekeeper::Timekeeper;

const BOOSTED: WaitSet = WaitSet(0);
const INTERRUPTED: WaitSet = WaitSet(1);
const REGULAR: WaitSet = WaitSet(2);

/// Hand-off with boosted return; with `boosts = 0`, plain hand-off.
///
/// ```
/// use gil_core::{Gil, Handoff};
/// # if gil_core::UNDER_LOOM { return }
/// let boosted = Gil::new(0); // the same as with_protocol(0, Handoff::new())
/// let plain = Gil::with_protocol(0, Handoff::plain());
/// *boosted.attach() += 1;
/// *plain.attach() += 1;
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Handoff {
    barges: u8,
    boosts: u8,
    barges_left: u8,
    boosts_left: u8,
    /// Who released or took the lock last in front of a thread that had been woken: it may take it
    /// back without a barge.
    may_retake: Option<ThreadId>,
    /// The owner has run for a whole interval while others waited: its turn does not go on.
    interval_expired: bool,
    timekeeper: Timekeeper,
}

impl Handoff {
    /// The queues in the order in which they are served: boosted (back from outside, paid from a
    /// budget), interrupted (its turn goes on), regular (its head begins a new turn).
    pub const QUEUES: [WaitSet; 3] = [BOOSTED, INTERRUPTED, REGULAR];

    /// The default: in each regular turn at most 1 barge and 3 boosts. A waiter is overtaken at most
    /// `6 * (threads - 2)` times.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_budgets(1, 3)
    }

    /// Plain hand-off: at most 1 barge in each turn, no boost. A waiter is overtaken at most
    /// `threads - 2` times.
    #[must_use]
    pub const fn plain() -> Self {
        Self::with_budgets(1, 0)
    }

    /// With these budgets for each regular turn. Whoever a boosted thread interrupts has its turn go on
    /// while a boost is left and its interval is not up.
    #[must_use]
    pub const fn with_budgets(barges: u8, boosts: u8) -> Self {
        Self {
            barges,
            boosts,
            barges_left: barges,
            boosts_left: boosts,
            may_retake: None,
            interval_expired: false,
            timekeeper: Timekeeper::new(),
        }
    }

    /// What is left in this regular turn of barges and boosts.
    #[must_use]
    pub const fn budgets_left(&self) -> (u8, u8) {
        (self.barges_left, self.boosts_left)
    }

    /// Who may take the lock back without a barge, after a release in front of a woken thread.
    #[must_use]
    pub const fn may_retake(&self) -> Option<ThreadId> {
        self.may_retake
    }

    /// Whether the owner has run for a whole interval while others waited: then its turn does not go on.
    #[must_use]
    pub const fn interval_expired(&self) -> bool {
        self.interval_expired
    }

    /// Whether nothing is left of what has happened, as with nobody waiting (HAND-3).
    #[must_use]
    pub fn is_reset(&self) -> bool {
        *self == Self::with_budgets(self.barges, self.boosts)
    }

    fn next(cx: &dyn Context) -> Option<(ThreadId, WaitSet)> {
        Self::QUEUES.into_iter().find_map(|set| Some((cx.first(set)?, set)))
    }

    /// `next` owns from now on.
    fn begin_run(&mut self, next: ThreadId, set: WaitSet) {
        self.may_retake = None;
        self.interval_expired = false;
        if set == REGULAR {
            (self.barges_left, self.boosts_left) = (self.barges, self.boosts);
        }
        self.timekeeper.remove(next);
    }

    fn hand_over(&mut self, cx: &mut dyn Context, (next, set): (ThreadId, WaitSet)) {
        cx.give(next);
        cx.clear_request();
        self.begin_run(next, set);
    }

    /// Whoever was woken by a release and finds the lock taken is not to be woken again: the next
    /// release is a hand-over.
    fn note_wasted_wakeup(&mut self, cx: &dyn Context) {
        if self.may_retake.is_some() && !cx.is_free() {
            self.barges_left = 0;
        }
    }

    /// `me` runs or is gone. If others wait, one of them keeps the time (HAND-2); if nobody does,
    /// nothing is left behind (HAND-3).
    fn ensure_timekeeper(&mut self, cx: &mut dyn Context) {
        if !self.timekeeper.ensure(cx, &Self::QUEUES) {
            *self = Self::with_budgets(self.barges, self.boosts);
        }
    }
}

impl Default for Handoff {
    fn default() -> Self {
        Self::new()
    }
}

impl Protocol for Handoff {
    const NAME: &'static str = "handoff";
    const SETS: &'static [Order] = &[Order::Fifo; 3];
    const GRACE_PERIOD: bool = true;

    /// Not after somebody came in vain: the next release is a hand-over then (HAND-5).
    fn bias(&self) -> Option<ThreadId> {
        self.may_retake.filter(|_| self.barges_left > 0)
    }

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() {
            if Self::next(cx).is_some() && self.may_retake.replace(cx.me()) != Some(cx.me()) {
                self.barges_left = self.barges_left.saturating_sub(1); // HAND-1: there is one
            }
            return Step::Owns;
        }
        if self.boosts_left == 0 {
            return self.timekeeper.wait_step(cx, REGULAR);
        }
        self.boosts_left -= 1;
        if !cx.requested() {
            cx.request(Request::Boost);
        }
        Step::Wait(BOOSTED, None) // HAND-2: what is asked for needs no timer
    }

    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        match Self::next(cx) {
            Some(next) if cx.requested() || self.barges_left == 0 => {
                self.hand_over(cx, next);
                self.ensure_timekeeper(cx);
            }
            Some((next, _)) => {
                self.may_retake = Some(cx.me());
                cx.free();
                cx.notify(next);
            }
            None => cx.free(),
        }
        Step::Left
    }

    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        let Some(next) = Self::next(cx) else {
            return Step::Owns; // SAFE-5: a request implies a waiter, so this is not reached
        };
        let keeps_turn = next.1 == BOOSTED && self.boosts_left > 0 && !self.interval_expired;
        self.hand_over(cx, next);
        self.timekeeper.wait_step(cx, if keeps_turn { INTERRUPTED } else { REGULAR })
    }

    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, wake: Wake) -> Step {
        if cx.is_free() && Self::next(cx).is_some_and(|(next, _)| next == cx.me()) {
            self.begin_run(cx.me(), set);
            self.ensure_timekeeper(cx);
            Step::Owns
        } else if wake == Wake::TimedOut && !cx.is_free() {
            if !cx.requested() {
                cx.request(Request::AfterInterval);
            }
            self.timekeeper.expired();
            self.interval_expired = true;
            Step::Wait(set, None)
        } else {
            self.note_wasted_wakeup(cx);
            self.timekeeper.wait_step(cx, set)
        }
    }

    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        self.timekeeper.remove(cx.me());
        if notified {
            self.note_wasted_wakeup(cx);
        }
        match Self::next(cx) {
            Some((next, _)) if notified && cx.is_free() => cx.notify(next),
            Some(_) => {}
            None => cx.clear_request(),
        }
        self.ensure_timekeeper(cx);
    }
}
