//! The counters of the slow path.

use gil_core::Gil;
use gil_core::engine::{Event, Monitor, Operation, Outcome, WakeFirst};
use gil_core::protocol::{Handoff, Release, ThreadId, Wake};
use gil_core::raw::{Counters, Observe, RawGil, SectionInfo};

use crate::threads;
use crate::watchdog::Watchdog;

/// A Monitor without a lock, with the counters that a lock would have.
struct Counted {
    monitor: Monitor<Handoff>,
    counters: Counters,
}

impl Counted {
    fn section(&mut self, thread: ThreadId, entry: Operation) -> Outcome {
        let outcome =
            self.monitor.section(thread, entry, &mut WakeFirst).expect("it fits the thread state");
        let (operation, monitor) = (entry, &self.monitor);
        self.counters.section(&SectionInfo { thread, operation, outcome, monitor });
        outcome
    }
}

const LEAVE: Operation = Operation::Release(Release::Blocking);
const WOKEN: Operation = Operation::Resume(Wake::Notified);
const EXPIRED: Operation = Operation::Resume(Wake::TimedOut);

/// A free lock whose third thread has just woken the second one.
fn freed() -> Counted {
    let [a, b, c] = threads();
    let mut lock = Counted { monitor: Monitor::new(Handoff::new()), counters: Counters::default() };
    for (thread, entry) in [
        (a, Operation::Acquire),   // acquires
        (b, Operation::Acquire),   // a boost: requests at once
        (a, Operation::Safepoint), // answers; granted to b, which is woken
        (b, WOKEN),                // confirms
        (a, EXPIRED),              // times out and requests
        (b, LEAVE),                // answers; granted to a, which is woken
        (a, WOKEN),                // confirms
        (c, Operation::Acquire),   // a boost: requests at once
        (b, Operation::Acquire),   // no boost left
        (a, LEAVE),                // answers; granted to c, which is woken
        (c, WOKEN),                // confirms
        (c, LEAVE),                // frees the lock and wakes b
    ] {
        lock.section(thread, entry);
    }
    lock
}

#[test]
fn every_event_is_counted_once() {
    let [a, b] = threads();
    let mut lock = freed();
    lock.section(a, Operation::Acquire); // acquires it in front of b
    assert_eq!(lock.counters.wasted_wakeups, 0);
    assert!(matches!(lock.section(b, WOKEN), Outcome::Wait(_)), "a wasted wake-up");
    lock.section(a, LEAVE); // hands it to b, which had a wasted wake-up
    assert_eq!(lock.section(b, WOKEN), Outcome::Owns, "a successful wake-up");
    let Counters {
        sections,
        requests,
        forced_releases,
        grants,
        acquisitions,
        timeouts,
        wakeups,
        wasted_wakeups,
        switches,
        ..
    } = lock.counters;
    assert_eq!((sections, requests, forced_releases, grants, acquisitions), (16, 3, 3, 4, 2));
    assert_eq!((timeouts, wakeups, wasted_wakeups), (1, 5, 1));
    assert_eq!(switches, 6, "a, b, a, c, a, b");
}

#[test]
fn raw_lock_returns_its_counters() {
    let lock = RawGil::new(Handoff::new());
    let (holder, waiter) = (lock.register(), lock.register());
    lock.attach(&holder).unwrap();
    assert_eq!(lock.counters(), Counters::default(), "the fast path counts nothing");
    lock.try_attach_until(&waiter, std::time::Instant::now()).unwrap();
    let counters = lock.counters();
    assert_eq!((counters.sections, counters.requests), (2, 1), "it arrived, requested and gave up");
}

#[test]
fn lock_with_data_returns_its_counters() {
    let dog = Watchdog::new();
    let gil = dog.lock(Gil::new(()));
    std::thread::scope(|threads| {
        let mut attached = gil.attach();
        threads.spawn(|| drop(dog.waits("the waiter: attach", || gil.attach())));
        dog.waits("the holder: a request", || {
            while !attached.switch_requested() && gil.counters().requests == 0 {
                std::thread::yield_now();
            }
        });
        dog.waits("the holder: safepoint", || attached.safepoint());
    });
    assert_eq!((gil.counters().requests, gil.counters().forced_releases), (1, 1));
}

#[test]
fn notified_thread_that_takes_the_lock_had_no_wasted_wakeup() {
    let [_, b] = threads();
    let mut lock = freed();
    assert_eq!(lock.section(b, WOKEN), Outcome::Owns);
    assert!(lock.monitor.events().contains(&Event::Notified(b)));
    assert_eq!(lock.counters.wasted_wakeups, 0);
}

#[test]
fn reacquires_and_deferred_wakeups_add_up() {
    let [a] = threads();
    let mut counters = Counters::default();
    counters.biased_reacquires(3);
    counters.biased_reacquires(4);
    counters.wakeup_deferred(a);
    counters.wakeup_deferred(a);
    assert_eq!((counters.biased_reacquires, counters.deferred_wakeups), (7, 2));
}
