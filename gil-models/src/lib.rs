//! The GILs of real interpreters, one file each, as a [`Protocol`](gil_core::protocol::Protocol).
//! Each one works as a real lock, is checked under loom, and is explored in all its states. Its
//! code does not know on which engine it runs.
//!
//! ```
//! use gil_core::Gil;
//! use gil_models::{Python2, Python3};
//! # if gil_core::UNDER_LOOM { return }
//! let old = Gil::with_protocol(0, Python2::new());
//! let new = Gil::with_protocol(0, Python3::new());
//! *old.attach() += 1;
//! *new.attach() += 1;
//! ```

mod any;
mod ghc;
mod no_lock;
mod ocaml;
mod on_request;
pub mod picture;
mod priority;
mod pypy;
mod python2;
mod python3;
mod qemu;
pub mod registry;
mod ruby;
mod ruby19;
pub mod sim;
pub mod trace;

pub use ghc::Ghc;
pub use no_lock::NoLock;
pub use ocaml::OCaml;
pub use priority::Priority;
pub use pypy::PyPy;
pub use python2::Python2;
pub use python3::Python3;
pub use qemu::Qemu;
pub use ruby::Ruby;
pub use ruby19::Ruby19;
