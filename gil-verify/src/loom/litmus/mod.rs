//! The lock word's operations as litmus tests: programs of a few lines, with every outcome that C11
//! allows.
//!
//! A test is data. herd7's text in `docs/litmus`, the program that loom runs, and every outcome by
//! the semantics in [`views`] are generated from it, so they cannot differ. Each guarantee has a
//! test in which the bad outcome never happens. It also has weakened tests in which the outcome
//! must happen: a memory order that no test needs has no justification.

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

/// The test with this name.
#[must_use]
pub fn named(name: &str) -> Option<Litmus> {
    all().into_iter().find(|litmus| litmus.name == name)
}
