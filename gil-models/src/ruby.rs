//! Ruby today: direct hand-off, one timer, and a hot thread that may retake the lock.
//!
//! Modelled on `thread_sched.c` of Ruby main (`runnable_hot_th`, `thread_sched_wait_running_turn`)
//! and its timer thread, which gives a thread a quantum of 100 ms (Feature #20861).
//!
//! The releasing thread chooses its successor itself, so there is no window for barging. Switching
//! every time was too expensive for very short blocking calls (Bug #21685). So the thread that ran
//! last, the *hot* one, may retake the lock until its successor has started. The successor keeps
//! the front of the queue.
//!
//! | handshake | here                                                              |
//! |-----------|-------------------------------------------------------------------|
//! | requested | by the timer thread, for a thread that ran for a whole quantum    |
//! | answered  | hands off at the next check                                       |
//! | granted   | at once on a forced switch; reserved for the first on a voluntary one |
//! | confirmed | the successor starts, and the hot thread is hot no longer         |
//!
//! # What is written differently
//! - The timer thread is the timer of one waiter ([`Timekeeper`]): it sleeps while no thread waits,
//!   as Ruby's does. Its 10 ms ticks are omitted, so a quantum is 100 ms and not 100 to 110.
//! - A successor that has been chosen and not started is a lock that is free and reserved for the
//!   first of the queue and for the hot thread.
//! - `runnable_hot_th` is a hint that can outlive the thread that it names (PR 17296 fixed an
//!   assertion that failed because of it). Here it is cleared when the queue is empty.

use std::time::Duration;

use gil_core::protocol::{
    Context, Order, Protocol, Release, Request, Step, ThreadId, Timekeeper, WaitSet, Wake,
};

const READY: WaitSet = WaitSet(0);

/// The scheduler of a Ractor of Ruby today.
///
/// ```
/// # if gil_core::UNDER_LOOM { return }
/// let gil = gil_core::Gil::with_protocol(1, gil_models::Ruby::new());
/// *gil.attach() += 1;
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ruby {
    hot: Option<ThreadId>,
    time: Timekeeper,
}

impl Ruby {
    /// A free lock.
    #[must_use]
    pub const fn new() -> Self {
        Self { hot: None, time: Timekeeper::new() }
    }

    fn hand_over(&mut self, cx: &mut dyn Context, next: ThreadId) {
        cx.give(next);
        cx.clear_request();
        self.hot = None;
        self.time.remove(next);
    }
}

impl Protocol for Ruby {
    const NAME: &'static str = "ruby";
    const SETS: &'static [Order] = &[Order::Fifo];
    const SWITCH_INTERVAL: Duration = Duration::from_millis(100);

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() && (cx.first(READY).is_none() || self.hot == Some(cx.me())) {
            self.hot = None;
            return Step::Owns;
        }
        self.time.wait_step(cx, READY)
    }

    fn release(&mut self, cx: &mut dyn Context, how: Release) -> Step {
        match cx.first(READY) {
            None => cx.free(),
            Some(next) if how == Release::Blocking => {
                cx.free();
                cx.clear_request(); // the interrupt was the running thread's own
                self.hot = Some(cx.me());
                cx.notify(next);
            }
            Some(next) => {
                self.hand_over(cx, next);
                self.time.ensure(cx, &[READY]);
            }
        }
        Step::Left
    }

    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        let Some(next) = cx.first(READY) else {
            cx.clear_request();
            return Step::Owns;
        };
        self.hand_over(cx, next);
        self.time.wait_step(cx, READY)
    }

    fn woken(&mut self, cx: &mut dyn Context, _: WaitSet, wake: Wake) -> Step {
        if cx.is_free() && cx.first(READY) == Some(cx.me()) {
            self.hot = None;
            self.time.remove(cx.me());
            self.time.ensure(cx, &[READY]);
            return Step::Owns;
        }
        if wake == Wake::TimedOut && !cx.is_free() && !cx.requested() {
            cx.request(Request::AfterInterval);
        }
        self.time.wait_step(cx, READY)
    }

    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        self.time.remove(cx.me());
        match cx.first(READY) {
            Some(next) if notified && cx.is_free() => cx.notify(next),
            Some(_) => {}
            None => {
                cx.clear_request();
                self.hot = None;
            }
        }
        self.time.ensure(cx, &[READY]);
    }
}
