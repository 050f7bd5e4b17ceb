//! What things cost.

use serde::{Deserialize, Serialize};

/// Costs in nanoseconds, measured on one machine with two virtual cores (`docs/src/simulator.md`
/// has the measurement of each).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Costs {
    /// A critical section: the lock's mutex, the decision, the unlock.
    pub section_ns: u64,
    /// An attach or a detach by the fast path.
    pub fast_path_ns: u64,
    /// Between two safepoints of a CPU-bound thread.
    pub safepoint_gap_ns: u64,
    /// One tick of a protocol that counts them.
    pub tick_ns: u64,
    /// For the waking thread: to wake a sleeper whose core is busy, or its own.
    pub wake_ns: u64,
    /// For the waking thread: to wake a sleeper whose core is idle (an interrupt to it).
    pub wake_idle_ns: u64,
    /// From the wake-up to running, on a core that has been idle for a short time.
    pub start_ns: u64,
    /// From the wake-up to running, on a core that has been idle for longer than `deep_idle_ns`.
    pub start_deep_ns: u64,
    /// An idle core sleeps deeply after this time.
    pub deep_idle_ns: u64,
    /// To go to sleep, or to find in the system call that there is no need.
    pub sleep_ns: u64,
    /// To change threads on a core.
    pub context_switch_ns: u64,
    /// How late a timer fires.
    pub timer_late_ns: u64,
    /// The operating system's time slice.
    pub slice_ns: u64,
    /// A woken thread preempts one that has run for this much longer.
    pub wake_up_granularity_ns: u64,
    /// The credit for sleeping: a woken thread counts as having run for at most this much less than
    /// the others.
    pub sleeper_credit_ns: u64,
    /// Every duration above that is a latency or a gap varies by this much, up and down.
    pub jitter_percent: u64,
    /// With a lock for each object: the time for computing relative to one lock.
    pub per_object_percent: u64,
}

/// Nothing costs more than ten seconds.
pub const COST_MAX: u64 = 10_000_000_000;

/// Why a cost is invalid.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{name}` is {value}; a cost is at most {COST_MAX}")]
pub struct CostError {
    /// The cost.
    pub name: &'static str,
    /// Its value.
    pub value: u64,
}

impl Costs {
    /// Whether all can be simulated.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check(&self) -> Result<(), CostError> {
        let all = [
            ("section_ns", self.section_ns),
            ("fast_path_ns", self.fast_path_ns),
            ("safepoint_gap_ns", self.safepoint_gap_ns),
            ("tick_ns", self.tick_ns),
            ("wake_ns", self.wake_ns),
            ("wake_idle_ns", self.wake_idle_ns),
            ("start_ns", self.start_ns),
            ("start_deep_ns", self.start_deep_ns),
            ("deep_idle_ns", self.deep_idle_ns),
            ("sleep_ns", self.sleep_ns),
            ("context_switch_ns", self.context_switch_ns),
            ("timer_late_ns", self.timer_late_ns),
            ("slice_ns", self.slice_ns),
            ("wake_up_granularity_ns", self.wake_up_granularity_ns),
            ("sleeper_credit_ns", self.sleeper_credit_ns),
            ("jitter_percent", self.jitter_percent),
            ("per_object_percent", self.per_object_percent),
        ];
        match all.into_iter().find(|(_, value)| *value > COST_MAX) {
            Some((name, value)) => Err(CostError { name, value }),
            None => Ok(()),
        }
    }
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            section_ns: 25,
            fast_path_ns: 3,
            safepoint_gap_ns: 60,
            tick_ns: 20,
            wake_ns: 1_900,
            wake_idle_ns: 9_200,
            start_ns: 2_300,
            start_deep_ns: 31_000,
            deep_idle_ns: 10_000,
            sleep_ns: 900,
            context_switch_ns: 1_300,
            timer_late_ns: 100_000,
            slice_ns: 3_000_000,
            wake_up_granularity_ns: 1_000_000,
            sleeper_credit_ns: 3_000_000,
            jitter_percent: 20,
            per_object_percent: 170,
        }
    }
}
