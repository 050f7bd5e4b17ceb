//! The workloads of threads, and their syntax on the command line.

use std::fmt::{Display, Formatter};
use std::str::FromStr;
use std::time::Duration;

/// The repeated action of one thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Computes and never releases by itself; ends after `work`, if that is set.
    Cpu {
        /// CPU time of each thread.
        work: Option<Duration>,
    },
    /// Waits outside for an event, then computes for a moment.
    Io {
        /// The average wait; each is between half and one and a half times as long.
        think: Duration,
        /// How long it computes.
        service: Duration,
    },
    /// Serves a client that sends the next message after a pause: receives, computes, sends, both
    /// without the lock.
    Echo {
        /// The client's pause after an answer, give or take a twentieth.
        pause: Duration,
        /// How long it computes for each answer.
        service: Duration,
    },
    /// Releases for a short call that does not sleep, and computes for a moment between two calls.
    Calls {
        /// How long it computes between two calls.
        service: Duration,
        /// How long a call takes, without the lock and on the core.
        call: Duration,
    },
    /// Computes for a moment, then offers the lock to others, with or without a request.
    Yields {
        /// How long it computes between two offers.
        service: Duration,
    },
    /// Computes with the lock for a whole chunk, then blocks for a moment: a mixture of both.
    Mixed {
        /// How long it computes.
        service: Duration,
        /// How long it blocks.
        think: Duration,
    },
}

impl Role {
    const NAMES: &'static [&'static str] =
        &["cpu", "io", "echo", "calls", "yields", "mixed", "countdown", "select", "story"];

    /// Its name on command lines.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cpu { .. } => "cpu",
            Self::Io { .. } => "io",
            Self::Echo { .. } => "echo",
            Self::Calls { .. } => "calls",
            Self::Yields { .. } => "yields",
            Self::Mixed { .. } => "mixed",
        }
    }

    fn settings(&self) -> Vec<(&'static str, Duration)> {
        match *self {
            Self::Cpu { work } => work.map(|work| ("work", work)).into_iter().collect(),
            Self::Io { think, service } => vec![("think", think), ("service", service)],
            Self::Echo { pause, service } => vec![("pause", pause), ("service", service)],
            Self::Calls { service, call } => vec![("service", service), ("call", call)],
            Self::Yields { service } => vec![("service", service)],
            Self::Mixed { service, think } => vec![("service", service), ("think", think)],
        }
    }

    fn set(&mut self, key: &str, value: Duration) -> bool {
        let place = match (self, key) {
            (Self::Cpu { work }, "work") => {
                *work = Some(value);
                return true;
            }
            (Self::Io { think, .. } | Self::Mixed { think, .. }, "think") => think,
            (Self::Echo { pause, .. }, "pause") => pause,
            (Self::Calls { call, .. }, "call") => call,
            (
                Self::Io { service, .. }
                | Self::Echo { service, .. }
                | Self::Calls { service, .. }
                | Self::Yields { service }
                | Self::Mixed { service, .. },
                "service",
            ) => service,
            _ => return false,
        };
        *place = value;
        true
    }

    fn keys(&self) -> &'static [&'static str] {
        match self {
            Self::Cpu { .. } => &["work"],
            Self::Io { .. } | Self::Mixed { .. } => &["think", "service"],
            Self::Echo { .. } => &["pause", "service"],
            Self::Calls { .. } => &["service", "call"],
            Self::Yields { .. } => &["service"],
        }
    }

    fn named(name: &str) -> Option<Self> {
        let us = Duration::from_micros;
        Some(match name {
            "cpu" => Self::Cpu { work: None },
            "io" => Self::Io { think: us(1_000), service: us(20) },
            "echo" => Self::Echo { pause: us(1_000), service: us(10) },
            "calls" => Self::Calls { service: us(1), call: us(3) },
            "yields" => Self::Yields { service: us(1) },
            "mixed" => Self::Mixed { service: us(1_000), think: us(50) },
            // The article's programs.
            "countdown" => Self::Cpu { work: Some(us(500_000)) },
            "story" => Self::Cpu { work: Some(us(125_000)) },
            "select" => Self::Io { think: us(200_000), service: us(20) },
            _ => return None,
        })
    }
}

/// Several threads with the same role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Group {
    /// The role of each.
    pub role: Role,
    /// The number of threads.
    pub threads: usize,
}

/// All threads of a run, group by group. Reads and prints as `cpu:2+io:10@think=5ms,service=20us`.
///
/// ```
/// use gil_models::sim::Workload;
/// let workload: Workload = "cpu:2+echo:1@pause=2ms".parse()?;
/// assert_eq!(workload.threads(), 3);
/// assert_eq!(workload.to_string(), "cpu:2+echo:1@pause=2ms,service=10us");
/// assert_eq!("cpu:".parse::<Workload>().unwrap_err().to_string(),
///     "`cpu:`: the number of threads is missing; a group is KIND:THREADS, like cpu:2");
/// # Ok::<(), gil_models::sim::WorkloadError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Workload {
    /// The groups.
    pub groups: Vec<Group>,
}

/// The largest number of threads in a workload.
pub const THREADS_MAX: usize = 1_000_000;

/// Why a line is not a workload.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkloadError {
    /// There is no colon, or nothing after it.
    #[error("`{0}`: the number of threads is missing; a group is KIND:THREADS, like cpu:2")]
    NoThreads(String),
    /// The number is invalid, or out of range.
    #[error("`{group}`: `{threads}` is not a number of threads from 1 to {THREADS_MAX}")]
    Threads {
        /// The group.
        group: String,
        /// The text.
        threads: String,
    },
    /// There is no such kind.
    #[error("`{group}`: there is no kind `{kind}`; there are {}", Role::NAMES.join(", "))]
    Kind {
        /// The group.
        group: String,
        /// The text.
        kind: String,
    },
    /// The kind has no such setting.
    #[error("`{group}`: no setting `{setting}`; {known}")]
    Setting {
        /// The group.
        group: String,
        /// The text.
        setting: String,
        /// The known settings.
        known: String,
    },
    /// The value is not a duration.
    #[error("`{group}`: `{value}` is not a duration above 0, like 20us, 5ms or 1s")]
    Value {
        /// The group.
        group: String,
        /// The text.
        value: String,
    },
}

impl Workload {
    /// The total number of threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.groups.iter().map(|group| group.threads).sum()
    }
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let ns = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        _ => return None,
    };
    Some(Duration::from_nanos(number.checked_mul(ns)?)).filter(|duration| !duration.is_zero())
}

fn short(duration: Duration) -> String {
    let ns = duration.as_nanos();
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"), (1, "ns")];
    let (one, unit) =
        units.into_iter().find(|(one, _)| ns.is_multiple_of(*one)).unwrap_or((1, "ns"));
    format!("{}{unit}", ns / one)
}

impl FromStr for Group {
    type Err = WorkloadError;

    fn from_str(text: &str) -> Result<Self, WorkloadError> {
        let group = || text.to_owned();
        let (head, settings) = text.split_once('@').unwrap_or((text, ""));
        let parts = head.split_once(':').filter(|(_, threads)| !threads.is_empty());
        let (kind, threads) = parts.ok_or_else(|| WorkloadError::NoThreads(group()))?;
        let mut role = Role::named(kind)
            .ok_or_else(|| WorkloadError::Kind { group: group(), kind: kind.to_owned() })?;
        let number = threads.parse().ok().filter(|number| (1..=THREADS_MAX).contains(number));
        let threads = number.ok_or_else(|| WorkloadError::Threads {
            group: group(),
            threads: threads.to_owned(),
        })?;
        for setting in settings.split(',').filter(|_| !settings.is_empty()) {
            let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
            let parsed = duration(value)
                .ok_or_else(|| WorkloadError::Value { group: group(), value: value.to_owned() });
            if !role.keys().contains(&key) {
                let known = format!("{} has {}", role.name(), role.keys().join(" and "));
                let setting = key.to_owned();
                return Err(WorkloadError::Setting { group: group(), setting, known });
            }
            role.set(key, parsed?);
        }
        Ok(Self { role, threads })
    }
}

impl FromStr for Workload {
    type Err = WorkloadError;

    fn from_str(text: &str) -> Result<Self, WorkloadError> {
        let groups = text.split('+').map(Group::from_str).collect::<Result<Vec<_>, _>>()?;
        let threads: usize = groups.iter().map(|group| group.threads).sum();
        if threads > THREADS_MAX {
            let (group, threads) = (text.to_owned(), threads.to_string());
            return Err(WorkloadError::Threads { group, threads });
        }
        Ok(Self { groups })
    }
}

impl Display for Group {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.role.name(), self.threads)?;
        let settings = self.role.settings().into_iter();
        let settings: Vec<_> = settings.map(|(k, value)| format!("{k}={}", short(value))).collect();
        if !settings.is_empty() {
            write!(f, "@{}", settings.join(","))?;
        }
        Ok(())
    }
}

impl Display for Workload {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let groups: Vec<_> = self.groups.iter().map(Group::to_string).collect();
        f.write_str(&groups.join("+"))
    }
}
