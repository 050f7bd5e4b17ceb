//! What the parts of the lock promise to whoever uses them one by one: each test is a behaviour that
//! no claim of the ledger is about.

#![cfg(not(loom))]

mod breaker;
mod counters;
mod debug;
mod faults;
mod ids;
mod lend;
mod monitor;
mod notify;
mod recorder;
mod returns;
mod runs;
mod ticks;
mod turns;
mod wake;
mod young;

use gil_core::{Observe, Protocol, RawGil, ThreadId};

/// The ids of the first threads of a lock.
fn threads<const N: usize>() -> [ThreadId; N] {
    std::array::from_fn(|index| ThreadId::from_index(index as u32))
}

/// Waits until another thread is in the slow path of `lock` and has asked the holder for a switch.
fn until_asked<P: Protocol, O: Observe>(lock: &RawGil<P, O>) {
    while !lock.switch_requested() && !lock.inspect_monitor(|monitor| monitor.requested()) {
        std::thread::yield_now();
    }
}
