//! A program and what it can ask about how it was started.

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
    /// A program that is here already.
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

    /// What Lua shows in messages: a file's name, after the sign for one.
    pub(crate) fn chunk_name(&self) -> std::ffi::CString {
        let name = format!("@{}", self.name).replace('\0', "?");
        std::ffi::CString::new(name).unwrap_or_default()
    }
}

/// What a program can ask about how it was started, and how its state is set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// `threads()`.
    pub threads: u32,
    /// `setting(name, default)`.
    pub settings: BTreeMap<String, i64>,
    /// After how many instructions of its virtual machine each coroutine comes to a safepoint. `None`:
    /// never, which is plain Lua, in which a thread that computes keeps the lock.
    pub hook_count: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { threads: 1, settings: BTreeMap::new(), hook_count: Some(HOOK_COUNT) }
    }
}
