//! What to simulate.

use std::time::Duration;

use super::{Costs, Group, Role, Workload};

/// A run without a global lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Control {
    /// No lock, and no replacement.
    NoLock,
    /// A lock for each object and atomic counts: no thread waits, and computing takes longer.
    PerObject,
}

/// A run is a function of this.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// The workload.
    pub workload: Workload,
    /// How many cores, at least 1.
    pub cores: usize,
    /// The seed of all random choices.
    pub seed: u64,
    /// The virtual time after which the run ends, unless all threads have ended before.
    pub duration: Duration,
    /// The switch interval, if not the protocol's own.
    pub switch_interval: Option<Duration>,
    /// New switch intervals at later times, in order.
    pub interval_changes: Vec<(Duration, Duration)>,
    /// Ticks between two releases, if not the protocol's own.
    pub check_interval_ticks: Option<u32>,
    /// The costs.
    pub costs: Costs,
    /// How long to record events for pictures; zero records nothing. It changes no figure.
    pub record_until: Duration,
}

impl Default for Setup {
    /// Two CPU-bound threads on two cores for ten seconds.
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
