//! An error of a program, with its line.

/// An error in a program, found before or while it runs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ScriptError {
    /// The line, counted from 1.
    pub line: u32,
    /// The error, and what to do.
    pub message: String,
}

impl ScriptError {
    pub(super) fn new(line: u32, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}
