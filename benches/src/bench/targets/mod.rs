//! The targets of the project, and the verdicts on them.

mod judge;
mod target;
mod verdict;

pub use judge::Judge;
pub use target::Target;
pub use verdict::{Limit, Verdict, interval, is_too_noisy, judge};
