//! Spin's results for models written by hand, compared with the explorer's results for the Rust
//! code.
//!
//! It needs Spin and a C compiler. Without them it prints that and compares nothing; with
//! `CI_NEEDS_SPIN` set it fails instead.
#![cfg(not(loom))]

use std::collections::BTreeSet;
use std::io::Write;
use std::time::Instant;

use gil_core::protocol::Protocol;
use gil_verify::claims::explored::{Explored, STATES_MAX};
use gil_verify::explorer::graph::Graph;
use gil_verify::explorer::model::{Action, Program, describe};
use gil_verify::ledger;
use gil_verify::mutants;
use gil_verify::mutants::protocol::{self as explorers, Mutated, Mutation};
use gil_verify::mutants::spin::{MUTANTS, SpinMutant};
use gil_verify::parallel;
use gil_verify::protocols::{self, MAIN};
use gil_verify::report::selection::Selection;
use gil_verify::report::{self, ClaimRow, Engine, MutantVerdict, Profile, Row, counts, judge};
use gil_verify::spin::{self, Verdict, engine};

/// Written past the capture of the test harness: a missing comparison should be visible.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn is_there() -> bool {
    let there = spin::is_there().unwrap_or_else(|error| panic!("{error}"));
    if !there {
        say(spin::NOT_THERE);
    }
    there
}

const fn as_reported(verdict: Verdict) -> report::Verdict {
    match verdict {
        Verdict::Holds => report::Verdict::Holds,
        Verdict::Fails => report::Verdict::Fails,
    }
}

/// The number of the explorer's moves, including the fast path, and the set of their actions.
fn moves<P: Protocol>(graph: &Graph<P>) -> (u64, BTreeSet<String>) {
    let (mut moves, mut taken) = (0, BTreeSet::new());
    for index in 0..graph.len() {
        for (action, _) in graph.edges(index) {
            let fast = graph.state(index).fast(*action);
            let fast = fast.is_some().then_some(Action { fast: true, ..*action });
            for action in [*action].into_iter().chain(fast) {
                moves += 1;
                let words = describe::<P>(action, None);
                taken.extend(words.split_once(' ').map(|(_, words)| words.to_owned()));
            }
        }
    }
    (moves, taken)
}

/// Compares one protocol with one program; returns the number of verdicts and the differences.
fn compare(protocol: &str, program: Program) -> (usize, Vec<String>) {
    let (protocol, rust) = protocols::named(protocol).expect("it is listed");
    let began = Instant::now();
    let (threads, variant) = (program.threads, program.variant());
    let explored = Explored::new(&rust, program, STATES_MAX);
    let explorer_took = began.elapsed();
    let claims = engine::claims(protocol, program);
    let answers = engine::answers(protocol, program, &claims);
    let answers = answers.unwrap_or_else(|error| panic!("{protocol} {program:?}: {error}"));
    let (mut different, what) = (Vec::new(), format!("{protocol} {threads} {variant}"));
    for answer in &answers {
        let expected = ledger::expected(&answer.claim, protocol, threads, variant);
        let found = explored.check(&answer.claim).verdict;
        let spin = as_reported(answer.verdict);
        say(&format!(
            "  {what} {}: {spin:?}, {} states, depth {}",
            answer.claim, answer.states, answer.depth
        ));
        if Some(spin) != expected || spin != found {
            let trail = answer.trail.join("\n    ");
            different.push(format!(
                "{what} {}: Spin {spin:?}, explorer {found:?}, ledger {expected:?}\n    {trail}",
                answer.claim
            ));
        }
    }
    let (edges, taken) = moves(&explored.live);
    for answer in answers.iter().filter(|answer| answer.claim == "LIVE-4") {
        if answer.states != explored.live.len() as u64 {
            let ours = explored.live.len();
            different.push(format!("{what}: {} states, not {ours}", answer.states));
        }
        if answer.moves != edges {
            different.push(format!("{what}: {} moves, not {edges}", answer.moves));
        }
        for action in answer.untaken.iter().filter(|action| taken.contains(*action)) {
            different.push(format!("{what}: in the model no thread ever {action}"));
        }
    }
    say(&format!("{what}: explorer {:?}, all {:?}", explorer_took, began.elapsed()));
    (answers.len(), different)
}

#[test]
fn spin_agrees_with_the_explorer() {
    if !is_there() {
        return;
    }
    // With 4 threads the full profile compares the verdicts and the numbers of states.
    let programs = [2, 3].into_iter().flat_map(engine::programs);
    let jobs: Vec<_> =
        programs.flat_map(|program| MAIN.iter().map(move |of| (*of, program))).collect();
    let compare = |(of, program): &(&str, Program)| compare(of, *program);
    let found = parallel::map(&jobs, |(_, program)| program.threads, compare, |_| {});
    let (mut compared, mut different) = (0, Vec::new());
    for (count, differs) in found {
        compared += count;
        different.extend(differs);
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    // Seven claims of four protocols, three programs, two numbers of threads. Without LIVE-1 and
    // SAFE-5 of python2, which has no requests, and without SAFE-5 where a part that is not
    // compared fails.
    assert_eq!(compared, 7 * 4 * 3 * 2 - 2 * 3 * 2 - 1, "verdicts compared");
}

#[test]
fn report_rows_are_those_of_spin() {
    if !is_there() {
        return;
    }
    let mut selection = Selection::all(Profile::Full);
    (selection.protocol, selection.claim) = (Some("python2".to_owned()), Some("LIVE-4".to_owned()));
    let mut rows = Vec::new();
    let left_out = engine::run(&selection, &mut rows);
    assert_eq!(left_out.expect("Spin says something"), None);
    let judged = judge::judge(Profile::Full, rows.clone(), Vec::new());
    assert_eq!(judged.problems, Vec::<String>::new());
    assert_eq!((judged.summary.claims, judged.summary.as_expected), (9, 9));
    assert_eq!((judged.summary.mutants, judged.summary.caught), (1, 1));
    assert!(
        judged.claims.iter().all(|row| row.engine == Engine::Spin && row.bound == "all states")
    );
    assert_eq!(judged.mutants[0].caught_by[0].engine, Engine::Spin);
    let (committed, found) = (counts::committed().expect("it is valid"), counts::of(&rows));
    assert_eq!(found.len(), 9, "one for each program");
    assert_eq!(counts::differences(&committed, &found, |_| false), Vec::<String>::new());
    // A verdict of Spin that contradicts the ledger is a problem, as any engine's is.
    let Row::Claim(row) = &rows[0] else { panic!("{:?}", rows[0]) };
    let other = Row::Claim(ClaimRow { verdict: report::Verdict::Fails, ..row.clone() });
    let judged = judge::judge(Profile::Full, vec![other], Vec::new());
    assert_eq!(judge::exit_code(&judged), judge::EXIT_NOT_AS_EXPECTED);
}

/// The explorer's verdict on the same bug, in the same program.
fn explore(mutant: &SpinMutant, mutation: Mutation) -> report::Verdict {
    let (_, rust) = protocols::named(mutant.of).expect("it is listed");
    let mutated = Mutated::new(rust, mutation);
    Explored::new(&mutated, mutant.program, STATES_MAX).check(mutant.breaks).verdict
}

#[test]
fn mutants_of_the_models_and_their_pairs_are_caught() {
    if !is_there() {
        return;
    }
    let rows = parallel::map(MUTANTS, |_| 0, mutants::spin::judge, |_| {});
    let mut wrong = Vec::new();
    for (mutant, row) in MUTANTS.iter().zip(rows) {
        let SpinMutant { name, of, breaks, program, pair } = *mutant;
        let row = row.unwrap_or_else(|error| panic!("{mutant:?}: {error}"));
        if row.verdict != MutantVerdict::Caught {
            wrong.push(format!("Spin: {breaks} of {of} holds with {name}"));
        }
        let expected = ledger::expected(breaks, of, program.threads, program.variant());
        assert_eq!(expected, Some(report::Verdict::Holds), "{mutant:?} breaks what is broken");
        let Some(pair) = pair else { continue };
        let pair = explorers::MUTANTS.iter().find(|known| known.name == pair);
        let pair = pair.unwrap_or_else(|| panic!("{mutant:?}: the explorer has no {pair:?}"));
        assert!(pair.of.contains(&of), "{mutant:?}");
        let found = explore(mutant, pair.mutation);
        if found != report::Verdict::Fails {
            wrong.push(format!("explorer: {breaks} of {of} with {}: {found:?}", pair.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
