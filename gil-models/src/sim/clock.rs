//! Virtual time, as the rules about young runs see it.

use std::time::Duration;

use gil_core::{Clock, Protocol};

use super::run::Simulation;

/// The moment that it is; a moment is a duration since the simulation began.
pub(super) struct Virtual(Duration);

impl Clock for Virtual {
    type Moment = Duration;

    fn now(&self) -> Duration {
        self.0
    }

    fn since(&self, moment: Duration) -> Duration {
        self.0 - moment
    }

    fn is_to_come(&self, moment: Duration) -> bool {
        self.0 < moment
    }
}

/// A moment as the simulator counts it.
pub(super) fn ns(moment: Duration) -> u64 {
    moment.as_nanos() as u64
}

impl<P: Protocol> Simulation<P> {
    pub(super) fn clock(&self) -> Virtual {
        Virtual(Duration::from_nanos(self.now_ns))
    }

    pub(super) fn interval(&self) -> Duration {
        Duration::from_nanos(self.interval_ns)
    }

    /// When the timer of the present run began.
    pub(super) fn run_began_ns(&self) -> u64 {
        self.runs.began().map_or(0, ns)
    }

    /// When the timer of the present run ends.
    pub(super) fn run_ends_ns(&self) -> u64 {
        self.run_began_ns() + self.interval_ns
    }

    /// Whether the present run is not an interval old yet.
    pub(super) fn run_is_young(&self) -> bool {
        self.run_ends_ns() > self.now_ns
    }

    /// Whether the lock minds how young a run is. Other locks are seen as they are, and a conducted run
    /// is as its script has it.
    pub(super) fn minds_young_runs(&self) -> bool {
        P::GRACE_PERIOD && self.conductor.is_none()
    }
}
