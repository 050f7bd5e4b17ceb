//! The default protocol: hand-off with boosted return.
//!
//! # Why not CPython's
//! On a forced release, CPython makes the releasing thread sleep until another thread has taken the
//! lock, which costs two more context switches. That other thread need not be the first in line.
//! And a thread that returns from a short blocking call waits a whole switch interval, once per
//! call: the convoy.
//!
//! # The rules
//! Three queues are served in this order: **boosted** (threads that found the lock held while a
//! boost was left), **interrupted** (preempted by a boosted thread) and **regular**.
//! - A *forced release* gives the lock to the next in line in one step. A reacquire before the
//!   hand-off is impossible by construction.
//! - The preempted thread joins the end of the regular queue. It joins the interrupted queue
//!   instead if it was not boosted itself, a boosted thread preempts it, a boost is left, and no
//!   timer has expired in its run.
//! - A *voluntary release* frees the lock and notifies the next in line. Other threads may barge in
//!   front of it, at most `barges` times in a turn. With no barge left, the release is a hand-off.
//! - The last thread to release or to barge may retake the free lock without a barge. This ends
//!   when the notified thread finds the lock held. The next release is then a hand-off, so no
//!   second wake-up is wasted.
//! - A thread that finds the lock held requests a switch at once and joins the boosted queue. All
//!   threads together do so at most `boosts` times in a turn.
//!
//! A *turn* belongs to the lock, not to one thread. It begins when the head of the regular queue
//! gets the lock, or when the last waiter leaves. Only then are both budgets refilled. So, apart
//! from retakes, each waiter is overtaken a bounded number of times. And a thread that makes
//! blocking calls among CPU-bound ones does not form a convoy.
//!
//! The interrupted queue exists for speed: its thread is still awake, or its processor is. Waking a
//! regular waiter instead would cost more than the short run of the boosted thread.
//!
//! # At most one armed timer
//! At most one waiter sleeps with a timer; [`Timekeeper`] says which. The others sleep until they
//! are woken.
//!
//! # Invariants
//! - HAND-1: while the lock is free and a thread waits, the next in line has been notified, and a
//!   barge is left.
//! - HAND-2: while a thread waits, a switch is requested or there is a timekeeper.
//! - HAND-3: while no thread waits there is no request, and the protocol equals a new one.
//! - HAND-4: if a thread may retake the lock, it owns the lock, or the lock is free.
//! - HAND-5: after a wasted wake-up the next release is a hand-off.
//! - HAND-6: at most one thread is in the interrupted queue.
//!
//! The explorer checks them in every state it reaches (claim HAND).
//!
//! # Related designs
//! [GHC](https://gitlab.haskell.org/ghc/ghc/-/blob/master/rts/Capability.c) keeps tasks
//! that return from a foreign call in a queue of their own and serves them first.
//! [QEMU](https://gitlab.com/qemu-project/qemu/-/blob/master/system/cpus.c)'s old big lock had a
//! flag for requests. [Go](https://go.dev/src/runtime/proc.go) lets a goroutine that is back from a
//! short system call go on if its processor is still free.

use super::timekeeper::Timekeeper;
use super::{Context, Order, Protocol, Release, Request, Step, ThreadId, WaitSet, Wake};

const BOOSTED: WaitSet = WaitSet(0);
const INTERRUPTED: WaitSet = WaitSet(1);
const REGULAR: WaitSet = WaitSet(2);

/// How many times threads may overtake waiters in one turn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Budgets {
    /// Barges: a thread takes a free lock in front of a notified one.
    pub barges: u8,
    /// Boosts: a thread that finds the lock held requests a switch at once and is served first.
    pub boosts: u8,
}

/// Hand-off with boosted return; with `boosts = 0`, plain hand-off.
///
/// ```
/// use gil_core::Gil;
/// use gil_core::protocol::Handoff;
/// # if gil_core::UNDER_LOOM { return }
/// let boosted = Gil::new(0); // the same as with_protocol(0, Handoff::new())
/// let plain = Gil::with_protocol(0, Handoff::plain());
/// *boosted.attach() += 1;
/// *plain.attach() += 1;
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Handoff {
    budgets: Budgets,
    left: Budgets,
    /// The last thread to release the lock, or to barge, in front of a notified waiter. It may
    /// retake the lock without a barge.
    may_retake: Option<ThreadId>,
    /// Whether the owner may join the interrupted queue. Set when a regular or an interrupted
    /// thread gets the lock; cleared when a boosted one does, and when a timer expires. A barge
    /// leaves it.
    keeps_turn: bool,
    timekeeper: Timekeeper,
}

impl Handoff {
    /// The queues in the order in which they are served: boosted, interrupted, regular.
    pub const QUEUES: [WaitSet; 3] = [BOOSTED, INTERRUPTED, REGULAR];

    /// The default: at most 1 barge and 3 boosts in each turn. A waiter is overtaken at most
    /// `6 * (threads - 2)` times: 1 barge, 3 boosts, and 2 returns from the interrupted queue.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_budgets(Budgets { barges: 1, boosts: 3 })
    }

    /// Plain hand-off: at most 1 barge in each turn, and no boost. A waiter is overtaken at most
    /// `threads - 2` times.
    #[must_use]
    pub const fn plain() -> Self {
        Self::with_budgets(Budgets { barges: 1, boosts: 0 })
    }

    /// With these budgets in each turn.
    #[must_use]
    pub const fn with_budgets(budgets: Budgets) -> Self {
        Self {
            budgets,
            left: budgets,
            may_retake: None,
            keeps_turn: true,
            timekeeper: Timekeeper::new(),
        }
    }

    /// What is left of the budgets in this turn.
    pub const fn budgets_left(&self) -> Budgets {
        self.left
    }

    /// The last thread to release the lock, or to barge, in front of a notified waiter. It may
    /// retake the lock without a barge.
    pub const fn may_retake(&self) -> Option<ThreadId> {
        self.may_retake
    }

    /// Whether the owner joins the interrupted queue if a boosted thread preempts it now and a
    /// boost is left.
    pub const fn keeps_turn(&self) -> bool {
        self.keeps_turn
    }

    /// Whether this equals a new protocol with the same budgets. It does while no thread waits
    /// (HAND-3).
    pub fn is_reset(&self) -> bool {
        *self == Self::with_budgets(self.budgets)
    }

    fn next(cx: &dyn Context) -> Option<(ThreadId, WaitSet)> {
        Self::QUEUES.into_iter().find_map(|set| Some((cx.first(set)?, set)))
    }

    /// `next` leaves `set` and gets the lock.
    fn begin_run(&mut self, next: ThreadId, set: WaitSet) {
        self.may_retake = None;
        self.keeps_turn = set != BOOSTED;
        if set == REGULAR {
            self.left = self.budgets;
        }
        self.timekeeper.remove(next);
    }

    fn hand_off(&mut self, cx: &mut dyn Context, (next, set): (ThreadId, WaitSet)) {
        cx.give(next);
        cx.clear_request();
        self.begin_run(next, set);
    }

    /// If a barge or a retake made this wake-up useless, makes the next release a hand-off
    /// (HAND-5).
    fn note_wasted_wakeup(&mut self, cx: &dyn Context) {
        if self.may_retake.is_some() && !cx.is_free() {
            self.left.barges = 0;
        }
    }

    /// The calling thread runs or is gone. If others wait, one of them becomes the timekeeper
    /// (HAND-2). Otherwise the protocol is reset (HAND-3).
    fn ensure_timekeeper_or_reset(&mut self, cx: &mut dyn Context) {
        if !self.timekeeper.ensure(cx, &Self::QUEUES) {
            *self = Self::with_budgets(self.budgets);
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
    const PACED: bool = true;

    /// The thread that may retake the lock; none after a wasted wake-up, because the next release
    /// must be a hand-off (HAND-5). The Monitor lifts the bias while a request is pending.
    fn bias(&self) -> Option<ThreadId> {
        self.may_retake.filter(|_| self.left.barges > 0)
    }

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() {
            if Self::next(cx).is_some() && self.may_retake != Some(cx.me()) {
                self.may_retake = Some(cx.me());
                self.left.barges = self.left.barges.saturating_sub(1); // HAND-1: a barge is left
            }
            return Step::Owns;
        }
        if self.left.boosts == 0 {
            return self.timekeeper.wait_step(cx, REGULAR);
        }
        self.left.boosts -= 1;
        if !cx.requested() {
            cx.request(Request::Boost);
        }
        Step::Wait(BOOSTED, None) // HAND-2: a request is pending, so no timer is needed
    }

    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        match Self::next(cx) {
            Some(next) if cx.requested() || self.left.barges == 0 => {
                self.hand_off(cx, next);
                self.ensure_timekeeper_or_reset(cx);
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
            return Step::Owns; // not reached: a request implies a waiter (SAFE-5)
        };
        let goes_on = next.1 == BOOSTED && self.left.boosts > 0 && self.keeps_turn;
        self.hand_off(cx, next);
        self.timekeeper.wait_step(cx, if goes_on { INTERRUPTED } else { REGULAR })
    }

    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, wake: Wake) -> Step {
        if cx.is_free() && Self::next(cx).is_some_and(|(next, _)| next == cx.me()) {
            self.begin_run(cx.me(), set);
            self.ensure_timekeeper_or_reset(cx);
            return Step::Owns;
        }
        if wake == Wake::TimedOut && !cx.is_free() {
            if !cx.requested() {
                cx.request(Request::AfterInterval);
            }
            self.keeps_turn = false;
        } else {
            self.note_wasted_wakeup(cx);
        }
        self.timekeeper.wait_step(cx, set) // its place in the queue, and its timer if it has one
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
        self.ensure_timekeeper_or_reset(cx);
    }
}
