//! The checks: claims about global interpreter locks, run by several engines.
//!
//! - [`claims`]: what is checked, generic over the [`Protocol`](gil_core::protocol::Protocol), yours included:
//!   safety, liveness, overtaking, the fast path, and how long a waiter waits at most
//! - [`ledger`]: what is expected, and where a claim is known to be false
//! - [`explorer`]: all states of threads that loop for ever
//! - [`mod@loom`]: the mechanism in every interleaving and memory order, and its comparison with the
//!   explorer; the lock word's operations, each pair of them a program of a few lines
//! - [`mod@shuttle`], `spin`: the second opinions
//! - [`mutants`]: deliberate bugs that must be caught
//! - [`replay`]: the lines that replay counterexamples, and recorded traces against the models
//! - [`report`]: the run as a whole, its rows, its judgement and its pages
//!
//! The committed results that a run is compared with are in `gil-verify/golden`. What a green result
//! does not mean is on the book's page on limits.

pub mod claims;
#[cfg(not(loom))]
pub mod cli;
pub mod explorer;
pub mod ledger;
pub mod loom;
pub mod mutants;
pub mod parallel;
pub mod protocols;
pub mod replay;
pub mod report;
pub mod shuttle;
#[cfg(not(loom))]
pub mod spin;
