//! `gil-bench`: programs of the small language, and the benchmarks. `--help` lists the commands.

use std::process::ExitCode;

#[cfg(loom)]
fn main() -> ExitCode {
    println!("gil-bench: benchmarks do not run under loom");
    ExitCode::SUCCESS
}

#[cfg(not(loom))]
fn main() -> ExitCode {
    gil_bench::cli::main()
}
