//! GHC's capability: tasks that return from a foreign call have their own queue and are served
//! first.
//!
//! Modelled on `rts/Capability.c` of GHC 9 (`releaseCapability_`, `waitForCapability`,
//! `yieldCapability`), for one capability.
//!
//! A capability is given, never freed for a race. A releasing task gives it to the first of
//! `returning_tasks`, or to the next task with work. Without either it marks the capability as
//! free. A returning task does not interrupt any task. It is found when the running task returns to
//! the scheduler, at the latest after the context-switch timer (20 ms).
//!
//! | handshake | here                                                               |
//! |-----------|--------------------------------------------------------------------|
//! | requested | by the context-switch timer                                        |
//! | answered  | at the next heap check, in `yieldCapability`                       |
//! | granted   | `giveCapabilityToTask`, with the capability's mutex held           |
//! | confirmed | the task wakes and finds `cap->running_task` to be itself          |
//!
//! # What is written differently
//! - The timer is the timer of one waiter ([`Timekeeper`]) and ticks only while a thread waits.
//! - Haskell threads are not modelled: each task is one thread with its own work (GHC's bound
//!   threads). Work that would be given to another capability stays, because there is only one.

use std::time::Duration;

use gil_core::protocol::{
    Context, Order, Protocol, Release, Request, Step, ThreadId, Timekeeper, WaitSet, Wake,
};

const RETURNING: WaitSet = WaitSet(0);
const RUNNABLE: WaitSet = WaitSet(1);
const QUEUES: [WaitSet; 2] = [RETURNING, RUNNABLE];

/// One capability of GHC's run-time system.
///
/// ```
/// # if gil_core::UNDER_LOOM { return }
/// let gil = gil_core::Gil::with_protocol(1, gil_models::Ghc::new());
/// *gil.attach() += 1;
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ghc(Timekeeper);

impl Ghc {
    /// A free capability.
    #[must_use]
    pub const fn new() -> Self {
        Self(Timekeeper::new())
    }

    fn next(cx: &dyn Context) -> Option<ThreadId> {
        QUEUES.into_iter().find_map(|queue| cx.first(queue))
    }

    fn give(&mut self, cx: &mut dyn Context, next: ThreadId) {
        cx.give(next);
        cx.clear_request();
        self.0.remove(next);
    }
}

impl Protocol for Ghc {
    const NAME: &'static str = "ghc";
    const SETS: &'static [Order] = &[Order::Fifo, Order::Fifo];
    const SWITCH_INTERVAL: Duration = Duration::from_millis(20);

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() { Step::Owns } else { self.0.wait_step(cx, RETURNING) }
    }

    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        if let Some(next) = Self::next(cx) {
            self.give(cx, next);
            self.0.ensure(cx, &QUEUES);
        } else {
            cx.free();
        }
        Step::Left
    }

    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        let Some(next) = Self::next(cx) else {
            cx.clear_request();
            return Step::Owns;
        };
        self.give(cx, next);
        self.0.wait_step(cx, RUNNABLE)
    }

    // A notification only passes the timer on: a waiter is given the capability.
    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, wake: Wake) -> Step {
        if wake == Wake::TimedOut && !cx.requested() {
            cx.request(Request::AfterInterval);
        }
        self.0.wait_step(cx, set)
    }

    fn cancel(&mut self, cx: &mut dyn Context, _: bool) {
        self.0.remove(cx.me());
        if Self::next(cx).is_none() {
            cx.clear_request();
        }
        self.0.ensure(cx, &QUEUES);
    }
}
