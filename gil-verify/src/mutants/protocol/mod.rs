//! Deliberate bugs of protocols: a wrapper that twists what passes between a protocol and the
//! Monitor.
//!
//! Every effect of every protocol goes through [`Context`](gil_core::protocol::Context), so one list of generic
//! mutants fits them all. What is particular to one protocol (its wait-sets have meanings) is twisted
//! the same way. A green check proves nothing until it has been seen red: each mutant names in advance the
//! claims of which one has to catch it.

mod list;
mod twist;

pub use list::{MUTANTS, Mutant};
pub use twist::{Mutated, Mutation, take_applied};
