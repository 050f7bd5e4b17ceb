//! The environment of the figures: the machine, the compiler, the versions.

use crate::bench::runtimes::output;

/// The lock file of the build, with the versions.
const LOCK_FILE: &str = include_str!("../../../../Cargo.lock");

/// Names and values. A value that the machine does not report is `unknown`.
#[must_use]
pub fn machine() -> Vec<(String, String)> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let cpu = read("/proc/cpuinfo");
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let memory = read("/proc/meminfo");
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let release = read("/etc/os-release");
    let release = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let profile = if cfg!(debug_assertions) { "with debug assertions" } else { "optimised" };
    [
        ("kernel", read("/proc/sys/kernel/osrelease")),
        ("system", release.unwrap_or_default().trim_matches('"').to_owned()),
        ("processor", cpu.map_or("", |(_, name)| name).to_owned()),
        ("cores", cores.to_string()),
        ("memory", memory.unwrap_or_default().trim().to_owned()),
        ("frequency governor", read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")),
        ("load before", read("/proc/loadavg")),
        ("build", profile.to_owned()),
        ("rustc", output("rustc", &["--version"]).unwrap_or_default()),
        (
            "commit",
            output("git", &["describe", "--always", "--dirty", "--abbrev=40"]).unwrap_or_default(),
        ),
        ("gil-core", env!("CARGO_PKG_VERSION").to_owned()),
        ("parking_lot", locked("parking_lot").to_owned()),
        ("parking_lot_core", locked("parking_lot_core").to_owned()),
    ]
    .map(|(name, value)| {
        (name.to_owned(), if value.is_empty() { "unknown".to_owned() } else { value })
    })
    .to_vec()
}

/// The version of a crate in the lock file.
fn locked(name: &str) -> &'static str {
    let found = LOCK_FILE.split_once(&format!("name = \"{name}\"\nversion = \""));
    found.and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_file_contains_the_versions() {
        assert!(locked("parking_lot").starts_with("0.12"), "{}", locked("parking_lot"));
        assert_eq!(locked("no such crate"), "");
    }
}
