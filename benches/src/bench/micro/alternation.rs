//! Passing a lock between two threads, strictly in turn: the cost of a hand-off.

use std::thread;
use std::time::{Duration, Instant};

use gil_core::Gil;
use gil_core::protocol::Protocol;

/// Two threads change a counter in turn, `turns` times in all; each reaches safepoints until its
/// turn. Returns the total time.
///
/// It measures the forced switch with the switch interval `interval`; the operating system sets its
/// lower limit.
///
/// # Panics
/// When one of its threads panics.
pub fn forced<P: Protocol + Send>(protocol: P, interval: Duration, turns: u64) -> Duration {
    let gil = Gil::with_protocol(0u64, protocol);
    gil.set_switch_interval(interval);
    let took = alternate(turns, |me| {
        let mut attached = gil.attach();
        while *attached < turns {
            if *attached % 2 == me {
                *attached += 1;
            }
            attached.safepoint();
        }
    });
    assert!(*gil.attach() >= turns);
    took
}

/// The same with parking_lot's mutex, handed off by `unlock_fair`.
///
/// # Panics
/// When one of its threads panics.
pub fn parking_lot_fair(turns: u64) -> Duration {
    let mutex = parking_lot::Mutex::new(0u64);
    alternate(turns, |me| {
        loop {
            let mut turn = mutex.lock();
            if *turn >= turns {
                break;
            }
            if *turn % 2 == me {
                *turn += 1;
            }
            parking_lot::MutexGuard::unlock_fair(turn);
        }
    })
}

fn alternate(turns: u64, side: impl Fn(u64) + Sync) -> Duration {
    assert!(turns > 0, "at least one turn is needed");
    let began = Instant::now();
    thread::scope(|scope| {
        let other = scope.spawn(|| side(1));
        side(0);
        other.join().expect("the other side does not panic");
    });
    began.elapsed()
}
