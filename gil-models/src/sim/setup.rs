//! What to simulate.

use std::time::Duration;

use super::{Costs, Group, Role, Workload};

/// A run without one lock for all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Control {
    /// No lock at all, and nothing in its place.
    NoLock,
    /// A lock for every object and atomic counts: nobody waits, and computing takes longer.
    PerObject,
}

/// A run is a function of this.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// What the threads do.
    pub workload: Workload,
    /// How many cores, at least 1.
    pub cores: usize,
    /// Where everything random comes from.
    pub seed: u64,
    /// Virtual time after which the run ends, unless all threads have ended before.
    pub duration: Duration,
    /// The switch interval, where it is not the protocol's own.
    pub switch_interval: Option<Duration>,
    /// New switch intervals at later times, in order.
    pub interval_changes: Vec<(Duration, Duration)>,
    /// Ticks between two releases, where it is not the protocol's own.
    pub check_interval_ticks: Option<u32>,
    /// What things cost.
    pub costs: Costs,
    /// Until when to keep what happened, for pictures; zero keeps nothing. It changes no figure.
    pub record_until: Duration,
}

impl Default for Setup {
    /// Two hogs on two cores for ten seconds.
    fn default() -> Self {
        Self {
            workload: Workload {
                groups: vec![Group { role: Role::Cpu { work: None }, threads: 2 }],
            },
            cores: 2,
            seed: 1,
            duration: Duration::from_secs(10),
            switch_interval: None,
            interval_changes: Vec::new(),
            check_interval_ticks: None,
            costs: Costs::default(),
            record_until: Duration::ZERO,
        }
    }
}
