//! The lock word's operations as litmus tests: programs of a few lines, with every outcome that
//! C11 allows them.
//!
//! A test is data. From it come herd7's text in `docs/litmus`, the program that loom runs, and every
//! outcome by the semantics in [`views`], so they cannot drift apart. Each guarantee has a test in which the bad outcome never happens, and weakened
//! tests in which it must: an order that nothing depends on would not be worth its fence.

pub mod herd;
mod program;
#[cfg(all(loom, not(shuttle)))]
pub mod run;
pub mod views;
mod word;

pub use program::{Litmus, Op, Order, Result, registers};

/// All tests.
#[must_use]
pub fn all() -> Vec<Litmus> {
    word::tests()
}

/// The test of a name.
#[must_use]
pub fn named(name: &str) -> Option<Litmus> {
    all().into_iter().find(|litmus| litmus.name == name)
}
