//! The checks: claims about global interpreter locks, run by several engines.

pub mod report;
