//! Records Python 2's battle on real threads, and draws it: lanes here, and as SVG into a file.
//!
//! `cargo run --release -p gil-models --example record -- battle.svg`

fn main() -> std::io::Result<()> {
    #[cfg(not(loom))]
    record()?;
    Ok(())
}

#[cfg(not(loom))]
fn record() -> std::io::Result<()> {
    use gil_core::raw::RawGil;
    use gil_models::trace::Recorder;
    use gil_models::{Python2, picture::Lanes};

    let lock = RawGil::with_observer(Python2::new(), Recorder::new(1 << 20));
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let member = lock.register();
                lock.attach(&member).expect("it is outside");
                for tick in 0..1_000_000u32 {
                    std::hint::black_box(tick.wrapping_mul(tick));
                    lock.safepoint(&member).expect("it holds the lock");
                }
                lock.detach(&member).expect("it holds the lock");
            });
        }
    });
    let record = lock.inspect_observer(Recorder::take);
    // A window of 0.2 ms around the middle, where both threads compete.
    let middle = record[record.len() / 2].at_ns;
    let lanes = Lanes::new(&record, 2, middle - 100_000..middle + 100_000);
    let lanes = lanes.named("Python 2 on real threads");
    println!("{}", lanes.terminal(90));
    match std::env::args().nth(1) {
        Some(file) => std::fs::write(file, lanes.svg()),
        None => Ok(()),
    }
}
