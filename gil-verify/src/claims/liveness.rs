//! Liveness: what must eventually happen. [`fair`](crate::explorer::fair) searches these claims.

use gil_core::protocol::{Protocol, ThreadId};

use crate::explorer::counterexample::{Counterexample, Tail};
use crate::explorer::fair::{Arena, Fairness, Lasso, Place, search};
use crate::explorer::graph::Graph;
use crate::explorer::model::{Action, State};

/// LIVE-1, forced switch: a requested switch happens, or no thread waits any more.
fn forced_switch<P: Protocol>(state: &State<P>, holder: ThreadId) -> Promised {
    let open = state.monitor.owner() == Some(holder) && state.monitor.has_waiter();
    Promised { open, begins: open && state.monitor.requested() }
}

/// LIVE-2: every waiter eventually owns or gives up.
fn no_starvation<P: Protocol>(state: &State<P>, waiter: ThreadId) -> Promised {
    let open = state.monitor.is_waiter(waiter);
    Promised { open, begins: open }
}

/// LIVE-5: a release, or the return from a switch, terminates.
fn release_ends<P: Protocol>(state: &State<P>, leaver: ThreadId) -> Promised {
    let open = state.is_leaving(leaver);
    Promised { open, begins: open }
}

/// The status of a promise in a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Promised {
    /// Whether it is still unfulfilled, if it has begun.
    pub open: bool,
    /// Whether it begins here.
    pub begins: bool,
}

/// What a liveness claim promises to one thread, LIVE-1 about one thread.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Promise {
    /// The claim.
    pub claim: &'static str,
    /// The thread.
    pub thread: ThreadId,
}

impl Promise {
    /// The promises of a claim to this number of threads.
    pub fn all(claim: &'static str, threads: usize) -> impl Iterator<Item = Self> {
        (0..threads as u32).map(ThreadId::from_index).map(move |thread| Self { claim, thread })
    }

    /// Its status in a state.
    #[must_use]
    pub fn judge<P: Protocol>(self, state: &State<P>) -> Promised {
        match self.claim {
            "LIVE-1" => forced_switch(state, self.thread),
            "LIVE-2" => no_starvation(state, self.thread),
            _ => release_ends(state, self.thread),
        }
    }

    /// What is wrong when it is never fulfilled.
    #[must_use]
    pub fn broken(self) -> String {
        let thread = self.thread;
        match self.claim {
            "LIVE-1" => format!("{thread:?} has a pending request and keeps the lock"),
            "LIVE-2" => format!("{thread:?} waits forever"),
            _ => format!("{thread:?} has released and its release never returns"),
        }
    }
}

/// The shortest fair run that breaks a liveness claim.
#[must_use]
pub fn counterexample<P: Protocol>(
    graph: &Graph<P>,
    claim: &'static str,
    fairness: Fairness,
) -> Option<Counterexample> {
    counterexample_by(graph, claim, fairness, search)
}

/// As [`counterexample`], by another search for fair loops.
pub(crate) fn counterexample_by<P: Protocol>(
    graph: &Graph<P>,
    claim: &'static str,
    fairness: Fairness,
    search: fn(&Arena, &[bool], &[bool], Fairness) -> Option<Lasso>,
) -> Option<Counterexample> {
    let find = |promise: Promise| {
        // An unexplored state ends nothing: it is not open.
        let unknown = Promised { open: false, begins: false };
        let judge = |index| match index < graph.len() {
            true => promise.judge(graph.state(index)),
            false => unknown,
        };
        let judged = (0..graph.found()).map(judge).map(|Promised { open, begins }| (open, begins));
        let (open, begins): (Vec<_>, Vec<_>) = judged.unzip();
        let lasso = search(graph.arena(), &open, &begins, fairness)?;
        Some(run(graph, claim, promise.broken(), fairness, &lasso))
    };
    Promise::all(claim, graph.program.threads).filter_map(find).min_by_key(Counterexample::len)
}

fn run<P: Protocol>(
    graph: &Graph<P>,
    claim: &'static str,
    message: String,
    fairness: Fairness,
    lasso: &Lasso,
) -> Counterexample {
    let action = |(state, place): &Place| {
        let mut edges = graph.all_edges(*state);
        edges.nth(*place).map(|(action, _)| *action)
    };
    let actions = |places: &[Place]| -> Vec<Action> { places.iter().filter_map(action).collect() };
    Counterexample {
        claim,
        message,
        program: graph.program,
        stem: actions(&lasso.stem),
        tail: Some(Tail { circle: actions(&lasso.circle), fairness, acts: lasso.acts.clone() }),
    }
}
