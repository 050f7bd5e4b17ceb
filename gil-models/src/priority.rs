//! Beazley's two classes: threads that do I/O take precedence over CPU-bound threads.
//!
//! Modelled on descriptions of David Beazley's patch of 2010 (bpo-7946); its text was not
//! available. It was rejected in substance: every simple rule has a pathological case. Here a
//! CPU-bound thread that makes an occasional call looks like a thread that does I/O.
//!
//! A thread attaches in the I/O class. A forced drop moves it to the CPU class, and a voluntary
//! release moves it back. So a thread that attaches is in the I/O class, and a preempted thread is
//! in the CPU class. The I/O class requests at once from a holder of the CPU class, every other
//! thread after an interval. The I/O class is served first.
//!
//! | handshake | here                                                             |
//! |-----------|------------------------------------------------------------------|
//! | requested | at once by the I/O class, after an interval by the CPU class     |
//! | answered  | at the next check                                                |
//! | granted   | the lock is freed for the first of the better class              |
//! | confirmed | the taker signals, as in CPython                                 |
//!
//! # What is written differently
//! - The forced switch is a queue that keeps its order, and not a second condition variable.
//! - A holder without waiters counts as one of the CPU class, whatever it did before: the fast path
//!   cannot be remembered.

use gil_core::protocol::{
    Context, Order, Protocol, Release, Request, Step, ThreadId, Timekeeper, WaitSet, Wake,
};

const IO: WaitSet = WaitSet(0);
const CPU: WaitSet = WaitSet(1);
const CLASSES: [WaitSet; 2] = [IO, CPU];

/// Two classes of threads, as in Beazley's patch to CPython.
///
/// ```
/// # if gil_core::UNDER_LOOM { return }
/// let gil = gil_core::Gil::with_protocol(1, gil_models::Priority::new());
/// *gil.attach() += 1;
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Priority {
    /// The holder arrived while others waited.
    holder_does_io: bool,
    time: Timekeeper,
}

impl Priority {
    /// A free lock.
    #[must_use]
    pub const fn new() -> Self {
        Self { holder_does_io: false, time: Timekeeper::new() }
    }

    fn next(cx: &dyn Context) -> Option<ThreadId> {
        CLASSES.into_iter().find_map(|class| cx.first(class))
    }

    /// `me` has the lock, or has gone.
    fn settle(&mut self, cx: &mut dyn Context) {
        self.time.remove(cx.me());
        if !self.time.ensure(cx, &CLASSES) {
            self.holder_does_io = false;
        }
    }
}

impl Protocol for Priority {
    const NAME: &'static str = "priority";
    const SETS: &'static [Order] = &[Order::Fifo, Order::Fifo];

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() {
            self.holder_does_io = Self::next(cx).is_some();
            return Step::Owns;
        }
        if !self.holder_does_io && !cx.requested() {
            cx.request(Request::AfterInterval); // without an interval: see SAFE-4
        }
        self.time.wait_step(cx, IO)
    }

    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        cx.clear_request();
        if let Some(next) = Self::next(cx) {
            cx.notify(next);
        }
        Step::Left
    }

    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        if Self::next(cx).is_none() {
            cx.clear_request();
            return Step::Owns;
        }
        self.release(cx, Release::Blocking);
        self.time.wait_step(cx, CPU)
    }

    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, wake: Wake) -> Step {
        if cx.is_free() && Self::next(cx) == Some(cx.me()) {
            self.holder_does_io = set == IO;
            self.settle(cx);
            return Step::Owns;
        }
        if wake == Wake::TimedOut && !cx.is_free() && !cx.requested() {
            cx.request(Request::AfterInterval);
        }
        self.time.wait_step(cx, set)
    }

    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        match Self::next(cx) {
            Some(next) if notified && cx.is_free() => cx.notify(next),
            Some(_) => {}
            None => cx.clear_request(),
        }
        self.settle(cx);
    }
}
