//! The explorer: all states of threads that loop for ever around one Monitor.
//!
//! - [`model`]: a state and what can happen in it; [`graph`]: all that can be reached
//! - [`fair`]: the search for fair loops; [`counterexample`]: a run as data, and as a text
//! - [`finite`]: a finite program, for the comparison with loom
//! - [`random_program`]: random programs, one after the other
//! - [`engine`]: runs all of it, and turns what it finds into rows

pub mod counterexample;
pub mod engine;
pub mod fair;
pub mod finite;
pub mod graph;
pub mod model;
pub mod random_program;
