//! The benchmarks, and a small threaded language as a workload for them.
//!
//! Under loom this crate is empty.

#![cfg(not(loom))]

pub mod bench;
pub mod cli;
pub mod lang;

#[cfg(test)]
#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;
