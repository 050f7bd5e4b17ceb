//! QEMU's old big lock: a thread that attaches requests at once, and the holder waits for it.
//!
//! Modelled on `cpus.c` of QEMU 2.3 to 2.8, before emulation left the global mutex:
//! `qemu_mutex_lock_iothread`, `qemu_tcg_wait_io_event`, `qemu_cpu_kick_thread`.
//!
//! The thread that emulates the processor holds the global mutex while it runs. Any other thread
//! that needs it counts itself in `iothread_requesting_mutex` (a flag before 2.3), kicks the
//! processor out of its loop and waits for the mutex. The kicked thread waits on the condition
//! `qemu_io_proceeded_cond` while the count is not zero. A thread that gets the mutex removes
//! itself from the count and broadcasts that it has **proceeded**.
//!
//! | handshake | here                                                                |
//! |-----------|---------------------------------------------------------------------|
//! | requested | at once, by counting and kicking                                    |
//! | answered  | the kicked thread waits on a condition, which releases the mutex    |
//! | granted   | never: the mutex is free, the first thread to arrive takes it       |
//! | confirmed | by the broadcast                                                    |
//!
//! # What is written differently
//! QEMU has one emulating thread; here every thread can be one. A preempted thread returns without
//! a request, as the emulating thread does. There is no interval, so CPU-bound threads do not
//! share: the round-robin loop inside the one thread did that.

use std::collections::BTreeSet;

use gil_core::protocol::{
    Context, Order, Protocol, Release, Request, Step, ThreadId, WaitSet, Wake,
};

const MUTEX: WaitSet = WaitSet(0);
const PROCEEDED: WaitSet = WaitSet(1);

/// The global mutex of QEMU 2.3 to 2.8.
///
/// ```
/// # if gil_core::UNDER_LOOM { return }
/// let gil = gil_core::Gil::with_protocol(1, gil_models::Qemu::new());
/// *gil.attach() += 1;
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Qemu {
    /// `iothread_requesting_mutex`: the count, as the set of those counted.
    requesting: BTreeSet<ThreadId>,
}

impl Qemu {
    /// A free lock.
    #[must_use]
    pub const fn new() -> Self {
        Self { requesting: BTreeSet::new() }
    }

    fn proceed(&mut self, cx: &mut dyn Context) {
        if self.requesting.remove(&cx.me()) {
            if self.requesting.is_empty() {
                cx.clear_request();
            }
            cx.notify_all(PROCEEDED);
        }
    }

    fn lock(&mut self, cx: &mut dyn Context) -> Step {
        if !cx.is_free() {
            return Step::Wait(MUTEX, None);
        }
        self.proceed(cx);
        Step::Owns
    }
}

impl Protocol for Qemu {
    const NAME: &'static str = "qemu";
    const SETS: &'static [Order] = &[Order::Unordered, Order::Unordered];

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if !cx.is_free() {
            self.requesting.insert(cx.me());
            cx.request(Request::AfterInterval); // a kick, without an interval: see SAFE-4
        }
        self.lock(cx)
    }

    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        cx.notify_one(MUTEX);
        Step::Left
    }

    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        if self.requesting.is_empty() {
            return Step::Owns;
        }
        cx.free();
        cx.notify_one(MUTEX);
        Step::Wait(PROCEEDED, None)
    }

    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, _: Wake) -> Step {
        // qemu_cond_wait takes the mutex before it checks the count again.
        if set == PROCEEDED && cx.is_free() && !self.requesting.is_empty() {
            return Step::Wait(PROCEEDED, None);
        }
        self.lock(cx)
    }

    // QEMU cannot give up.
    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        self.proceed(cx);
        if notified && cx.is_free() {
            cx.notify_one(MUTEX);
        }
    }
}
