//! The suites: which programs, within which bounds, under which protocols.

use serde::{Deserialize, Serialize};

use crate::claims::identity::Setting;
use crate::explorer::finite::Finite;
use crate::protocols::{MAIN, PROTOCOLS};
use crate::report::Profile;

/// What each thread of a suite does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Work {
    /// Attach, reach a safepoint, detach, for this number of rounds.
    Rounds(usize),
    /// Thread 0 keeps the lock and reaches safepoints until each other thread has owned it once.
    Hog,
    /// Two threads clone and drop handles of shared objects, attached and detached (`programs`).
    Heap,
    /// Two threads clone a handle whose count is a plain integer, without a lock.
    Count,
    /// Two threads lock two objects, each in its own order: with a lock for each, or with one for
    /// both.
    Objects {
        /// Whether one lock guards both.
        one_lock: bool,
    },
    /// Two threads attach and detach, and the last one frees the lock's memory.
    LastRelease,
    /// One thread obeys each program of threads and locks that come and go, step by step.
    Identity(Setting),
    /// Two threads register, attach and leave, and come again.
    ComeBack,
    /// One thread is attached to a lock while it uses many others.
    ManyLocks,
    /// One thread locks a mutex while it is attached, another attaches while it has the mutex.
    Mutex {
        /// Whether it uses `Attached::lock_detached`, which waits detached.
        detaching: bool,
    },
}

impl Work {
    /// The claim that the program must find broken.
    #[must_use]
    pub const fn must_find(self) -> Option<&'static str> {
        match self {
            Self::Count => Some("NEED-1"),
            Self::Objects { one_lock: false } => Some("NEED-2"),
            Self::Mutex { detaching: false } => Some("NEED-3"),
            _ => None,
        }
    }

    /// Whether the program is about threads and locks that come and go.
    #[must_use]
    pub const fn is_identity(self) -> bool {
        matches!(self, Self::Identity(_) | Self::ComeBack | Self::ManyLocks)
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
    /// Timeout decisions of each thread.
    pub timeouts: usize,
    /// Spurious returns of each thread.
    pub spurious: usize,
    /// How often each thread may give up.
    pub give_ups: usize,
    /// How often each thread's request may be deferred because the run is young.
    pub young: usize,
    /// How often a waiter checks for its notification before it parks.
    pub spins: u32,
    /// Preemptions explored; `None` is exhaustive (no preemption bound).
    pub preemptions: Option<usize>,
    /// With the fast path, or every attach and detach in a section.
    pub fast_path: bool,
}

impl Suite {
    const fn rounds(name: &'static str, threads: usize, rounds: usize, timeouts: usize) -> Self {
        Self {
            name,
            profile: Profile::Quick,
            threads,
            work: Work::Rounds(rounds),
            timeouts,
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

    const fn identity(name: &'static str, threads: usize, locks: usize, steps: usize) -> Self {
        let work = Work::Identity(Setting { threads, locks, steps });
        Self { threads, ..Self::program(name, work) }
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
        match (self.work, self.preemptions) {
            (Work::Identity(Setting { threads, locks, steps }), _) => {
                format!("programs of {steps} steps, {threads} threads, {locks} locks")
            }
            (_, Some(preemptions)) => format!("preemptions {preemptions}"),
            (_, None) => "unbounded".to_owned(),
        }
    }

    /// Its program in the explorer. `None` where the explorer has no such program: it does not see
    /// the fast path, or the parker returns for its own reasons.
    #[must_use]
    pub const fn finite(&self) -> Option<Finite> {
        let Self { threads, timeouts, give_ups, .. } = *self;
        match self.work {
            Work::Rounds(rounds)
                if self.spurious == 0 && self.young == 0 && self.spins == 0 && !self.fast_path =>
            {
                Some(Finite { threads, rounds, timeouts, give_ups })
            }
            _ => None,
        }
    }

    /// Whether its sequences of events are compared with the explorer's: they are complete.
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
    Suite { spins: 1, ..Suite::rounds("two-notified", 2, 1, 1).preempted(3) },
    Suite { work: Work::Hog, ..Suite::rounds("hog", 2, 1, 1).fast() },
    Suite { work: Work::Hog, young: 1, ..Suite::rounds("hog-grace", 2, 1, 0) },
    Suite { young: 1, give_ups: 1, ..Suite::rounds("three-grace-cancel", 3, 1, 0).preempted(2) },
    Suite { young: 1, ..Suite::rounds("two-twice-grace", 2, 2, 0).preempted(3) },
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
    Suite { timeouts: 1, ..Suite::program("last-release", Work::LastRelease) },
    Suite::identity("identity", 2, 2, 5),
    Suite::identity("identity-three", 3, 1, 5),
    Suite::identity("identity-deep", 2, 2, 6).full(),
    Suite { timeouts: 1, ..Suite::program("ids-come-back", Work::ComeBack).preempted(3) },
    Suite { threads: 1, ..Suite::program("many-locks", Work::ManyLocks) },
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

/// The suites that connect a protocol's model with the mechanism: those of two threads that are
/// small enough to be exhaustive, and the forced switch.
const TYING: &[&str] = &["two", "two-timeouts", "two-fast", "two-cancel", "hog"];

/// The protocols of the largest exhaustive suite: millions of executions.
const DEEP: &[&str] = &["handoff", "python3"];

/// Protocols whose waiters return only because of a timer, and the one without a lock. With finite
/// timeouts loom finds deadlocks in the first by design.
pub const NOT_UNDER_LOOM: &[&str] = &["pypy", "no-lock"];

/// Protocols without a forced switch: their CPU-bound thread may reacquire the lock forever.
const HOGS_WIN: &[&str] = &["python2", "python3-no-forced-switch", "ocaml-old-yield"];

/// Whether a suite runs on a protocol.
#[must_use]
pub fn runs(suite: &Suite, protocol: &str) -> bool {
    let all = match suite.name {
        "two-twice-timeouts-cancel-deep" => DEEP.contains(&protocol),
        // What is checked there is the same under every protocol.
        // Under the default protocol a request comes before there is a right to retake the lock.
        "ids-come-back" => protocol.starts_with("handoff"),
        _ if suite.work.is_identity() => protocol == "handoff",
        "two-twice-grace" => protocol.starts_with("handoff"),
        // Of these only the default protocol requests on arrival.
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

/// The claims that a suite of a protocol judges. It judges those that it [`compares`] separately.
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
        Work::Identity(_) => &["ID-1", "ID-2", "WITNESS"],
        Work::ComeBack => &["ID-1", "SAFE-1", "SAFE-2", "SAFE-6", "LIVE-4", "WITNESS"],
        Work::ManyLocks => &["ID-3"],
        Work::Count => &["NEED-1"],
        Work::Objects { .. } => &["NEED-2"],
        Work::Mutex { .. } => &["NEED-3"],
        Work::Hog => {
            &["LIVE-1", "SAFE-1", "SAFE-2", "SAFE-3", "SAFE-6", "SAFE-7", "LIVE-4", "WITNESS"]
        }
        Work::Rounds(_) => &[
            "SAFE-1", "SAFE-2", "SAFE-3", "SAFE-4", "SAFE-5", "SAFE-6", "SAFE-7", "LIVE-4",
            "WITNESS",
        ],
    }
}

/// The claims that a suite may find broken because the ledger knows that they are false of the
/// protocol.
#[must_use]
pub fn known_false(protocol: &str, suite: &Suite) -> Vec<&'static str> {
    let expected = |id| crate::ledger::expected(id, protocol, suite.threads, suite.name);
    let claims = crate::ledger::CLAIMS.iter().map(|claim| claim.id);
    claims.filter(|id| expected(id) == Some(crate::report::Verdict::Fails)).collect()
}
