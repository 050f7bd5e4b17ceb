//! The example of a protocol from outside the workspace: it is short, and its starvation is found.

#![cfg(not(loom))]

#[path = "../examples/lifo.rs"]
#[allow(dead_code)]
mod lifo;

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
