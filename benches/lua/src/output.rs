//! The output of programs.

use std::io::{self, Write};

pub use gil_bench::lang::Output;

/// Prints a text in one piece: not between the parts of another thread's text.
pub(crate) fn print(output: &Output, bytes: &[u8]) -> io::Result<()> {
    let _whole = io::stdout().lock(); // the same thread may lock it again
    let mut output = output.clone();
    output.write_all(bytes)?;
    output.flush()
}
