//! What happens inside sections, by its standard names.

use crate::protocol::{Request, ThreadId};

/// Something that a section did. A forced switch is `Requested`, `Answered`, `Granted` and
/// `Confirmed`, in this order. If the lock is freed and not handed over, `Taken` stands for the
/// last two.
///
/// ```
/// use gil_core::engine::{Event, Monitor, Operation, WakeFirst};
/// use gil_core::protocol::{Handoff, ThreadId};
/// let thread = ThreadId::from_index(0);
/// let mut monitor = Monitor::new(Handoff::new());
/// monitor.section(thread, Operation::Acquire, &mut WakeFirst)?;
/// assert_eq!(monitor.events(), [Event::Taken(thread)]);
/// # Ok::<(), gil_core::engine::Fault>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Event {
    /// A waiter asked the owner to release.
    Requested(ThreadId, Request),
    /// The owner released with a request pending.
    Answered(ThreadId),
    /// The owner released without a request.
    Released(ThreadId),
    /// The lock was handed to a waiter, which has not run yet.
    Granted(ThreadId),
    /// A thread that had been granted the lock runs.
    Confirmed(ThreadId),
    /// A thread found the lock free and took it.
    Taken(ThreadId),
    /// A thread goes to sleep, for the first time or again.
    Waiting(ThreadId),
    /// A waiting thread runs because its timer expired.
    TimedOut(ThreadId),
    /// A waiting thread runs because it was notified.
    Notified(ThreadId),
    /// A waiting thread gave up.
    Cancelled(ThreadId),
}
