//! The control: no lock at all.
//!
//! Every attach succeeds. In the explorer it is the counterexample to mutual exclusion, two steps
//! long. As a real lock it aborts at the second attach, because the Monitor refuses it.

use gil_core::protocol::{Context, Order, Protocol, Release, Step, WaitSet, Wake};

/// Not a lock.
///
/// ```
/// use gil_core::engine::{Fault, Monitor, Operation, WakeFirst};
/// use gil_core::protocol::ThreadId;
/// let [a, b] = [0, 1].map(ThreadId::from_index);
/// let mut monitor = Monitor::new(gil_models::NoLock::new());
/// monitor.section(a, Operation::Acquire, &mut WakeFirst)?;
/// assert_eq!(monitor.section(b, Operation::Acquire, &mut WakeFirst), Err(Fault::TakesHeldLock));
/// # Ok::<(), Fault>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct NoLock(());

impl NoLock {
    /// No state.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl Protocol for NoLock {
    const NAME: &'static str = "no-lock";
    const SETS: &'static [Order] = &[];

    fn acquire(&mut self, _: &mut dyn Context) -> Step {
        Step::Owns
    }

    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        Step::Left
    }

    fn safepoint(&mut self, _: &mut dyn Context) -> Step {
        Step::Owns
    }

    fn woken(&mut self, _: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
        Step::Owns // there is nothing to wait in
    }

    fn cancel(&mut self, _: &mut dyn Context, _: bool) {}
}
