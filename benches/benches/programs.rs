//! `cargo bench -p gil-benches --bench programs`: the article's programs in every runtime.

#[cfg(loom)]
fn main() {
    println!("programs: benchmarks have nothing to say under loom");
}

#[cfg(not(loom))]
criterion::criterion_main!(programs::benches);

#[cfg(not(loom))]
mod programs {
    #![allow(missing_docs)] // criterion's macros

    use std::time::Duration;

    use criterion::measurement::WallTime;
    use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group};
    use gil_benches::compare::{self, COUNTDOWN, Comparison, HASH, Program, SELECT, STORY};

    const RUNTIMES: [&str; 4] = ["handoff", "python3", "python2", "free"];

    /// What the program itself timed, under one of its names.
    fn timed(runtime: &str, comparison: &Comparison<'_>, name: &str, runs: u64) -> Duration {
        let one = || compare::once(runtime, comparison).unwrap_or_else(|error| panic!("{error}"));
        (0..runs).map(|_| Duration::from_secs_f64(one()[name] / 1e6)).sum()
    }

    fn rows(
        group: &mut BenchmarkGroup<'_, WallTime>,
        program: Program,
        threads: &[u32],
        settings: &[(&'static str, u32)],
    ) {
        group.sample_size(10).warm_up_time(Duration::from_millis(200));
        group.measurement_time(Duration::from_secs(2));
        for runtime in RUNTIMES {
            let comparison = |threads| Comparison { program, threads, rounds: 1, settings };
            group.bench_function(BenchmarkId::new(runtime, "sequential"), |b| {
                b.iter_custom(|runs| timed(runtime, &comparison(1), "sequential", runs));
            });
            for count in threads {
                let id = BenchmarkId::new(runtime, format!("{count} threads"));
                group.bench_function(id, |b| {
                    b.iter_custom(|runs| timed(runtime, &comparison(*count), "threads", runs));
                });
            }
        }
    }

    fn story(c: &mut Criterion) {
        let settings = [("users", 16), ("sessions", 30_000)];
        rows(&mut c.benchmark_group("story"), STORY, &[2, 8], &settings);
    }

    fn countdown(c: &mut Criterion) {
        rows(&mut c.benchmark_group("countdown"), COUNTDOWN, &[2], &[("count", 1_000_000)]);
    }

    fn select(c: &mut Criterion) {
        rows(&mut c.benchmark_group("select"), SELECT, &[2], &[("milliseconds", 50)]);
    }

    fn hash(c: &mut Criterion) {
        rows(&mut c.benchmark_group("hash"), HASH, &[2], &[("bytes", 8_388_608)]);
    }

    criterion_group!(benches, story, countdown, select, hash);
}
