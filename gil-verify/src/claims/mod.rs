//! The claims, generic over the protocol.
//!
//! - [`ghost`]: the safety claims, judged at every section
//! - [`ghost_observer`]: the same ghost inside a running lock
//! - [`identity`]: ID-1 and ID-2, of threads and locks that come and go
//! - [`liveness`]: LIVE-1, LIVE-2 and LIVE-5; [`overtake`]: LIVE-3
//! - [`equal_turns`]: SAFE-9; [`invariants`]: HAND; [`bisim`]: FAST-PATH
//! - [`spurious`]: protocols whose waits may end spuriously
//! - [`promise`]: the bound on waiting
//! - [`time`]: TIME-1, TIME-2 and TIME-3, with a discrete clock
//! - [`explored`]: the explorer's claims as functions of a protocol

pub mod bisim;
pub mod equal_turns;
pub mod explored;
pub mod ghost;
pub mod ghost_observer;
pub mod identity;
pub mod invariants;
pub mod liveness;
pub mod overtake;
pub mod promise;
pub mod spurious;
pub mod time;
