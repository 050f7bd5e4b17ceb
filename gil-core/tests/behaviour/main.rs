//! The behaviour of the lock's parts that no claim of the ledger covers.

#![cfg(not(loom))]

mod counters;
mod debug;
mod faults;
mod ids;
mod lend;
mod monitor;
mod notify;
mod pacing;
mod request_hook;
mod retake;
mod thread_exit;
mod ticks;
mod turns;
mod wake;

use gil_core::protocol::{Protocol, ThreadId};
use gil_core::raw::{Observe, RawGil};

/// The ids of the first threads of a lock.
fn threads<const N: usize>() -> [ThreadId; N] {
    std::array::from_fn(|index| ThreadId::from_index(index as u32))
}

/// Waits until another thread is in the slow path of `lock` and has requested a switch.
fn until_asked<P: Protocol, O: Observe>(lock: &RawGil<P, O>) {
    while !lock.switch_requested() && !lock.inspect_monitor(|monitor| monitor.requested()) {
        std::thread::yield_now();
    }
}
