//! Starting a process on one processor only.

use std::io;
use std::process::{Child, Command};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Starts `command`, `pinned` or not to the first processor that this thread may use. A process
/// inherits its affinity, so this thread is pinned too during the start.
///
/// # Errors
/// When the process cannot start, or not on that processor.
pub fn spawn(mut command: Command, pinned: bool) -> io::Result<Child> {
    if !pinned {
        return command.spawn();
    }
    let before = sched_getaffinity(None)?;
    let first = (0..CpuSet::MAX_CPU).find(|cpu| before.is_set(*cpu));
    let mut one = CpuSet::new();
    one.set(first.ok_or_else(|| io::Error::other("there is no processor"))?);
    sched_setaffinity(None, &one)?;
    let child = command.spawn();
    sched_setaffinity(None, &before)?;
    child
}
