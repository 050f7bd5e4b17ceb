//! Routines of the bare lock and the heap, each compared with the limit of the machine.

pub mod alternation;
mod bare;
mod counts;
#[cfg(target_os = "linux")]
pub mod handoff; // threads are pinned, and sleep on futexes
#[cfg(target_os = "linux")]
mod handoff_table;
mod instructions;
mod objects;
mod rounds;
mod timed;
mod uncontended;
mod uncontended_table;

pub use counts::COUNTS;
#[cfg(target_os = "linux")]
pub use handoff_table::passes;
pub use instructions::ROUTINES;
pub use objects::OBJECTS;
pub use rounds::table;
pub use timed::Timed;
pub use uncontended::{PAIRS, SAFEPOINTS};
pub use uncontended_table::pairs;
