//! The promise about waiting of the default protocol, and its proof.
//!
//! With `K` barges and `B` boosts in a turn, a waiter among `N` threads is overtaken at most
//! `K(N-1) + 2B(N-2)` times. The proof is a [`rank`]: a number for every waiter in every state,
//! which never rises while the waiter waits, falls whenever it is overtaken, and is at most the bound
//! when the wait begins. That it does so is checked on every edge of the explorer's graph, for each
//! number of threads that is explored; `docs/src/promise.md` has the induction for every number.

use gil_core::{Handoff, Protocol, ThreadId};

use crate::claims::STATES_MAX;
use crate::ghost::ThreadSet;
use crate::graph::Graph;
use crate::mutants::Mutated;
use crate::overtake::proves;
use crate::space::{Program, State};

/// The bound: how often a waiter can be overtaken at most.
///
/// ```
/// use gil_verify::promise::overtakes_max;
/// assert_eq!(overtakes_max(2, 1, 4), 10, "the default protocol, four threads");
/// assert_eq!(overtakes_max(2, 0, 4), 6, "plain hand-off");
/// ```
#[must_use]
pub const fn overtakes_max(barges: u8, boosts: u8, threads: usize) -> u64 {
    let others = threads.saturating_sub(1) as u64;
    barges as u64 * others + 2 * boosts as u64 * others.saturating_sub(1)
}

/// The budgets of a protocol that has a proved bound.
#[must_use]
pub fn budgets(protocol: &str) -> Option<(u8, u8)> {
    match protocol {
        "handoff" => Some((2, 1)),
        "handoff-plain" => Some((2, 0)),
        _ => None,
    }
}

/// Checks the rank on every edge of a protocol with `threads` threads that make blocking calls, end,
/// come again and give up; on how many, if it proves the bound.
#[must_use]
pub fn proved(protocol: &str, threads: usize) -> Option<u64> {
    let (barges, boosts) = budgets(protocol)?;
    let start = Handoff::with_budgets(barges, boosts);
    let graph = Graph::explore(start, Program::cancelling(threads), false, STATES_MAX);
    let rank = |state: &_, waiter, free| rank((barges, boosts), state, waiter, free);
    let (begins, edges) = proves(&graph, &rank).ok()?;
    (begins <= overtakes_max(barges, boosts, threads)).then_some(edges as u64)
}

/// In how many runs of others a waiter's turn comes at the latest: it can be overtaken so often, each
/// of the others that waited before may come once, and one runs when it begins to wait. A run is at
/// most a switch interval and the longest gap between two safepoints.
#[must_use]
pub const fn runs_max(barges: u8, boosts: u8, threads: usize) -> u64 {
    overtakes_max(barges, boosts, threads) + threads.saturating_sub(1) as u64
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

/// How often `waiter` can still be overtaken, at most. `free`: threads whose first gain is free of
/// charge, because they were waiting already.
///
/// What can still happen in front of a waiter in the **regular** queue with `p` others ahead of it:
/// the barges left in this turn, and `K` in each of `p` more; two gains for each boost left, the
/// boosted thread's and that of the thread it interrupts, and for each boost of `p` more turns; those
/// of boosted and resumed threads that are on their way; the interrupted thread of a request that is
/// still pending. Where everybody else is ahead of it, nobody is left to be boosted in this turn.
///
/// In front of a **resumed** one no new turn begins, and whoever is interrupted from now on comes
/// behind it; in front of a **boosted** one there are only barges.
#[must_use]
pub fn rank<P: Protocol + IsHandoff>(
    (barges, boosts): (u8, u8),
    state: &State<P>,
    waiter: ThreadId,
    free: ThreadSet,
) -> u64 {
    let monitor = &state.monitor;
    let handoff = monitor.protocol().handoff();
    let (barges_left, boosts_left, expired) = handoff.turn();
    let [boosted, resumed, regular] = Handoff::QUEUES;
    let (barges, boosts) = (u64::from(barges), u64::from(boosts));
    let (barges_left, boosts_left) = (u64::from(barges_left), u64::from(boosts_left));
    let ahead = |set| monitor.queue(set).take_while(|thread| *thread != waiter);
    let charged = |set| ahead(set).filter(|thread| !free.has(*thread)).count() as u64;
    let is_in = |set| monitor.queue(set).any(|thread| thread == waiter);
    if is_in(boosted) {
        return barges_left + charged(boosted);
    }
    let others = monitor.threads().count() as u64 - 1;
    if is_in(resumed) {
        let boosts_left = if others > 1 { boosts_left } else { 0 };
        return barges_left + boosts_left + charged(boosted) + charged(resumed);
    }
    let ahead = ahead(regular).count() as u64;
    let all_ahead = ahead + 1 >= others;
    let boosts_left = if all_ahead { 0 } else { boosts_left };
    let interrupts = monitor.requested() && !expired && monitor.queue(boosted).next().is_some();
    barges_left
        + barges * ahead
        + 2 * (boosts_left + boosts * ahead)
        + charged(boosted)
        + charged(resumed)
        + u64::from(interrupts)
}
