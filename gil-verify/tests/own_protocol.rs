//! The example of a protocol from outside the workspace: it is short, and its starvation is found.

#![cfg(not(loom))]

#[path = "../examples/lifo.rs"]
#[allow(dead_code)]
mod lifo;

use gil_core::protocol::{Context, Order, Protocol, Release, Step, WaitSet, Wake};
use gil_verify::claims::explored::{Explored, SAFETY};
use gil_verify::explorer::model::Program;
use gil_verify::report::Verdict;

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

/// It never requests a switch.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Semaphore;

impl Protocol for Semaphore {
    const NAME: &'static str = "semaphore";
    const SETS: &'static [Order] = &[Order::Unordered];
    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() { Step::Owns } else { Step::Wait(WaitSet(0), None) }
    }
    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        cx.notify_one(WaitSet(0));
        Step::Left
    }
    fn safepoint(&mut self, _: &mut dyn Context) -> Step {
        Step::Owns
    }
    fn woken(&mut self, cx: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
        self.acquire(cx)
    }
    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        if notified {
            cx.notify_one(WaitSet(0));
        }
    }
}

#[test]
fn claims_of_a_protocol_that_never_requests_hold_vacuously() {
    let explored = Explored::new(&Semaphore, Program::blocking(2), 100_000);
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
    let explored = Explored::new(&Semaphore, Program::blocking(2), 100_000);
    for (claim, why) in [("SAFE-2", "gil-verify/tests/loom.rs"), ("SAFE-99", "there is no claim")] {
        let found = explored.check(claim);
        assert_eq!(found.verdict, Verdict::Inconclusive, "{claim}");
        assert!(found.note.as_ref().is_some_and(|note| note.contains(why)), "{:?}", found.note);
    }
}
