//! TIME-1, TIME-2 and TIME-3: delays are within their limits, and the switch interval is kept.
//!
//! The protocol decides without a clock, so no other claim can see a thread that sleeps while the
//! lock is free. Here every state of the slow path is searched with a small discrete clock:
//! section, pacing, timers and sleeping, with spurious returns. The limits are scaled down to a
//! few ticks, so all states can be searched. The code is the one that ships.
//!
//! - TIME-1: a free lock with a woken waiter is taken within [`Limits::grace`] and one thread
//!   start.
//! - TIME-2: a request is published within [`Limits::defer`] and one thread start.
//! - TIME-3: a request of a timer comes no sooner than the switch interval that is set, and one
//!   thread start later at the latest; `run_timer.rs` says it exactly.
//!
//! The searches for TIME-1 and TIME-2 have a fixed interval. In those for TIME-3 it is changed at
//! any moment.

mod run_timer;
mod setting;
mod timer_bug;
mod world;

use std::collections::VecDeque;
use std::time::Duration;

use gil_core::engine::{Limits, Operation};
use gil_core::protocol::Wake;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::report::Verdict;

pub use setting::{CHANGES, CHANGES_OF_THREE, CREATION, LIMITS, LIMITS_OF_THREE, Setting};
pub use timer_bug::TimerBug;
pub use world::{Move, START, SleepBug, TICK, World};

/// The claims.
pub const TIME: [&str; 3] = ["TIME-1", "TIME-2", TIMER];

/// The one whose search changes the switch interval.
pub const TIMER: &str = "TIME-3";

/// The switch intervals of the search, with their names: shorter than a tick, some ticks, longer
/// than any search, and never.
pub const INTERVALS: [(&str, Duration); 4] = [
    ("1us", Duration::from_micros(1)),
    ("250us", Duration::from_micros(250)),
    ("1h", Duration::from_secs(3_600)),
    ("never", Duration::MAX),
];

/// The name of the search with an interval that is changed.
pub const CHANGING: &str = "changes";

/// A search with more states than this is not complete.
pub const STATES_MAX: usize = 6_000_000;

/// What a search found.
#[derive(Clone, Debug)]
pub struct Searched {
    /// How many states.
    pub states: usize,
    /// Whether these are all.
    pub complete: bool,
    /// In how many states a timer can expire, so that its thread requests a switch.
    pub requests: usize,
    /// By claim, the shortest run that breaks it.
    pub broken: [Option<Vec<Move>>; TIME.len()],
}

impl Searched {
    /// The shortest run that breaks a claim.
    #[must_use]
    pub fn run(&self, claim: &str) -> Option<&[Move]> {
        let at = TIME.iter().position(|id| *id == claim)?;
        self.broken[at].as_deref()
    }

    /// The verdict on a claim that was judged. TIME-3 is inconclusive if no timer requests.
    #[must_use]
    pub fn verdict(&self, claim: &str) -> Verdict {
        match self.run(claim) {
            Some(_) => Verdict::Fails,
            None if self.complete && (claim != TIMER || self.requests > 0) => Verdict::Holds,
            None => Verdict::Inconclusive,
        }
    }
}

/// The ticks of a limit, with one thread start.
fn ticks(limit: Duration) -> u8 {
    u8::try_from(world::ticks(limit)).unwrap_or(u8::MAX).saturating_add(START)
}

/// Whether a state breaks a claim; `limits` are those that are promised.
#[must_use]
pub fn breaks(claim: &str, world: &World, limits: &Limits) -> bool {
    match claim {
        "TIME-1" => world.free_for > ticks(limits.grace),
        "TIME-2" => world.deferred_for > ticks(limits.defer),
        _ => world.misses_interval(),
    }
}

/// Searches all states of the default protocol, breadth first. It ends early when all of `claims`
/// are broken.
///
/// # Panics
///
/// Never: each queued index is of a state that was seen.
#[must_use]
pub fn search(setting: &Setting, claims: &[&str]) -> Searched {
    let start = World::new(setting);
    let mut seen: IndexMap<World, (usize, Option<Move>), FxBuildHasher> = IndexMap::default();
    seen.insert(start, (0, None));
    let mut queue = VecDeque::from([0]);
    let mut broken = [None; TIME.len()];
    let mut requests = 0;
    while let Some(index) = queue.pop_front() {
        let (world, _) = seen.get_index(index).expect("it was queued");
        for (claim, found) in TIME.iter().zip(&mut broken) {
            if found.is_none() && claims.contains(claim) && breaks(claim, world, &setting.promised)
            {
                *found = Some(index);
            }
        }
        let open =
            |(claim, found): (&&str, &Option<usize>)| claims.contains(claim) && found.is_none();
        if !TIME.iter().zip(&broken).any(open) || seen.len() > STATES_MAX {
            break;
        }
        let is_broken = TIME.iter().any(|claim| breaks(claim, world, &setting.promised));
        if is_broken {
            continue; // what follows has no bound
        }
        let nexts: Vec<_> =
            world.moves(setting).into_iter().map(|it| (it, world.after(it, setting))).collect();
        let requested = world.requested();
        let expires = |(it, next): &(Move, World)| {
            matches!(it, Move::Section(_, Operation::Resume(Wake::TimedOut))) && next.requested()
        };
        requests += usize::from(!requested && nexts.iter().any(expires));
        for (it, next) in nexts {
            let at = seen.len();
            if let indexmap::map::Entry::Vacant(entry) = seen.entry(next) {
                entry.insert((index, Some(it)));
                queue.push_back(at);
            }
        }
    }
    let complete = queue.is_empty();
    let run = |mut at: usize| {
        let mut moves = Vec::new();
        while let Some((_, (before, Some(it)))) = seen.get_index(at) {
            moves.push(*it);
            at = *before;
        }
        moves.reverse();
        moves
    };
    let broken = broken.map(|found| found.map(run));
    Searched { states: seen.len(), complete, requests, broken }
}

/// A run in words.
#[must_use]
pub fn text(run: &[Move]) -> String {
    let line = |(at, it): (usize, &Move)| match it {
        Move::Tick => format!("{:>3}. a tick goes by", at + 1),
        Move::Fast(thread) => {
            format!("{:>3}. {thread:?} takes or frees the lock by the word", at + 1)
        }
        Move::Section(thread, operation) => format!("{:>3}. {thread:?}: {operation:?}", at + 1),
        Move::Set(interval) => format!("{:>3}. the interval is set to {interval:?}", at + 1),
    };
    run.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}
