//! The command of the shuttle build: one course of one protocol per process, or one schedule
//! repeated.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ::shuttle::scheduler::{
    PctScheduler, RandomScheduler, ReplayScheduler, Scheduler as Schedules,
};
use ::shuttle::{Config, Runner};
use gil_core::engine::Event;
use gil_core::engine::choice::{Budget, Choices};
use gil_core::engine::mutants::Mutant;
use gil_core::protocol::Protocol;
use gil_core::raw::{Instant, RawGil, Registration};

use super::{Course, SEED, Scheduler, course_named};
use crate::claims::ghost_observer::Watch;
use crate::ledger;
use crate::loom::{Found, event_name};
use crate::protocols::{self, Visit};
use crate::report::Verdict;

const USAGE: &str = "usage (shuttle build): gil-shuttle COURSE PROTOCOL [MUTANT|-] [SCHEDULE]";

/// The number of timeouts and spurious returns of each thread in one schedule. After them its parks
/// last until a wake-up, and a lost wake-up is a deadlock.
const DECISIONS: usize = 4;

/// The state that the threads of one schedule share.
struct Shared<P: Protocol> {
    lock: RawGil<P, Watch<false>>,
    // Not shuttle's types: they add no steps, and shuttle runs one thread at a time.
    inside: AtomicUsize,
    data: AtomicU64,
    course: Course,
}

impl<P: Protocol> Shared<P> {
    fn enter(&self) {
        let inside = self.inside.fetch_add(1, Ordering::Relaxed);
        assert_eq!(inside, 0, "SAFE-1: two threads own the lock");
    }

    fn leave(&self) {
        self.inside.fetch_sub(1, Ordering::Relaxed);
    }

    /// An increment in which another holder's increment would be lost.
    fn write(&self) {
        let read = self.data.load(Ordering::Relaxed);
        ::shuttle::thread::yield_now();
        self.data.store(read + 1, Ordering::Relaxed);
    }

    fn work(&self, member: &Registration) {
        for _ in 0..self.course.rounds {
            let attached = match self.course.give_ups {
                0 => self.lock.attach(member).map(|()| true),
                _ => self.lock.try_attach_until(member, Instant),
            };
            if !attached.expect("SAFE-6: a detached thread owns the lock") {
                continue;
            }
            self.enter();
            self.write();
            self.leave();
            self.lock.safepoint(member).expect("SAFE-1: the thread holds the lock");
            self.enter();
            self.write();
            self.leave();
            self.lock.detach(member).expect("SAFE-1: the thread holds the lock");
        }
    }
}

/// The claims that are known to be false of the protocol in the course's program.
fn known_false(protocol: &str, course: &Course) -> Vec<&'static str> {
    let expected = |id| ledger::expected(id, protocol, course.threads, course.variant());
    let claims = ledger::CLAIMS.iter().map(|claim| claim.id);
    claims.filter(|id| expected(id) == Some(Verdict::Fails)).collect()
}

fn execute<P: Protocol + Send + Sync + 'static>(
    name: &str,
    protocol: P,
    course: Course,
) -> Vec<Event> {
    let threads = course.threads;
    let (timeouts, spurious, give_ups) = (DECISIONS, DECISIONS, course.give_ups);
    Choices::arm(threads, Budget { timeouts, spurious, give_ups, ..Budget::default() });
    let watch = Watch::new(protocol.clone(), threads, known_false(name, &course));
    let shared = Arc::new(Shared {
        lock: RawGil::with_observer(protocol, watch),
        inside: AtomicUsize::new(0),
        data: AtomicU64::new(0),
        course,
    });
    shared.lock.set_check_interval(0); // every safepoint is the last of its ticks
    let members: Vec<_> = (0..threads).map(|_| shared.lock.register()).collect();
    let workers = members.into_iter().enumerate().map(|(worker, member)| {
        let shared = shared.clone();
        ::shuttle::thread::spawn(move || {
            Choices::enlist(worker);
            shared.work(&member);
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.join().expect("a worker that panics ends the schedule");
    }
    let events = shared.lock.inspect_observer(|watch| std::mem::take(&mut watch.events));
    let gone = events.iter().filter(|event| matches!(event, Event::Cancelled(_))).count();
    let expected = 2 * (threads * course.rounds - gone) as u64;
    assert_eq!(shared.data.load(Ordering::Relaxed), expected, "SAFE-2: a write was lost");
    events
}

struct Run<S>(Course, S);

impl<S: Schedules + 'static> Visit for Run<S> {
    type Output = Found;
    fn visit<P: Protocol + Send + Sync + 'static>(self, name: &'static str, protocol: P) -> Found {
        let Self(course, scheduler) = self;
        let seen = Arc::new(Mutex::new(BTreeMap::<String, u64>::new()));
        let into = seen.clone();
        let executions = Runner::new(scheduler, Config::new()).run(move || {
            let events = execute(name, protocol.clone(), course);
            let mut seen = into.lock().expect("one schedule at a time");
            for event in events {
                *seen.entry(event_name(&event).to_owned()).or_default() += 1;
            }
        });
        let events = seen.lock().expect("all schedules have ended").clone();
        Found { executions: executions as u64, events, ..Found::default() }
    }
}

/// Runs the course that the arguments name, or replays one schedule of it; prints a line of JSON,
/// or panics with the broken claim and the schedule.
///
/// # Panics
/// With the name of the claim that is broken.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (name, protocol, mutant, schedule) = match arguments[..] {
        [name, protocol] => (name, protocol, "-", None),
        [name, protocol, mutant] => (name, protocol, mutant, None),
        [name, protocol, mutant, schedule] => (name, protocol, mutant, Some(schedule)),
        _ => return usage("one course and one protocol are needed"),
    };
    let Some(course) = course_named(name) else {
        return usage(&format!("there is no course `{name}`"));
    };
    let mechanism = Mutant::ALL.iter().find(|known| known.name() == mutant);
    Mutant::set(mechanism.copied());
    let bug = (mutant != "-" && mechanism.is_none()).then_some(mutant);
    let course = *course;
    let found = match (schedule, course.scheduler) {
        (Some(schedule), _) => {
            let Some(mut replay) = replay(schedule) else {
                return usage("the schedule is not one that shuttle printed");
            };
            // The mutant may be off: then the schedule need not fit to its end.
            replay.set_allow_incomplete();
            protocols::with_mutant(protocol, bug, Run(course, replay))
        }
        (None, Scheduler::Random) => {
            let scheduler = RandomScheduler::new_from_seed(SEED, course.schedules);
            protocols::with_mutant(protocol, bug, Run(course, scheduler))
        }
        (None, Scheduler::Pct { depth }) => {
            let scheduler = PctScheduler::new_from_seed(SEED, depth, course.schedules);
            protocols::with_mutant(protocol, bug, Run(course, scheduler))
        }
    };
    match found {
        Err(unknown) => usage(&unknown.to_string()),
        Ok(found) => {
            println!("{}", serde_json::to_string(&found).expect("plain data"));
            ExitCode::SUCCESS
        }
    }
}

/// shuttle panics on a text that is not a schedule.
fn replay(schedule: &str) -> Option<ReplayScheduler> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let replay = catch_unwind(AssertUnwindSafe(|| ReplayScheduler::new_from_encoded(schedule)));
    std::panic::set_hook(hook);
    replay.ok()
}

fn usage(what: &str) -> ExitCode {
    eprintln!("{what}\n{USAGE}");
    ExitCode::from(2)
}
