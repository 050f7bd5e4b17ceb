//! The loom suites: the mechanism that ships, in every interleaving and memory order within
//! bounds, under each protocol.
//!
//! This list is known to every build. The suites run in a build with `--cfg loom`
//! (`harness`), which `cargo verify` and `cargo test` start themselves.

pub mod engine;
#[cfg(all(loom, not(shuttle)))]
pub mod harness;
pub mod process;
#[cfg(all(loom, not(shuttle)))]
pub mod programs;
#[cfg(all(loom, not(shuttle)))]
pub mod runner;
#[cfg(all(loom, not(shuttle)))]
pub mod seek;

use std::collections::BTreeSet;

use gil_core::{Event, Request};
use serde::{Deserialize, Serialize};

use crate::finite::Finite;
use crate::report::Profile;
use crate::zoo::{MAIN, PROTOCOLS};

/// What each thread of a suite does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Work {
    /// Attach, come to a safepoint, detach, so many times.
    Rounds(usize),
    /// Thread 0 keeps the lock and comes to safepoints until each other thread has had it once.
    Hog,
    /// Two threads clone and drop handles of shared objects, attached and detached (`programs`).
    Heap,
    /// Two threads clone a handle whose count is a plain integer, without a lock.
    Count,
    /// Two threads lock two objects, each in its own order: by a lock for each, or by one for all.
    Objects {
        /// Whether one lock guards both.
        one_lock: bool,
    },
    /// Two threads attach and detach, and the last one frees the lock's memory.
    LastRelease,
    /// One thread locks a mutex while it is attached, another attaches while it has the mutex.
    Mutex {
        /// Whether it does so by `Attached::lock`, which waits detached.
        detaching: bool,
    },
}

impl Work {
    /// What the program is there to find: the claim that must be broken in it.
    #[must_use]
    pub const fn must_find(self) -> Option<&'static str> {
        match self {
            Self::Count => Some("NEED-1"),
            Self::Objects { one_lock: false } => Some("NEED-2"),
            Self::Mutex { detaching: false } => Some("NEED-3"),
            _ => None,
        }
    }

    /// Whether the program is the same under every protocol, because it has no lock.
    #[must_use]
    pub const fn is_without_lock(self) -> bool {
        matches!(self, Self::Count | Self::Objects { one_lock: false })
    }
}

/// One suite: a finite program and its bounds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Suite {
    /// Its name in reports and counts.
    pub name: &'static str,
    /// The smallest profile that runs it.
    pub profile: Profile,
    /// Threads, at most 4: loom has five, and one arms the choices.
    pub threads: usize,
    /// What they do.
    pub work: Work,
    /// Time-out decisions of each thread.
    pub time_outs: usize,
    /// Spurious returns of each thread.
    pub spurious: usize,
    /// How often each thread may give up.
    pub give_ups: usize,
    /// How often each thread's request may come to a run that is too young for it.
    pub young: usize,
    /// How often a waiter looks at its bell before it parks.
    pub spins: u32,
    /// Preemptions explored; `None` is all.
    pub preemptions: Option<usize>,
    /// With the fast path, or every attach and detach in a section.
    pub fast_path: bool,
}

impl Suite {
    const fn rounds(name: &'static str, threads: usize, rounds: usize, time_outs: usize) -> Self {
        Self {
            name,
            profile: Profile::Quick,
            threads,
            work: Work::Rounds(rounds),
            time_outs,
            spurious: 0,
            give_ups: 0,
            young: 0,
            spins: 0,
            preemptions: None,
            fast_path: false,
        }
    }

    const fn program(name: &'static str, work: Work) -> Self {
        Self { work, fast_path: true, ..Self::rounds(name, 2, 1, 0) }
    }

    const fn full(self) -> Self {
        Self { profile: Profile::Full, ..self }
    }

    const fn preempted(self, preemptions: usize) -> Self {
        Self { preemptions: Some(preemptions), ..self }
    }

    const fn fast(self) -> Self {
        Self { fast_path: true, ..self }
    }

    /// The bound in words.
    #[must_use]
    pub fn bound(&self) -> String {
        self.preemptions.map_or("unbounded".to_owned(), |p| format!("preemptions {p}"))
    }

    /// Its program in the explorer; nothing where the explorer has none, because the fast path goes
    /// unseen or the parker returns for reasons of its own.
    #[must_use]
    pub const fn finite(&self) -> Option<Finite> {
        let Self { threads, time_outs, give_ups, .. } = *self;
        match self.work {
            Work::Rounds(rounds)
                if self.spurious == 0 && self.young == 0 && self.spins == 0 && !self.fast_path =>
            {
                Some(Finite { threads, rounds, time_outs, give_ups })
            }
            _ => None,
        }
    }

    /// Whether its sequences of events are compared with the explorer's: those are all of them.
    #[must_use]
    pub const fn compares_traces(&self) -> bool {
        self.finite().is_some() && self.threads == 2 && self.preemptions.is_none()
    }
}

/// All suites.
pub const SUITES: &[Suite] = &[
    Suite::rounds("two", 2, 1, 1),
    Suite::rounds("two-timeouts", 2, 1, 2),
    Suite::rounds("two-fast", 2, 1, 1).fast(),
    Suite { spurious: 1, ..Suite::rounds("two-spurious", 2, 1, 1) },
    Suite { give_ups: 1, ..Suite::rounds("two-cancel", 2, 1, 1) },
    Suite { spins: 1, ..Suite::rounds("two-bell", 2, 1, 1).preempted(3) },
    Suite { work: Work::Hog, ..Suite::rounds("hog", 2, 1, 1).fast() },
    Suite { work: Work::Hog, young: 1, ..Suite::rounds("hog-young", 2, 1, 0) },
    Suite { young: 1, give_ups: 1, ..Suite::rounds("three-young-cancel", 3, 1, 0).preempted(2) },
    Suite { young: 1, ..Suite::rounds("two-twice-young", 2, 2, 0).preempted(3) },
    Suite::rounds("two-twice-fast", 2, 2, 1).fast().preempted(3),
    Suite { give_ups: 1, ..Suite::rounds("two-twice-cancel", 2, 2, 1).fast().preempted(3) },
    Suite::rounds("two-twice", 2, 2, 1).full(),
    Suite::rounds("two-twice-fast-deep", 2, 2, 1).fast().preempted(5).full(),
    Suite { give_ups: 1, ..Suite::rounds("two-twice-timeouts-cancel", 2, 2, 2).preempted(4) },
    Suite { give_ups: 1, ..Suite::rounds("two-twice-timeouts-cancel-deep", 2, 2, 2).full() },
    Suite::rounds("three", 3, 1, 1).preempted(3),
    Suite { give_ups: 1, ..Suite::rounds("three-cancel", 3, 1, 1).preempted(2) },
    Suite { give_ups: 1, ..Suite::rounds("three-cancel-fast", 3, 1, 0).fast().preempted(3) },
    Suite::rounds("three-deep", 3, 1, 1).preempted(4).full(),
    Suite::rounds("four", 4, 1, 1).preempted(2),
    Suite::program("heap", Work::Heap).preempted(3),
    Suite::program("heap-deep", Work::Heap).full(),
    Suite { time_outs: 1, ..Suite::program("last-release", Work::LastRelease) },
    Suite::program("count-without-lock", Work::Count),
    Suite::program("lock-per-object", Work::Objects { one_lock: false }),
    Suite::program("one-lock", Work::Objects { one_lock: true }),
    Suite::program("mutex-while-attached", Work::Mutex { detaching: false }),
    Suite::program("mutex-detaching", Work::Mutex { detaching: true }),
];

/// The suite of a name.
#[must_use]
pub fn suite(name: &str) -> Option<&'static Suite> {
    SUITES.iter().find(|suite| suite.name == name)
}

/// The suites that tie a protocol's model to the mechanism: those of two threads that are small
/// enough to be exhaustive, and the forced switch.
const TYING: &[&str] = &["two", "two-timeouts", "two-fast", "two-cancel", "hog"];

/// Those that the largest exhaustive suite runs on: millions of executions.
const DEEP: &[&str] = &["handoff", "python3"];

/// Protocols whose waiters come back only because of a timer, and what is no lock: with finite
/// time-outs loom finds deadlocks in the first by design.
pub const NOT_UNDER_LOOM: &[&str] = &["pypy", "no-lock"];

/// Protocols that promise no forced switch: their hog may win the lock back for ever.
const HOGS_WIN: &[&str] = &["python2", "python3-no-forced-switch", "ocaml-old-yield"];

/// Whether a suite runs on a protocol.
#[must_use]
pub fn runs(suite: &Suite, protocol: &str) -> bool {
    let all = match suite.name {
        "two-twice-timeouts-cancel-deep" => DEEP.contains(&protocol),
        "two-twice-young" => protocol.starts_with("handoff"),
        // Of these only the default one asks on arrival.
        _ if suite.young > 0 => protocol == "handoff",
        name => MAIN.contains(&protocol) || TYING.contains(&name),
    };
    all && !NOT_UNDER_LOOM.contains(&protocol)
}

/// What a suite of a protocol compares with the explorer.
#[must_use]
pub fn compares(suite: &Suite, protocol: &str) -> &'static [&'static str] {
    match suite.finite() {
        Some(_) if !runs(suite, protocol) => &[],
        Some(_) if suite.compares_traces() => &["TRACES", "REFINES"],
        Some(_) => &["REFINES"],
        None => &[],
    }
}

/// The claims that a suite of a protocol judges; what it [`compares`] it judges apart.
#[must_use]
pub fn judged(suite: &Suite, protocol: &str) -> &'static [&'static str] {
    match suite.work {
        _ if !runs(suite, protocol) => &[],
        Work::Hog if HOGS_WIN.contains(&protocol) => &[],
        _ if suite.work.is_without_lock() && protocol != PROTOCOLS[0] => &[],
        Work::Heap => &["HEAP-1", "WITNESS"],
        // Where it breaks, the run ends before it has seen everything.
        Work::LastRelease if known_false(protocol, suite).contains(&"SAFE-8") => &["SAFE-8"],
        Work::LastRelease => &["SAFE-8", "WITNESS"],
        Work::Count => &["NEED-1"],
        Work::Objects { .. } => &["NEED-2"],
        Work::Mutex { .. } => &["NEED-3"],
        Work::Hog => &["LIVE-1", "SAFE-1", "SAFE-2", "SAFE-3", "LIVE-4", "WITNESS"],
        Work::Rounds(_) => &["SAFE-1", "SAFE-2", "SAFE-3", "SAFE-4", "SAFE-5", "LIVE-4", "WITNESS"],
    }
}

/// The claims that a suite may find broken because the ledger knows them to be false of the
/// protocol.
#[must_use]
pub fn known_false(protocol: &str, suite: &Suite) -> Vec<&'static str> {
    let expected = |id| crate::ledger::expected(id, protocol, suite.threads, suite.name);
    let claims = crate::ledger::CLAIMS.iter().map(|claim| claim.id);
    claims.filter(|id| expected(id) == Some(crate::report::Verdict::Fails)).collect()
}

/// What a suite found when nothing was broken.
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
    /// The sequences beside the explorer's, if compared.
    pub compared: Option<Compared>,
    /// The moves beside the explorer's, if compared.
    pub moved: Option<Compared>,
}

/// What a search for one run found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Sought {
    /// It is the run of this execution, from 1.
    Reached {
        /// Which.
        execution: u64,
    },
    /// It is none of these executions, which are all within the bound.
    NotReached {
        /// How many.
        executions: u64,
    },
    /// The search ended early, in this execution: by a deadlock, or because the Monitor refused.
    Ended {
        /// Which.
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

/// A deliberate bug of the mechanism (`gil_core::choice::Mutant`), and what must catch it.
#[derive(Clone, Copy, Debug)]
pub struct MechanismMutant {
    /// Its name.
    pub name: &'static str,
    /// The suite that catches it.
    pub suite: &'static str,
    /// The protocol under which it does.
    pub under: &'static str,
    /// The claims or comparisons of which one must catch it.
    pub breaks: &'static [&'static str],
}

const fn mutant(
    name: &'static str,
    suite: &'static str,
    breaks: &'static [&'static str],
) -> MechanismMutant {
    MechanismMutant { name, suite, under: PROTOCOLS[0], breaks }
}

const fn under(protocol: &'static str, mutant: MechanismMutant) -> MechanismMutant {
    MechanismMutant { under: protocol, ..mutant }
}

/// All mutants of the mechanism, run on the default protocol but where it cannot show them.
pub const MECHANISM_MUTANTS: &[MechanismMutant] = &[
    mutant("AttachRelaxed", "two-fast", &["SAFE-2"]),
    mutant("DetachRelaxed", "two-fast", &["SAFE-2"]),
    mutant("FreezeRelaxed", "two-fast", &["SAFE-2"]),
    mutant("UnfreezeRelaxed", "two-twice-cancel", &["SAFE-2"]),
    mutant("DetachByStore", "two-fast", &["LIVE-4"]),
    mutant("WordNotFrozen", "two-fast", &["LIVE-4"]),
    mutant("SlowDroppedEarly", "hog", &["SAFE-1"]),
    mutant("AttachByStore", "two-fast", &["SAFE-1", "SAFE-2"]),
    mutant("FreezesAgain", "two", &["SAFE-1"]),
    mutant("FirstBellOnly", "three", &["LIVE-4"]),
    mutant("GivesUpSilently", "two-cancel", &["LIVE-4"]),
    mutant("TouchedAfterRelease", "last-release", &["SAFE-8"]),
    mutant("BellNotRung", "two", &["LIVE-4"]),
    mutant("NotUnparked", "two-bell", &["LIVE-4"]),
    mutant("FlagNotMirrored", "hog", &["LIVE-1"]),
    mutant("HeldBackForEver", "hog-young", &["LIVE-1"]),
    mutant("HeldBackByWhoLeft", "three-young-cancel", &["SAFE-5"]),
    mutant("FlagNotMirrored", "two", &["TRACES"]),
    mutant("FlagNotMirrored", "two", &["REFINES"]),
    mutant("FlagNeverFalls", "two", &["SAFE-5"]),
    mutant("WordBeforeFlag", "three-cancel-fast", &["SAFE-5"]),
    // Under the default one whoever comes after a request has gone asks anew.
    under("handoff-plain", mutant("StaleRequestAnswered", "three-cancel", &["REFINES"])),
    mutant("BellNotCleared", "two-bell", &["LIVE-1"]),
    mutant("RunNotCounted", "three", &["SAFE-4"]),
    mutant("BitsArmedTooEarly", "two", &["WITNESS"]),
    mutant("StaleRunTimer", "three", &["SAFE-4"]),
    mutant("DeferredNotDrained", "heap", &["HEAP-1"]),
    mutant("DeferredNotSaid", "heap", &["HEAP-1"]),
    mutant("DeferredSaidTooEarly", "heap", &["HEAP-1"]),
    mutant("DetachedDropDirect", "heap", &["HEAP-1"]),
    mutant("CountOutsideLock", "heap", &["HEAP-1"]),
    mutant("AtomicCount", "count-without-lock", &["NEED-1"]),
    mutant("SameOrder", "lock-per-object", &["NEED-2"]),
    mutant("LockWithoutDetaching", "mutex-detaching", &["NEED-3"]),
    mutant("MutexFirst", "mutex-while-attached", &["NEED-3"]),
];

/// Changes to the programs that find something, after which there is nothing to find: a finder that
/// still finds it is no witness.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cure {
    /// The count is incremented in one atomic step.
    AtomicCount,
    /// Both threads lock the objects in the same order.
    SameOrder,
    /// The attached thread takes the mutex before it attaches.
    MutexFirst,
}

impl Cure {
    /// The cure of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::AtomicCount, Self::SameOrder, Self::MutexFirst];
        all.into_iter().find(|cure| format!("{cure:?}") == name)
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
        // What they are there to show is their claim.
        Work::Count | Work::Objects { .. } | Work::Mutex { .. } => return Vec::new(),
    };
    let boosts = protocol == "handoff";
    let asks_at_once = matches!(protocol, "priority" | "qemu");
    let times_out = suite.time_outs > 0 && !matches!(protocol, "python2" | "qemu");
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
        wanted.push("a young run");
    }
    if suite.name == "two-twice-young" {
        wanted.push("looked again");
    }
    without(&wanted, happened)
}

/// A take finds drops of the other thread to make, and finds that they have been made.
const HEAP_EVENTS: &[&str] = &["T0 is back, 0 drops deferred", "T0 is back, 2 drops deferred"];

/// Either thread may be the last, after waiting for the other or not.
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
        Event::Take(_) => "taken",
        Event::Waits(_) => "waits",
        Event::TimedOut(_) => "timed out",
        Event::Notified(_) => "notified",
        Event::Cancelled(_) => "cancelled",
    }
}
