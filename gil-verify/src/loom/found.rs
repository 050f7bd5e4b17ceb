//! What a suite found, and what it must have seen.

use std::collections::BTreeSet;

use gil_core::engine::Event;
use gil_core::protocol::Request;
use serde::{Deserialize, Serialize};

use super::suites::{Suite, Work};

/// The results of a suite in which no claim was broken.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    /// Executions that loom explored.
    pub executions: u64,
    /// How many executions had each kind of event at least once.
    pub events: std::collections::BTreeMap<String, u64>,
    /// Claims known to be false of the protocol, and in how many executions they were.
    pub broken: std::collections::BTreeMap<String, u64>,
    /// Free choices that took only one value: `worker kind value`.
    pub one_sided: Vec<String>,
    /// The comparison of the sequences with the explorer's, if made.
    pub compared: Option<Compared>,
    /// The comparison of the moves with the explorer's, if made.
    pub moved: Option<Compared>,
}

/// The result of a search for one run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Sought {
    /// It is the run of this execution, from 1.
    Reached {
        /// The execution.
        execution: u64,
    },
    /// It is not among these executions, which are all executions within the bound.
    NotReached {
        /// How many.
        executions: u64,
    },
    /// The search ended early, in this execution: by a deadlock, or because the Monitor refused.
    Ended {
        /// The execution.
        execution: u64,
    },
}

/// The comparison of what loom reached with what the explorer allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Compared {
    /// What loom reached.
    pub loom: u64,
    /// What the explorer allows.
    pub explorer: u64,
    /// What only loom reached.
    pub only_loom: u64,
    /// What only the explorer allows.
    pub only_explorer: u64,
}

impl Compared {
    /// Compares two sets.
    #[must_use]
    pub fn new<T: Ord>(loom: &BTreeSet<T>, explorer: &BTreeSet<T>) -> Self {
        Self {
            loom: loom.len() as u64,
            explorer: explorer.len() as u64,
            only_loom: loom.difference(explorer).count() as u64,
            only_explorer: explorer.difference(loom).count() as u64,
        }
    }
}

/// The events that a suite of a protocol must have seen and has not.
#[must_use]
pub fn missing(protocol: &str, suite: &Suite, found: &Found) -> Vec<&'static str> {
    let happened = |event: &str| found.events.get(event).is_some_and(|executions| *executions > 0);
    let mut wanted = match suite.work {
        Work::Rounds(_) | Work::Hog => vec!["taken", "released", "waits"],
        Work::Heap => return without(HEAP_EVENTS, happened),
        Work::LastRelease => return without(LAST_RELEASE_EVENTS, happened),
        Work::Identity(_) => return without(IDENTITY_STEPS, happened),
        Work::ComeBack => return without(COME_BACK_EVENTS, happened),
        // Their claim is what they are there to show.
        Work::Count | Work::Objects { .. } | Work::Mutex { .. } | Work::ManyLocks => {
            return Vec::new();
        }
    };
    let boosts = protocol == "handoff";
    let asks_at_once = matches!(protocol, "priority" | "qemu");
    let times_out = suite.timeouts > 0 && !matches!(protocol, "python2" | "qemu");
    if boosts {
        wanted.push("requested by boost");
    }
    if times_out {
        wanted.push("timed out");
    }
    if times_out || asks_at_once {
        wanted.push("requested after an interval");
    }
    if boosts || times_out || asks_at_once {
        wanted.push("answered");
        if protocol.starts_with("handoff") || matches!(protocol, "ruby" | "ghc") {
            wanted.extend(["granted", "confirmed"]);
        }
    }
    if suite.spurious > 0 {
        wanted.push("spurious");
    }
    if suite.give_ups > 0 {
        wanted.push("cancelled");
    }
    if suite.young > 0 {
        wanted.push("a grace period");
    }
    if suite.name == "two-twice-grace" {
        wanted.push("rechecked");
    }
    if suite.name.starts_with("two-twice-fast") && protocol.starts_with("handoff") {
        wanted.push("retaken");
    }
    without(&wanted, happened)
}

/// An acquire finds pending drops of the other thread, or finds that they have been applied.
const HEAP_EVENTS: &[&str] = &["T0 is back, 0 drops deferred", "T0 is back, 2 drops deferred"];

/// Each step occurs in some program.
const IDENTITY_STEPS: &[&str] = &["Attach", "Detach", "Forget", "End", "Remake"];

/// A thread gets a new id, its own again, or the other thread's.
const COME_BACK_EVENTS: &[&str] =
    &["T0 comes as T0", "T0 comes as T1", "T1 comes as T0", "T1 comes as T1"];

/// Either thread may be the last, with or without waiting for the other.
const LAST_RELEASE_EVENTS: &[&str] =
    &["T0 frees the lock", "T1 frees the lock", "T0 is woken", "T1 is woken"];

fn without(wanted: &[&'static str], happened: impl Fn(&str) -> bool) -> Vec<&'static str> {
    wanted.iter().copied().filter(|event| !happened(event)).collect()
}

/// An event's name in the list of what was seen.
#[must_use]
pub const fn event_name(event: &Event) -> &'static str {
    match event {
        Event::Requested(_, Request::AfterInterval) => "requested after an interval",
        Event::Requested(_, Request::Boost) => "requested by boost",
        Event::Answered(_) => "answered",
        Event::Released(_) => "released",
        Event::Granted(_) => "granted",
        Event::Confirmed(_) => "confirmed",
        Event::Taken(_) => "taken",
        Event::Waiting(_) => "waits",
        Event::TimedOut(_) => "timed out",
        Event::Notified(_) => "notified",
        Event::Cancelled(_) => "cancelled",
    }
}
