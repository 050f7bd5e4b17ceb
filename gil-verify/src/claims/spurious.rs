//! Robustness: what happens to the safety claims when a thread that sleeps without a timer wakes up
//! for no reason.
//!
//! The Monitor's own answer to a spurious return is to sleep on, because a wake-up is a state of a
//! slot; so the mechanism is immune, and loom's spurious choices show it. Here the question is put to
//! the *protocols*: a condition variable may return for no reason, and real interpreters are written
//! on condition variables. [`Spurious`] lets any untimed wait end by itself, as a notification that
//! nobody gave. Only safety is judged: that it does end by itself is no promise.

use gil_core::protocol::{
    Context, Order, Preemption, Protocol, Release, Step, Timer, WaitSet, Wake,
};

/// The variant's name in reports.
pub const VARIANT: &str = "blocking+spurious";

/// A protocol whose untimed waits may end for no reason.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Spurious<P> {
    inner: P,
    /// By thread, whether its present wait has no timer of its own.
    untimed: Vec<bool>,
}

impl<P: Protocol> Spurious<P> {
    /// For so many threads.
    #[must_use]
    pub fn new(protocol: P, threads: usize) -> Self {
        Self { inner: protocol, untimed: vec![false; threads] }
    }

    fn noting(&mut self, cx: &dyn Context, step: Step) -> Step {
        let untimed = matches!(step, Step::Wait(_, None));
        self.untimed[cx.me().index()] = untimed;
        match step {
            Step::Wait(set, None) => Step::Wait(set, Some(Timer::Wait)),
            step => step,
        }
    }
}

impl<P: Protocol> Protocol for Spurious<P> {
    const NAME: &'static str = P::NAME;
    const SETS: &'static [Order] = P::SETS;
    const PREEMPTION: Preemption = P::PREEMPTION;
    const GRACE_PERIOD: bool = P::GRACE_PERIOD;

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        let step = self.inner.acquire(cx);
        self.noting(cx, step)
    }

    fn release(&mut self, cx: &mut dyn Context, how: Release) -> Step {
        let step = self.inner.release(cx, how);
        self.noting(cx, step)
    }

    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        let step = self.inner.safepoint(cx);
        self.noting(cx, step)
    }

    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, wake: Wake) -> Step {
        let for_no_reason = std::mem::take(&mut self.untimed[cx.me().index()]);
        let wake = if for_no_reason { Wake::Notified } else { wake };
        let step = self.inner.woken(cx, set, wake);
        self.noting(cx, step)
    }

    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        self.untimed[cx.me().index()] = false;
        self.inner.cancel(cx, notified);
    }

    fn retry(&mut self, cx: &mut dyn Context) -> Step {
        let step = self.inner.retry(cx);
        self.noting(cx, step)
    }
}
