//! Protocols from outside the workspace: the example, and first drafts as users write them.

#![cfg(not(loom))]

#[path = "../examples/lifo.rs"]
#[allow(dead_code)]
mod lifo;
#[path = "../examples/semaphore.rs"]
#[allow(dead_code)]
mod semaphore;

use gil_core::protocol::{Context, Order, Protocol, Release, Step, ThreadId, WaitSet, Wake};
use gil_verify::claims::explored::{Explored, SAFETY};
use gil_verify::explorer::model::Program;
use gil_verify::replay;
use gil_verify::replay::replay_line::Line;
use gil_verify::report::Verdict;
use semaphore::Semaphore;

#[test]
fn public_api_finds_the_starvation_loop_of_lifo() {
    let lines = include_str!("../examples/lifo.rs").lines().count();
    assert!(lines < 60, "the example has {lines} lines");
    let explored = Explored::new(&lifo::Lifo::default(), Program::blocking(3), 100_000);
    for claim in SAFETY {
        let found = explored.check(claim);
        assert_eq!(found.verdict, Verdict::Holds, "{claim}: {:?}", found.counterexample);
    }
    assert_eq!(explored.check("LIVE-1").verdict, Verdict::Holds);
    let starves = explored.check("LIVE-2").counterexample.expect("it starves a thread");
    let starves = starves.text(explored.live.state(0));
    assert!(starves.contains("waits forever"), "{starves}");
    assert!(starves.contains("and from here on, repeatedly:"), "{starves}");
    assert!(starves.contains("fair (weak, per thread)"), "{starves}");
}

#[test]
fn claims_of_a_protocol_that_never_requests_hold_vacuously() {
    let explored = Explored::new(&Semaphore { passes_on: true }, Program::blocking(2), 100_000);
    for claim in ["SAFE-3", "SAFE-3F", "SAFE-4", "SAFE-5", "LIVE-1"] {
        let found = explored.check(claim);
        assert_eq!(found.verdict, Verdict::Vacuous, "{claim}");
        let note = found.note.unwrap_or_default();
        assert!(note.contains("holds vacuously: no thread ever requests a switch"), "{note}");
    }
    assert_eq!(explored.check("SAFE-1").verdict, Verdict::Holds);
}

#[test]
fn claim_that_the_explorer_does_not_judge_has_an_answer() {
    let explored = Explored::new(&Semaphore { passes_on: true }, Program::blocking(2), 100_000);
    for (claim, why) in [("SAFE-2", "gil-verify/tests/loom.rs"), ("SAFE-99", "there is no claim")] {
        let found = explored.check(claim);
        assert_eq!(found.verdict, Verdict::Inconclusive, "{claim}");
        assert!(found.note.as_ref().is_some_and(|note| note.contains(why)), "{:?}", found.note);
    }
}

/// Panics when a thread releases and fewer than two have ever waited.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Panics(Vec<ThreadId>);

impl Protocol for Panics {
    const NAME: &'static str = "panics";
    const SETS: &'static [Order] = &[Order::Unordered];
    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() {
            return Step::Owns;
        }
        self.0.push(cx.me());
        Step::Wait(WaitSet(0), None)
    }
    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        cx.give(self.0[1]);
        Step::Left
    }
    fn safepoint(&mut self, _: &mut dyn Context) -> Step {
        Step::Owns
    }
    fn woken(&mut self, _: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
        Step::Wait(WaitSet(0), None)
    }
    fn cancel(&mut self, _: &mut dyn Context, _: bool) {}
}

#[test]
fn protocol_that_panics_is_inconclusive_and_its_run_replays() {
    let explored = Explored::new(&Panics::default(), Program::blocking(2), 100_000);
    for claim in ["SAFE-1", "SAFE-3", "LIVE-1", "LIVE-2"] {
        let found = explored.check(claim);
        assert_eq!(found.verdict, Verdict::Inconclusive, "{claim}");
        let note = found.note.unwrap_or_default();
        assert!(note.contains("the protocol panics: index out of bounds"), "{note}");
        let run = found.counterexample.expect("the run that leads there");
        let text = explored.tell(&run, Panics::NAME);
        assert!(text.contains("the protocol panics\n"), "{text}");
        let line = text.split_whitespace().last().expect("the line is last");
        let Ok(Line::Explorer(line)) = Line::parse(line) else { panic!("no line: {text}") };
        let replayed = replay::of(Panics::default(), &line).expect("it is possible");
        assert_eq!((replayed.differs, replayed.run.stem.len()), (None, 2), "{text}");
    }
}

/// Two first drafts of a spin lock.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Draft {
    /// Leaves instead of waiting, which the interface forbids.
    Leaves,
    /// Counts its acquisitions forever.
    Counts(u64),
}

impl Protocol for Draft {
    const NAME: &'static str = "draft";
    const SETS: &'static [Order] = &[];
    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        match self {
            _ if cx.is_free() => Step::Owns,
            Self::Leaves => Step::Left,
            Self::Counts(count) => {
                *count += 1;
                Step::Retry
            }
        }
    }
    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        Step::Left
    }
    fn safepoint(&mut self, _: &mut dyn Context) -> Step {
        Step::Owns
    }
    fn woken(&mut self, cx: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
        self.acquire(cx)
    }
    fn cancel(&mut self, _: &mut dyn Context, _: bool) {}
}

#[test]
fn protocol_that_breaks_its_interface_is_inconclusive() {
    let explored = Explored::new(&Draft::Leaves, Program::blocking(2), 100_000);
    let found = explored.check("SAFE-1");
    assert_eq!(found.verdict, Verdict::Inconclusive);
    let note = found.note.unwrap_or_default();
    assert!(note.contains("the protocol sent an acquiring thread away"), "{note}");
    assert_eq!(found.counterexample.map(|run| run.stem.len()), Some(2));
}

#[test]
fn state_that_grows_forever_is_inconclusive() {
    let found = Explored::new(&Draft::Counts(0), Program::blocking(2), 1_000).check("SAFE-1");
    assert_eq!(found.verdict, Verdict::Inconclusive);
    let note = found.note.unwrap_or_default();
    assert!(note.contains("states were explored; a state that grows forever"), "{note}");
}

/// The page that explains the example.
const PAGE: &str = include_str!("../../docs/src/own-protocol.md");

#[test]
fn page_shows_the_verdicts_and_the_run_of_the_example() {
    for passes_on in [false, true] {
        let verdicts = semaphore::verdicts(passes_on);
        let block = format!("```text\n{verdicts}```");
        assert!(PAGE.contains(&block), "the page has not:\n{block}");
    }
    assert!(semaphore::verdicts(false).contains("LIVE-4: Fails"));
    assert!(semaphore::verdicts(true).contains("LIVE-4: Holds"));
}
