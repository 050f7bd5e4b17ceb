//! The benchmarks: workloads in every runtime, and routines of the bare lock.
//!
//! Each sample of a workload is its own process, of this program or of an interpreter. The rounds
//! are interleaved: each passes through all runtimes. The control without a lock runs twice. Its
//! ratio to itself is the A/A row, and a difference smaller than that has no meaning.

pub mod comparison;
pub mod micro;
pub mod protocols;
pub mod reports;
pub mod runtimes;
pub mod samples;
pub mod targets;
pub mod workloads;
