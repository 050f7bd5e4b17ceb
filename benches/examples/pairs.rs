//! The uncontended pair in interleaved runs, as ratios to parking_lot:
//! `cargo run --release -p gil-benches --example pairs`.

#[cfg(loom)]
fn main() {
    println!("pairs: benchmarks have nothing to say under loom");
}

#[cfg(not(loom))]
fn main() {
    use gil_benches::pairs::PAIRS;

    const RUNS: usize = 21;
    const COUNT: u64 = 2_000_000;
    let mut times = vec![Vec::new(); PAIRS.len()];
    for _ in 0..RUNS {
        for (times, (_, pair)) in times.iter_mut().zip(PAIRS) {
            times.push(pair(COUNT).as_secs_f64() * 1e9 / COUNT as f64);
        }
    }
    let middle = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        (values[values.len() / 2], values[0], values[values.len() - 1])
    };
    println!("{RUNS} interleaved runs of {COUNT} pairs, median [range]");
    for ((name, _), mine) in PAIRS.iter().zip(&times) {
        let ratios: Vec<f64> = mine.iter().zip(&times[0]).map(|(a, b)| a / b).collect();
        let ((ns, ..), (ratio, least, most)) = (middle(mine), middle(&ratios));
        println!("  {name:24} {ns:6.2} ns   {ratio:.2} [{least:.2}-{most:.2}] x parking_lot");
    }
}
