//! The uncontended pair, attach and detach, beside other locks' lock and unlock.

use std::hint::black_box;
use std::time::{Duration, Instant};

use gil_core::{Gil, Handoff, RawGil};

use crate::interleaved::Timed;

/// All pairs, the control first.
pub const PAIRS: &[Timed] = &[
    ("parking_lot", parking_lot),
    ("parking_lot again (A/A)", parking_lot),
    ("std Mutex", std_mutex),
    ("Gil attach + drop", gil),
    ("Gil detach in place", detach),
    ("RawGil attach + detach", raw),
];

pub(crate) fn timed(count: u64, mut pair: impl FnMut()) -> Duration {
    let began = Instant::now();
    for _ in 0..count {
        pair();
    }
    began.elapsed()
}

fn parking_lot(count: u64) -> Duration {
    let lock = parking_lot::Mutex::new(0u64);
    timed(count, || *black_box(&lock).lock() += 1)
}

fn std_mutex(count: u64) -> Duration {
    let lock = std::sync::Mutex::new(0u64);
    timed(count, || *black_box(&lock).lock().expect("not poisoned") += 1)
}

fn gil(count: u64) -> Duration {
    let lock = Gil::new(0u64);
    timed(count, || *black_box(&lock).attach() += 1)
}

fn detach(count: u64) -> Duration {
    let lock = Gil::new(0u64);
    let mut attached = lock.attach();
    timed(count, || black_box(&mut attached).detach(|| ()))
}

fn raw(count: u64) -> Duration {
    let lock = RawGil::new(Handoff::new());
    let member = lock.register();
    timed(count, || {
        black_box(&lock).attach(&member).expect("free");
        black_box(&lock).detach(&member).expect("held");
    })
}
