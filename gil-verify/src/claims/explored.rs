//! The explorer's claims as functions of a protocol, for tests, mutant runs and users.

use gil_core::engine::Operation;
use gil_core::protocol::Protocol;

use crate::claims::{equal_turns, invariants, liveness};
use crate::explorer::counterexample::Counterexample;
use crate::explorer::fair::Fairness;
use crate::explorer::graph::Graph;
use crate::explorer::model::Program;
use crate::ledger;
use crate::replay::replay_line::{self, Line};
use crate::report::Verdict;

/// The safety claims, judged in every state by the [ghost](crate::claims::ghost).
pub const SAFETY: &[&str] =
    &["SAFE-1", "SAFE-3", "SAFE-3F", "SAFE-4", "SAFE-5", "SAFE-6", "SAFE-7", "LIVE-4", "LIVE-6"];

/// The claim that is judged on the graph without the ghost, by a memory of one thread
/// ([`equal_turns`]).
pub const TURNS: &str = "SAFE-9";

/// The claim that is judged in each state of the graph without the ghost: the default protocol's
/// own [invariants].
pub const HAND: &str = "HAND";

/// Every claim that [`Explored::check`] judges.
pub fn judged() -> impl Iterator<Item = &'static str> {
    SAFETY.iter().copied().chain([TURNS, HAND]).chain(LIVENESS.iter().copied())
}

/// The liveness claims, judged on fair components.
pub const LIVENESS: &[&str] = &["LIVE-1", "LIVE-2", "LIVE-5"];

/// More states than any shipped protocol has, and about 6 GiB of memory at 1.5 KiB a state. Above
/// it a verdict is inconclusive.
pub const STATES_MAX: usize = 4_000_000;

/// The claims about requested switches. They hold vacuously of a protocol that never requests one.
const OF_REQUESTS: &[&str] = &["SAFE-4", "SAFE-5", "LIVE-1"];

/// The claims about forced releases. They hold vacuously where no thread is ever preempted and none
/// releases with a request pending.
const OF_FORCED_RELEASES: &[&str] = &["SAFE-3", "SAFE-3F"];

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// Why the verdict is [`Verdict::Vacuous`], or why there is none.
    pub note: Option<String>,
    /// States explored.
    pub states: usize,
    /// The counterexample, if the claim fails: a shortest run. For a liveness claim the stem is a
    /// shortest path to its loop. If there is no verdict because the protocol panics, or breaks a
    /// rule of its interface, the run that leads there.
    pub counterexample: Option<Counterexample>,
}

/// All the states of one protocol and one program, with the ghost and without.
#[derive(Debug)]
pub struct Explored<P: Protocol> {
    /// With the ghost, for the safety claims.
    pub safety: Graph<P>,
    /// Without, for liveness, overtaking and the fast path.
    pub live: Graph<P>,
}

impl<P: Protocol + 'static> Explored<P> {
    /// Explores both graphs, at most `limit` states each.
    ///
    /// ```
    /// use gil_core::protocol::Handoff;
    /// use gil_verify::claims::explored::{Explored, STATES_MAX};
    /// use gil_verify::explorer::model::Program;
    /// use gil_verify::report::Verdict;
    /// let explored = Explored::new(&Handoff::new(), Program::blocking(2), STATES_MAX);
    /// assert_eq!(explored.check("SAFE-3").verdict, Verdict::Holds);
    /// assert_eq!(explored.check("LIVE-2").verdict, Verdict::Holds);
    /// ```
    #[must_use]
    pub fn new(protocol: &P, program: Program, limit: usize) -> Self {
        Self {
            safety: Graph::explore(protocol.clone(), program, true, limit),
            live: Graph::explore(protocol.clone(), program, false, limit),
        }
    }

    /// Judges one claim, a liveness claim under weak fairness. A counterexample also counts where
    /// the exploration is not complete; its absence does not.
    ///
    /// A claim that holds because what it is about never happens is [`Verdict::Vacuous`]. A claim
    /// that is not one of those [`judged`] is [`Verdict::Inconclusive`]. So is a claim without a
    /// counterexample if the exploration is not complete: because of its limit, because the
    /// protocol panics, or because the Monitor refuses what it does. [`Finding::note`] says why.
    #[must_use]
    pub fn check(&self, claim: &str) -> Finding {
        self.check_under(claim, Fairness::Weak)
    }

    /// As [`Explored::check`], under a chosen fairness.
    #[must_use]
    pub fn check_under(&self, claim: &str, fairness: Fairness) -> Finding {
        let (graph, counterexample) = match claim {
            TURNS => (&self.live, equal_turns::unequal(&self.live)),
            HAND => (&self.live, invariants::counterexample(&self.live)),
            _ if let Some(claim) = LIVENESS.iter().find(|known| **known == claim) => {
                (&self.live, liveness::counterexample(&self.live, claim, fairness))
            }
            _ if !SAFETY.contains(&claim) => return not_judged(claim),
            _ => {
                // SAFE-3F is SAFE-3 for every kind of release, so it includes SAFE-3.
                let other = (claim == "SAFE-3F").then(|| self.safety.counterexample("SAFE-3"));
                let found = self.safety.counterexample(claim).or(other.flatten());
                (&self.safety, found.cloned())
            }
        };
        let (verdict, note, run) = match (counterexample, graph.dead_end()) {
            (Some(run), _) => (Verdict::Fails, None, Some(run)),
            (None, Some(end)) => {
                let note = format!("{}; nothing is known of what follows", end.message);
                (Verdict::Inconclusive, Some(note), Some(end.clone()))
            }
            (None, None) if !graph.is_complete() => {
                let note = format!(
                    "only the first {} states were explored; a state that grows forever, such as a \
                     counter, has no last one",
                    graph.len()
                );
                (Verdict::Inconclusive, Some(note), None)
            }
            (None, None) => match never(graph, claim) {
                Some(note) => (Verdict::Vacuous, Some(note), None),
                None => (Verdict::Holds, None, None),
            },
        };
        Finding { verdict, note, states: graph.len(), counterexample: run }
    }

    /// A counterexample as text, with the line that replays it. `protocol` is its name there.
    #[must_use]
    pub fn tell(&self, run: &Counterexample, protocol: &str) -> String {
        let line = Line::Explorer(replay_line::Explored::of(run, protocol));
        let text = run.text(self.live.state(0));
        format!("{text}\n      cargo verify replay {}", line.text())
    }
}

/// The answer for a claim that the explorer does not judge.
fn not_judged(claim: &str) -> Finding {
    let note = match ledger::claim(claim) {
        Some(known) => format!("the explorer does not judge {claim}: {} does", known.test),
        None => format!("there is no claim {claim}; `cargo verify list` has them"),
    };
    Finding { verdict: Verdict::Inconclusive, note: Some(note), states: 0, counterexample: None }
}

/// What never happens in the graph although the claim is about it.
fn never<P: Protocol>(graph: &Graph<P>, claim: &str) -> Option<String> {
    let (requests, forces) = (OF_REQUESTS.contains(&claim), OF_FORCED_RELEASES.contains(&claim));
    if !requests && !forces {
        return None;
    }
    let requested = |index| graph.state(index).monitor.requested();
    if (0..graph.len()).any(requested) {
        return None;
    }
    let preempts = |index: usize| {
        let owner = |index: usize| graph.state(index).monitor.owner();
        graph.edges(index).iter().any(|(action, after)| {
            let thread = Some(action.thread);
            action.entry == Operation::Safepoint
                && owner(index) == thread
                && owner(*after as usize) != thread
        })
    };
    if forces && (0..graph.len()).any(preempts) {
        return None;
    }
    Some(format!("{claim} holds vacuously: no thread ever requests a switch"))
}
