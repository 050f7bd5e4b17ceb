//! One armed timer for a protocol with queues, instead of one for each waiter.

use super::{Context, Step, ThreadId, Timer, WaitSet};

/// Which waiter sleeps with a timer, so that all others sleep until they are woken.
///
/// # The rule
/// The first thread that waits through [`Timekeeper::wait_step`] becomes the timekeeper. It keeps
/// the post while it waits: after its timer expires and it requests a switch, it times the next
/// run. If it gets the lock at the holder's safepoint, the preempted thread takes the post, because
/// that thread is awake. If it gets the lock after a detach, or gives up, another waiter must be
/// woken for the post.
///
/// A newcomer does not take the post over. That was tried: newcomers that come and give up, again
/// and again, then keep a waiter's timer from ever expiring. The explorer found it, in five steps.
///
/// While no thread waits there is no timekeeper, so the value equals a new one.
///
/// ```
/// use gil_core::protocol::Timekeeper;
/// const TIMEKEEPER: Timekeeper = Timekeeper::new(); // part of a protocol's state
/// assert_eq!(TIMEKEEPER, Timekeeper::default());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Timekeeper(Option<ThreadId>);

impl Timekeeper {
    /// No thread waits.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// `me` sleeps in `set`, with a timer of the present run if it is or becomes the timekeeper.
    pub fn wait_step(&mut self, cx: &dyn Context, set: WaitSet) -> Step {
        let keeper = *self.0.get_or_insert(cx.me());
        Step::Wait(set, (keeper == cx.me()).then_some(Timer::Run))
    }

    /// `thread` no longer waits.
    pub fn remove(&mut self, thread: ThreadId) {
        if self.0 == Some(thread) {
            self.0 = None;
        }
    }

    /// Ensures that there is a timekeeper or a request if other threads wait in `queues`. Called
    /// when `me` runs or is gone. `false`: no other thread waits in `queues`.
    pub fn ensure(&mut self, cx: &mut dyn Context, queues: &[WaitSet]) -> bool {
        let other = |thread: &ThreadId| *thread != cx.me();
        // The next in line, so that newcomers that give up cannot pass the post round for ever.
        let next = |set| cx.first(set).filter(other).or_else(|| cx.last(set).filter(other));
        let next = queues.iter().copied().find_map(next);
        if let Some(keeper) = next
            && self.0.is_none()
            && !cx.requested()
        {
            self.0 = Some(keeper);
            cx.notify(keeper);
        }
        next.is_some()
    }
}
