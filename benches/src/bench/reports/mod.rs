//! The results as tables, JSON, charts and a page of HTML.

mod machine;
mod page;
mod plot;
mod report;

pub use machine::machine;
pub use page::page;
pub use plot::{Plot, plots};
pub use report::{Report, SCHEMA};
