//! The benchmarks: workloads in every runtime, and routines of the bare lock.
//!
//! Each sample of a workload is a process of its own, of this program or of an interpreter. The rounds
//! are interleaved: each passes through all runtimes. The control without a lock runs twice. Its ratio to
//! itself is the A/A row, and a difference smaller than that means nothing.

pub mod comparison;
pub mod micro;
pub mod protocols;
pub mod reports;
pub mod runtimes;
pub mod samples;
pub mod targets;
pub mod workloads;
