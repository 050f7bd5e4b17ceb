//! The oracle of the mutation run (CONTRIBUTING.md): it must notice a change of `gil-core` within
//! seconds. A build with `--cfg loom` has the explorer, the comparisons and the loom suites in one
//! process.
//!
//! Claims say what a change breaks. Counts say that something else was explored than was reviewed.
//! They run last, because they notice much and say little.

#![cfg(all(loom, not(shuttle)))]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use gil_core::protocol::{Budgets, Handoff};
use gil_verify::claims::explored::{self, Explored, HAND, LIVENESS, TURNS};
use gil_verify::claims::time::{CHANGING, INTERVALS, Searched, Setting, TIME, search};
use gil_verify::claims::{bisim, overtake, promise};
use gil_verify::explorer::graph::Graph;
use gil_verify::explorer::model::Program;
use gil_verify::ledger;
use gil_verify::loom::engine::try_mutant;
use gil_verify::loom::{Found, missing, runner, suite};
use gil_verify::mutants::mechanism::MECHANISM_MUTANTS;
use gil_verify::protocols::{self, PROTOCOLS};
use gil_verify::report::{MutantVerdict, Verdict, counts};

/// Many times the number of the unchanged protocols. With more, states are no longer distinguished.
const STATES_MAX: usize = 50_000;

/// The explorer's results for one program of one protocol.
#[derive(Default)]
struct Seen {
    /// Claims that are broken and should hold, each beginning with its id.
    broken: Vec<String>,
    /// Claims that are known to be false and are not found so, and other differences.
    differs: Vec<String>,
    /// The number of states, by the key of the committed counts.
    states: Vec<(String, u64)>,
}

fn explore(name: &str, program: Program) -> Seen {
    let (name, protocol) = protocols::named(name).expect("it is listed");
    let (threads, variant) = (program.threads, program.variant());
    let of = format!("{name}, {threads} threads, {variant}");
    let mut seen = Seen::default();
    let explored = Explored::new(&protocol, program, STATES_MAX);
    // Results in a part of the states count as well.
    let complete = explored.live.is_complete() && explored.safety.is_complete();
    if !complete {
        seen.differs.push(format!("{of}: more than {STATES_MAX} states"));
    }
    for claim in explored::judged() {
        let Some(expected) = ledger::expected(claim, name, threads, variant) else { continue };
        let found = explored.check(claim);
        if expected == Verdict::Holds && found.verdict == Verdict::Fails {
            seen.broken.push(format!("{claim}: fails of {of}"));
        } else if complete && expected != found.verdict {
            let found = found.verdict;
            seen.differs.push(format!("{claim} of {of} is {found:?}, not {expected:?}"));
        }
        let on_live = LIVENESS.contains(&claim) || [TURNS, HAND].contains(&claim);
        let graph = if on_live { "plain" } else { "with-ghost" };
        let key = format!("explorer {name} {threads} {variant} {graph}");
        seen.states.push((key, found.states as u64));
    }
    let known = |claim: &str| explored::judged().any(|known| known == claim);
    for broken in explored.safety.broken().filter(|broken| !known(broken.claim)) {
        seen.differs.push(format!("{of}: {}", broken.message));
    }
    if ledger::expected("FAST-PATH", name, threads, variant) == Some(Verdict::Holds)
        && bisim::fast_path(&explored.live).different > 0
    {
        seen.broken.push(format!("FAST-PATH: fails of {of}"));
    }
    if complete && variant == "blocking" && name != "no-lock" {
        let max = overtake::longest(&explored.live).max;
        let expected = ledger::overtakes_max(name, threads);
        // The bound is exact: a bound that is no longer attained is as wrong as one that does
        // not hold.
        if max != expected {
            seen.broken.push(format!("LIVE-3: {of}, overtaken {max:?} times, not {expected:?}"));
        }
    }
    if variant == "blocking+cancel"
        && let Some(budgets) = promise::budgets(name)
        && !proved(budgets, program)
    {
        seen.broken.push(format!("LIVE-3: {of}, the bound is not proved"));
    }
    seen
}

/// Whether the rank proves the bound of the default protocol with these budgets.
fn proved((barges, boosts): (u8, u8), program: Program) -> bool {
    let graph = Graph::explore(
        Handoff::with_budgets(Budgets { barges, boosts }),
        program,
        false,
        STATES_MAX,
    );
    let rank = |state: &_, waiter, free| promise::rank((barges, boosts), state, waiter, free);
    let bound = promise::overtakes_max(barges, boosts, program.threads);
    overtake::proves(&graph, &rank).is_ok_and(|(begins, _)| begins <= bound)
}

/// The message of a panic.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default()
}

/// The default protocol first, so that a failure names it.
fn explored() -> Vec<Seen> {
    let mut jobs = Vec::new();
    for (threads, protocols) in [
        (2, &PROTOCOLS[..2]), // the default protocol, and its plain form
        (3, &PROTOCOLS[..2]),
        (2, &PROTOCOLS[2..]),
    ] {
        let programs = [Program::hogs, Program::blocking, Program::cancelling];
        for protocol in protocols {
            jobs.extend(programs.map(|program| (*protocol, program(threads))));
        }
    }
    let explore = |(protocol, program): &(&str, Program)| {
        let explore = || explore(protocol, *program);
        catch_unwind(AssertUnwindSafe(explore)).unwrap_or_else(|panic| {
            let said = said(&*panic);
            let differs = vec![format!("{protocol}, {}: panicked: {said}", program.variant())];
            Seen { differs, ..Seen::default() }
        })
    };
    let mut all = Vec::new();
    for job in &jobs {
        let seen = explore(job);
        // If one protocol has no end of states, the next one has none either.
        let endless = seen.states.iter().any(|(_, states)| *states >= STATES_MAX as u64);
        all.push(seen);
        if endless {
            break;
        }
    }
    all
}

#[test]
fn claims_of_the_explorer_equal_the_ledger() {
    let explored = explored();
    let broken = explored.iter().flat_map(|seen| &seen.broken);
    let differs = explored.iter().flat_map(|seen| &seen.differs);
    let all: Vec<_> = broken.chain(differs).map(String::as_str).collect();
    assert!(all.is_empty(), "{}", all.join("\n"));
    assert!(explored.len() >= 50, "{} programs", explored.len());
}

/// The searches of two threads with a clock, by the key of the committed counts.
fn timed() -> Vec<(String, Searched)> {
    let settings = [("handoff", Handoff::new()), ("handoff-plain", Handoff::plain())];
    let mut all = Vec::new();
    for (protocol, handoff) in settings {
        let fixed = INTERVALS.map(|(name, interval)| (name, Setting::new(2, interval)));
        for (name, setting) in fixed.into_iter().chain([(CHANGING, Setting::changing(2))]) {
            let budgets = handoff.budgets_left();
            let found = search(&Setting { budgets, ..setting }, setting.claims());
            all.push((format!("clock {protocol} 2 interval {name}"), found));
        }
    }
    all
}

#[test]
fn claims_of_time_hold_at_every_interval() {
    for (key, found) in timed() {
        for (claim, broken) in TIME.iter().zip(found.broken) {
            assert!(broken.is_none(), "{claim}: fails of {key}");
        }
    }
}

fn run(protocol: &str, name: &str) -> Found {
    // A program's suite has its own panic hook, which is not that of the next one.
    let _ = std::panic::take_hook();
    let suite = suite(name).expect("it is listed");
    let found = runner::run(suite, protocol, None, None).expect("the protocol is known");
    let _ = std::panic::take_hook();
    found
}

/// The problems of a suite's results, each beginning with the claim.
fn wrong(protocol: &str, name: &str) -> Vec<String> {
    let found = run(protocol, name);
    let suite = suite(name).expect("it is listed");
    let mut wrong = Vec::new();
    let missing = missing(protocol, suite, &found);
    if !missing.is_empty() {
        wrong.push(format!("WITNESS: {name} of {protocol} never saw {missing:?}"));
    }
    if !found.one_sided.is_empty() {
        wrong.push(format!("WITNESS: {name} of {protocol}: {:?}", found.one_sided));
    }
    let (compared, moved) = (found.compared.unwrap_or_default(), found.moved.unwrap_or_default());
    if (compared.only_loom, compared.only_explorer) != (0, 0) {
        wrong.push(format!("TRACES: {name} of {protocol}: {compared:?}"));
    }
    if moved.only_loom > 0 {
        wrong.push(format!("REFINES: {name} of {protocol}: {moved:?}"));
    }
    wrong
}

fn judge(protocol: &str, name: &str) {
    let wrong = wrong(protocol, name);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One test per suite: each needs a new thread, because a suite that fails leaves loom's state of
/// its thread behind.
macro_rules! suites {
    ($($test:ident: $protocol:literal, $name:literal;)*) => {
        $(#[test] fn $test() { judge($protocol, $name) })*

        const SUITES: &[(&str, &str)] = &[$(($protocol, $name),)*];
    };
}

suites! {
    suite_two: "handoff", "two";
    suite_two_fast: "handoff", "two-fast";
    suite_two_spurious: "handoff", "two-spurious";
    suite_two_cancel: "handoff", "two-cancel";
    suite_two_notified: "handoff", "two-notified";
    suite_hog: "handoff", "hog";
    suite_hog_grace: "handoff", "hog-grace";
    suite_three_grace_cancel: "handoff", "three-grace-cancel";
    suite_two_twice_cancel: "handoff", "two-twice-cancel";
    suite_three_cancel: "handoff", "three-cancel";
    suite_three_cancel_fast: "handoff", "three-cancel-fast";
    suite_python3_two: "python3", "two"; // timers of a wait, which the default protocol has not
    suite_heap: "handoff", "heap";
    suite_last_release: "handoff", "last-release";
    suite_mutex_detaching: "handoff", "mutex-detaching";
}

#[test]
fn the_counts_equal_the_committed_ones() {
    let mut explored: Vec<_> = explored().into_iter().flat_map(|seen| seen.states).collect();
    explored.extend(timed().into_iter().map(|(key, found)| (key, found.states as u64)));
    for (protocol, name) in SUITES {
        explored.push((format!("loom {protocol} {name}"), run(protocol, name).executions));
    }
    let committed = counts::committed().expect("counts.json is valid");
    let mut wrong = Vec::new();
    for (key, found) in explored {
        match committed.get(&key) {
            Some(committed) if *committed == found => {}
            committed => wrong.push(format!("{key}: {found}, committed {committed:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each in its own process: a broken lock may end it.
#[test]
fn the_mutants_of_the_mechanism_break_their_claims() {
    let binary = Path::new(env!("CARGO_BIN_EXE_gil-loom"));
    let mut survived = Vec::new();
    for mutant in MECHANISM_MUTANTS {
        let suite = suite(mutant.suite).expect("it is listed");
        match try_mutant(binary, mutant, suite) {
            Ok(row) if row.verdict == MutantVerdict::Caught => {}
            Ok(row) => survived.push(format!("{} survived", row.id)),
            Err(error) => survived.push(format!("{}: {error}", mutant.name)),
        }
    }
    assert!(survived.is_empty(), "{}", survived.join("\n"));
    assert!(MECHANISM_MUTANTS.len() >= 30);
}
