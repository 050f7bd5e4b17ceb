//! Runs of our own lock, recorded inside the mutex and replayed through a new Monitor.

use gil_core::engine::{Event, Monitor, Operation, Outcome, WakePolicy};
use gil_core::protocol::{Protocol, ThreadId};
use gil_core::raw::{Observe, SectionInfo};

/// One section as it happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// The thread.
    pub thread: ThreadId,
    /// The operation.
    pub entry: Operation,
    /// The previous owner: the fast path may have changed it since the last section.
    pub owner_before: Option<ThreadId>,
    /// The outcome.
    pub outcome: Outcome,
    /// The events.
    pub events: Vec<Event>,
    /// The woken threads, in order.
    pub wakes: Vec<ThreadId>,
}

/// Keeps every section of a lock, for [`replay_recorded`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SectionRecorder(
    /// The sections so far.
    pub Vec<Recorded>,
);

impl Observe for SectionRecorder {
    fn section<P: Protocol>(&mut self, section: &SectionInfo<'_, P>) {
        let SectionInfo { thread, operation: entry, outcome, monitor } = *section;
        self.0.push(Recorded {
            thread,
            entry,
            owner_before: monitor.before().0,
            outcome,
            events: monitor.events().to_vec(),
            wakes: monitor.woken().to_vec(),
        });
    }
}

/// Wakes the threads of the recording.
struct AsRecorded<'a>(std::slice::Iter<'a, ThreadId>);

impl WakePolicy for AsRecorded<'_> {
    fn choose(&mut self, waiting: &mut dyn Iterator<Item = ThreadId>) -> Option<ThreadId> {
        let waiting: Vec<_> = waiting.collect();
        self.0.find(|thread| waiting.contains(thread)).copied()
    }
}

/// Replays a recording through a fresh Monitor of `protocol`; the number of sections.
///
/// # Errors
/// The section that the protocol would decide differently, and why.
pub fn replay_recorded<P: Protocol>(protocol: P, sections: &[Recorded]) -> Result<usize, String> {
    let mut monitor = Monitor::new(protocol);
    for (number, section) in sections.iter().enumerate() {
        let Recorded { thread, entry, owner_before, outcome, events, wakes } = section;
        let told = |why: String| format!("section {number}, {thread:?} {entry:?}: {why}");
        monitor.sync_owner(*owner_before).map_err(|fault| told(fault.to_string()))?;
        let mut choose = AsRecorded(wakes.iter());
        let decided = monitor.section(*thread, *entry, &mut choose);
        let decided = decided.map_err(|fault| told(fault.to_string()))?;
        if decided != *outcome || monitor.events() != events || monitor.woken() != wakes {
            return Err(told(format!(
                "recorded {outcome:?} with {events:?} waking {wakes:?}, the model says \
                 {decided:?} with {:?} waking {:?}",
                monitor.events(),
                monitor.woken()
            )));
        }
    }
    Ok(sections.len())
}
