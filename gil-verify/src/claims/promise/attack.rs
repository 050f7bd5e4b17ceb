//! The bound on waiting under attack: an adversary plays the witness of the bound in the
//! simulator's virtual time. It knows the lock and acts as late as it can.
//!
//! The longest wait is a product of two bounds, the number of runs and the length of a run. This
//! shows how close one wait comes to both at the same time.

use std::time::Duration;

use gil_core::protocol::{Budgets, Handoff, Protocol, ThreadId};
use gil_models::sim::{self, Costs, Cue, Group, Role, Setup, Workload};

use crate::claims::promise::bounds::Point;
use crate::claims::promise::runs_max;
use crate::explorer::counterexample::Counterexample;
use crate::explorer::model::State;

/// The script of a witness: which thread acts, and when the wait of thread 0 has begun.
#[must_use]
pub fn script<P: Protocol>(start: &State<P>, witness: &Counterexample) -> Vec<Cue> {
    let waiter = ThreadId::from_index(0);
    let (mut state, mut script, mut begins) = (start.clone(), Vec::new(), 0);
    for action in &witness.stem {
        let owner = state.monitor.owner();
        script.push(Cue { thread: action.thread, entry: action.entry, owner, attacks: true });
        let Some(next) = state.replay(*action).state else { break };
        if !state.monitor.is_waiter(waiter) && next.monitor.is_waiter(waiter) {
            begins = script.len();
        }
        state = next;
    }
    script[..begins].iter_mut().for_each(|cue| cue.attacks = false);
    let chosen = |cue: &Cue| {
        use gil_core::engine::Operation::{Acquire, Release};
        !cue.attacks || matches!(cue.entry, Acquire | Release(_))
    };
    script.retain(chosen);
    script
}

/// The result of an attack.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Attack {
    /// How long thread 0 waited.
    pub waited: Duration,
    /// The promised limit at the costs of the simulation.
    pub promised: Duration,
}

impl Attack {
    /// The wait as a share of the promised limit.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.waited.as_secs_f64() / self.promised.as_secs_f64()
    }
}

/// The promised limit at these costs, which do not vary. Each run takes at most an interval, a late
/// timer, the start of the woken thread, the gap to the next safepoint, and the start of the next
/// thread.
#[must_use]
pub fn promised(point: Point, interval: Duration, costs: &Costs) -> Duration {
    let starts_ns = costs.start_deep_ns + costs.wake_idle_ns + costs.sleep_ns + costs.section_ns;
    let late_ns = costs.timer_late_ns + costs.safepoint_gap_ns + 2 * starts_ns;
    let run = interval + Duration::from_nanos(late_ns);
    run * runs_max(point.barges, point.boosts, point.threads) as u32
}

/// Plays the witness of a cell of the table with one barge in a turn, because only the last barge
/// of a turn can last. Before it no woken thread has started.
///
/// ```
/// use gil_verify::claims::promise::attack::attack;
/// use gil_verify::claims::promise::bounds::Point;
/// let attack = attack(Point { barges: 1, boosts: 3, threads: 3 });
/// assert!(attack.share() > 0.9 && attack.share() <= 1.0, "{attack:?}");
/// ```
#[must_use]
pub fn attack(point: Point) -> Attack {
    let protocol = Handoff::with_budgets(Budgets { barges: point.barges, boosts: point.boosts });
    let witness = Point { barges: point.barges.min(1), ..point }.longest().witness;
    let start = State::initial(protocol.clone(), witness.program, false);
    let costs = Costs { jitter_percent: 0, ..Costs::default() };
    let hogs = |threads| Group { role: Role::Cpu { work: None }, threads };
    let setup = Setup {
        workload: Workload { groups: vec![hogs(1), hogs(point.threads - 1)] },
        cores: point.threads,
        duration: Duration::from_secs(60),
        costs,
        ..Setup::default()
    };
    let report = sim::conduct("handoff", protocol, &setup, script(&start, &witness)).report;
    let waited = report.groups[0].time_to_acquire_us.max;
    Attack {
        waited: Duration::from_secs_f64(waited / 1e6),
        promised: promised(point, Handoff::SWITCH_INTERVAL, &costs),
    }
}
