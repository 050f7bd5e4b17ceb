//! Ruby 1.9.3: strictly first come, first served.
//!
//! Modelled on `thread_pthread.c` of Ruby 1.9.3 (`gvl_acquire`, `gvl_release`) and the timer thread
//! that interrupts the running thread after 100 ms (10 ms on Windows). It replaced a lock that one
//! thread could acquire repeatedly (Bug #2359 and #3890).
//!
//! A list of waiters, one condition variable each. A thread waits until the lock is free **and** it
//! is the first of the list; a release signals the first. No thread barges, so the order forces a
//! switch.
//!
//! | handshake | here                                                            |
//! |-----------|-----------------------------------------------------------------|
//! | requested | by the timer thread, for a thread that ran for a whole quantum  |
//! | answered  | releases, then acquires: to the end of the list                 |
//! | granted   | in effect at the release: only the first of the list can acquire |
//! | confirmed | it acquires                                                     |
//!
//! # What is written differently
//! The timer thread is the timer of one waiter ([`Timekeeper`]), and runs only while a thread
//! waits.

use std::time::Duration;

use gil_core::protocol::{
    Context, Order, Protocol, Release, Request, Step, Timekeeper, WaitSet, Wake,
};

const LIST: WaitSet = WaitSet(0);

/// The GVL of Ruby 1.9.3.
///
/// ```
/// # if gil_core::UNDER_LOOM { return }
/// let gil = gil_core::Gil::with_protocol(1, gil_models::Ruby19::new());
/// *gil.attach() += 1;
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ruby19(Timekeeper);

impl Ruby19 {
    /// A free lock.
    #[must_use]
    pub const fn new() -> Self {
        Self(Timekeeper::new())
    }
}

impl Protocol for Ruby19 {
    const NAME: &'static str = "ruby19";
    const SETS: &'static [Order] = &[Order::Fifo];
    const SWITCH_INTERVAL: Duration = Duration::from_millis(100);

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() && cx.first(LIST).is_none() {
            return Step::Owns;
        }
        self.0.wait_step(cx, LIST)
    }

    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        cx.clear_request(); // the interrupt was the running thread's own
        if let Some(first) = cx.first(LIST) {
            cx.notify(first);
        }
        Step::Left
    }

    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        if cx.first(LIST).is_none() {
            cx.clear_request();
            return Step::Owns;
        }
        self.release(cx, Release::Blocking);
        Step::Retry
    }

    fn woken(&mut self, cx: &mut dyn Context, _: WaitSet, wake: Wake) -> Step {
        if cx.is_free() && cx.first(LIST) == Some(cx.me()) {
            self.0.remove(cx.me());
            self.0.ensure(cx, &[LIST]);
            return Step::Owns;
        }
        if wake == Wake::TimedOut && !cx.is_free() && !cx.requested() {
            cx.request(Request::AfterInterval);
        }
        self.0.wait_step(cx, LIST)
    }

    // Ruby 1.9.3 cannot give up.
    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        self.0.remove(cx.me());
        match cx.first(LIST) {
            Some(first) if notified && cx.is_free() => cx.notify(first),
            Some(_) => {}
            None => cx.clear_request(),
        }
        self.0.ensure(cx, &[LIST]);
    }
}
