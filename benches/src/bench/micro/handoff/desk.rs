//! The desk: how holder and visitor coordinate each pass, and what they measured.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::condition::Condition;

/// A request to an interrupted holder is deferred for as long as the visitor had the lock. The
/// visitor counts its context switches meanwhile. That ends before the next visit.
const SPARED: Duration = Duration::from_micros(100);

/// The result of a number of passes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Passed {
    /// The median of the times of one pass, minus the time for reading the clock.
    pub one_way: Duration,
    /// Context switches of both threads in a visit, divided by two: there and back are two passes.
    /// Not counted while the visitor spins, because counting takes longer.
    pub switches: Option<f64>,
}

/// The shared coordination of holder and visitor. The measured code may share no cache line with it
/// that is written meanwhile, so each side keeps its times to itself.
pub(super) struct Desk {
    condition: Condition,
    visits: u64,
    began: Instant,
    opened: AtomicU64,
    arrived: AtomicU64,
    received: AtomicU64,
    sides: [Mutex<Side>; 2],
}

/// The measurements of one side: times of passes, and context switches.
#[derive(Default)]
struct Side {
    moments_ns: Vec<u64>,
    switches: u64,
}

impl Desk {
    pub(super) fn new(condition: Condition, visits: u64) -> Self {
        let side =
            || Mutex::new(Side { moments_ns: Vec::with_capacity(visits as usize), switches: 0 });
        let [opened, arrived, received] = [0; 3].map(AtomicU64::new);
        let (began, sides) = (Instant::now(), [side(), side()]);
        Self { condition, visits, began, opened, arrived, received, sides }
    }

    fn until(&self, happened: impl Fn() -> bool) {
        while !happened() {
            match self.condition {
                Condition::SameCore => thread::yield_now(),
                Condition::Running | Condition::OtherCore => std::hint::spin_loop(),
            }
        }
    }

    fn let_pass(&self, time: Duration) {
        let began = Instant::now();
        while began.elapsed() < time {
            std::hint::spin_loop();
        }
    }

    fn now_ns(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    /// The context switches of the running thread, if they are counted.
    fn switches(&self) -> u64 {
        if self.condition == Condition::Running { 0 } else { switches() }
    }

    /// The holder's side: `is_wanted` says whether the visitor waits; `pass` releases the lock and
    /// returns with it.
    pub(super) fn hold(&self, is_wanted: impl Fn(u64) -> bool, mut pass: impl FnMut()) {
        let mut side = self.sides[0].lock();
        for visit in 1..=self.visits {
            self.let_pass(SPARED);
            self.opened.store(visit, Ordering::Release);
            self.until(|| is_wanted(visit));
            let before = self.switches();
            self.let_pass(self.condition.settles());
            side.moments_ns.push(self.now_ns());
            pass();
            // Relaxed: only the number matters. A safepoint may be too early: after the request,
            // and before the visitor can be granted the lock.
            while self.received.load(Ordering::Relaxed) < visit {
                pass();
            }
            side.switches += self.switches() - before;
        }
    }

    /// The visitor's side: `visit` waits for the lock, calls its closure, and releases the lock.
    pub(super) fn visit(&self, mut visit: impl FnMut(&mut dyn FnMut())) {
        let mut side = self.sides[1].lock();
        for number in 1..=self.visits {
            self.until(|| self.opened.load(Ordering::Acquire) >= number);
            let before = self.switches();
            self.arrived.store(number, Ordering::Release);
            visit(&mut || {
                side.moments_ns.push(self.now_ns());
                self.received.store(number, Ordering::Relaxed); // as above
                side.switches += self.switches() - before;
            });
        }
    }

    pub(super) fn has_arrived(&self, visit: u64) -> bool {
        self.arrived.load(Ordering::Acquire) >= visit
    }

    pub(super) fn passed(self) -> Passed {
        let [sent, received] = self.sides.map(Mutex::into_inner);
        let moments = sent.moments_ns.iter().zip(&received.moments_ns);
        let took = moments.map(|(sent, received)| received.saturating_sub(*sent)).collect();
        let one_way = median(took).saturating_sub(reading_the_clock_ns());
        let switches = (sent.switches + received.switches) as f64 / (2 * self.visits) as f64;
        let switches = (self.condition != Condition::Running).then_some(switches);
        Passed { one_way: Duration::from_nanos(one_way), switches }
    }
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

/// The error of each pass: it ends with reading the clock.
fn reading_the_clock_ns() -> u64 {
    let began = Instant::now();
    let look = || began.elapsed().as_nanos() as u64;
    median((0..1_000).map(|_| look().abs_diff(look())).collect())
}

/// How often the running thread has gone to sleep or was preempted. 0 if the kernel does not report
/// it.
fn switches() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let counts = text.lines().filter_map(|line| line.split_once("voluntary_ctxt_switches:"));
    counts.filter_map(|(_, count)| count.trim().parse::<u64>().ok()).sum()
}
