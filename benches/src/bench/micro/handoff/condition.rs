//! Where the visitor is when it gets the lock, and on which processors both sides run.

use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity};

/// Where the visitor is at the release of the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Spinning on another core.
    Running,
    /// Asleep, on the holder's own core.
    SameCore,
    /// Asleep, on another core, which is idle.
    OtherCore,
}

impl Condition {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Running, Self::SameCore, Self::OtherCore];

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Running => "waiter running on another core",
            Self::SameCore => "waiter asleep on the same core",
            Self::OtherCore => "waiter asleep on another core",
        }
    }

    /// How long the holder waits between the request and the pass. A waiter spins for about a
    /// microsecond before it sleeps.
    pub(super) const fn settles(self) -> Duration {
        match self {
            Self::Running => Duration::ZERO,  // it has just requested
            Self::SameCore => Duration::ZERO, // it sleeps already, or the holder would not run
            Self::OtherCore => Duration::from_micros(60),
        }
    }
}

/// The holder's and the visitor's cores, of those that this process may use.
pub(super) fn cores(condition: Condition) -> Result<[CpuSet; 2], String> {
    let may = sched_getaffinity(None).map_err(|error| format!("cannot see the cores: {error}"))?;
    let mut cores = (0..CpuSet::MAX_CPU).filter(|core| may.is_set(*core)).map(|core| {
        let mut set = CpuSet::new();
        set.set(core);
        set
    });
    let (first, second) = (cores.next().ok_or("there is no core")?, cores.next());
    match condition {
        Condition::SameCore => Ok([first, first]),
        _ => Ok([first, second.ok_or("this needs two cores, and there is one")?]),
    }
}
