//! The explorer: all states of threads that loop forever around one Monitor.
//!
//! - [`model`]: a state and its actions; [`graph`]: all reachable states
//! - [`fair`]: the search for fair loops; [`counterexample`]: a run as data, and as a text
//! - [`finite`]: a finite program, for the comparison with loom
//! - [`random_program`]: random programs, one thread at a time
//! - `engine`: runs all of it and turns the results into rows

pub mod counterexample;
#[cfg(not(loom))]
pub mod engine;
pub mod fair;
pub mod finite;
pub mod graph;
pub mod model;
pub mod random_program;

/// The numbers of threads that the explorer runs on every protocol.
pub const THREADS: [usize; 3] = [2, 3, 4];

/// The number of threads that the full profile adds on the main protocols.
pub const THREADS_FULL: usize = 5;
