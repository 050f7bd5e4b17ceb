//! CPython 2: ticks and a semaphore.
//!
//! Modelled on CPython 2.7.5, `Python/ceval.c` (the top of the evaluation loop) and
//! `Python/thread_pthread.h` (`sem_wait`, `sem_post`).
//!
//! Every 100 ticks the holder releases and at once acquires again, in two separate operations on
//! the semaphore, with or without waiters. Release is not a hand-off: the first thread that runs
//! wins, and that is usually the thread that is already running. This is the GIL battle.
//!
//! | handshake | here                                            |
//! |-----------|-------------------------------------------------|
//! | requested | never: the ticks run out                        |
//! | answered  | release and acquire, every time                 |
//! | granted   | never: the lock is freed, any thread takes it   |
//! | confirmed | never                                           |

use gil_core::protocol::{Context, Order, Preemption, Protocol, Release, Step, WaitSet, Wake};

/// `sys.getcheckinterval()` of a new interpreter.
const CHECK_INTERVAL_TICKS: u32 = 100;

const SEMAPHORE: WaitSet = WaitSet(0);

/// The tick GIL of Python 2. Set the ticks with
/// [`RawGil::set_check_interval`](gil_core::raw::RawGil::set_check_interval).
///
/// ```
/// # if gil_core::UNDER_LOOM { return }
/// let gil = gil_core::Gil::with_protocol(0, gil_models::Python2::new());
/// let mut attached = gil.attach();
/// for _ in 0..100 { attached.safepoint(); }
/// assert_eq!(gil.counters().acquisitions, 0);
/// attached.safepoint(); // the ticker falls below zero: released and taken again, though alone
/// assert_eq!(gil.counters().acquisitions, 1);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Python2(());

impl Python2 {
    /// A free lock.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl Protocol for Python2 {
    const NAME: &'static str = "python2";
    const SETS: &'static [Order] = &[Order::Unordered];
    const PREEMPTION: Preemption = Preemption::EveryTicks(CHECK_INTERVAL_TICKS);

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() { Step::Owns } else { Step::Wait(SEMAPHORE, None) }
    }

    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        cx.notify_one(SEMAPHORE);
        Step::Left
    }

    // ceval.c: "Give another thread a chance" between PyThread_release_lock and
    // PyThread_acquire_lock, "Other threads may run now".
    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        self.release(cx, Release::Blocking);
        Step::Retry
    }

    fn woken(&mut self, cx: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
        self.acquire(cx)
    }

    // Python 2 cannot give up. A post that the leaving thread has consumed goes to the next.
    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        if notified && cx.is_free() {
            cx.notify_one(SEMAPHORE);
        }
    }
}
