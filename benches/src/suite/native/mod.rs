//! Workloads without an interpreter and without a lock: how well it could go on this machine.

mod echo;

pub use echo::echo;
