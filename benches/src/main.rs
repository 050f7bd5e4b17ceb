//! `gil-bench`: programs of the small language, and the benchmarks. `--help` lists the commands.

use std::process::ExitCode;

#[cfg(loom)]
fn main() -> ExitCode {
    println!("gil-bench: benchmarks have nothing to say under loom");
    ExitCode::SUCCESS
}

#[cfg(not(loom))]
fn main() -> ExitCode {
    gil_bench::cli::main()
}
