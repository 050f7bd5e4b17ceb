//! Workloads without an interpreter and without a lock: how well it could go on this machine.

mod echo;
mod ring;

pub use echo::echo;
pub use ring::ring;
