//! Runs the explorer over the protocols and the mutants, and turns the results into rows.

use std::convert::Infallible;
use std::time::Instant;

use gil_core::protocol::Handoff;
use gil_models::registry;

use crate::claims::explored::{self, Explored, LIVENESS, SAFETY, TURNS};
use crate::claims::promise::bounds::{self, Point};
use crate::claims::time::{self, INTERVALS, Setting};
use crate::claims::{bisim, overtake, spurious};
use crate::explorer::model::Program;
use crate::explorer::{THREADS, THREADS_FULL};
use crate::ledger;
use crate::mutants::mutant_hunt;
use crate::mutants::protocol::{MUTANTS, Mutant};
use crate::mutants::time::{TIME_MUTANTS, TimeMutant};
use crate::protocols::{MAIN, PROTOCOLS};
use crate::report::counts;
use crate::report::job::{self, Sink};
use crate::report::selection::Selection;
use crate::report::{
    BoundRow, CaughtBy, ClaimRow, Engine, MutantRow, MutantVerdict, Profile, Row, Verdict,
};

fn programs(threads: usize) -> [Program; 3] {
    [Program::hogs(threads), Program::blocking(threads), Program::cancelling(threads)]
}

/// A mutant is explored in a few small programs.
const MUTANT_COST: u64 = 5_000;

/// A part of the explorer's work.
#[derive(Debug)]
pub enum Job {
    /// All claims of a protocol in a program.
    Claims(&'static str, Program),
    /// The safety claims with spurious wake-ups.
    Robust(&'static str, usize),
    /// A cell of the table of bounds.
    Bound(Point),
    /// A mutant of a protocol.
    Mutant(&'static Mutant, &'static str),
    /// TIME-1 and TIME-2 of a protocol, at an interval of that name, or TIME-3 with one that
    /// changes.
    Time(&'static str, &'static str, Setting),
    /// A mutant of the delays.
    TimeMutant(&'static TimeMutant),
}

impl job::Job for Job {
    fn name(&self) -> String {
        let name = match self {
            Self::Claims(protocol, program) => {
                format!("{protocol}, {} threads, {}", program.threads, program.variant())
            }
            Self::Robust(protocol, threads) => {
                format!("{protocol}, {threads} threads, spurious wake-ups")
            }
            Self::Bound(point) => point.key(),
            Self::Mutant(mutant, of) => format!("mutant {} of {of}", mutant.name),
            Self::Time(protocol, interval, it) => {
                format!("delays of {protocol}, {} threads, interval {interval}", it.threads)
            }
            Self::TimeMutant(mutant) => format!("mutant {} of pacing", mutant.name),
        };
        format!("explorer: {name}")
    }

    fn cost(&self) -> u64 {
        match self {
            Self::Claims(protocol, program) => {
                let (threads, variant) = (program.threads, program.variant());
                counts::cost(&format!("explorer {protocol} {threads} {variant} with-ghost"))
            }
            Self::Mutant(..) | Self::TimeMutant(_) => MUTANT_COST,
            Self::Time(protocol, interval, it) => {
                counts::cost(&format!("clock {protocol} {} interval {interval}", it.threads))
            }
            Self::Robust(protocol, threads) => {
                let variant = spurious::VARIANT;
                counts::cost(&format!("explorer {protocol} {threads} {variant} with-ghost"))
            }
            Self::Bound(point) => bounds::cost(*point),
        }
    }
}

/// The explorer's jobs.
#[must_use]
pub fn jobs(selection: &Selection) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut judged = explored::judged().chain(["FAST-PATH", "LIVE-3"]);
    let explores = judged.any(|id| selection.has_claim(id));
    let selected = |protocol: &&&str| explores && selection.has_protocol(protocol);
    for protocol in PROTOCOLS.iter().filter(selected) {
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
    jobs.extend(time_jobs(selection));
    jobs
}

/// The searches with a clock, of both settings of the default protocol.
fn time_jobs(selection: &Selection) -> Vec<Job> {
    let mut jobs = Vec::new();
    let settings = [("handoff", Handoff::new()), ("handoff-plain", Handoff::plain())];
    for (protocol, handoff) in settings.iter().filter(|(name, _)| selection.has_protocol(name)) {
        let budgets = handoff.budgets_left();
        let most = if selection.profile == Profile::Full { 3 } else { 2 };
        let job = |name, setting| Job::Time(protocol, name, Setting { budgets, ..setting });
        let selected =
            |setting: &Setting| setting.claims().iter().any(|id| selection.has_claim(id));
        for threads in 2..=most {
            let fixed = INTERVALS.map(|(name, it)| (name, Setting::new(threads, it)));
            let all = fixed.into_iter().chain([(time::CHANGING, Setting::changing(threads))]);
            let all = all.filter(|(_, setting)| selected(setting));
            jobs.extend(all.map(|(name, setting)| job(name, setting)));
        }
    }
    if !selection.has_protocol("handoff") {
        return jobs;
    }
    let mutants = TIME_MUTANTS.iter().filter(|mutant| selection.has_claim(mutant.breaks));
    jobs.extend(mutants.map(Job::TimeMutant));
    jobs
}

/// Runs the explorer: claims, the fast path, bounds, robustness, mutants. The order of the rows
/// does not depend on the number of cores.
pub fn run(selection: &Selection, sink: &mut dyn Sink) {
    let perform = |job: &Job| Ok::<_, Infallible>(perform(selection, job));
    let Ok(()) = job::perform(selection, &jobs(selection), perform, sink);
}

fn perform(selection: &Selection, job: &Job) -> Vec<Row> {
    let mut rows = Vec::new();
    match job {
        Job::Claims(protocol, program) => {
            explore(selection, protocol, *program, &mut |row| rows.push(row));
        }
        Job::Robust(protocol, threads) => {
            rows.extend(explore_spuriously(selection, protocol, *threads));
        }
        Job::Bound(point) => rows.push(Row::Bound(point.row())),
        Job::Mutant(mutant, of) => {
            let thorough = selection.profile == Profile::Full;
            rows.extend(mutant_hunt::hunt(mutant, of, thorough).map(Row::Mutant));
        }
        Job::Time(protocol, interval, setting) => {
            rows.extend(time_rows(selection, protocol, interval, setting));
        }
        Job::TimeMutant(mutant) => rows.push(Row::Mutant(hunt_in_time(mutant))),
    }
    rows
}

fn time_rows(selection: &Selection, protocol: &str, interval: &str, setting: &Setting) -> Vec<Row> {
    let began = Instant::now();
    let found = time::search(setting, setting.claims());
    let seconds = began.elapsed().as_secs_f64();
    let variant = format!("interval {interval}");
    let row = |id: &&'static str| {
        let verdict = found.verdict(id);
        Some(Row::Claim(ClaimRow {
            id: (*id).to_owned(),
            protocol: protocol.to_owned(),
            engine: Engine::Explorer,
            threads: setting.threads,
            bound: bound(verdict, found.states),
            fairness: None,
            variant: Some(variant.clone()),
            verdict,
            expected: ledger::expected(id, protocol, setting.threads, &variant)?,
            explored: found.states as u64,
            unit: "states".to_owned(),
            seconds,
            test: ledger::claim(id)?.test.to_owned(),
            counterexample: found.run(id).map(time::text),
        }))
    };
    setting.claims().iter().filter(|id| selection.has_claim(id)).filter_map(row).collect()
}

fn hunt_in_time(mutant: &TimeMutant) -> MutantRow {
    let found = time::search(&mutant.setting(), &[mutant.breaks]);
    let caught = found.broken.iter().any(Option::is_some);
    let caught_by = CaughtBy {
        claim: mutant.breaks.to_owned(),
        engine: Engine::Explorer,
        explored: found.states as u64,
    };
    MutantRow {
        id: mutant.name.to_owned(),
        of: "pacing".to_owned(),
        breaks: vec![mutant.breaks.to_owned()],
        argument: None,
        verdict: if caught { MutantVerdict::Caught } else { MutantVerdict::Survived },
        caught_by: if caught { vec![caught_by] } else { Vec::new() },
    }
}

/// The explored part of the states, in words.
pub(crate) fn bound(verdict: Verdict, states: usize) -> String {
    match verdict {
        Verdict::Inconclusive => format!("the first {states} states"),
        _ => "all states".to_owned(),
    }
}

/// Judges the claims of a protocol in a program.
fn explore(selection: &Selection, name: &str, program: Program, sink: &mut dyn FnMut(Row)) {
    let Some(protocol) = registry::protocol(name) else { return };
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
    for id in explored::judged().filter(|id| selection.has_claim(id)).filter(small) {
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
            proved_edges: bounds::proved(name, threads),
            states: None,
            overtakes_max: found.max,
            witness: explored.tell(&found.witness, name),
        }));
    }
}

/// The claims that are judged. A free lock while a thread sleeps is no lost wake-up if sleepers
/// wake by themselves, and requests of such threads follow no timer.
fn is_judged(claim: &str) -> bool {
    SAFETY.contains(&claim) && !matches!(claim, "LIVE-4" | "SAFE-4")
}

/// Judges the safety claims of a protocol with spurious wake-ups.
fn explore_spuriously(selection: &Selection, name: &str, threads: usize) -> Vec<Row> {
    let Some(protocol) = registry::protocol(name) else { return Vec::new() };
    let claims = SAFETY.iter().filter(|id| is_judged(id) && selection.has_claim(id));
    let claims: Vec<_> = claims.collect();
    if claims.is_empty() {
        return Vec::new();
    }
    let protocol = spurious::Spurious::new(protocol, threads);
    let explored = Explored::new(&protocol, Program::blocking(threads), selection.states_max);
    let row = |id: &&&'static str| {
        let expected = ledger::expected(id, name, threads, spurious::VARIANT)?;
        let found = explored.check(id);
        Some(Row::Claim(ClaimRow {
            id: (**id).to_owned(),
            protocol: name.to_owned(),
            engine: Engine::Explorer,
            threads,
            bound: bound(found.verdict, found.states),
            fairness: None,
            variant: Some(spurious::VARIANT.to_owned()),
            verdict: found.verdict,
            expected,
            explored: found.states as u64,
            unit: "states".to_owned(),
            seconds: 0.0,
            test: ledger::claim(id)?.test.to_owned(),
            counterexample: found.counterexample.map(|run| run.text(explored.live.state(0))),
        }))
    };
    claims.iter().filter_map(row).collect()
}
