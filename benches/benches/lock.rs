//! `cargo bench -p gil-benches`: the uncontended pair, the safepoint and the hand-off.

#[cfg(loom)]
fn main() {
    println!("lock: benchmarks have nothing to say under loom");
}

#[cfg(not(loom))]
criterion::criterion_main!(lock::benches);

#[cfg(not(loom))]
mod lock {
    #![allow(missing_docs)] // criterion's macros

    use std::hint::black_box;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use criterion::{Criterion, Throughput, criterion_group};
    use gil_benches::{baton, pairs};
    use gil_core::{Gil, Handoff};
    use gil_models::Python3;

    fn uncontended(c: &mut Criterion) {
        let mut group = c.benchmark_group("uncontended pair");
        for (name, pair) in pairs::PAIRS {
            group.bench_function(*name, |b| b.iter_custom(pair));
        }
        group.finish();
    }

    fn safepoint(c: &mut Criterion) {
        let mut group = c.benchmark_group("safepoint, nothing requested");
        let gil = Gil::new(0u64);
        let mut attached = gil.attach();
        group.bench_function("safepoint", |b| b.iter(|| black_box(&mut attached).safepoint()));
        let flag = AtomicBool::new(false);
        group.bench_function("one relaxed load", |b| {
            b.iter(|| {
                if black_box(&flag).load(Ordering::Relaxed) {
                    black_box(());
                }
            });
        });
        group.finish();
    }

    fn hand_off(c: &mut Criterion) {
        let mut group = c.benchmark_group("hand-off between two threads");
        group.throughput(Throughput::Elements(1)).sample_size(20);
        let interval = Duration::from_micros(1);
        group.bench_function("handoff", |b| {
            b.iter_custom(|turns| baton::forced(Handoff::new(), interval, turns));
        });
        group.bench_function("handoff-plain", |b| {
            b.iter_custom(|turns| baton::forced(Handoff::plain(), interval, turns));
        });
        group.bench_function("python3", |b| {
            b.iter_custom(|turns| baton::forced(Python3::new(), interval, turns));
        });
        group.bench_function("parking_lot unlock_fair", |b| b.iter_custom(baton::parking_lot_fair));
        group.finish();
    }

    criterion_group!(benches, uncontended, safepoint, hand_off);
}
