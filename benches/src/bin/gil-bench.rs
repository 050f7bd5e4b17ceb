//! `cargo compare`: workloads in every runtime, beside the real interpreters.

use std::process::ExitCode;

#[cfg(loom)]
fn main() -> ExitCode {
    println!("gil-bench: benchmarks have nothing to say under loom");
    ExitCode::SUCCESS
}

#[cfg(not(loom))]
fn main() -> ExitCode {
    gil_benches::suite::command::main()
}
