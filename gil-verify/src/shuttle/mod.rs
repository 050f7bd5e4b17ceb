//! A second opinion on the mechanism: shuttle's random schedules of many threads.
//!
//! loom is exhaustive and stops at four threads; shuttle is random and does not. It adds more
//! threads than loom can run, an independent scheduler, and a schedule that can be replayed. It
//! adds nothing about memory orders: every access is sequentially consistent here.
//!
//! Every build has the list, as for loom. The courses run in their own build with `--cfg loom --cfg
//! shuttle`, which `cargo verify --profile full` and the test start themselves.

pub mod engine;
#[cfg(shuttle)]
pub mod runner;

use crate::loom::Found;

/// How shuttle picks the next thread.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scheduler {
    /// Any thread that can run, at every step.
    Random,
    /// Priorities that change at a few random moments: finds bugs that need this number of
    /// preemptions with a known probability (Burckhardt et al., "A randomized scheduler with
    /// probabilistic guarantees of finding bugs", 2010).
    Pct {
        /// Preemptions that matter.
        depth: usize,
    },
}

/// One course: a program, a scheduler and how many schedules it draws.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Course {
    /// Its name in reports.
    pub name: &'static str,
    /// Threads, at most 32.
    pub threads: usize,
    /// How often each attaches, reaches a safepoint and detaches.
    pub rounds: usize,
    /// How often each may give up.
    pub give_ups: usize,
    /// The scheduler.
    pub scheduler: Scheduler,
    /// How many schedules are drawn.
    pub schedules: usize,
}

impl Course {
    /// The amount of exploration, in words.
    #[must_use]
    pub fn bound(&self) -> String {
        match self.scheduler {
            Scheduler::Random => format!("{} random schedules, seed {SEED}", self.schedules),
            Scheduler::Pct { depth } => {
                format!("{} schedules, PCT depth {depth}, seed {SEED}", self.schedules)
            }
        }
    }

    /// The explorer's program that contains it.
    #[must_use]
    pub const fn variant(&self) -> &'static str {
        if self.give_ups > 0 { "blocking+cancel" } else { "blocking" }
    }
}

/// The seed of all random choices.
pub const SEED: u64 = 1;

const fn course(name: &'static str, threads: usize, scheduler: Scheduler) -> Course {
    let schedules = 16_000 / threads;
    Course { name, threads, rounds: 2, give_ups: 0, scheduler, schedules }
}

/// All courses.
pub const COURSES: &[Course] = &[
    course("random-4", 4, Scheduler::Random),
    Course { give_ups: 1, ..course("random-4-cancel", 4, Scheduler::Random) },
    course("random-32", 32, Scheduler::Random),
    course("pct-4", 4, Scheduler::Pct { depth: 3 }),
    Course { give_ups: 1, ..course("pct-8-cancel", 8, Scheduler::Pct { depth: 3 }) },
    course("pct-16", 16, Scheduler::Pct { depth: 3 }),
    course("pct-32", 32, Scheduler::Pct { depth: 5 }),
];

/// The course with this name.
#[must_use]
pub fn course_named(name: &str) -> Option<&'static Course> {
    COURSES.iter().find(|course| course.name == name)
}

/// The claims that a course judges.
pub const JUDGED: &[&str] =
    &["SAFE-1", "SAFE-2", "SAFE-3", "SAFE-4", "SAFE-5", "LIVE-4", "WITNESS"];

/// The events that a course of a protocol must have seen and has not.
#[must_use]
pub fn missing(protocol: &str, course: &Course, found: &Found) -> Vec<&'static str> {
    let mut wanted = vec!["taken", "released", "waits", "notified"];
    if protocol != "python2" {
        wanted.extend(["timed out", "requested after an interval", "answered"]);
    }
    if protocol.starts_with("handoff") {
        wanted.extend(["granted", "confirmed"]);
    }
    if protocol == "handoff" {
        wanted.push("requested by boost");
    }
    if course.give_ups > 0 {
        wanted.push("cancelled");
    }
    wanted.retain(|event| !found.events.contains_key(*event));
    wanted
}
