//! What a program can query about its process, its lock and the time.

use std::time::{SystemTime, UNIX_EPOCH};

use super::machine::Done;
use super::usage::Usage;
use super::value::Value;
use super::world::World;

/// The microseconds since 1970, which are the same in other processes.
pub(super) fn time_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// A dictionary of the process's usage.
pub(super) fn usage<W: World>() -> Done<Value<W>> {
    let Usage { cpu, voluntary, involuntary } = Usage::own()?;
    let cpu = u64::try_from(cpu.as_micros()).unwrap_or(u64::MAX);
    Ok(Value::counts([("cpu_us", cpu), ("voluntary", voluntary), ("involuntary", involuntary)]))
}

/// A dictionary of the counters of the lock's slow path.
pub(super) fn counters<W: World>() -> Value<W> {
    match W::counters() {
        None => Value::counts([]),
        Some(counters) => Value::counts([
            ("sections", counters.sections),
            ("requests", counters.requests),
            ("forced_releases", counters.forced_releases),
            ("grants", counters.grants),
            ("acquisitions", counters.acquisitions),
            ("timeouts", counters.timeouts),
            ("wakeups", counters.wakeups),
            ("wasted_wakeups", counters.wasted_wakeups),
            ("switches", counters.switches),
        ]),
    }
}
