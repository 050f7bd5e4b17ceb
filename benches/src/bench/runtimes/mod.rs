//! The runtimes of a workload's program, and how it is started in them.

mod files;
mod interpreters;
mod pinned;
mod program;
mod runtime;
mod start;
mod worlds;

pub use files::Files;
pub use interpreters::{find, output};
pub use pinned::spawn;
pub(crate) use program::program;
pub use program::{Language, Program, Settings, printed, setting};
pub use runtime::{CONTROL_AGAIN, Kind, NATIVE, Runtime, own};
pub use start::Start;
pub use worlds::{CONTROL, Visit, WORLDS, with};
