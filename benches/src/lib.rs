//! The benchmarks, and a small threaded language as a workload for them.
//!
//! They have nothing to say under loom, where this crate is empty.

#![cfg(not(loom))]

pub mod bench;
pub mod cli;
pub mod lang;
