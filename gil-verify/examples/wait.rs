//! How often waiters are overtaken on real threads compared with the bound, and how long they wait
//! compared with the promised time.
//!
//! ```text
//! cargo run --release -p gil-verify --example wait
//! ```
//!
//! A third of the threads compute, a third make blocking calls, a third release and reacquire at
//! once. The promised time needs two measured values: the longest gap between two safepoints and
//! the lateness of timers and threads, including the operating system's part.

#[cfg(loom)]
fn main() {
    println!("wait: real threads do not run under loom");
}

#[cfg(not(loom))]
fn main() {
    use gil_verify::claims::promise::{DEFAULT, overtakes_max, runs_max};
    use std::time::Duration;

    let ((barges, boosts), interval) = (DEFAULT, Duration::from_millis(1));
    println!("threads  waits   overtaken at most, bound   longest wait, promised (gap, late)");
    for threads in 2..=8 {
        let seen = measure::measure(threads, 4_000, 4_000, interval);
        let late = seen.gap + seen.timer_late + seen.start_late;
        let promised = (interval + late) * runs_max(barges, boosts, threads) as u32;
        println!(
            "{threads:7} {:6} {:14} {:10} {:17.1} ms {:8.1} ms ({:.1}, {:.1} ms)",
            seen.waits,
            seen.overtaken,
            overtakes_max(barges, boosts, threads),
            seen.longest.as_secs_f64() * 1e3,
            promised.as_secs_f64() * 1e3,
            seen.gap.as_secs_f64() * 1e3,
            (seen.timer_late + seen.start_late).as_secs_f64() * 1e3,
        );
    }
}

/// The threads and their observations.
#[cfg(not(loom))]
pub mod measure {
    use std::hint::black_box;
    use std::panic::resume_unwind;
    use std::time::{Duration, Instant};

    use gil_core::engine::{Event, Monitor, Outcome};
    use gil_core::protocol::{Handoff, Protocol};
    use gil_core::raw::{Observe, RawGil, Registration, SectionInfo};
    use gil_verify::claims::overtake::Overtakings;

    /// The result of a run.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Seen {
        /// The number of waits.
        pub waits: u64,
        /// The largest number of overtakings of one waiter.
        pub overtaken: u64,
        /// The longest wait, until the thread runs.
        pub longest: Duration,
        /// The longest time between two safepoints of a thread that holds the lock.
        pub gap: Duration,
        /// How long after its interval a timer's section ran at most.
        pub timer_late: Duration,
        /// How long after its wake-up a thread's section ran at most.
        pub start_late: Duration,
    }

    /// Overtakings and times, from inside the lock's mutex.
    struct Watch {
        interval: Duration,
        overtakings: Overtakings,
        since: Vec<Option<Instant>>,
        woken: Vec<Option<Instant>>,
        /// The start of the present owner's run, or when the slow path first saw it.
        run_began: Instant,
        frozen: bool,
        seen: Seen,
    }

    impl Observe for Watch {
        fn section<P: Protocol>(&mut self, section: &SectionInfo<'_, P>) {
            let SectionInfo { thread, outcome, monitor, .. } = *section;
            let now = Instant::now();
            self.overtakings.note(monitor);
            if !self.frozen {
                self.run_began = now; // the fast path may have taken it
            }
            let me = thread.index();
            if let Some(woken) = self.woken[me].take() {
                self.seen.start_late = self.seen.start_late.max(now - woken);
            }
            if monitor.events().contains(&Event::TimedOut(thread)) {
                let late = (now - self.run_began).saturating_sub(self.interval);
                self.seen.timer_late = self.seen.timer_late.max(late);
            }
            if monitor.before().0 != monitor.owner() {
                self.run_began = now;
            }
            for woken in monitor.woken() {
                self.woken[woken.index()] = Some(now);
            }
            if self.overtakings.of(thread).is_some() {
                self.since[me].get_or_insert(now);
            }
            if outcome == Outcome::Owns
                && let Some(since) = self.since[me].take()
            {
                self.seen.longest = self.seen.longest.max(now - since);
            }
        }

        fn published<P: Protocol>(&mut self, _: bool, frozen: bool, _: &Monitor<P>) {
            self.frozen = frozen;
        }
    }

    /// Some computation.
    fn compute(steps: u32) {
        for step in 0..steps {
            black_box(step);
        }
    }

    fn work(
        lock: &RawGil<Handoff, Watch>,
        me: &Registration,
        kind: usize,
        (rounds, hogs): (u32, u32),
    ) -> Duration {
        let (mut gap, fault) = (Duration::ZERO, "a thread uses its lock as it should");
        // A CPU-bound thread has fewer and longer turns.
        let rounds = if kind == 0 { rounds / 20 } else { rounds };
        for round in 0..rounds {
            lock.attach(me).expect(fault);
            let mut last = Instant::now();
            let safepoints = if kind == 0 { hogs } else { 1 + round % 3 };
            for _ in 0..safepoints {
                compute(2_000);
                gap = gap.max(last.elapsed());
                lock.safepoint(me).expect(fault);
                last = Instant::now();
            }
            lock.detach(me).expect(fault);
            match kind {
                1 => std::thread::sleep(Duration::from_micros(20)), // a blocking call
                2 => {}                                             // reacquires at once
                _ => std::thread::yield_now(),
            }
        }
        gap
    }

    /// Runs a number of threads for a number of rounds. Threads that compute have fewer rounds,
    /// with several safepoints each.
    ///
    /// # Panics
    /// When a thread does.
    pub fn measure(threads: usize, rounds: u32, hogs: u32, interval: Duration) -> Seen {
        let watch = Watch {
            interval,
            overtakings: Overtakings::default(),
            since: vec![None; threads],
            woken: vec![None; threads],
            run_began: Instant::now(),
            frozen: false,
            seen: Seen::default(),
        };
        let lock = RawGil::with_observer(Handoff::new(), watch);
        lock.set_switch_interval(interval);
        let members: Vec<_> = (0..threads).map(|_| lock.register()).collect();
        let gaps = std::thread::scope(|scope| {
            let lock = &lock;
            let start = |(number, me): (usize, Registration)| {
                scope.spawn(move || work(lock, &me, number % 3, (rounds, hogs)))
            };
            let all: Vec<_> = members.into_iter().enumerate().map(start).collect();
            let gaps = all.into_iter().map(|thread| thread.join());
            gaps.map(|gap| gap.unwrap_or_else(|panic| resume_unwind(panic)))
                .max()
                .unwrap_or_default()
        });
        lock.inspect_observer(|watch| Seen {
            waits: watch.overtakings.waits(),
            overtaken: watch.overtakings.max(),
            gap: gaps,
            ..watch.seen
        })
    }
}
