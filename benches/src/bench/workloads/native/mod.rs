//! Workloads without an interpreter and without a lock: the best possible result on this machine.

mod echo;
mod ring;

pub use echo::echo;
pub use ring::ring;
