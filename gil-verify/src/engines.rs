//! Runs the explorer over the protocols and the mutants, and turns what it finds into rows.

use std::time::Instant;

use gil_core::Protocol;

use crate::bisim;
use crate::bounds::{self, Point};
use crate::claims::{self, Explored, LIVENESS, STATES_MAX, TURNS};
use crate::fair::Fairness;
use crate::ledger;
use crate::mutants::{MUTANTS, Mutant};
use crate::overtake;
use crate::parallel;
use crate::promise;
use crate::report::{BoundRow, ClaimRow, Engine, Profile, Row, Verdict};
use crate::robust;
use crate::space::Program;
use crate::zoo::{self, MAIN, PROTOCOLS, Visit};

/// What to run.
#[derive(Clone, Debug)]
pub struct Selection {
    /// How much.
    pub profile: Profile,
    /// Only this protocol.
    pub protocol: Option<String>,
    /// Only this claim.
    pub claim: Option<String>,
    /// Under which fairness liveness is judged.
    pub fairness: Fairness,
    /// A graph with more states than this is inconclusive.
    pub states_max: usize,
}

impl Selection {
    /// Everything of a profile.
    #[must_use]
    pub const fn all(profile: Profile) -> Self {
        Self {
            profile,
            protocol: None,
            claim: None,
            fairness: Fairness::Weak,
            states_max: STATES_MAX,
        }
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

    /// Whether everything is, so that the counts can be compared with the committed ones.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        let Self { protocol, claim, fairness, states_max, .. } = self;
        let whole = *fairness == Fairness::Weak && *states_max == STATES_MAX;
        protocol.is_none() && claim.is_none() && whole
    }
}

/// The numbers of threads that the explorer runs on every protocol.
pub const THREADS: [usize; 3] = [2, 3, 4];

/// The number of threads it runs on the main protocols too, in the full profile.
pub const THREADS_FULL: usize = 5;

fn programs(threads: usize) -> [Program; 3] {
    [Program::hogs(threads), Program::blocking(threads), Program::cancelling(threads)]
}

enum Job {
    /// All claims of a protocol in a program.
    Claims(&'static str, Program),
    /// The safety claims with spurious wake-ups.
    Robust(&'static str, usize),
    /// A place of the table of bounds.
    Bound(Point),
    /// A mutant of a protocol.
    Mutant(&'static Mutant, &'static str),
}

impl Job {
    fn name(&self) -> String {
        match self {
            Self::Claims(protocol, program) => {
                format!("{protocol}, {} threads, {}", program.threads, program.variant())
            }
            Self::Robust(protocol, threads) => {
                format!("{protocol}, {threads} threads, spurious wake-ups")
            }
            Self::Bound(point) => point.key(),
            Self::Mutant(mutant, of) => format!("mutant {} of {of}", mutant.name),
        }
    }

    fn cost(&self) -> usize {
        match self {
            Self::Claims(_, program) => program.threads * 10 + program.cancel as usize,
            Self::Mutant(..) => 35,
            Self::Robust(_, threads) => *threads * 10,
            Self::Bound(point) => point.threads * 10 + usize::from(point.barges + 2 * point.boosts),
        }
    }
}

fn jobs(selection: &Selection) -> Vec<Job> {
    let mut jobs = Vec::new();
    for protocol in PROTOCOLS.iter().filter(|protocol| selection.has_protocol(protocol)) {
        for threads in THREADS {
            jobs.extend(programs(threads).map(|program| Job::Claims(protocol, program)));
        }
        if selection.profile == Profile::Full && MAIN.contains(protocol) {
            jobs.push(Job::Claims(protocol, Program::hogs(THREADS_FULL)));
            jobs.push(Job::Claims(protocol, Program::blocking(THREADS_FULL)));
        }
        jobs.extend([2, 3].map(|threads| Job::Robust(protocol, threads)));
    }
    let full = selection.profile == Profile::Full;
    if full && selection.has_claim("LIVE-3") && selection.has_protocol("handoff") {
        jobs.extend(bounds::points().map(Job::Bound));
    }
    for mutant in MUTANTS {
        if mutant.breaks.iter().any(|claim| selection.has_claim(claim)) {
            let of = mutant.of.iter().filter(|of| selection.has_protocol(of));
            jobs.extend(of.map(|of| Job::Mutant(mutant, of)));
        }
    }
    jobs
}

/// Runs the explorer: claims, the fast path, bounds, robustness, mutants. `progress` is told what
/// is through. The rows come in the same order, however many cores there are.
pub fn explorer(selection: &Selection, sink: &mut dyn FnMut(Row), progress: &mut dyn FnMut(&str)) {
    let jobs = jobs(selection);
    let mut through = 0;
    let rows = parallel::map(
        &jobs,
        Job::cost,
        |job| perform(selection, job),
        |job| {
            through += 1;
            progress(&format!("explorer, {through} of {}: {}", jobs.len(), job.name()));
        },
    );
    rows.into_iter().flatten().for_each(sink);
}

fn perform(selection: &Selection, job: &Job) -> Vec<Row> {
    let mut rows = Vec::new();
    match job {
        Job::Claims(protocol, program) => {
            let explore = Explore { selection, program: *program, sink: &mut |row| rows.push(row) };
            zoo::with(protocol, explore);
        }
        Job::Robust(protocol, threads) => {
            let rows_of = zoo::with(protocol, robust::Check { selection, threads: *threads });
            rows.extend(rows_of.unwrap_or_default());
        }
        Job::Bound(point) => rows.push(Row::Bound(point.row())),
        Job::Mutant(mutant, of) => {
            let thorough = selection.profile == Profile::Full;
            let row = zoo::with(of, crate::kills::Hunt { mutant, thorough });
            rows.extend(row.map(Row::Mutant));
        }
    }
    rows
}

struct Explore<'a> {
    selection: &'a Selection,
    program: Program,
    sink: &'a mut dyn FnMut(Row),
}

/// How much of the states was explored, in words.
pub(crate) fn bound(verdict: Verdict, states: usize) -> String {
    match verdict {
        Verdict::Inconclusive => format!("the first {states} states"),
        _ => "all states".to_owned(),
    }
}

impl Visit for Explore<'_> {
    type Output = ();
    fn visit<P: Protocol + Send + Sync + 'static>(self, name: &'static str, protocol: P) {
        let Self { selection, program, sink } = self;
        let began = Instant::now();
        let explored = Explored::new(&protocol, program, selection.states_max);
        let (threads, variant) = (program.threads, program.variant());
        let exploring = began.elapsed().as_secs_f64();
        let row = |id: &str, verdict, states: usize, text: Option<String>, began: Instant| {
            let fairness = LIVENESS.contains(&id).then_some(selection.fairness);
            let expected = ledger::expected_under(id, name, threads, variant, fairness)?;
            Some(Row::Claim(ClaimRow {
                id: id.to_owned(),
                protocol: name.to_owned(),
                engine: Engine::Explorer,
                threads,
                bound: bound(verdict, states),
                fairness: fairness.map(|fairness| fairness.name().to_owned()),
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
        let small = |id: &&str| *id != TURNS || threads < THREADS_FULL;
        for id in claims::judged().filter(|id| selection.has_claim(id)).filter(small) {
            let began = Instant::now();
            let found = explored.check_under(id, selection.fairness);
            let text = found.counterexample.map(|run| explored.tell(&run, name));
            row(id, found.verdict, found.states, text, began).map(&mut *sink);
        }
        if selection.has_claim("FAST-PATH") && threads < THREADS_FULL {
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
                states: None,
                overtakes_max: found.max,
                witness: explored.tell(&found.witness, name),
            }));
        }
    }
}
