//! `cargo run --release -p gil-benches -- story`, and what else `--help` lists.

use std::process::ExitCode;

#[cfg(loom)]
fn main() -> ExitCode {
    println!("gil-benches: benchmarks have nothing to say under loom");
    ExitCode::SUCCESS
}

#[cfg(not(loom))]
fn main() -> ExitCode {
    gil_benches::command::main()
}
