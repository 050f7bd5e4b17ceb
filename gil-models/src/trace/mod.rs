//! The events of a lock in a recording: the input of pictures.

use gil_core::engine::{Event, Monitor, Outcome};
use gil_core::protocol::{Protocol, ThreadId};

mod recorder;
pub use recorder::Recorder;

/// An event of a recording.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TraceEvent {
    /// An event of a section.
    Event(Event),
    /// A thread was woken, and has not run yet.
    Woken(ThreadId),
    /// A thread is outside now.
    Left(ThreadId),
}

/// One line of a recording.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TraceRecord {
    /// Nanoseconds since the recording began.
    pub at_ns: u64,
    /// The event.
    pub what: TraceEvent,
}

impl TraceRecord {
    /// All events of the last section of `monitor`, run by `thread`.
    pub fn of_section<P: Protocol>(
        at_ns: u64,
        thread: ThreadId,
        outcome: Outcome,
        monitor: &Monitor<P>,
    ) -> impl Iterator<Item = Self> + '_ {
        let events = monitor.events().iter().copied().map(TraceEvent::Event);
        let woken = monitor.woken().iter().copied().map(TraceEvent::Woken);
        let left = (outcome == Outcome::Left).then_some(TraceEvent::Left(thread));
        events.chain(woken).chain(left).map(move |what| Self { at_ns, what })
    }
}
