//! The measurements: samples by round, their medians, ranges and ratios.

mod range;
mod rows;

pub use range::{Range, median, ratios};
pub use rows::{Row, Rows, distinct};
