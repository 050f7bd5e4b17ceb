//! How a process of a workload is started.

/// How a process of a workload is started.
#[derive(Clone, Copy, Default, Debug)]
pub struct Start<'a> {
    /// Its settings. On the command line of this program, `threads` and `interval_us` are
    /// `--threads` and `--switch-interval-us`.
    pub settings: &'a [(&'a str, u32)],
    /// On one processor only.
    pub pinned: bool,
    /// In N processes, one interpreter in each, if N is more than one. Only in the runtimes of this
    /// program.
    pub processes: u32,
}
