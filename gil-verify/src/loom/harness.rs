//! Runs one suite of one protocol under loom.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::loom::cell::UnsafeCell;
use gil_core::engine::choice::{Budget, Choices, Kind};
use gil_core::engine::{Event, Fault};
use gil_core::protocol::Protocol;
use gil_core::raw::{Instant, RawGil, Registration};

use super::found::{Compared, Found, event_name};
use super::model::{explore_all, spawn};
use super::suites::{Suite, Work, known_false};
use crate::claims::ghost_observer::{Fingerprint, Watch};
use crate::explorer::finite::{self, Traces};

/// loom panics when one execution takes more steps, which catches a thread that spins forever.
const MAX_BRANCHES: usize = 4_000;

/// The collected results of all executions of a suite.
#[derive(Default)]
struct Collected {
    executions: u64,
    events: BTreeMap<&'static str, u64>,
    broken: BTreeMap<&'static str, u64>,
    choices: BTreeSet<(usize, Kind, bool)>,
    traces: Traces,
    moves: BTreeSet<Fingerprint>,
}

/// The state that the threads of one execution share.
struct Shared<P: Protocol, const DISABLE_FAST_PATH: bool> {
    lock: RawGil<P, Watch<DISABLE_FAST_PATH>>,
    data: UnsafeCell<u64>,
    // It is not loom's type: it adds no branches, and loom runs one thread at a time.
    inside: AtomicUsize,
    suite: Suite,
}

/// Explores all executions of a suite.
///
/// # Panics
/// With the name of the claim when one is broken. With loom's own message for a deadlock, a data
/// race or a thread that spins forever.
pub fn run<P: Protocol + Send + Sync + 'static>(
    name: &'static str,
    protocol: P,
    suite: Suite,
) -> Found {
    let mut builder = ::loom::model::Builder::new();
    builder.preemption_bound = suite.preemptions;
    builder.max_branches = MAX_BRANCHES;
    let collected = Arc::new(std::sync::Mutex::new(Collected::default()));
    let (into, start) = (collected.clone(), protocol.clone());
    explore_all(&builder, move || {
        let execution = match suite.fast_path {
            true => execute::<_, false>(name, start.clone(), suite),
            false => execute::<_, true>(name, start.clone(), suite),
        };
        let mut collected = into.lock().expect("one execution at a time");
        collected.executions += 1;
        for name in execution.events.iter().map(event_name).collect::<BTreeSet<_>>() {
            *collected.events.entry(name).or_default() += 1;
        }
        for claim in execution.broken {
            *collected.broken.entry(claim).or_default() += 1;
        }
        for name in execution.seen {
            *collected.events.entry(name).or_default() += 1;
        }
        for (kind, name) in [(Kind::Spurious, "spurious"), (Kind::Young, "a grace period")] {
            if execution.choices.iter().any(|(_, made, value)| *made == kind && *value) {
                *collected.events.entry(name).or_default() += 1;
            }
        }
        collected.choices.extend(execution.choices);
        collected.moves.extend(execution.moves);
        if suite.compares_traces() {
            collected.traces.insert(execution.events);
        }
    });
    let collected = collected.lock().expect("the model has ended");
    let finite = suite.finite();
    let allowed = finite.map(|finite| finite::moves(protocol.clone(), finite));
    let moved = allowed.map(|allowed| Compared::new(&collected.moves, &allowed));
    let finite = finite.filter(|_| suite.compares_traces());
    let allowed = finite.map(|finite| finite::traces(protocol, finite));
    let compared = allowed.map(|allowed| Compared::new(&collected.traces, &allowed));
    Found {
        executions: collected.executions,
        events: collected.events.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect(),
        broken: collected.broken.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect(),
        one_sided: one_sided(&collected.choices, suite),
        compared,
        moved,
    }
}

/// Choices that were made and always had the same result. A choice that no thread reaches does not
/// count: a protocol without timers makes no timeout choices.
fn one_sided(choices: &BTreeSet<(usize, Kind, bool)>, suite: Suite) -> Vec<String> {
    let forced = suite.work == Work::Hog;
    let lonely = choices.iter().filter(|(worker, kind, value)| {
        let meant = forced && *kind == Kind::TimeOut;
        !meant && !choices.contains(&(*worker, *kind, !*value))
    });
    lonely.map(|(worker, kind, value)| format!("{worker} {kind:?} {value}")).collect()
}

struct Execution {
    broken: BTreeSet<&'static str>,
    events: Vec<Event>,
    moves: BTreeSet<Fingerprint>,
    choices: Vec<(usize, Kind, bool)>,
    seen: BTreeSet<&'static str>,
}

fn execute<P: Protocol + Send + Sync + 'static, const DISABLE_FAST_PATH: bool>(
    name: &str,
    protocol: P,
    suite: Suite,
) -> Execution {
    ::loom::stop_exploring();
    Choices::arm(
        suite.threads,
        Budget {
            timeouts: suite.timeouts,
            spurious: suite.spurious,
            give_ups: suite.give_ups,
            young: suite.young,
            spins: suite.spins,
            always_expires: suite.work == Work::Hog,
        },
    );
    let shared = Arc::new(Shared {
        lock: RawGil::with_observer(
            protocol.clone(),
            Watch::<DISABLE_FAST_PATH>::new(protocol, suite.threads, known_false(name, &suite)),
        ),
        data: UnsafeCell::new(0),
        inside: AtomicUsize::new(0),
        suite,
    });
    shared.lock.set_check_interval(0); // every safepoint is the last of its ticks
    let members: Vec<_> = (0..suite.threads).map(|_| shared.lock.register()).collect();
    let mut members = members.into_iter().enumerate();
    let (_, mine) = members.next().expect("a suite has threads");
    let done = Rc::new(Cell::new(0));
    let main = ::loom::thread::current();
    for (worker, member) in members {
        let (shared, done, main) = (shared.clone(), done.clone(), main.clone());
        spawn(move || {
            Choices::enlist(worker);
            work(&shared, worker, &member);
            done.set(done.get() + 1);
            main.unpark();
        });
    }
    Choices::enlist(0);
    ::loom::explore();
    work(&shared, 0, &mine);
    // Not by joining: loom's join and park share one token, so a late unpark would end the join. A
    // thread that never finishes is a deadlock, which loom reports.
    while done.get() < suite.threads - 1 {
        ::loom::thread::park();
    }
    let (events, broken, moves, seen) = shared.lock.inspect_observer(|watch| {
        let Watch { events, broken, moves, seen, .. } = watch;
        (take(events), take(broken), take(moves), take(seen))
    });
    detached(shared.lock.attach(&mine));
    let sum = shared.touch();
    holding(shared.lock.detach(&mine));
    let choices = Choices::seen();
    check_timeouts(suite, &events, &choices);
    assert_eq!(sum, expected_sum(suite, &events), "SAFE-2: a write was lost");
    Execution { broken, events, moves, choices, seen }
}

fn work<P: Protocol, const DISABLE_FAST_PATH: bool>(
    shared: &Shared<P, DISABLE_FAST_PATH>,
    worker: usize,
    member: &Registration,
) {
    match shared.suite.work {
        Work::Hog if worker == 0 => {
            shared.attach(member);
            while shared.touch() < shared.suite.threads as u64 - 1 {
                shared.leave();
                holding(shared.lock.safepoint(member));
                shared.enter();
                ::loom::thread::yield_now(); // in the holder, never in a wait
            }
            shared.detach(member);
        }
        Work::Hog => {
            shared.attach(member);
            shared.write();
            shared.detach(member);
        }
        Work::Rounds(rounds) => {
            for _ in 0..rounds {
                if !shared.attach(member) {
                    continue;
                }
                shared.write();
                shared.leave();
                holding(shared.lock.safepoint(member));
                shared.enter();
                shared.write();
                shared.detach(member);
            }
        }
        _ => unreachable!("`programs` runs these"),
    }
}

impl<P: Protocol, const DISABLE_FAST_PATH: bool> Shared<P, DISABLE_FAST_PATH> {
    fn attach(&self, member: &Registration) -> bool {
        let attached = if self.suite.give_ups > 0 {
            self.lock.try_attach_until(member, Instant)
        } else {
            self.lock.attach(member).map(|()| true)
        };
        let attached = detached(attached);
        if attached {
            self.enter();
        }
        attached
    }

    fn detach(&self, member: &Registration) {
        self.leave();
        holding(self.lock.detach(member));
    }

    fn enter(&self) {
        let inside = self.inside.fetch_add(1, Ordering::Relaxed);
        assert_eq!(inside, 0, "SAFE-1: two threads own the lock");
    }

    fn leave(&self) {
        self.inside.fetch_sub(1, Ordering::Relaxed);
    }

    /// Writes under the lock: loom reports an access that is not ordered with the others.
    fn write(&self) {
        self.data.with_mut(|data| {
            // SAFETY: this thread owns the lock (SAFE-1); loom checks it.
            unsafe { *data += 1 }
        });
    }

    fn touch(&self) -> u64 {
        self.data.with(|data| {
            // SAFETY: as in `write`.
            unsafe { *data }
        })
    }
}

/// The lock knows its holder.
fn holding<T>(result: Result<T, Fault>) -> T {
    result.unwrap_or_else(|fault| panic!("SAFE-1: the holder is refused: {fault}"))
}

/// The lock knows that a thread is detached.
fn detached<T>(result: Result<T, Fault>) -> T {
    result.unwrap_or_else(|fault| panic!("SAFE-6: a detached thread is refused: {fault}"))
}

/// A thread has timed out at most as often as its timer was chosen to expire: no other return of
/// its park counts as an interval.
fn check_timeouts(suite: Suite, events: &[Event], choices: &[(usize, Kind, bool)]) {
    for worker in 0..suite.threads {
        let timed_out =
            |event: &&Event| matches!(event, Event::TimedOut(thread) if thread.index() == worker);
        let timed_out = events.iter().filter(timed_out).count();
        let expires = |choice: &&(usize, Kind, bool)| **choice == (worker, Kind::TimeOut, true);
        let expired = choices.iter().filter(expires).count();
        assert!(
            timed_out <= expired,
            "SAFE-4: T{worker} timed out {timed_out} times, its timer expired {expired} times"
        );
    }
}

fn expected_sum(suite: Suite, events: &[Event]) -> u64 {
    let gone = events.iter().filter(|event| matches!(event, Event::Cancelled(_))).count();
    match suite.work {
        Work::Rounds(rounds) => 2 * (suite.threads * rounds - gone) as u64,
        _ => suite.threads as u64 - 1,
    }
}
