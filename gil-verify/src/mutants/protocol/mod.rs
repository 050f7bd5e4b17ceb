//! Deliberate bugs of protocols: a wrapper that changes the calls between a protocol and the
//! Monitor.
//!
//! Every effect of every protocol goes through [`Context`](gil_core::protocol::Context), so one
//! list of generic mutants fits all protocols. Bugs of one protocol (its wait-sets have meanings)
//! are made in the same way. A check that passes proves nothing until it has been seen to fail. So
//! each mutant names in advance the claims of which one must catch it.

mod list;
mod on_loom;
mod twist;

pub use list::{MUTANTS, Mutant};
pub use on_loom::{ON_LOOM, OnLoom};
pub use twist::{Mutated, Mutation, take_applied};
