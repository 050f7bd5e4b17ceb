//! A race that a race detector must find, and the same program without the race. It is the control
//! of the run under ThreadSanitizer (`.ci/sanitize`): a detector that misses the planted race
//! proves nothing when it is silent.
//!
//! In `planted` one thread accesses the data without the lock. That is undefined behaviour, so run
//! it under a detector only.

use std::cell::UnsafeCell;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use gil_core::protocol::Handoff;
use gil_core::raw::RawGil;

const ROUNDS: usize = 1_000;
const THREADS: usize = 3;

struct Shared {
    gil: RawGil<Handoff>,
    data: UnsafeCell<u64>,
}

// SAFETY: the data is accessed under the lock, except for the planted race.
unsafe impl Sync for Shared {}

impl Shared {
    fn count(&self) {
        // SAFETY: as for `Sync`.
        unsafe { *self.data.get() += 1 };
    }
}

fn meet(arrived: &AtomicUsize) {
    arrived.fetch_add(1, Ordering::Relaxed);
    while arrived.load(Ordering::Relaxed) < THREADS {
        std::thread::yield_now();
    }
}

fn main() -> ExitCode {
    let planted = match std::env::args().nth(1).as_deref() {
        Some("planted") => true,
        Some("guarded") => false,
        _ => {
            eprintln!("usage: planted_race planted|guarded");
            return ExitCode::from(2);
        }
    };
    let shared = Shared { gil: RawGil::new(Handoff::new()), data: UnsafeCell::new(0) };
    // Registering and leaving lock the lock's mutex, which would order a thread that runs alone
    // before or after the others. Only the part between two meetings counts, and the meetings order
    // nothing; a barrier of the standard library would.
    let (come, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (shared, come, done) = (&shared, &come, &done);
            scope.spawn(move || {
                let member = shared.gil.register();
                meet(come);
                for _ in 0..ROUNDS {
                    if planted && thread == 2 {
                        shared.count();
                        continue;
                    }
                    shared.gil.attach(&member).expect("it was detached");
                    shared.count();
                    shared.gil.detach(&member).expect("it was attached");
                }
                meet(done);
                shared.gil.unregister(member);
            });
        }
    });
    println!("counted to {}", shared.data.into_inner());
    ExitCode::SUCCESS
}
