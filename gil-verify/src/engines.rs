//! Runs the engines over the protocols and turns what they find into rows.

use std::time::Instant;

use gil_core::Protocol;

use crate::bisim;
use crate::claims::{Explored, LIVENESS, SAFETY, STATES_MAX};
use crate::ledger;
use crate::live::FAIRNESS;
use crate::mutants::{self, MUTANTS, Mutant, Mutated};
use crate::overtake;
use crate::promise;
use crate::report::{
    BoundRow, CaughtBy, ClaimRow, Engine, MutantRow, MutantVerdict, Profile, Row, Verdict,
};
use crate::space::Program;
use crate::zoo::{self, PROTOCOLS, Visit};

/// What to run.
#[derive(Clone, Debug)]
pub struct Selection {
    /// How much.
    pub profile: Profile,
    /// Only this protocol.
    pub protocol: Option<String>,
    /// Only this claim.
    pub claim: Option<String>,
}

impl Selection {
    /// Everything of a profile.
    #[must_use]
    pub const fn all(profile: Profile) -> Self {
        Self { profile, protocol: None, claim: None }
    }

    /// Whether `protocol` is selected.
    #[must_use]
    pub fn has_protocol(&self, protocol: &str) -> bool {
        self.protocol.as_deref().is_none_or(|only| only == protocol)
    }

    /// Whether `claim` is selected.
    #[must_use]
    pub fn has_claim(&self, claim: &str) -> bool {
        self.claim.as_deref().is_none_or(|only| only == claim)
    }
}

/// The numbers of threads that the explorer runs.
pub const THREADS: [usize; 3] = [2, 3, 4];

fn programs(threads: usize) -> [Program; 3] {
    [Program::hogs(threads), Program::blocking(threads), Program::cancelling(threads)]
}

/// Runs the explorer: claims, the fast path, bounds, mutants. `progress` is told what begins.
pub fn explorer(selection: &Selection, sink: &mut dyn FnMut(Row), progress: &mut dyn FnMut(&str)) {
    for protocol in PROTOCOLS.iter().filter(|protocol| selection.has_protocol(protocol)) {
        for threads in THREADS {
            progress(&format!("explorer: {protocol}, {threads} threads"));
            for program in programs(threads) {
                zoo::with(protocol, Explore { selection, program, sink });
            }
        }
    }
    for mutant in MUTANTS {
        if mutant.breaks.iter().any(|claim| selection.has_claim(claim)) {
            progress(&format!("explorer: mutant {}", mutant.name));
            for protocol in mutant.of.iter().filter(|of| selection.has_protocol(of)) {
                if let Some(row) = zoo::with(protocol, Hunt(mutant)) {
                    sink(Row::Mutant(row));
                }
            }
        }
    }
}

struct Explore<'a> {
    selection: &'a Selection,
    program: Program,
    sink: &'a mut dyn FnMut(Row),
}

impl Visit for Explore<'_> {
    type Output = ();
    fn visit<P: Protocol + Send + Sync + 'static>(self, name: &'static str, protocol: P) {
        let Self { selection, program, sink } = self;
        let began = Instant::now();
        let explored = Explored::new(&protocol, program, STATES_MAX);
        let (threads, variant) = (program.threads, program.variant());
        let exploring = began.elapsed().as_secs_f64();
        let row = |id: &str, verdict, states: usize, text: Option<String>, began: Instant| {
            let expected = ledger::expected(id, name, threads, variant)?;
            Some(Row::Claim(ClaimRow {
                id: id.to_owned(),
                protocol: name.to_owned(),
                engine: Engine::Explorer,
                threads,
                bound: "all states".to_owned(),
                fairness: LIVENESS.contains(&id).then(|| FAIRNESS.to_owned()),
                variant: Some(variant.to_owned()),
                verdict,
                expected,
                explored: states as u64,
                unit: "states".to_owned(),
                seconds: exploring + began.elapsed().as_secs_f64(),
                test: ledger::claim(id)?.test.to_owned(),
                counterexample: text,
            }))
        };
        for id in SAFETY.iter().chain(LIVENESS).filter(|id| selection.has_claim(id)) {
            let began = Instant::now();
            let found = explored.check(id);
            row(id, found.verdict, found.states, found.counterexample, began).map(&mut *sink);
        }
        if selection.has_claim("FAST-PATH") {
            let began = Instant::now();
            let found = bisim::fast_path(&explored.live);
            let verdict = match (found.different, explored.live.is_complete()) {
                (0, true) => Verdict::Holds,
                (0, false) => Verdict::Inconclusive,
                _ => Verdict::Fails,
            };
            row("FAST-PATH", verdict, found.states, found.counterexample, began).map(&mut *sink);
        }
        let bounded = ledger::expected("LIVE-3", name, threads, variant).is_some();
        if selection.has_claim("LIVE-3")
            && bounded
            && variant == "blocking"
            && explored.live.is_complete()
        {
            let found = overtake::longest(&explored.live);
            sink(Row::Bound(BoundRow {
                protocol: name.to_owned(),
                threads,
                proved_edges: promise::proved(name, threads),
                overtakes_max: found.max,
                witness: found.witness,
            }));
        }
    }
}

struct Hunt<'a>(&'a Mutant);

impl Visit for Hunt<'_> {
    type Output = MutantRow;
    fn visit<P: Protocol + Send + Sync + 'static>(
        self,
        name: &'static str,
        protocol: P,
    ) -> MutantRow {
        let mutant = self.0;
        mutants::take_applied();
        let mutated = Mutated::new(protocol, mutant.mutation);
        let programs = [
            Program::blocking(2),
            Program::hogs(2),
            Program::cancelling(2),
            Program::hogs(3),
            Program::blocking(3),
            Program::cancelling(3),
        ];
        let caught =
            programs.into_iter().find_map(|program| catch(mutant, &mutated, name, program));
        let verdict = match (&caught, mutants::take_applied()) {
            (Some(_), _) => MutantVerdict::Caught,
            (None, 0) => MutantVerdict::NeverApplied,
            (None, _) => MutantVerdict::Survived,
        };
        MutantRow {
            id: mutant.name.to_owned(),
            of: name.to_owned(),
            breaks: mutant.breaks.iter().map(|claim| (*claim).to_owned()).collect(),
            verdict,
            caught_by: caught.into_iter().collect(),
        }
    }
}

/// The claim of those named in advance that fails, where it holds without the mutation.
fn catch<P: Protocol>(
    mutant: &Mutant,
    mutated: &Mutated<P>,
    name: &str,
    program: Program,
) -> Option<CaughtBy> {
    let explored = Explored::new(mutated, program, STATES_MAX);
    let (threads, variant) = (program.threads, program.variant());
    let fails = |claim: &str| match claim {
        "FAST-PATH" => bisim::fast_path(&explored.live).different > 0,
        "LIVE-3" => {
            let max = overtake::longest(&explored.live).max;
            variant == "blocking" && max != ledger::overtakes_max(name, threads)
        }
        _ => {
            ledger::expected(claim, name, threads, variant) == Some(Verdict::Holds)
                && explored.check(claim).verdict == Verdict::Fails
        }
    };
    let claim = mutant.breaks.iter().find(|claim| fails(claim))?;
    let explored = explored.safety.len() as u64;
    Some(CaughtBy { claim: (*claim).to_owned(), engine: Engine::Explorer, explored })
}
