//! The checks: claims about global interpreter locks, run by several engines.
//!
//! - [`ghost`], [`claims`], [`live`], [`bisim`], [`overtake`]: the claims, generic over the
//!   [`Protocol`](gil_core::Protocol), yours included
//! - [`space`], [`graph`]: the explorer, all states of threads that loop for ever
//! - [`looms`], [`finite`], [`watch`]: the mechanism under loom, and its comparison with the explorer
//! - [`litmus`]: the lock word's operations, each pair of them a program of a few lines
//! - [`promise`], [`bounds`], [`attack`]: how long a waiter waits at most, the proof, the exact table,
//!   and the bound attained in virtual time
//! - [`mutants`]: deliberate bugs that must be caught
//! - [`ledger`]: what is expected, and where a claim is known to be false
//! - [`run`], [`line`](mod@line), [`replay`]: counterexamples, and the lines that replay them
//! - [`verify`], [`report`], [`counts`]: the run as a whole
//!
//! What a green result does not mean is on the book's page on limits.

pub mod article;
pub mod attack;
pub mod bisim;
#[cfg(not(loom))]
pub mod book;
pub mod bounds;
pub mod claims;
#[cfg(not(loom))]
pub mod cli;
#[cfg(not(loom))]
pub mod conform;
pub mod counts;
pub mod engines;
pub mod fair;
pub mod finite;
pub mod ghost;
pub mod graph;
#[cfg(not(loom))]
pub mod human;
pub mod invariants;
mod kills;
pub mod ledger;
pub mod line;
pub mod litmus;
pub mod live;
pub mod looms;
pub mod loops;
pub mod matrix;
pub mod mutants;
#[cfg(not(loom))]
pub mod mutation;
pub mod overtake;
pub mod parallel;
pub mod program;
pub mod promise;
pub mod replay;
pub mod report;
pub mod robust;
pub mod run;
pub mod shuttles;
pub mod space;
#[cfg(not(loom))]
pub mod spin;
pub mod stories;
pub mod turns;
pub mod verify;
pub mod watch;
pub mod zoo;
