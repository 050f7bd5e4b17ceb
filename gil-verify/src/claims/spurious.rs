//! Robustness: the safety claims when a thread that sleeps without a timer wakes up spuriously.
//!
//! The Monitor answers a spurious return by sleeping on, because a wake-up is part of a thread
//! state. So the mechanism is immune, and loom's spurious choices show it. This module asks the
//! same of the *protocols*: a condition variable may return spuriously, and real interpreters are
//! built on condition variables. [`Spurious`] lets any untimed wait end by itself, like a
//! notification that no thread sent. Only safety is judged, because a wait is not guaranteed to end
//! by itself.

use gil_core::protocol::{
    Context, Order, Preemption, Protocol, Release, Settings, Step, Timer, WaitSet, Wake,
};

/// The variant's name in reports.
pub const VARIANT: &str = "blocking+spurious";

/// A protocol whose untimed waits may end spuriously.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Spurious<P> {
    inner: P,
    /// By thread, whether its present wait has no timer of its own.
    untimed: Vec<bool>,
}

impl<P: Protocol> Spurious<P> {
    /// For this number of threads.
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
    const PACED: bool = P::PACED;

    fn settings(&self) -> Settings {
        self.inner.settings()
    }

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
