//! Lua 5.4 on gil-core: several threads of the operating system in *one* Lua state, under one lock.
//!
//! Each thread runs a coroutine of its own (`lua_newthread`) of one main state. The count hook is the
//! safepoint, builtins that block detach. How, why that is sound and what it costs is on one page of
//! the book, `docs/src/lua.md`.
//!
//! ```
//! use gil_lua::{Options, Output, Program, protocols, run};
//! let text = "print(join(spawn(function(n) return 2 * n end, 21)))";
//! let (output, lock) = (Output::memory(), protocols::lock("handoff").unwrap());
//! run(&Program::new("doubled", text), Options::default(), lock, output.clone()).unwrap();
//! assert_eq!(output.text(), "42\n");
//! ```
//!
//! It has nothing to say under loom, where this crate is empty.

#![cfg(not(loom))]

mod blocking;
mod builtins;
mod call;
pub mod command;
pub mod compare;
pub mod echo;
mod error;
mod hook;
mod lock;
mod object;
mod output;
mod program;
pub mod protocols;
pub mod python;
mod separate;
mod state;
mod threads;
mod value;

pub use {
    error::LuaError,
    hook::HOOK_COUNT,
    lock::{Alone, Interpreter, Lock},
    output::Output,
    program::{Options, Program},
    state::run,
};
