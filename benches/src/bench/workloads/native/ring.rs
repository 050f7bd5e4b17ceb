//! The minimum for passing a turn on to a sleeping thread: a ring of threads. The thread with the
//! turn computes for an interval, wakes the next, and sleeps. There is no timekeeper and no lock,
//! so a pass is one sleep and the system's own overhead.

use std::hint::spin_loop;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::bench::runtimes::Settings;
use crate::lang::Usage;

struct Ring {
    interval: Duration,
    threads: OnceLock<Vec<Thread>>,
    turn: AtomicUsize,
    // Relaxed, both: one says when to end, the other is a count that another thread reads.
    done: AtomicBool,
    passes: AtomicU64,
}

impl Ring {
    fn goes_to(&self, next: usize) {
        self.turn.store(next, Ordering::Release); // each thread sees the writes of the previous one
        if let Some(thread) = self.threads.get().and_then(|threads| threads.get(next)) {
            thread.unpark();
        }
    }

    fn member(&self, me: usize, size: usize) {
        while !self.done.load(Ordering::Relaxed) {
            if self.turn.load(Ordering::Acquire) != me {
                thread::park();
                continue;
            }
            let begin = Instant::now();
            while begin.elapsed() < self.interval {
                spin_loop();
            }
            self.passes.fetch_add(1, Ordering::Relaxed);
            self.goes_to((me + 1) % size);
        }
    }
}

/// Passes for a while, and prints the number of passes and their cost.
///
/// # Errors
/// When the system does not report the usage.
pub fn ring(settings: &Settings) -> Result<(), String> {
    let setting = |name, least: i64| settings.get(name).copied().unwrap_or(least).max(least) as u64;
    let size = setting("threads", 2) as usize;
    let pause = Duration::from_millis(setting("milliseconds", 1));
    let ring = Ring {
        interval: Duration::from_micros(setting("interval_us", 1)),
        threads: OnceLock::new(),
        turn: AtomicUsize::new(size), // owned by no thread
        done: AtomicBool::new(false),
        passes: AtomicU64::new(0),
    };
    let look =
        || Ok::<_, String>((ring.passes.load(Ordering::Relaxed), Usage::own()?, Instant::now()));
    let (before, after) = thread::scope(|scope| {
        let ring = &ring;
        let members: Vec<_> =
            (0..size).map(|me| scope.spawn(move || ring.member(me, size))).collect();
        let threads =
            ring.threads.get_or_init(|| members.iter().map(|m| m.thread().clone()).collect());
        ring.goes_to(0);
        thread::sleep(pause); // the workload's own pause
        let before = look();
        thread::sleep(pause); // the workload's own pause
        let after = look();
        ring.done.store(true, Ordering::Relaxed);
        threads.iter().for_each(Thread::unpark);
        (before, after)
    });
    let ((before, used, begin), (after, using, end)) = (before?, after?);
    let using = using.since(used);
    println!("elapsed_us {}", (end - begin).as_micros());
    println!("switched {}", using.voluntary + using.involuntary);
    println!("switches {}", after - before);
    Ok(())
}
