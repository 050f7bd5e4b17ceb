//! A lock for each object against one lock for all (article, A4): moving an amount between two of
//! a hundred accounts, in one thread and in two.

use std::hint::black_box;
use std::time::{Duration, Instant};

use gil_core::heap::{Brand, GilCell};
use parking_lot::Mutex;

use super::timed::Timed;

gil_core::brand!(struct Accounts);

const ACCOUNTS: usize = 100;

/// All of them, the control first.
pub const OBJECTS: &[Timed] = &[
    ("lock per object", |count| per_object(count, 1)),
    ("lock per object (A/A)", |count| per_object(count, 1)),
    ("one lock", |count| one_lock(count, 1)),
    ("lock per object, 2 threads", |count| per_object(count, 2)),
    ("one lock, 2 threads", |count| one_lock(count, 2)),
];

/// Two different accounts, the same ones for every runtime.
fn pair(step: u64) -> (usize, usize) {
    let from = (step.wrapping_mul(7) % ACCOUNTS as u64) as usize;
    (from, (from + 1 + (step % 31) as usize) % ACCOUNTS)
}

fn in_threads(threads: u64, count: u64, work: impl Fn(std::ops::Range<u64>) + Sync) -> Duration {
    let began = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let share = count / threads;
            let work = &work;
            scope.spawn(move || work(thread * share..(thread + 1) * share));
        }
    });
    began.elapsed()
}

/// In the order of their numbers, so that it does not deadlock (NEED-2).
fn per_object(count: u64, threads: u64) -> Duration {
    let accounts: Vec<_> = (0..ACCOUNTS).map(|_| Mutex::new(1_000i64)).collect();
    in_threads(threads, count, |steps| {
        for step in steps {
            let (from, to) = black_box(pair(step));
            let (mut low, mut high) =
                (accounts[from.min(to)].lock(), accounts[from.max(to)].lock());
            let (source, target) =
                if from < to { (&mut low, &mut high) } else { (&mut high, &mut low) };
            **source -= 1;
            **target += 1;
        }
    })
}

/// Attached once, with a safepoint after each transfer.
fn one_lock(count: u64, threads: u64) -> Duration {
    let accounts: Vec<_> = (0..ACCOUNTS).map(|_| GilCell::<Accounts, _>::new(1_000i64)).collect();
    in_threads(threads, count, |steps| {
        let mut token = Accounts::attach();
        for step in steps {
            let (from, to) = black_box(pair(step));
            *accounts[from].get_mut(&mut token) -= 1;
            *accounts[to].get_mut(&mut token) += 1;
            token.safepoint();
        }
    })
}
