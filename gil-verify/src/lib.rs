//! The checks: claims about global interpreter locks, run by several engines.
//!
//! - [`claims`]: the claims, generic over the [`Protocol`](gil_core::protocol::Protocol), including
//!   your own: safety, liveness, overtaking, the fast path, and the bound on waiting
//! - [`ledger`]: the expected verdicts, and where a claim is known to be false
//! - [`explorer`]: all states of threads that loop forever
//! - [`mod@loom`]: the mechanism in every interleaving and memory order, its comparison with the
//!   explorer, and litmus tests of the lock word's operations
//! - [`mod@shuttle`], `spin`: the second opinions
//! - [`mutants`]: deliberate bugs that must be caught
//! - [`replay`]: the lines that replay counterexamples, and recorded traces against the models
//! - [`report`]: the whole run: its rows, verdict and pages
//!
//! A run is compared with the committed results in `gil-verify/golden`. The book's page on limits
//! says what a green result does not mean.

pub mod claims;
#[cfg(all(feature = "cli", not(loom)))]
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
#[cfg(all(feature = "cli", not(loom)))]
pub mod spin;
