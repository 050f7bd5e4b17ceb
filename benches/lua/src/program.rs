//! A program, and what it can query about its start.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::error::LuaError;
use crate::hook::HOOK_COUNT;

/// A program's text and its name in messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    pub(crate) name: Arc<str>,
    pub(crate) source: Arc<[u8]>,
}

impl Program {
    /// A program from memory.
    #[must_use]
    pub fn new(name: &str, source: &str) -> Self {
        Self { name: name.into(), source: source.as_bytes().into() }
    }

    /// A program from a file.
    ///
    /// # Errors
    /// [`LuaError::Read`].
    pub fn read(path: &Path) -> Result<Self, LuaError> {
        match std::fs::read(path) {
            Ok(source) => {
                Ok(Self { name: path.display().to_string().into(), source: source.into() })
            }
            Err(error) => Err(LuaError::Read { path: path.to_owned(), error }),
        }
    }

    /// The name in Lua's messages: a file's name, after the sign for one.
    pub(crate) fn chunk_name(&self) -> std::ffi::CString {
        let name = format!("@{}", self.name).replace('\0', "?");
        std::ffi::CString::new(name).unwrap_or_default()
    }
}

/// What a program can query about its start, and how its state is set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// `threads()`.
    pub threads: u32,
    /// `setting(name, default)`.
    pub settings: BTreeMap<String, i64>,
    /// The number of instructions of the virtual machine between two safepoints of a coroutine.
    /// `None`: no safepoints, which is plain Lua, in which a CPU-bound thread keeps the lock.
    pub hook_count: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { threads: 1, settings: BTreeMap::new(), hook_count: Some(HOOK_COUNT) }
    }
}
