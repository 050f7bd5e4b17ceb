//! `cargo bench -p gil-bench --bench lock`: the uncontended pair, the safepoint and the hand-off,
//! of every protocol and of the bare machine.

#[cfg(loom)]
fn main() {
    println!("lock: benchmarks do not run under loom");
}

#[cfg(not(loom))]
fn main() {
    let machine = gil_bench::bench::reports::machine();
    let version =
        |of| machine.iter().find(|(name, _)| name == of).map_or("?", |(_, version)| version);
    println!("{}, parking_lot {}", version("rustc"), version("parking_lot"));
    lock::benches();
    criterion::Criterion::default().configure_from_args().final_summary();
}

#[cfg(not(loom))]
mod lock {
    #![allow(missing_docs)] // criterion's macros

    use std::time::Duration;

    use criterion::{Criterion, Throughput, criterion_group};
    use gil_bench::bench::micro::{PAIRS, SAFEPOINTS, Timed, alternation};
    use gil_core::protocol::Handoff;
    use gil_models::Python3;

    fn rows(c: &mut Criterion, group: &str, rows: &[Timed]) {
        let mut group = c.benchmark_group(group);
        for (name, timed) in rows.iter().filter(|(name, _)| !name.ends_with("(A/A)")) {
            group.bench_function(*name, |b| b.iter_custom(timed));
        }
        group.finish();
    }

    fn uncontended(c: &mut Criterion) {
        rows(c, "uncontended pair", PAIRS);
        rows(c, "safepoint, nothing requested", SAFEPOINTS);
    }

    /// One way, to a waiter that spins or sleeps.
    #[cfg(target_os = "linux")]
    fn hand_off(c: &mut Criterion) {
        use gil_bench::bench::micro::handoff::{Condition, ways};
        /// A pass is measured alone, with much other work around it: more samples add no
        /// information.
        const VISITS_MOST: u64 = 100;
        for condition in Condition::ALL {
            let mut group = c.benchmark_group(format!("hand-off, {}", condition.words()));
            group.sample_size(10).warm_up_time(Duration::from_millis(200));
            group.measurement_time(Duration::from_secs(1));
            for (name, measure) in ways(condition) {
                if let Err(why) = measure(condition, 1) {
                    println!("hand-off, {}: {why}", condition.words());
                    break;
                }
                if name.ends_with("(A/A)") {
                    continue;
                }
                group.bench_function(*name, |b| {
                    b.iter_custom(|count| {
                        let passed = measure(condition, count.min(VISITS_MOST));
                        let one_way = passed.unwrap_or_else(|why| panic!("{why}")).one_way;
                        one_way.max(Duration::from_nanos(1)).mul_f64(count as f64)
                    });
                });
            }
            group.finish();
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn hand_off(_: &mut Criterion) {
        println!("hand-off: threads are pinned on Linux only");
    }

    /// The forced switch as a whole, with the timer that requests it.
    fn switch(c: &mut Criterion) {
        let mut group = c.benchmark_group("turns of two threads, the timer included");
        group.throughput(Throughput::Elements(1)).sample_size(20);
        let interval = Duration::from_micros(1);
        group.bench_function("handoff", |b| {
            b.iter_custom(|turns| alternation::forced(Handoff::new(), interval, turns));
        });
        group.bench_function("handoff-plain", |b| {
            b.iter_custom(|turns| alternation::forced(Handoff::plain(), interval, turns));
        });
        group.bench_function("python3", |b| {
            b.iter_custom(|turns| alternation::forced(Python3::new(), interval, turns));
        });
        group.bench_function("parking_lot unlock_fair", |b| {
            b.iter_custom(alternation::parking_lot_fair)
        });
        group.finish();
    }

    criterion_group!(benches, uncontended, hand_off, switch);
}
