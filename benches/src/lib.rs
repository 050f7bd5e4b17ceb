//! The benchmarks, and a small threaded language as a workload for them.
//!
//! Nothing here has anything to say under loom, where this crate is empty.

#[cfg(not(loom))]
pub mod baton;
#[cfg(not(loom))]
pub mod command;
#[cfg(not(loom))]
pub mod compare;
#[cfg(not(loom))]
pub mod counts;
#[cfg(not(loom))]
pub mod fast;
#[cfg(not(loom))]
pub mod interleaved;
#[cfg(not(loom))]
pub mod objects;
#[cfg(not(loom))]
pub mod pairs;
#[cfg(not(loom))]
pub mod processes;
#[cfg(not(loom))]
pub mod program;
#[cfg(not(loom))]
pub mod runtimes;
#[cfg(not(loom))]
pub mod script;
#[cfg(not(loom))]
pub mod suite;
#[cfg(not(loom))]
pub mod usage;
