//! The checks: claims about global interpreter locks, run by several engines.

pub mod ghost;
pub mod graph;
pub mod live;
pub mod report;
pub mod space;
