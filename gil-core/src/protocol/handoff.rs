//! The default protocol: hand-off with boosted return.
//!
//! # Why not CPython's
//! CPython makes the releasing thread sleep until another thread has taken the lock, which costs
//! two more context switches. Any thread may take the lock before that. And a thread that returns
//! from a short blocking call waits a whole switch interval, once per call: the convoy.
//!
//! # The rules
//! Three queues are served in this order: **boosted** (arrivals, paid from a budget),
//! **interrupted** (preempted by a boosted thread) and **regular**.
//! - A *forced release* gives the lock to the next in line in one step. A reacquire before the
//!   hand-off is impossible by construction.
//! - The preempted thread goes to the end of the regular queue. If it began the turn, a boosted
//!   thread preempts it, a boost is left and its interval has not expired, it goes to the
//!   interrupted queue instead.
//! - A *voluntary release* frees the lock and wakes the next in line. Other threads may barge in
//!   front of it, at most `barges` times in a turn; after that the release is a hand-off too.
//! - The thread that released last may retake the lock without a barge until the woken thread finds
//!   the lock held. The next release is then a hand-off, so no second wake-up is wasted.
//! - A thread that arrives requests a switch at once, at most `boosts` times in a turn.
//!
//! A *turn* begins when the head of the regular queue gets the lock, or when no thread waits. Both
//! budgets return only then. So each waiter is overtaken a bounded number of times, and a thread
//! that makes blocking calls among CPU-bound ones does not form a convoy.
//!
//! The interrupted queue exists for speed: the preempted thread is still awake, or its processor
//! is. To start a sleeping thread instead costs more than the call that interrupted.
//!
//! # One armed timer
//! One waiter, the [`Timekeeper`], sleeps with a timer. All others sleep until they are woken.
//!
//! # Invariants
//! - HAND-1: while the lock is free and a thread waits, the next in line is notified, and
//!   `barges_left > 0`.
//! - HAND-2: while a thread waits, a switch is requested or there is a timekeeper.
//! - HAND-3: while no thread waits there is no request, and the protocol equals a new one.
//! - HAND-4: the thread that may retake the lock owns it, or the lock is free.
//! - HAND-5: after a wasted wake-up without a request the next release is a hand-off.
//! - HAND-6: at most one thread is interrupted: the one that began the turn.
//!
//! The claim HAND checks them in every state.
//!
//! # Related designs
//! [GHC](https://gitlab.haskell.org/ghc/ghc/-/blob/master/rts/Capability.c) queues tasks that
//! return from a foreign call apart and serves them first.
//! [QEMU](https://gitlab.com/qemu-project/qemu/-/blob/master/system/cpus.c)'s old big lock had a
//! flag for requests. [Go](https://go.dev/src/runtime/proc.go) lets a goroutine that is back from a
//! short system call go on if its processor is still free.

use super::timekeeper::Timekeeper;
use super::{Context, Order, Protocol, Release, Request, Step, ThreadId, WaitSet, Wake};

const BOOSTED: WaitSet = WaitSet(0);
const INTERRUPTED: WaitSet = WaitSet(1);
const REGULAR: WaitSet = WaitSet(2);

/// How often other threads may overtake in one turn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Budgets {
    /// Barges: a thread takes a free lock in front of a woken one.
    pub barges: u8,
    /// Boosts: an arriving thread requests a switch at once and is served first.
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
    /// The thread that released or took the lock last in front of a woken one: it may retake the
    /// lock without a barge.
    may_retake: Option<ThreadId>,
    /// The owner goes on with its turn after a boosted thread has preempted it: it began the turn,
    /// and its interval has not expired.
    keeps_turn: bool,
    timekeeper: Timekeeper,
}

impl Handoff {
    /// The queues in the order in which they are served: boosted (back from outside, paid from a
    /// budget), interrupted (its turn goes on), regular (its head begins a new turn).
    pub const QUEUES: [WaitSet; 3] = [BOOSTED, INTERRUPTED, REGULAR];

    /// The default: at most 1 barge and 3 boosts in each turn. A waiter is overtaken at most
    /// `6 * (threads - 2)` times.
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

    /// The thread that may retake the lock without a barge, after a release that woke another one.
    pub const fn may_retake(&self) -> Option<ThreadId> {
        self.may_retake
    }

    /// Whether the owner goes on with its turn after a boosted thread has preempted it.
    pub const fn keeps_turn(&self) -> bool {
        self.keeps_turn
    }

    /// Whether nothing is left of the past, as while no thread waits (HAND-3).
    pub fn is_reset(&self) -> bool {
        *self == Self::with_budgets(self.budgets)
    }

    fn next(cx: &dyn Context) -> Option<(ThreadId, WaitSet)> {
        Self::QUEUES.into_iter().find_map(|set| Some((cx.first(set)?, set)))
    }

    /// The run of `next` begins.
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

    /// A woken thread has found the lock held. The next release is a hand-off, so it is not woken
    /// in such a way again.
    fn note_wasted_wakeup(&mut self, cx: &dyn Context) {
        if self.may_retake.is_some() && !cx.is_free() {
            self.left.barges = 0;
        }
    }

    /// `me` runs or is gone. If others wait, one of them is the timekeeper (HAND-2). Otherwise
    /// nothing is left behind (HAND-3).
    fn ensure_timekeeper(&mut self, cx: &mut dyn Context) {
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
    const GRACE_PERIOD: bool = true;

    /// Not after a wasted wake-up, because the next release must be a hand-off then (HAND-5).
    fn bias(&self) -> Option<ThreadId> {
        self.may_retake.filter(|_| self.left.barges > 0)
    }

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() {
            if Self::next(cx).is_some() && self.may_retake.replace(cx.me()) != Some(cx.me()) {
                self.left.barges = self.left.barges.saturating_sub(1); // HAND-1: there is one
                self.keeps_turn = false;
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
        let keeps_turn = next.1 == BOOSTED && self.left.boosts > 0 && self.keeps_turn;
        self.hand_off(cx, next);
        self.timekeeper.wait_step(cx, if keeps_turn { INTERRUPTED } else { REGULAR })
    }

    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, wake: Wake) -> Step {
        if cx.is_free() && Self::next(cx).is_some_and(|(next, _)| next == cx.me()) {
            self.begin_run(cx.me(), set);
            self.ensure_timekeeper(cx);
            Step::Owns
        } else {
            if wake == Wake::TimedOut && !cx.is_free() {
                if !cx.requested() {
                    cx.request(Request::AfterInterval);
                }
                self.keeps_turn = false;
            } else {
                self.note_wasted_wakeup(cx);
            }
            self.timekeeper.wait_step(cx, set) // the timekeeper keeps its post
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
