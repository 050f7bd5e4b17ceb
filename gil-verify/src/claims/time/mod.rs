//! TIME-1 and TIME-2: what pacing delays, it delays within its limits, for every switch interval.
//!
//! The protocol decides without a clock, so no other claim can see a thread that sleeps while the
//! lock is free. Here every state of the slow path is searched with a small discrete clock:
//! section, pacing, timers and sleeping, with spurious returns. The limits are scaled down to a
//! few ticks, so all states can be searched. The code is the one that ships.
//!
//! - TIME-1: a free lock with a woken waiter is taken within [`Limits::grace`] and one thread
//!   start.
//! - TIME-2: a request is published within [`Limits::defer`] and one thread start.

mod world;

use std::collections::VecDeque;
use std::time::Duration;

use gil_core::engine::Limits;
use gil_core::protocol::Handoff;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

pub use world::{Move, START, Setting, SleepBug, TICK, World};

/// The claims.
pub const TIME: [&str; 2] = ["TIME-1", "TIME-2"];

/// The limits of the search: 4 ticks of grace, 1 at a time while the lock is free, 3 for a
/// request.
pub const LIMITS: Limits = Limits {
    grace: Duration::from_micros(200),
    free: Duration::from_micros(50),
    defer: Duration::from_micros(150),
};

/// Those of the search with three threads: 2 ticks of grace, 1 at a time, 2 for a request.
pub const LIMITS_OF_THREE: Limits = Limits {
    grace: Duration::from_micros(100),
    free: Duration::from_micros(50),
    defer: Duration::from_micros(100),
};

/// The switch intervals of the search, with their names: shorter than a tick, some ticks, longer
/// than any search, and never.
pub const INTERVALS: [(&str, Duration); 4] = [
    ("1us", Duration::from_micros(1)),
    ("250us", Duration::from_micros(250)),
    ("1h", Duration::from_secs(3_600)),
    ("never", Duration::MAX),
];

/// A search with more states than this is not complete.
pub const STATES_MAX: usize = 6_000_000;

/// What a search found.
#[derive(Clone, Debug)]
pub struct Searched {
    /// How many states.
    pub states: usize,
    /// Whether these are all.
    pub complete: bool,
    /// By claim, the shortest run that breaks it.
    pub broken: [Option<Vec<Move>>; 2],
}

impl Setting {
    /// What is searched at an interval: the default budgets, with spurious returns. Three threads
    /// have smaller limits.
    #[must_use]
    pub fn new(threads: usize, interval: Duration) -> Self {
        let limits = if threads == 2 { LIMITS } else { LIMITS_OF_THREE };
        let budgets = Handoff::new().budgets_left();
        Self {
            threads,
            interval,
            limits,
            promised: limits,
            budgets,
            spurious: true,
            sleep_bug: None,
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
        _ => world.deferred_for > ticks(limits.defer),
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
    let mut broken = [None, None];
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
    Searched { states: seen.len(), complete, broken: broken.map(|found| found.map(run)) }
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
    };
    run.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}
