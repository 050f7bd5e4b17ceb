//! The fast path, and passing the lock on: each beside what the machine can do at best.

pub mod bare;
pub mod instructions;
#[cfg(target_os = "linux")]
pub mod passing; // threads are pinned, and slept on futexes
pub mod protocols;
pub mod targets;
