//! The ghost inside a running lock, in the mutex, for the checkers of the mechanism.
//!
//! It judges the claims at every section and keeps the events. It also records every *move*: which
//! section led from which state of the Monitor to which, and what the mechanism published (the
//! flag, the frozen word). The moves are compared with the explorer's.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use gil_core::engine::{Event, Monitor, Operation, Outcome};
use gil_core::protocol::{Protocol, ThreadId};
use gil_core::raw::{Observe, SectionInfo};

use crate::claims::ghost::{Ghost, Violation};

/// A move, or a state, as a number of 64 bits. Two different ones are confused with a probability
/// of one in 10^19 for each pair.
pub type Fingerprint = u64;

/// The fingerprint of any hashable value.
///
/// ```
/// use gil_core::engine::Monitor;
/// use gil_core::protocol::Handoff;
/// use gil_verify::claims::ghost_observer::fingerprint;
/// let [boosted, plain] = [Handoff::new(), Handoff::plain()].map(Monitor::new);
/// assert_eq!(fingerprint(&boosted), fingerprint(&boosted.clone()));
/// assert_ne!(fingerprint(&boosted), fingerprint(&plain));
/// ```
#[must_use]
pub fn fingerprint(value: &impl Hash) -> Fingerprint {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// One section as a move: from the state `before` to the Monitor's, with what the fast path sees of
/// it. `None` where a thread only rechecked and slept on.
#[must_use]
pub fn a_move<P: Protocol>(
    before: Fingerprint,
    thread: ThreadId,
    outcome: Outcome,
    monitor: &Monitor<P>,
    (flag, frozen): (bool, bool),
) -> Option<Fingerprint> {
    let after = fingerprint(monitor);
    let decided = before != after || !monitor.events().is_empty();
    let whole = (before, thread, monitor.events(), outcome, after, flag, frozen);
    decided.then(|| fingerprint(&whole))
}

/// A ghost inside a lock. A broken claim panics with its name, unless it is known to be false of
/// this protocol. The events are kept.
///
/// `DISABLE_FAST_PATH`: every attach and detach is a section.
#[derive(Debug)]
pub struct Watch<const DISABLE_FAST_PATH: bool> {
    ghost: Ghost,
    known_false: Vec<&'static str>,
    /// The Monitor after the last section.
    state: Fingerprint,
    /// The last section, while the mechanism has not published it.
    section: Option<(ThreadId, Outcome)>,
    /// Every move so far.
    pub moves: BTreeSet<Fingerprint>,
    /// All events so far.
    pub events: Vec<Event>,
    /// The thread that requested last. A request may be deferred only while that thread waits.
    asker: Option<ThreadId>,
    /// The owner during whose run the last waiter withdrew its request. It alone may still see it.
    asked_in_vain: Option<ThreadId>,
    /// What the mechanism has done without a section: a woken thread slept on in its grace period,
    /// or a thread reacquired the lock by its bias.
    pub seen: BTreeSet<&'static str>,
    /// The broken claims that are known to be false.
    pub broken: BTreeSet<&'static str>,
}

impl<const DISABLE_FAST_PATH: bool> Watch<DISABLE_FAST_PATH> {
    /// Watches a new lock of `protocol` with `threads` threads.
    #[must_use]
    pub fn new<P: Protocol>(protocol: P, threads: usize, known_false: Vec<&'static str>) -> Self {
        let ghost = Ghost::new(threads, false);
        Self {
            ghost,
            known_false,
            state: fingerprint(&Monitor::new(protocol)),
            section: None,
            moves: BTreeSet::new(),
            events: Vec::new(),
            asker: None,
            asked_in_vain: None,
            seen: BTreeSet::new(),
            broken: BTreeSet::new(),
        }
    }
}

impl<const DISABLE_FAST_PATH: bool> Observe for Watch<DISABLE_FAST_PATH> {
    const DISABLE_FAST_PATH: bool = DISABLE_FAST_PATH;

    fn section<P: Protocol>(&mut self, section: &SectionInfo<'_, P>) {
        let SectionInfo { thread, operation: entry, outcome, monitor } = *section;
        // The fast path is invisible here; the harness checks exclusion with the data itself.
        self.ghost.forget_runners();
        self.ghost.outside.remove(thread);
        if let Some(owner) = monitor.before().0 {
            self.ghost.outside.remove(owner);
        }
        if entry == Operation::Cancel && monitor.before().1 && !monitor.requested() {
            self.asked_in_vain = monitor.owner();
        }
        for event in monitor.events() {
            if let Event::Requested(thread, _) = *event {
                self.asker = Some(thread);
            }
        }
        self.events.extend_from_slice(monitor.events());
        self.section = Some((thread, outcome));
        if matches!(outcome, Outcome::Wait(Some(_))) && monitor.events().is_empty() {
            self.ghost.disturbed.remove(thread); // it returned spuriously: its timer restarts
        }
        for Violation { claim, message } in self.ghost.judge(thread, entry, outcome, monitor) {
            assert!(
                self.known_false.contains(&claim),
                "{claim}: {message}\nafter {:?}",
                self.events
            );
            self.broken.insert(claim);
        }
    }

    fn published<P: Protocol>(&mut self, flag: bool, frozen: bool, monitor: &Monitor<P>) {
        let waits = self.asker.is_some_and(|asker| monitor.is_waiter(asker));
        let lost = monitor.requested() && !flag && !waits;
        assert!(!lost, "SAFE-5: a request is deferred, and the thread that made it is gone");
        let Some((thread, outcome)) = self.section.take() else { return };
        self.moves.extend(a_move(self.state, thread, outcome, monitor, (flag, frozen)));
        self.state = fingerprint(monitor);
    }

    fn stale_request(&mut self, thread: ThreadId) {
        assert_eq!(
            self.asked_in_vain,
            Some(thread),
            "SAFE-5: {thread:?} saw a request without a waiter"
        );
    }

    fn timer_restarted(&mut self, thread: ThreadId) {
        self.ghost.disturbed.remove(thread);
    }

    fn biased_reacquires(&mut self, _: u64) {
        self.seen.insert("retaken");
    }

    fn wakeup_deferred(&mut self, _: ThreadId) {
        self.seen.insert("rechecked");
    }
}
