//! OCaml's master lock: a tick every 50 ms, and a yield that wakes and waits in one section.
//!
//! Modelled on `otherlibs/systhreads` of OCaml 4.14 (`st_masterlock`, `st_posix.h`) and 5.x
//! (`st_pthreads.h`).
//!
//! The lock is a flag, a count of waiters and one condition variable; any thread may win the race
//! for it. `st_thread_yield` is special (PR 2112, OCaml 4.09): it wakes one competitor **and
//! registers as a waiter in the same critical section**, so it cannot be first. Before that, a
//! yield was a release followed by an acquire. The yielding thread ran ten thousand iterations more
//! before the other thread acquired the lock; [`OCaml::old_yield`] models it.
//!
//! | handshake | here                                                             |
//! |-----------|------------------------------------------------------------------|
//! | requested | by the tick, every 50 ms, whichever thread runs                  |
//! | answered  | at the next poll, if a thread waits                              |
//! | granted   | never: the lock is freed, the first thread to arrive takes it    |
//! | confirmed | never                                                            |
//!
//! # What is written differently
//! - The tick thread is the timer of one waiter, from the start of its wait. As in OCaml, a tick is
//!   not aligned to the start of a slice. It does not tick while no thread waits.
//! - OCaml reads the count of waiters without the lock, as an intended race. The model reads it in
//!   the section.
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

    /// Before OCaml 4.09: a yield is a release followed by an acquire.
    #[must_use]
    pub const fn old_yield() -> Self {
        Self { waiters: 0, ticker: None, yield_releases: true }
    }

    fn wait(&mut self, cx: &dyn Context) -> Step {
        self.waiters += 1;
        let ticks = *self.ticker.get_or_insert(cx.me()) == cx.me();
        Step::Wait(IS_FREE, ticks.then_some(Timer::Wait))
    }

    /// `me` has the lock or has gone. If others wait, one of them is the timekeeper, or the tick
    /// has happened.
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

    // The tick's flag belongs to the domain and not to the thread: it stays for the next holder.
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
            // The tick is not an acquiring thread: it requests, and this thread sleeps on. The
            // thread that yields is awake and is the timekeeper from then on.
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
