//! The benchmarks' short versions, each with an A/A row: `cargo run --release -p gil-benches -- pairs`.

use std::process::ExitCode;

#[cfg(loom)]
fn main() -> ExitCode {
    println!("gil-benches: benchmarks have nothing to say under loom");
    ExitCode::SUCCESS
}

#[cfg(not(loom))]
fn main() -> ExitCode {
    use gil_benches::{counts::COUNTS, interleaved::table, pairs::PAIRS};
    match std::env::args().nth(1).as_deref() {
        Some("pairs") => print!("{}", table(PAIRS, 21, 2_000_000)),
        Some("counts") => print!("{}", table(COUNTS, 21, 2_000_000)),
        _ => {
            eprintln!("usage: gil-benches pairs|counts");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
