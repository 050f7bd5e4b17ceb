//! The explorer's claims as functions of a protocol: what a test, a mutant run or a user calls.

use gil_core::Protocol;

use crate::graph::Graph;
use crate::live;
use crate::report::Verdict;
use crate::space::Program;

/// The safety claims, judged in every state by the [ghost](crate::ghost).
pub const SAFETY: &[&str] =
    &["SAFE-1", "SAFE-3", "SAFE-3F", "SAFE-4", "SAFE-5", "SAFE-6", "SAFE-7", "LIVE-4", "LIVE-6"];

/// The liveness claims, judged on fair components.
pub const LIVENESS: &[&str] = &["LIVE-1", "LIVE-2"];

/// More states than any shipped protocol has; beyond it a verdict is inconclusive.
pub const STATES_MAX: usize = 20_000_000;

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// States explored.
    pub states: usize,
    /// The shortest counterexample, if the claim fails.
    pub counterexample: Option<String>,
}

/// A protocol with all the states of one program, with the ghost and without.
#[derive(Debug)]
pub struct Explored<P: Protocol> {
    /// With the ghost, for the safety claims.
    pub safety: Graph<P>,
    /// Without, for liveness, overtaking and the fast path.
    pub live: Graph<P>,
}

impl<P: Protocol> Explored<P> {
    /// Explores both graphs, at most `limit` states each.
    ///
    /// ```
    /// use gil_core::Handoff;
    /// use gil_verify::{claims::{Explored, STATES_MAX}, report::Verdict, space::Program};
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

    /// Judges one claim. A counterexample counts also where the exploration is not complete; its
    /// absence does not.
    ///
    /// # Panics
    /// When the claim is none of [`SAFETY`] and [`LIVENESS`].
    #[must_use]
    pub fn check(&self, claim: &str) -> Finding {
        let (graph, text) = match claim {
            "LIVE-1" => (&self.live, live::forced_switch(&self.live).map(|lasso| lasso.text)),
            "LIVE-2" => (&self.live, live::no_starvation(&self.live).map(|lasso| lasso.text)),
            _ => {
                assert!(SAFETY.contains(&claim), "the explorer does not judge {claim}");
                // SAFE-3F is SAFE-3 for every kind of release, so it includes SAFE-3.
                let other = (claim == "SAFE-3F").then(|| self.safety.counterexample("SAFE-3"));
                let found = self.safety.counterexample(claim).or(other.flatten());
                (&self.safety, found.map(|found| format!("{}\n{}", found.message, found.text)))
            }
        };
        let verdict = match &text {
            Some(_) => Verdict::Fails,
            None if graph.is_complete() => Verdict::Holds,
            None => Verdict::Inconclusive,
        };
        Finding { verdict, states: graph.len(), counterexample: text }
    }
}
