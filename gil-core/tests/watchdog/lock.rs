//! What a lock knows of its threads.

use gil_core::Gil;
use gil_core::protocol::Protocol;
use gil_core::raw::{Observe, RawGil};

/// A lock that a report can show.
pub trait Inspect {
    /// The name of its protocol.
    fn name(&self) -> &'static str;

    /// The state of the lock. It may block, if a thread hangs with the lock's mutex held.
    fn inspect(&self) -> String;
}

impl<P: Protocol, O: Observe> Inspect for RawGil<P, O> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn inspect(&self) -> String {
        let flag = self.switch_requested();
        self.inspect_monitor(|monitor| {
            let owner = monitor.owner().map_or("nobody".to_owned(), |owner| format!("{owner:?}"));
            let state = |thread| format!("{thread:?} is {:?}", monitor.thread_state(thread));
            let states: Vec<_> = monitor.threads().map(state).collect();
            let (requested, states) = (monitor.requested(), states.join(", "));
            format!("owner {owner}, requested {requested}, flag {flag}; {states}")
        })
    }
}

/// The Monitor of a lock with data is private, so the report shows its counters.
impl<T, P: Protocol> Inspect for Gil<T, P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn inspect(&self) -> String {
        format!("flag {}; {:?}", self.switch_requested(), self.counters())
    }
}

/// A static lock, for example that of a brand.
impl<L: Inspect> Inspect for &L {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn inspect(&self) -> String {
        (**self).inspect()
    }
}
