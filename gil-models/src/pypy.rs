//! PyPy: a release that wakes no thread, and one waiter that polls every 0.1 ms.
//!
//! Modelled on `rpython/translator/c/src/thread_gil.c` of PyPy.
//!
//! Release is a plain store, acquire one compare-and-swap: the cheapest pair of all models. The
//! waiters pay for it. The waiting room is a mutex (assumed to be roughly first come, first
//! served), and the one thread that has passed it, the *stealer*, tries the lock every 0.1 ms. A
//! thread that yields unlocks `mutex_gil`, which gives the lock to the stealer, and goes to the end
//! of the waiting room: a true hand-off.
//!
//! | handshake | here                                                          |
//! |-----------|---------------------------------------------------------------|
//! | requested | never: the bytecode counter runs out                          |
//! | answered  | the counter's action yields, if a thread waits                |
//! | granted   | on a yield, to the stealer; on a release never                |
//! | confirmed | the stealer runs                                              |
//!
//! # What is written differently
//! - The contended release and acquire of PyPy enter no mutex. The decisions are the same, the cost
//!   is not.
//! - The mutex of the waiting room wakes the next stealer. Here the stealer that leaves chooses and
//!   notifies it.
//! - The random spinning in front of the waiting room (PyPy's issue 2341) is omitted: a thread that
//!   wins there has won a race for a free lock.
//!
//! # Not under loom
//! While the lock is free and threads wait, no thread is acquiring until the next poll. So LIVE-4
//! is false by design, and a checker with finite timeouts sees a deadlock.

use std::time::Duration;

use gil_core::protocol::{
    Context, Order, Preemption, Protocol, Release, Step, ThreadId, Timer, WaitSet, Wake,
};

/// Bytecodes between two checks for waiters (raised from 100: each yield really switches).
const CHECK_INTERVAL: u32 = 10_000;

const ROOM: WaitSet = WaitSet(0);
const POLLING: WaitSet = WaitSet(1);

/// The GIL of PyPy.
///
/// ```
/// # if gil_core::UNDER_LOOM { return }
/// let gil = gil_core::Gil::with_protocol(1, gil_models::PyPy::new());
/// *gil.attach() += 1;
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct PyPy {
    /// The thread that has `mutex_gil_stealer`.
    stealer: Option<ThreadId>,
}

impl PyPy {
    /// A free lock.
    #[must_use]
    pub const fn new() -> Self {
        Self { stealer: None }
    }

    /// The stealer unlocks `mutex_gil_stealer`: the thread that has waited longest in the room is
    /// next.
    fn leave_room(&mut self, cx: &mut dyn Context) {
        self.stealer = cx.first(ROOM);
        if let Some(next) = self.stealer {
            cx.notify(next);
        }
    }
}

impl Protocol for PyPy {
    const NAME: &'static str = "pypy";
    const SETS: &'static [Order] = &[Order::Fifo, Order::Fifo];
    const PREEMPTION: Preemption = Preemption::EveryTicks(CHECK_INTERVAL);
    const SWITCH_INTERVAL: Duration = Duration::from_micros(100);

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() {
            Step::Owns
        } else if *self.stealer.get_or_insert(cx.me()) == cx.me() {
            Step::Wait(POLLING, Some(Timer::Wait))
        } else {
            Step::Wait(ROOM, None)
        }
    }

    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free(); // rpy_fastgil = 0
        Step::Left
    }

    // RPyGilYieldThread: only if rpy_waiting_threads is not 0. Unlocking mutex_gil gives the lock
    // to the stealer, or to the next stealer.
    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        let Some(stealer) = cx.first(POLLING) else { return Step::Owns };
        cx.give(stealer);
        self.leave_room(cx);
        Step::Retry
    }

    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, _: Wake) -> Step {
        if set == ROOM {
            return Step::Retry; // has mutex_gil_stealer now, tries the lock next
        }
        if cx.is_free() {
            self.leave_room(cx);
            return Step::Owns;
        }
        Step::Wait(POLLING, Some(Timer::Wait))
    }

    fn retry(&mut self, cx: &mut dyn Context) -> Step {
        if self.stealer == Some(cx.me()) && cx.is_free() {
            self.leave_room(cx);
            return Step::Owns;
        }
        self.acquire(cx)
    }

    // PyPy cannot give up.
    fn cancel(&mut self, cx: &mut dyn Context, _: bool) {
        if self.stealer == Some(cx.me()) {
            self.leave_room(cx);
        }
    }
}
