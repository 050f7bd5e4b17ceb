//! How a process of a workload is started.

/// How a process of a workload is started.
#[derive(Clone, Copy, Default, Debug)]
pub struct Start<'a> {
    /// Its settings. `threads` and `interval_us` are also what the command line of this program calls
    /// `--threads` and `--switch-interval-us`.
    pub settings: &'a [(&'a str, u32)],
    /// On one processor only.
    pub pinned: bool,
    /// In N processes, one interpreter in each, if that is more than one. Only in the runtimes of this
    /// program.
    pub processes: u32,
}
