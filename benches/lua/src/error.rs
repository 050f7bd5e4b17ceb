//! The errors of a program.

use std::io;
use std::path::PathBuf;

use gil_core::AttachError;

/// Why a program did not run to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LuaError {
    /// The program's file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// The text is not a program: Lua's message, with file and line.
    #[error("{0}")]
    Syntax(String),
    /// The program failed: Lua's message and traceback.
    #[error("{0}")]
    Runtime(String),
    /// A thread that no thread joined failed: its message and traceback.
    #[error("a thread that was not joined failed: {0}")]
    Thread(String),
    /// There is not enough memory for a state.
    #[error("there is no memory for a Lua state")]
    Memory,
    /// The lock guards another state that is not closed.
    #[error("this lock guards another Lua state already")]
    LockInUse,
    /// The calling thread cannot wait for the lock.
    #[error(transparent)]
    Attach(#[from] AttachError),
}
