//! On real threads no waiter is overtaken more often than the proved bound.

#![cfg(not(loom))]

use std::time::Duration;

use gil_verify::claims::promise::{DEFAULT, overtakes_max};

#[path = "../examples/wait.rs"]
#[allow(dead_code)]
mod wait;

#[test]
fn overtakings_on_real_threads_are_within_the_bound() {
    let mut waits = 0;
    for threads in 2..=8 {
        // Short turns: many of them end by a forced release.
        let seen = wait::measure::measure(threads, 2_000, 400, Duration::from_micros(100));
        println!("{threads} threads: {seen:?}");
        let bound = overtakes_max(DEFAULT.0, DEFAULT.1, threads);
        assert!(seen.overtaken <= bound, "{threads} threads: {} > {bound}", seen.overtaken);
        waits += seen.waits;
    }
    assert!(waits > 1_000, "{waits} waits are too few to say anything");
}
