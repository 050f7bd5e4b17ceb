//! Whose sleep ends with a run: the thread that keeps the time, or the one that has just asked.
//!
//! The protocol chooses who keeps the time ([`Timer::Run`](crate::Timer)): whoever was switched out last. That thread
//! has woken the next owner, and the system may start that one on the same processor and put the waker aside,
//! before it is asleep and its timer is set. So the time would be kept late, by as much as the system lets it wait.
//!
//! The thread that asked is awake as well, and has nothing left to do. It waits for the answer for about a
//! microsecond. If it comes, it sets its alarm for the run that begins then, in the place of the one that keeps
//! the time. When it rings, that one's timer has expired, and no sooner: the protocol knows nothing of it.
//!
//! - ALARM-1: whoever relies on another's alarm relies on a thread that waits. As soon as that one no longer
//!   does, who relied on it is woken, and sets its own.

use crate::protocol::ThreadId;

#[derive(Debug)]
pub(crate) struct Alarm {
    /// Who has asked because a run's interval was up, and is awake for the answer.
    pub(crate) asks: Option<ThreadId>,
    pub(crate) relied_on: Option<Relied>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Relied {
    /// Who keeps the time, for the protocol.
    pub(crate) keeper: ThreadId,
    /// Whose alarm is set for it.
    pub(crate) bearer: ThreadId,
}

impl Alarm {
    /// In whose place the alarm of `bearer` is set.
    pub(crate) fn keeper_for(&self, bearer: ThreadId) -> Option<ThreadId> {
        self.relied_on.filter(|relied| relied.bearer == bearer).map(|relied| relied.keeper)
    }

    /// Whether `keeper` needs no timer of its own.
    pub(crate) fn is_kept_for(&self, keeper: ThreadId) -> bool {
        self.relied_on.is_some_and(|relied| relied.keeper == keeper)
    }
}
