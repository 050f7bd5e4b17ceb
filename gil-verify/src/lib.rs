//! The checks: claims about global interpreter locks, run by several engines.
//!
//! - [`ghost`], [`claims`], [`live`], [`bisim`], [`overtake`]: the claims, generic over the
//!   [`Protocol`](gil_core::Protocol), yours included
//! - [`space`], [`graph`]: the explorer, all states of threads that loop for ever
//! - [`looms`], [`traces`]: the mechanism under loom, and its comparison with the explorer
//! - [`mutants`]: deliberate bugs that must be caught
//! - [`ledger`]: what is expected, and where a claim is known to be false
//! - [`verify`], [`report`], [`counts`]: the run as a whole
//!
//! What a green result does not mean is on the book's page on limits.

pub mod article;
pub mod bisim;
pub mod book;
pub mod claims;
#[cfg(not(loom))]
pub mod cli;
#[cfg(not(loom))]
pub mod conform;
pub mod counts;
pub mod engines;
pub mod ghost;
pub mod graph;
#[cfg(not(loom))]
pub mod human;
pub mod ledger;
pub mod live;
pub mod looms;
pub mod mutants;
pub mod overtake;
pub mod program;
pub mod promise;
pub mod report;
pub mod space;
pub mod stories;
pub mod traces;
pub mod verify;
pub mod zoo;
