//! `gil-bench`: workloads in every runtime, in interleaved rounds, beside the real interpreters.
//!
//! Each sample is a process of its own, of this program or of an interpreter. Rounds take turns through
//! all runtimes, and the control without a lock comes twice: its ratio to itself is the A/A row, below
//! which no difference means anything.

pub mod client;
pub mod command;
pub mod figures;
pub mod files;
pub mod interpreters;
pub mod machine;
pub mod native;
pub mod page;
pub mod pass;
pub mod pinned;
pub mod plot;
pub mod report;
pub mod runtime;
pub mod target;
pub mod verdict;
pub mod workload;
pub mod workloads;
