//! One armed timer for a protocol with queues, instead of one for each waiter.

use crate::protocol::{Context, Step, ThreadId, Timer, WaitSet};

/// Which waiter sleeps with a timer, so that all others sleep until they are woken.
///
/// Having asked for a switch the keeper is free of its post, and the thread that is switched out,
/// which is awake anyway, takes it over: no extra wake-up in the steady state. Only where the
/// keeper gets the lock by a voluntary release, or gives up, has another waiter to be woken for the
/// post. (A newcomer that takes the post over would do that more cheaply. It was tried: newcomers
/// that come and give up, again and again, then keep a waiter's timer from ever expiring. The
/// explorer found it, five steps long.)
///
/// While nobody waits there is no keeper, so it is equal to a new one.
///
/// ```
/// use gil_core::Timekeeper;
/// const KEEPER: Timekeeper = Timekeeper::new(); // part of a protocol's state
/// assert_eq!(KEEPER, Timekeeper::default());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Timekeeper(Option<ThreadId>);

impl Timekeeper {
    /// Nobody waits.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// `me` sleeps in `set`, with a timer of the present run where nobody else has it.
    pub fn wait_step(&mut self, cx: &dyn Context, set: WaitSet) -> Step {
        let keeper = *self.0.get_or_insert(cx.me());
        Step::Wait(set, (keeper == cx.me()).then_some(Timer::Run))
    }

    /// The keeper has asked for a switch.
    pub fn expired(&mut self) {
        self.0 = None;
    }

    /// `thread` waits no longer.
    pub fn remove(&mut self, thread: ThreadId) {
        if self.0 == Some(thread) {
            self.0 = None;
        }
    }

    /// `me` runs or is gone. If others wait in these queues, one of them keeps the time or a switch
    /// is requested; `false`: nobody waits.
    pub fn ensure(&mut self, cx: &mut dyn Context, queues: &[WaitSet]) -> bool {
        let other = |thread: &ThreadId| *thread != cx.me();
        // The next in line, so that newcomers who give up cannot pass the post round for ever.
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
