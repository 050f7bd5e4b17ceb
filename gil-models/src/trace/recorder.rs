//! A recorder of a lock's events, for pictures. Off unless a lock is made with it.

use std::time::Instant;

use gil_core::protocol::Protocol;
use gil_core::raw::{Observe, SectionInfo};

use super::TraceRecord;

/// Records every section of a lock. It disables the fast path, so every attach and detach has a
/// section. A lock without it pays nothing: the observer is a type.
///
/// ```
/// # if gil_core::UNDER_LOOM { return Ok(()) }
/// use gil_core::engine::Event;
/// use gil_core::protocol::Handoff;
/// use gil_core::raw::RawGil;
/// use gil_models::trace::{Recorder, TraceEvent};
/// let lock = RawGil::with_observer(Handoff::new(), Recorder::new(1_000));
/// let thread = lock.register();
/// lock.attach(&thread)?;
/// lock.detach(&thread)?;
/// let records = lock.inspect_observer(|recorder| recorder.take());
/// let what: Vec<_> = records.iter().map(|record| record.what).collect();
/// let id = thread.id();
/// let [taken, released] = [Event::Taken(id), Event::Released(id)].map(TraceEvent::Event);
/// assert_eq!(what, [taken, released, TraceEvent::Left(id)]);
/// # Ok::<(), gil_core::engine::Fault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Recorder {
    began: Instant,
    limit: usize,
    happened: Vec<TraceRecord>,
    dropped: u64,
}

impl Recorder {
    /// Begins now, and keeps at most `limit` lines.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { began: Instant::now(), limit, happened: Vec::new(), dropped: 0 }
    }

    /// The recording so far, which is empty afterwards.
    pub fn take(&mut self) -> Vec<TraceRecord> {
        std::mem::take(&mut self.happened)
    }

    /// The number of lines beyond the limit, which were not kept.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

impl Observe for Recorder {
    const DISABLE_FAST_PATH: bool = true;

    fn section<P: Protocol>(&mut self, section: &SectionInfo<'_, P>) {
        let at_ns = self.began.elapsed().as_nanos() as u64;
        let SectionInfo { thread, outcome, monitor, .. } = *section;
        for happened in TraceRecord::of_section(at_ns, thread, outcome, monitor) {
            if self.happened.len() < self.limit {
                self.happened.push(happened);
            } else {
                self.dropped += 1;
            }
        }
    }
}
