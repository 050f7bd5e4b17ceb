//! A small threaded language: a real workload for a global interpreter lock.
//!
//! Programs are compiled to bytecode for a stack machine. Their objects live on gil-core's typed
//! heap. Loops' back edges and calls are safepoints, and blocking calls detach. It has no `unsafe`
//! code. One page of the book, `docs/src/language.md`, describes the language.
//!
//! ```
//! use gil_bench::lang::{Free, Options, Output, run};
//! let output = Output::memory();
//! let program = "fn double(n) { return 2 * n }\n print(join(spawn(double, 21)))";
//! run::<Free>(program, Options::default(), output.clone())?;
//! assert_eq!(output.text(), "42\n");
//! # Ok::<(), gil_bench::lang::ScriptError>(())
//! ```

#![forbid(unsafe_code)]

mod blocking;
mod builtins;
mod code;
mod compile;
mod counted;
mod error;
mod free;
mod locked;
mod machine;
mod operations;
mod packed;
mod parse;
mod requests;
mod semaphore;
mod syntax;
mod threads;
mod token;
mod usage;
mod value;
pub mod waits;
mod world;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

pub use builtins::{BUILTINS, Builtin};
pub use error::ScriptError;
pub use free::{Free, FreeRef};
pub use locked::Locked;
pub use requests::Requests;
pub use usage::Usage;
pub use world::World;

/// What a program can query about its start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// `threads()`.
    pub threads: u32,
    /// `part()`.
    pub part: u32,
    /// `parts()`.
    pub parts: u32,
    /// `setting(name, default)`.
    pub settings: BTreeMap<String, i64>,
}

impl Default for Options {
    fn default() -> Self {
        Self { threads: 1, part: 0, parts: 1, settings: BTreeMap::new() }
    }
}

/// The output of a program.
#[derive(Clone, Debug)]
pub enum Output {
    /// Standard output.
    Standard,
    /// A text in memory.
    Memory(Arc<Mutex<Vec<u8>>>),
}

impl Output {
    /// An empty text in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self::Memory(Arc::default())
    }

    /// The text that was printed into memory.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Standard => String::new(),
            Self::Memory(bytes) => {
                let bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                String::from_utf8_lossy(&bytes).into_owned()
            }
        }
    }
}

/// A reader that closes the pipe early has read enough, so this is no error.
fn or_if_closed<T>(result: io::Result<T>, closed: T) -> io::Result<T> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(closed),
        result => result,
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard => or_if_closed(io::stdout().write(bytes), bytes.len()),
            Self::Memory(all) => {
                all.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard => or_if_closed(io::stdout().flush(), ()),
            Self::Memory(_) => Ok(()),
        }
    }
}

/// Compiles a program and runs it in a world, on the calling thread and those that it starts. If
/// its top level fails, the threads that it has started keep running.
///
/// # Errors
/// With the line: if the text is not a program, and if the program does something invalid.
///
/// # Panics
/// When this thread is attached to the world's lock already.
pub fn run<W: World>(source: &str, options: Options, output: Output) -> Result<(), ScriptError> {
    let program = compile::compile(source)?;
    let shared = Arc::new(threads::Shared::<W>::new(program, options, output));
    // Dropped last, after the machine has detached.
    let _ends = threads::Ends { shared: shared.clone(), number: waits::MAIN };
    let mut machine = machine::Machine::attach(shared, waits::MAIN);
    machine.run(0, Vec::new())?;
    threads::finish(&mut machine)
}
