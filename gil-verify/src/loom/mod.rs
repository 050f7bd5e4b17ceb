//! The loom suites: the mechanism that ships, in every interleaving and memory order within
//! bounds, under each protocol.
//!
//! Every build has this list. The suites run in a build with `--cfg loom` (`harness`), which `cargo
//! verify` and `cargo test` start themselves.

pub mod engine;
mod found;
#[cfg(all(loom, not(shuttle)))]
pub mod harness;
#[cfg(all(loom, not(shuttle)))]
mod identity;
pub mod litmus;
#[cfg(all(loom, not(shuttle)))]
mod model;
pub mod process;
#[cfg(all(loom, not(shuttle)))]
pub mod programs;
#[cfg(all(loom, not(shuttle)))]
pub mod runner;
#[cfg(all(loom, not(shuttle)))]
pub mod seek;
mod suites;

pub use found::{Compared, Found, Sought, event_name, missing};
pub use suites::{NOT_UNDER_LOOM, SUITES, Suite, Work, compares, judged, known_false, runs, suite};
