//! Lua 5.4 on gil-core: several threads of the operating system in *one* Lua state, under one lock.
//!
//! Each thread runs a coroutine of its own (`lua_newthread`) of one main state. The count hook is the
//! safepoint, builtins that block detach. How, why that is sound and what it costs is on one page of
//! the book, `docs/src/lua.md`.
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
//! Nothing here has anything to say under loom, where this crate is empty.

#[cfg(not(loom))]
mod blocking;
#[cfg(not(loom))]
mod builtins;
#[cfg(not(loom))]
mod call;
#[cfg(not(loom))]
pub mod command;
#[cfg(not(loom))]
pub mod compare;
#[cfg(not(loom))]
pub mod echo;
#[cfg(not(loom))]
mod error;
#[cfg(not(loom))]
mod hook;
#[cfg(not(loom))]
mod lock;
#[cfg(not(loom))]
mod object;
#[cfg(not(loom))]
mod output;
#[cfg(not(loom))]
mod program;
#[cfg(not(loom))]
pub mod protocols;
#[cfg(not(loom))]
pub mod python;
#[cfg(not(loom))]
mod separate;
#[cfg(not(loom))]
mod state;
#[cfg(not(loom))]
mod threads;
#[cfg(not(loom))]
mod value;

#[cfg(not(loom))]
pub use {
    error::LuaError,
    hook::HOOK_COUNT,
    lock::{Alone, Interpreter, Lock},
    output::Output,
    program::{Options, Program},
    state::run,
};
