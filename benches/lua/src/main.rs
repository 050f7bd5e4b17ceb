//! `cargo run --release -p gil-lua -- run FILE`, and what else `--help` lists.

use std::process::ExitCode;

#[cfg(loom)]
fn main() -> ExitCode {
    println!("gil-lua: a real interpreter has nothing to say under loom");
    ExitCode::SUCCESS
}

#[cfg(not(loom))]
fn main() -> ExitCode {
    gil_lua::command::main()
}
