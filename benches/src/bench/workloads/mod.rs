//! The workloads, one in each file.

mod ccbench;
mod client;
mod countdown;
mod echo;
mod hash;
mod interval;
mod many;
mod native;
mod objects;
mod pass;
mod ping_pong;
mod processes;
mod sample;
mod scale;
mod select;
mod short_io;
mod story;
mod workload;

use gil_core::protocol::{Handoff, Protocol};

pub use pass::{Pass, Sizes};
pub use scale::Scale;
pub use workload::Workload;

/// All of them.
pub const WORKLOADS: &[Workload] = &[
    echo::WORKLOAD,
    short_io::WORKLOAD,
    countdown::WORKLOAD,
    interval::WORKLOAD,
    hash::WORKLOAD,
    select::WORKLOAD,
    story::WORKLOAD,
    processes::WORKLOAD,
    ping_pong::WORKLOAD,
    ccbench::WORKLOAD,
    many::WORKLOAD,
    objects::WORKLOAD,
];

/// What `--quick` runs when no workload is named.
pub const QUICK: &[&str] = &["echo", "short-io", "countdown"];

/// The workload with this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
}

/// `1 hog`, `2 hogs`.
fn counted(count: u32, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// The switch interval in microseconds, if nothing else is set.
const INTERVAL_US: f64 = <Handoff as Protocol>::SWITCH_INTERVAL.as_micros() as f64;
