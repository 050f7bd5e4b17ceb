//! The usage of processes: processor time, and context switches of the system.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// The usage of some processes so far, or of one of them in total.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Usage {
    /// In the program and in the system on its behalf.
    pub cpu: Duration,
    /// A thread gave up its processor: it waited for something.
    pub voluntary: u64,
    /// The system took the processor away from a thread.
    pub involuntary: u64,
}

impl Usage {
    /// Of this process.
    ///
    /// # Errors
    /// When the system does not report it.
    pub fn own() -> Result<Self, String> {
        Self::of(UsageWho::RUSAGE_SELF)
    }

    /// Of all child processes that have ended and been waited for. The difference of two values is
    /// the usage of one child, if no other child was waited for between the two.
    ///
    /// # Errors
    /// When the system does not report it.
    pub fn children() -> Result<Self, String> {
        Self::of(UsageWho::RUSAGE_CHILDREN)
    }

    fn of(who: UsageWho) -> Result<Self, String> {
        let used = getrusage(who).map_err(|error| format!("what was used is unknown: {error}"))?;
        let time = |time: TimeVal| {
            let (seconds, rest) = (time.tv_sec().unsigned_abs(), time.tv_usec().unsigned_abs());
            Duration::from_secs(seconds) + Duration::from_micros(rest)
        };
        Ok(Self {
            cpu: time(used.user_time()) + time(used.system_time()),
            voluntary: used.voluntary_context_switches().unsigned_abs(),
            involuntary: used.involuntary_context_switches().unsigned_abs(),
        })
    }

    /// The usage after `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(before.cpu),
            voluntary: self.voluntary.saturating_sub(before.voluntary),
            involuntary: self.involuntary.saturating_sub(before.involuntary),
        }
    }
}
