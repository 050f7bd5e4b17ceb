//! `cargo bench -p gil-bench --bench heap`: the cost of counting, and of a lock for each object.

#[cfg(loom)]
fn main() {
    println!("heap: benchmarks do not run under loom");
}

#[cfg(not(loom))]
criterion::criterion_main!(heap::benches);

#[cfg(not(loom))]
mod heap {
    #![allow(missing_docs)] // criterion's macros

    use criterion::{Criterion, criterion_group};
    use gil_bench::bench::micro::{COUNTS, OBJECTS, Timed};

    fn rows(c: &mut Criterion, group: &str, rows: &[Timed]) {
        let mut group = c.benchmark_group(group);
        for (name, timed) in rows {
            group.bench_function(*name, |b| b.iter_custom(timed));
        }
        group.finish();
    }

    fn counts(c: &mut Criterion) {
        rows(c, "heap: clone and drop", COUNTS);
    }

    fn objects(c: &mut Criterion) {
        rows(c, "heap: two objects", OBJECTS);
    }

    criterion_group!(benches, counts, objects);
}
