//! The checks: claims about global interpreter locks, run by several engines.

pub mod bisim;
pub mod claims;
pub mod ghost;
pub mod graph;
pub mod live;
pub mod looms;
pub mod mutants;
pub mod overtake;
pub mod report;
pub mod space;
pub mod traces;
pub mod zoo;
