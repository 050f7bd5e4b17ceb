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
mod switch_interval;
mod thread_exit;
mod ticks;
mod turns;
mod wake;
#[path = "../watchdog/mod.rs"]
mod watchdog;

use gil_core::protocol::{Protocol, ThreadId};
use gil_core::raw::{Observe, RawGil, Registration};

use watchdog::Watchdog;

/// The ids of the first threads of a lock.
fn threads<const N: usize>() -> [ThreadId; N] {
    std::array::from_fn(|index| ThreadId::from_index(index as u32))
}

/// Waits until another thread is in the slow path of `lock` and has requested a switch.
fn until_asked<P: Protocol, O: Observe>(dog: &Watchdog, lock: &RawGil<P, O>) {
    dog.waits("the holder: a request", || {
        while !lock.switch_requested() && !lock.inspect_monitor(|monitor| monitor.requested()) {
            std::thread::yield_now();
        }
    });
}

/// Waits until another thread sleeps in `lock`, or is about to.
fn until_waiter<P: Protocol, O: Observe>(dog: &Watchdog, lock: &RawGil<P, O>) {
    dog.waits("the holder: a waiter", || {
        while !lock.inspect_monitor(|monitor| monitor.has_waiter()) {
            std::thread::yield_now();
        }
    });
}

/// Attaches and detaches, with both waits known to the watchdog.
fn attach_and_detach<P: Protocol, O: Observe>(
    dog: &Watchdog,
    lock: &RawGil<P, O>,
    registration: &Registration,
) {
    let waiter = dog.thread("the waiter");
    waiter.waits("attach", || lock.attach(registration)).unwrap();
    waiter.waits("detach", || lock.detach(registration)).unwrap();
}
