//! `gil-bench micro`: routines of the bare lock and of the heap.

use clap::{Args, Subcommand};

use super::print;
use crate::bench::micro::{COUNTS, OBJECTS, pairs, table};

/// The routines.
#[derive(Subcommand, Debug)]
pub(super) enum Micro {
    /// Attach and detach compared with other locks, and the safepoint, with the targets.
    Pairs(Repeated),
    /// Passing the lock to a waiting thread, in three conditions, with the targets.
    #[cfg(target_os = "linux")]
    Handoff(Repeated),
    /// Clone and drop of a counted handle compared with Arc and Rc.
    Counts,
    /// Two threads and two objects: one lock for both, or one for each.
    Objects,
}

#[derive(Args, Debug)]
pub(super) struct Repeated {
    /// Interleaved rounds: 21 of pairs, 9 of passes.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: Option<u32>,
    /// Repetitions in each round: 2,000,000 pairs, 100 passes.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    count: Option<u64>,
}

impl Micro {
    pub(super) fn run(self) -> Result<(), String> {
        match self {
            Self::Pairs(Repeated { rounds, count }) => {
                print(&pairs(rounds.unwrap_or(21), count.unwrap_or(2_000_000)).human())
            }
            #[cfg(target_os = "linux")]
            Self::Handoff(Repeated { rounds, count }) => {
                let (rounds, count) = (rounds.unwrap_or(9), count.unwrap_or(100));
                let mut progress = |what: &str| eprintln!("{what}");
                print(&crate::bench::micro::passes(rounds, count, &mut progress).human())
            }
            Self::Counts => print(&table(COUNTS, 21, 2_000_000)),
            Self::Objects => print(&table(OBJECTS, 21, 200_000)),
        }
    }
}
