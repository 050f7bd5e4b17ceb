//! The article's story: time spent per user, summed over a list of users with many sessions, in
//! one thread and in several, under one lock.
//!
//! ```text
//! cargo run --release -p gil-core --example time_per_user -- \
//!     --users 16 --sessions 600000 --threads 8
//! ```
//!
//! The data and the sums belong to the lock. Each of N threads takes every Nth user and reaches a
//! safepoint after every session, as an interpreter does at a loop's back edge. Under a global lock
//! several threads are no faster than one; the program measures their cost.

#[cfg(loom)]
fn main() {
    println!("time_per_user: real threads do not run under loom");
}

#[cfg(not(loom))]
fn main() -> std::process::ExitCode {
    match story::Options::parse(std::env::args().skip(1)) {
        Ok(options) => {
            story::tell(&options);
            std::process::ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!(
                "error: {message}\nusage: time_per_user [--users N] [--sessions N] [--threads N]"
            );
            std::process::ExitCode::from(2)
        }
    }
}

#[cfg(not(loom))]
mod story {
    use std::hint::black_box;
    use std::time::{Duration, Instant};

    use gil_core::Gil;
    use gil_core::raw::Counters;

    const RUNS: usize = 9;

    pub struct Options {
        users: usize,
        sessions: usize,
        threads: usize,
    }

    impl Options {
        pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
            let mut options = Self { users: 16, sessions: 600_000, threads: 8 };
            while let Some(name) = arguments.next() {
                let (field, max) = match name.as_str() {
                    "--users" => (&mut options.users, 10_000),
                    "--sessions" => (&mut options.sessions, 10_000_000),
                    "--threads" => (&mut options.threads, 1_000),
                    _ => return Err(format!("there is no option `{name}`")),
                };
                let value = arguments.next().ok_or(format!("{name} needs a number"))?;
                *field = match value.parse() {
                    Ok(number) if (1..=max).contains(&number) => number,
                    _ => return Err(format!("{name} takes 1 to {max}, not `{value}`")),
                };
            }
            Ok(options)
        }
    }

    struct Interpreter {
        /// Start and end of each session, by user.
        sessions: Vec<Vec<(u32, u32)>>,
        totals: Vec<u64>,
    }

    impl Interpreter {
        /// The same data on every machine.
        fn new(options: &Options) -> Self {
            let mut seed = 0x2545_f491_4f6c_dd1d_u64;
            let mut random = move || {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                seed
            };
            let mut session = move || {
                let start = (random() % 86_400) as u32;
                (start, start + (random() % 3_600) as u32)
            };
            let sessions = (0..options.users)
                .map(|_| (0..options.sessions).map(|_| session()).collect())
                .collect();
            Self { sessions, totals: vec![0; options.users] }
        }
    }

    /// Sums the sessions of each user in `threads` threads.
    fn run(gil: &Gil<Interpreter>, threads: usize) -> Duration {
        gil.attach().totals.fill(0);
        let began = Instant::now();
        std::thread::scope(|scope| {
            for first in 0..threads {
                scope.spawn(move || {
                    let mut attached = gil.attach();
                    for user in (first..attached.sessions.len()).step_by(threads) {
                        for index in 0..attached.sessions[user].len() {
                            let (start, end) = black_box(attached.sessions[user][index]);
                            attached.totals[user] += u64::from(end - start);
                            attached.safepoint();
                        }
                    }
                });
            }
        });
        began.elapsed()
    }

    pub fn tell(options: &Options) {
        let gil = Gil::new(Interpreter::new(options));
        run(&gil, 1); // touches all the data once
        let expected = gil.attach().totals.clone();
        let timed = |threads: usize| {
            let before = gil.counters();
            let time = run(&gil, threads);
            assert_eq!(gil.attach().totals, expected, "the sums are the same");
            (time, before, gil.counters())
        };
        let (mut alone, mut again, mut split) = (Vec::new(), Vec::new(), Vec::new());
        let mut last = None;
        for _ in 0..RUNS {
            alone.push(timed(1).0);
            let (time, before, after) = timed(options.threads);
            split.push(time);
            last = Some((before, after));
            again.push(timed(1).0);
        }
        let Options { users, sessions, threads } = options;
        println!("{users} users x {sessions} sessions, {RUNS} interleaved runs, median [range]");
        println!("  1 thread    {}", show(&alone));
        println!("  {threads} threads   {}", show(&split));
        println!("  ratio       {}", ratios(&split, &alone));
        println!("  A/A         {}  (1 thread against itself)", ratios(&again, &alone));
        if let Some((before, after)) = last {
            println!("in the last run on {threads} threads: {}", counted(before, after));
        }
    }

    fn counted(before: Counters, after: Counters) -> String {
        format!(
            "{} switches, {} requests, {} forced switches, {} wake-ups, {} of them wasted",
            after.switches - before.switches,
            after.requests - before.requests,
            after.forced_releases - before.forced_releases,
            after.wakeups - before.wakeups,
            after.wasted_wakeups - before.wasted_wakeups,
        )
    }

    fn median(values: &mut [f64]) -> (f64, f64, f64) {
        values.sort_by(f64::total_cmp);
        (values[values.len() / 2], values[0], values[values.len() - 1])
    }

    fn show(times: &[Duration]) -> String {
        let mut ms: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        let (middle, least, most) = median(&mut ms);
        format!("{middle:.2} ms [{least:.2}-{most:.2}]")
    }

    fn ratios(times: &[Duration], to: &[Duration]) -> String {
        let pairs = times.iter().zip(to);
        let mut ratios: Vec<f64> = pairs.map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
        let (middle, least, most) = median(&mut ratios);
        format!("{middle:.3} [{least:.3}-{most:.3}]")
    }
}
