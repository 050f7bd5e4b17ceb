//! The bound on waiting of the default protocol, and its proof.
//!
//! With `K` barges and `B` boosts in a turn, a waiter among `N` threads is overtaken at most
//! `(K+B+R)(N-2)` times. `R` is how often a turn continues after a boosted thread: `B-1`, or 0 if
//! `B` is 0. The proof is a [`rank`]: a number for every waiter in every state. It never rises
//! while the waiter waits, falls at each overtaking, and is at most the bound when the wait begins.
//! The explorer checks this on every edge of its graph, for each explored number of threads;
//! `docs/src/promise.md` has the induction for every number.

pub mod attack;
pub mod bounds;

use gil_core::protocol::{Budgets, Handoff, Protocol, ThreadId};

use crate::claims::ghost::ThreadSet;
use crate::claims::overtake::proves;
use crate::explorer::graph::Graph;
use crate::explorer::model::State;
use crate::mutants::protocol::Mutated;
use crate::protocols::handoff_of;

/// The bound: how often a waiter can be overtaken at most.
///
/// ```
/// use gil_verify::claims::promise::overtakes_max;
/// assert_eq!(overtakes_max(1, 3, 4), 12, "the default protocol, four threads");
/// assert_eq!(overtakes_max(1, 0, 4), 2, "plain hand-off");
/// ```
#[must_use]
pub const fn overtakes_max(barges: u8, boosts: u8, threads: usize) -> u64 {
    let in_a_turn = barges as u64 + boosts as u64 + going_on(boosts as u64);
    in_a_turn * threads.saturating_sub(2) as u64
}

/// How often a turn continues after a boosted thread, with `boosts` left: the last one ends it.
const fn going_on(boosts: u64) -> u64 {
    boosts.saturating_sub(1)
}

/// The budgets of the default protocol: barges and boosts in a turn.
pub const DEFAULT: (u8, u8) = pair(Handoff::new());

const fn pair(handoff: Handoff) -> (u8, u8) {
    let left = handoff.budgets_left();
    (left.barges, left.boosts)
}

/// The budgets of a protocol that has a proved bound: a shipped one, or a cell of the
/// [table](crate::claims::promise::bounds), which is named after its budgets.
#[must_use]
pub fn budgets(protocol: &str) -> Option<(u8, u8)> {
    match protocol {
        "handoff" => Some(DEFAULT),
        "handoff-plain" => Some(pair(Handoff::plain())),
        place => {
            let (barges, boosts) = place.strip_prefix("handoff K=")?.split_once(" B=")?;
            Some((barges.parse().ok()?, boosts.parse().ok()?))
        }
    }
}

/// Whether the rank proves the bound on the graph of a mutant of the default protocol. For any
/// other protocol there is nothing to prove.
#[must_use]
pub fn still_proved<P: Protocol + 'static>(protocol: &str, graph: &Graph<P>) -> bool {
    let Some(budgets) = budgets(protocol) else { return true };
    let bound = overtakes_max(budgets.0, budgets.1, graph.program.threads);
    let rank = |state: &State<P>, waiter, free| match handoff_of(state.monitor.protocol()) {
        Some(handoff) => sum(&terms_with(budgets, handoff.budgets_left(), state, waiter, free)),
        None => u64::MAX, // it proves nothing
    };
    proves(graph, &rank).is_ok_and(|(begins, _)| begins <= bound)
}

/// After how many long runs of other threads a waiter's turn comes at the latest. The waiter can be
/// overtaken this often, each thread that waited before it may run once, and one runs when the wait
/// begins. Of the barges in a turn only the last one can last: the others end before the thread
/// that the first release woke starts. Threads that make short calls are the exception: the woken
/// thread may sleep on for [`Limits::grace`], and each barge may last as long. A run lasts at most
/// a switch interval and the longest gap between two safepoints.
///
/// [`Limits::grace`]: gil_core::engine::Limits::grace
#[must_use]
pub const fn runs_max(barges: u8, boosts: u8, threads: usize) -> u64 {
    let lasting = if barges > 1 { 1 } else { barges };
    overtakes_max(lasting, boosts, threads) + threads.saturating_sub(1) as u64
}

/// A protocol that is [`Handoff`], perhaps with a bug.
pub trait IsHandoff {
    /// The protocol's own state.
    fn handoff(&self) -> &Handoff;
}

impl IsHandoff for Handoff {
    fn handoff(&self) -> &Handoff {
        self
    }
}

impl IsHandoff for Mutated<Handoff> {
    fn handoff(&self) -> &Handoff {
        self.inner()
    }
}

/// The sum of the waiter's [`terms`]: how often it can still be overtaken at most. `free` holds the
/// threads whose first gain is free of charge, because they were waiting already.
#[must_use]
pub fn rank<P: Protocol + IsHandoff>(
    budgets: (u8, u8),
    state: &State<P>,
    waiter: ThreadId,
    free: ThreadSet,
) -> u64 {
    sum(&terms(budgets, state, waiter, free))
}

fn sum(terms: &[(&'static str, u64)]) -> u64 {
    terms.iter().map(|(_, term)| term).sum()
}

/// The terms of the [`rank`], by name.
///
/// The gains still possible in front of a waiter in the **regular** queue with `p` others ahead of
/// it. There are the barges left in this turn, and `K` in each of `p` more turns. There is a gain
/// for each boost left, for each boost of `p` more turns, and for each boosted thread that is
/// acquiring. For each of these except the last there is the gain of the thread that it interrupts.
/// If every other thread is ahead of it or owns, none is left to barge or to be boosted in this
/// turn.
///
/// In front of an **interrupted** waiter there are barges of a third thread and boosted threads; in
/// front of a **boosted** one only barges. The threads ahead of a waiter in its own queue were
/// waiting when it arrived, so their gains are free.
#[must_use]
pub fn terms<P: Protocol + IsHandoff>(
    budgets: (u8, u8),
    state: &State<P>,
    waiter: ThreadId,
    free: ThreadSet,
) -> Vec<(&'static str, u64)> {
    let left = state.monitor.protocol().handoff().budgets_left();
    terms_with(budgets, left, state, waiter, free)
}

/// The terms, where `left` is left of the budgets in this turn.
fn terms_with<P: Protocol>(
    (barges, boosts): (u8, u8),
    left: Budgets,
    state: &State<P>,
    waiter: ThreadId,
    free: ThreadSet,
) -> Vec<(&'static str, u64)> {
    let monitor = &state.monitor;
    let [boosted, interrupted, regular] = Handoff::QUEUES;
    let (barges, boosts) = (u64::from(barges), u64::from(boosts));
    let (barges_left, boosts_left) = (u64::from(left.barges), u64::from(left.boosts));
    let count = |set| monitor.queue(set).count() as u64;
    let charged = |set| monitor.queue(set).filter(|thread| !free.has(*thread)).count() as u64;
    let waits_in = |set| monitor.queue(set).any(|thread| thread == waiter);
    let others = monitor.threads().count() as u64 - 1;
    let of_a_third = |left| if others > 1 { left } else { 0 };
    if waits_in(boosted) {
        return vec![("boosted: barges left", of_a_third(barges_left))];
    }
    if waits_in(interrupted) {
        return vec![
            ("interrupted: barges left", of_a_third(barges_left)),
            ("interrupted: boosts left", of_a_third(boosts_left)),
            ("interrupted: boosted ahead", charged(boosted)),
        ];
    }
    let ahead = monitor.queue(regular).take_while(|thread| *thread != waiter).count() as u64;
    let if_somebody_comes = |left| if ahead + 1 < others { left } else { 0 };
    vec![
        ("barges left", if_somebody_comes(barges_left)),
        ("barges of the turns ahead", barges * ahead),
        ("boosts left", if_somebody_comes(boosts_left)),
        ("boosts of the turns ahead", boosts * ahead),
        ("boosted ahead", charged(boosted)),
        ("turns interrupted by those left", if_somebody_comes(going_on(boosts_left))),
        ("turns interrupted in the turns ahead", going_on(boosts) * ahead),
        ("turns interrupted by those ahead", if boosts_left > 0 { count(boosted) } else { 0 }),
        ("interrupted ahead", charged(interrupted)),
    ]
}
