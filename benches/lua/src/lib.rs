//! Lua 5.4 on gil-core: several threads of the operating system in *one* Lua state, under one lock.
//!
//! Each thread runs its own coroutine (`lua_newthread`) of one main state. The count hook is the
//! safepoint, and blocking builtins detach. One page of the book, `docs/src/lua.md`, says how this
//! works, why it is sound and what it costs.
//!
//! ```
//! # #[cfg(not(loom))] {
//! use gil_lua::{Options, Output, Program, protocols, run};
//! let text = "print(join(spawn(function(n) return 2 * n end, 21)))";
//! let (output, lock) = (Output::memory(), protocols::lock("handoff").unwrap());
//! run(&Program::new("doubled", text), Options::default(), lock, output.clone()).unwrap();
//! assert_eq!(output.text(), "42\n");
//! # }
//! ```
//!
//! Under loom this crate is empty.

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
