//! The shuttle build's command: one course of one protocol per process. `cargo verify --profile
//! full` and the test build and run it. By hand, build with `RUSTFLAGS="--cfg loom --cfg shuttle"`.

use std::process::ExitCode;

#[cfg(shuttle)]
fn main() -> ExitCode {
    gil_verify::shuttle::runner::main()
}

#[cfg(not(shuttle))]
fn main() -> ExitCode {
    eprintln!("gil-shuttle was built without `--cfg loom --cfg shuttle`: nothing was explored");
    ExitCode::from(5)
}
