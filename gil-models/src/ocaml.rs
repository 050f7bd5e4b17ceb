//! OCaml's master lock: a tick every 50 ms, and a yield that wakes and waits in one section.
//!
//! Modelled on `otherlibs/systhreads` of OCaml 4.14 (`st_masterlock`, `st_posix.h`) and 5.x
//! (`st_pthreads.h`).
//!
//! The lock is a flag, a count of waiters and one condition variable; who takes it next is anybody's
//! race. What is special is `st_thread_yield` (PR 2112, OCaml 4.09): it wakes one competitor **and
//! registers as a waiter in the same critical section**, so it cannot be first. Before it a yield was
//! a release and an acquire, and the yielding thread ran ten thousand times more before the other
//! came in; [`OCaml::old_yield`] is that one.
//!
//! | handshake | here                                                             |
//! |-----------|------------------------------------------------------------------|
//! | requested | by the tick, every 50 ms, whoever runs and however long          |
//! | answered  | at the next poll, if anybody waits                               |
//! | granted   | never: the lock is freed, whoever comes first takes it           |
//! | confirmed | never                                                            |
//!
//! # What is written differently
//! - The tick thread is the timer of one waiter, from the start of its wait: as in OCaml a tick is
//!   not aligned to the start of anybody's slice. It does not tick while nobody waits.
//! - The count of waiters is read without the lock in OCaml, racy on purpose. Here in the section.
//! - OCaml cannot give up.

use std::time::Duration;

use gil_core::protocol::{
    Context, Order, Protocol, Release, Request, Step, ThreadId, Timer, WaitSet, Wake,
};

const IS_FREE: WaitSet = WaitSet(0);

/// The master lock of OCaml's systhreads.
///
/// ```
/// # if gil_core::UNDER_LOOM { return }
/// let gil = gil_core::Gil::with_protocol(1, gil_models::OCaml::new());
/// *gil.attach() += 1;
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct OCaml {
    waiters: u32,
    ticker: Option<ThreadId>,
    yield_releases: bool,
}

impl OCaml {
    /// A free lock of OCaml 4.09 or later.
    #[must_use]
    pub const fn new() -> Self {
        Self { waiters: 0, ticker: None, yield_releases: false }
    }

    /// Before OCaml 4.09: a yield is a release, then an acquire.
    #[must_use]
    pub const fn old_yield() -> Self {
        Self { waiters: 0, ticker: None, yield_releases: true }
    }

    fn wait(&mut self, cx: &dyn Context) -> Step {
        self.waiters += 1;
        let ticks = *self.ticker.get_or_insert(cx.me()) == cx.me();
        Step::Wait(IS_FREE, ticks.then_some(Timer::Wait))
    }

    /// `me` has the lock, or has gone: if others wait, one of them keeps the time or the tick has
    /// come.
    fn keep_time(&mut self, cx: &mut dyn Context) {
        self.ticker = self.ticker.filter(|ticker| *ticker != cx.me());
        if self.waiters > 0 && self.ticker.is_none() && !cx.requested() {
            cx.notify_one(IS_FREE);
        }
    }
}

impl Protocol for OCaml {
    const NAME: &'static str = "ocaml";
    const SETS: &'static [Order] = &[Order::Unordered];
    const SWITCH_INTERVAL: Duration = Duration::from_millis(50);

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if !cx.is_free() {
            return self.wait(cx);
        }
        self.keep_time(cx);
        Step::Owns
    }

    // The tick's flag is the domain's and not the thread's: it stays for whoever runs next.
    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        cx.notify_one(IS_FREE);
        Step::Left
    }

    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        if self.waiters == 0 {
            cx.clear_request();
            return Step::Owns;
        }
        cx.free();
        cx.clear_request();
        cx.notify_one(IS_FREE);
        if self.yield_releases {
            return Step::Retry;
        }
        self.ticker = Some(cx.me());
        self.wait(cx)
    }

    fn woken(&mut self, cx: &mut dyn Context, _: WaitSet, wake: Wake) -> Step {
        self.waiters -= 1;
        if wake == Wake::TimedOut {
            // The tick is no thread that wants the lock: it asks, and this one sleeps on. Whoever
            // yields is awake and keeps the time from then on.
            if self.ticker == Some(cx.me()) && !cx.is_free() {
                cx.request(Request::AfterInterval);
                self.ticker = None;
                self.waiters += 1;
                return Step::Wait(IS_FREE, None);
            }
            return self.wait(cx);
        }
        if cx.is_free() {
            self.keep_time(cx);
            return Step::Owns;
        }
        self.wait(cx)
    }

    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        self.waiters -= 1;
        if self.waiters == 0 {
            cx.clear_request();
        }
        if notified {
            cx.notify_one(IS_FREE);
        }
        self.keep_time(cx);
    }
}
