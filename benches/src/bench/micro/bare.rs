//! The lower limit for a pair and a safepoint: atomics without a lock around them, and CPython's
//! lock.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::timed::timed;

/// A thread's id as in the lock word, shifted past a bit.
const HELD: u32 = 2;

/// Nothing: the loop's own cost.
pub fn nothing(count: u64) -> Duration {
    timed(count, || black_box(()))
}

/// Acquired by a compare-and-swap, freed by another.
pub fn two_swaps(count: u64) -> Duration {
    let (word, held) = (AtomicU32::new(0), black_box(HELD));
    let word = black_box(&word);
    timed(count, || {
        if word.compare_exchange(0, held, Ordering::Acquire, Ordering::Relaxed).is_err() {
            not_free();
        }
        if word.compare_exchange(held, 0, Ordering::Release, Ordering::Relaxed).is_err() {
            not_free();
        }
    })
}

/// Acquired by a compare-and-swap, freed by a store: no lock with waiters can do this.
pub fn swap_and_store(count: u64) -> Duration {
    let (word, held) = (AtomicU32::new(0), black_box(HELD));
    let word = black_box(&word);
    timed(count, || {
        if word.compare_exchange(0, held, Ordering::Acquire, Ordering::Relaxed).is_err() {
            not_free();
        }
        word.store(0, Ordering::Release);
    })
}

/// A load, a test and a branch: the minimum of a safepoint.
pub fn one_load(count: u64) -> Duration {
    let flag = AtomicBool::new(false);
    let flag = black_box(&flag);
    timed(count, || {
        if flag.load(Ordering::Relaxed) {
            not_free();
        }
    })
}

#[cold]
#[inline(never)]
fn not_free() {
    unreachable!("there is one thread");
}

/// CPython's lock as in its `ceval_gil.c`, without the waiting: a mutex and a condition variable
/// for the lock, and another two for the forced switch.
#[derive(Default)]
struct CPython {
    gil: Mutex<Held>,
    freed: Condvar,
    switch: Mutex<()>,
    switched: Condvar,
}

#[derive(Default)]
struct Held {
    locked: bool,
    last_holder: u32,
    switches: u64,
}

impl CPython {
    #[inline(never)]
    fn take(&self, me: u32) {
        let mut held = self.gil.lock();
        while held.locked {
            self.freed.wait(&mut held);
        }
        let switch = self.switch.lock();
        held.locked = true;
        if held.last_holder != me {
            held.last_holder = me;
            held.switches += 1;
        }
        self.switched.notify_one();
        drop(switch);
    }

    #[inline(never)]
    fn free(&self, me: u32) {
        let mut held = self.gil.lock();
        held.last_holder = me;
        held.locked = false;
        self.freed.notify_one();
    }
}

/// The pair of CPython's lock.
pub fn cpython(count: u64) -> Duration {
    let lock = CPython::default();
    let lock = black_box(&lock);
    timed(count, || {
        lock.take(HELD);
        lock.free(HELD);
    })
}
