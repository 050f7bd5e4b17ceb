//! CPython 3.2 to the present: a timed wait, a drop request, a forced switch.
//!
//! Modelled on `Python/ceval_gil.h` and `ceval_gil.c` of CPython 3.2 to 3.14. The scheduling is the
//! same in all these versions.
//!
//! - `take_gil`: while the lock is held, wait for one interval. Request a drop only if the wait
//!   timed out, the lock is still held and the **switch number** has not moved since this wait
//!   began.
//! - `drop_gil`: free the lock, signal. If a drop was requested, lock a second mutex. Unless
//!   another thread has already taken the lock, sleep on a second condition until one does: the
//!   **forced switch**. It is one untimed wait without a loop.
//!
//! | handshake | here                                                         |
//! |-----------|--------------------------------------------------------------|
//! | requested | after a full interval without a switch, by any waiter        |
//! | answered  | at the breaker, or at the next voluntary release             |
//! | granted   | never: the lock is freed, the first thread to arrive takes it |
//! | confirmed | the taker signals the second condition                       |
//!
//! # Two mutexes
//! In CPython the drop and the check of the last holder are two critical sections. Other threads
//! run between them, on one core nearly always. Here [`Step::Retry`] separates them.
//!
//! # What is written differently
//! - The switch number only grows. Its only use is the question whether it has moved since a wait
//!   began, so the model keeps the set of threads for which it has not.
//! - Since 3.13 the request is a bit of the holder's thread state; before, it was one flag. The bit
//!   lives as long as the holder's turn, so no thread can observe the difference.
//! - CPython gives up only when it finalizes; here a waiter may give up at any moment. It then
//!   follows gh-96387's rule, and signals both conditions in place of signals it may have consumed.

use std::collections::BTreeSet;

use gil_core::protocol::{
    Context, Order, Protocol, Release, Request, Step, ThreadId, Timer, WaitSet, Wake,
};

const GIL: WaitSet = WaitSet(0);
const SWITCH: WaitSet = WaitSet(1);

/// The GIL of CPython 3.2 to the present.
///
/// ```
/// # if gil_core::UNDER_LOOM { return }
/// let gil = gil_core::Gil::with_protocol(vec![1], gil_models::Python3::new());
/// gil.set_switch_interval(std::time::Duration::from_millis(1)); // sys.setswitchinterval(0.001)
/// gil.attach().push(2);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Python3 {
    last_holder: Option<ThreadId>,
    /// Waiters in whose present wait the switch number has not moved.
    patient: BTreeSet<ThreadId>,
    /// Threads between `drop_gil`'s first mutex and its second.
    switching: BTreeSet<ThreadId>,
    /// `FORCE_SWITCHING` is not defined.
    never_waits: bool,
    /// A timeout requests whether or not the switch number has moved.
    never_compares: bool,
}

impl Python3 {
    /// A free lock.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            last_holder: None,
            patient: BTreeSet::new(),
            switching: BTreeSet::new(),
            never_waits: false,
            never_compares: false,
        }
    }

    /// As if `FORCE_SWITCHING` were not defined: the releasing thread does not wait until another
    /// thread has actually acquired the lock (the article's A15 omitted).
    #[must_use]
    pub const fn without_forced_switching() -> Self {
        let mut lock = Self::new();
        lock.never_waits = true;
        lock
    }

    /// Without the comparison of switch numbers: a waiter requests after every interval (the
    /// article's A18 omitted).
    #[must_use]
    pub const fn without_switch_check() -> Self {
        let mut lock = Self::new();
        lock.never_compares = true;
        lock
    }

    /// `gil->last_holder`.
    #[must_use]
    pub const fn last_holder(&self) -> Option<ThreadId> {
        self.last_holder
    }

    fn take(&mut self, cx: &mut dyn Context) -> Step {
        self.patient.remove(&cx.me());
        if self.last_holder != Some(cx.me()) {
            self.last_holder = Some(cx.me());
            self.patient.clear(); // ++gil->switch_number
        }
        cx.notify_one(SWITCH);
        cx.clear_request();
        Step::Owns
    }

    fn wait(&mut self, cx: &dyn Context) -> Step {
        self.patient.insert(cx.me()); // saved_switchnum = gil->switch_number
        Step::Wait(GIL, Some(Timer::Wait))
    }

    fn drop_gil(&mut self, cx: &mut dyn Context) {
        self.last_holder = Some(cx.me());
        cx.free();
        cx.notify_one(GIL);
    }
}

impl Protocol for Python3 {
    const NAME: &'static str = "python3";
    const SETS: &'static [Order] = &[Order::Unordered, Order::Unordered];

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() { self.take(cx) } else { self.wait(cx) }
    }

    // gh-104341: the final release of a thread state accesses nothing after the first mutex, so it
    // omits the forced switch, with or without a request.
    fn release(&mut self, cx: &mut dyn Context, how: Release) -> Step {
        self.drop_gil(cx);
        if cx.requested() && how == Release::Blocking && !self.never_waits {
            self.switching.insert(cx.me());
            return Step::Retry;
        }
        Step::Left
    }

    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        self.drop_gil(cx);
        if cx.requested() && !self.never_waits {
            self.switching.insert(cx.me());
        }
        Step::Retry
    }

    fn retry(&mut self, cx: &mut dyn Context) -> Step {
        if self.switching.remove(&cx.me()) && self.last_holder == Some(cx.me()) {
            cx.clear_request();
            Step::Wait(SWITCH, None)
        } else if cx.leaving() {
            Step::Left
        } else {
            self.acquire(cx)
        }
    }

    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, wake: Wake) -> Step {
        if set == SWITCH {
            return if cx.leaving() { Step::Left } else { Step::Retry };
        }
        if cx.is_free() {
            return self.take(cx);
        }
        if wake == Wake::TimedOut && (self.never_compares || self.patient.contains(&cx.me())) {
            cx.request(Request::AfterInterval);
        }
        self.wait(cx)
    }

    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        self.patient.remove(&cx.me());
        cx.clear_request(); // gh-96387: or the dropper waits for a thread that has gone,
        self.switching.clear(); // also where it has dropped and not yet begun to wait
        if notified && cx.is_free() {
            cx.notify_one(GIL);
        }
        cx.notify_one(SWITCH);
    }
}
