//! What the benchmarks share: two threads that pass one lock to each other.

#[cfg(not(loom))]
pub mod baton;
#[cfg(not(loom))]
pub mod counts;
#[cfg(not(loom))]
pub mod interleaved;
#[cfg(not(loom))]
pub mod pairs;
