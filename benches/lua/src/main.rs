//! `cargo run --release -p gil-lua -- run FILE`; `--help` lists the other commands.

use std::process::ExitCode;

#[cfg(loom)]
fn main() -> ExitCode {
    println!("gil-lua: a real interpreter does not run under loom");
    ExitCode::SUCCESS
}

#[cfg(not(loom))]
fn main() -> ExitCode {
    gil_lua::command::main()
}
