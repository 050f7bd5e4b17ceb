//! The loom build's command: one suite of one protocol per process. `cargo verify` and
//! `cargo test` build and run it; by hand, build with `RUSTFLAGS="--cfg loom"`.

use std::process::ExitCode;

#[cfg(all(loom, not(shuttle)))]
fn main() -> ExitCode {
    gil_verify::loom::runner::main()
}

#[cfg(not(all(loom, not(shuttle))))]
fn main() -> ExitCode {
    eprintln!("gil-loom was built without `--cfg loom`: nothing was explored");
    ExitCode::from(5)
}
