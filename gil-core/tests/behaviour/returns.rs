//! Short calls are one run: who released last takes the lock back, and whoever was woken looks again.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::thread::yield_now;
use std::time::{Duration, Instant};

use gil_core::{
    Fault, Handoff, Monitor, Operation, Outcome, RawGil, Registration, ThreadId, ThreadState, Wake,
    WakeFirst,
};

use crate::threads;

type Lock = RawGil<Handoff>;

/// What the one that makes short calls does once it has taken the lock back in front of a woken thread.
fn bias(interval: Duration, then: impl Fn(&Lock, &Registration, ThreadId) + Sync) {
    // The woken thread may be faster, once in a while.
    while !tries(interval, &then) {}
}

fn tries(interval: Duration, then: &(impl Fn(&Lock, &Registration, ThreadId) + Sync)) -> bool {
    let lock = RawGil::new(Handoff::plain());
    lock.set_switch_interval(interval);
    let [first, calls, waits] = [(); 3].map(|()| lock.register());
    lock.attach(&first).unwrap();
    std::thread::scope(|scope| {
        let (lock, calls, waits) = (&lock, &calls, &waits);
        let (ready, is_ready) = mpsc::channel::<()>();
        let caller = scope.spawn(move || {
            lock.attach(calls).unwrap(); // in a section, so that it is known when its run began
            let _ = is_ready.recv();
            lock.detach(calls).unwrap();
            lock.attach(calls).unwrap();
            let woken = lock.inspect_monitor(|monitor| monitor.thread_state(waits.id()))
                == ThreadState::Notified(REGULAR);
            let done = catch_unwind(AssertUnwindSafe(|| {
                if woken {
                    then(lock, calls, waits.id());
                }
            }));
            if lock.is_attached(calls) {
                lock.detach(calls).unwrap(); // or the other one waits for ever
            }
            done.map_or_else(|panic| resume_unwind(panic), |()| woken)
        });
        while !lock.inspect_monitor(|monitor| monitor.has_waiter()) {
            yield_now();
        }
        lock.detach(&first).unwrap();
        while !lock.is_attached(calls) {
            yield_now();
        }
        scope.spawn(move || {
            lock.attach(waits).unwrap();
            lock.detach(waits).unwrap();
        });
        while !lock.inspect_monitor(|monitor| monitor.has_waiter()) {
            yield_now();
        }
        drop(ready);
        caller.join().expect("nothing was wrong")
    })
}

const REGULAR: gil_core::WaitSet = Handoff::QUEUES[2];

/// The woken thread is on its way; waits until it has come, and sleeps on for a hundredth of the interval.
fn until_it_sleeps_on(lock: &Lock, waits: ThreadId) {
    let is_woken = || {
        lock.inspect_monitor(|monitor| monitor.thread_state(waits))
            == ThreadState::Notified(REGULAR)
    };
    while lock.counters().deferred_wakeups == 0 && is_woken() {
        yield_now();
    }
}

#[test]
fn a_young_run_goes_on_through_many_calls() {
    bias(Duration::from_secs(10), |lock, calls, waits| {
        let slot = || lock.inspect_monitor(|monitor| monitor.thread_state(waits));
        until_it_sleeps_on(lock, waits);
        let sections = lock.counters().sections;
        for _ in 0..100 {
            lock.detach(calls).unwrap();
            lock.attach(calls).unwrap();
        }
        assert_eq!(
            slot(),
            ThreadState::Notified(REGULAR),
            "it sleeps on, and has not come in vain"
        );
        let counters = lock.counters();
        // But for the moments at which the other one looks, or its sleep ends early.
        assert!(counters.sections <= sections + 10, "it goes past the mutex: {counters:?}");
        assert_eq!((counters.wakeups, counters.wasted_wakeups), (2, 0), "nobody else is woken");
        assert_eq!(counters.grants, 0, "and nothing is handed over");
        assert!((1..=3).contains(&counters.deferred_wakeups), "{counters:?}");
    });
}

#[test]
fn who_has_taken_the_lock_back_past_the_mutex_holds_it_as_anybody_does() {
    bias(Duration::from_secs(20), |lock, calls, waits| {
        until_it_sleeps_on(lock, waits);
        assert!(lock.is_attached(calls));
        assert_eq!(lock.attach(calls), Err(Fault::AlreadyAttached), "a section, which counts");
        let taken_back = lock.counters().biased_reacquires;
        assert!(taken_back > 0);
        for _ in 0..3 {
            assert_eq!(lock.attach(calls), Err(Fault::AlreadyAttached));
            lock.detach(calls).unwrap();
            assert!(!lock.is_attached(calls));
            assert_eq!(lock.detach(calls), Err(Fault::NotHolder));
            lock.attach(calls).unwrap();
        }
        assert!(lock.is_attached(calls));
        assert_eq!(lock.safepoint(calls), Ok(false));
        assert_eq!(lock.attach(calls), Err(Fault::AlreadyAttached));
        // But for those at whose moment the other one looked.
        let times = lock.counters().biased_reacquires - taken_back;
        assert!((1..=3).contains(&times), "taken back {times} times");
    });
}

#[test]
fn it_looks_again_when_the_run_is_twice_as_old_and_comes_in_vain_when_it_is_old() {
    bias(Duration::from_secs(1), |lock, calls, waits| {
        while lock.inspect_monitor(|monitor| monitor.thread_state(waits))
            == ThreadState::Notified(REGULAR)
        {
            yield_now();
        }
        let looks = lock.counters().deferred_wakeups;
        assert!((1..=7).contains(&looks), "after 10, 20, 40 ... 200 ms, not {looks} times");
        assert_eq!(lock.counters().grants, 0);
        lock.detach(calls).unwrap();
        assert_eq!(lock.counters().grants, 1, "the next release is a hand-over");
    });
}

#[test]
fn only_who_released_last_takes_back_for_nothing() {
    let [a, b, c] = threads();
    let mut monitor = Monitor::new(Handoff::with_budgets(2, 0));
    let mut section = |thread, entry| monitor.section(thread, entry, &mut WakeFirst).unwrap();
    let release = Operation::Release(gil_core::Release::Blocking);
    section(a, Operation::Acquire);
    section(b, Operation::Acquire);
    for _ in 0..10 {
        section(a, release);
        assert_eq!(section(a, Operation::Acquire), Outcome::Owns);
    }
    for thread in [c, a] {
        section(if thread == c { a } else { c }, release);
        assert_eq!(section(thread, Operation::Acquire), Outcome::Owns, "two barges");
    }
    section(a, release);
    assert_eq!(monitor.owner(), Some(b), "and no more: it is handed over");
}

#[test]
fn who_gives_up_having_been_woken_has_come_in_vain() {
    let [a, b, c] = threads();
    let mut monitor = Monitor::new(Handoff::plain());
    let mut section = |thread, entry| monitor.section(thread, entry, &mut WakeFirst).unwrap();
    let release = Operation::Release(gil_core::Release::Blocking);
    section(a, Operation::Acquire);
    section(b, Operation::Acquire);
    section(c, Operation::Acquire);
    section(a, release);
    section(a, Operation::Acquire);
    section(b, Operation::Cancel);
    section(a, release);
    assert_eq!(monitor.owner(), Some(c), "the next release is a hand-over");
}

#[test]
fn who_comes_in_time_takes_the_lock() {
    let [a, b, _] = threads();
    let mut monitor = Monitor::new(Handoff::plain());
    let mut section = |thread, entry| monitor.section(thread, entry, &mut WakeFirst).unwrap();
    section(a, Operation::Acquire);
    section(b, Operation::Acquire);
    section(a, Operation::Release(gil_core::Release::Blocking));
    assert_eq!(monitor.protocol().may_retake(), Some(a));
    let mut section = |thread, entry| monitor.section(thread, entry, &mut WakeFirst).unwrap();
    assert_eq!(section(b, Operation::Resume(Wake::Notified)), Outcome::Owns);
    assert_eq!(monitor.protocol().may_retake(), None, "a new run, which nobody may take back");
}

/// How often the thread that computes has looked again, after each of so many visits of another one.
fn looks_after(
    visits: usize,
    interval: Duration,
    visit: impl Fn(&Lock, &Registration) + Sync,
) -> Vec<u64> {
    let lock = RawGil::new(Handoff::new());
    lock.set_switch_interval(interval);
    let [computes, interrupts] = [(); 2].map(|()| lock.register());
    lock.attach(&computes).unwrap();
    let (goes, to_go) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let (lock, interrupts, visit) = (&lock, &interrupts, &visit);
        scope.spawn(move || {
            for () in to_go {
                lock.attach(interrupts).unwrap();
                visit(lock, interrupts);
                lock.detach(interrupts).unwrap();
            }
        });
        let looks = (0..visits).map(|_| {
            goes.send(()).unwrap();
            while !lock.switch_requested() {
                yield_now();
            }
            lock.safepoint(&computes).unwrap();
            lock.counters().deferred_wakeups
        });
        let looks = looks.collect();
        drop(goes);
        lock.detach(&computes).unwrap();
        looks
    })
}

/// Whoever comes from one call is expected to make others: the thread that its release wakes does not take
/// the lock at its first look. Where that was in vain it does, in the runs that follow.
#[test]
fn who_interrupted_has_time_to_come_back() {
    let looks = looks_after(3, Duration::from_secs(5), |_, _| ());
    assert_eq!(looks, [1; 3]);
}

/// Whoever came back twice is expected twice: after its third release the lock is taken at the next look.
#[test]
fn who_came_back_is_expected_as_often_as_before() {
    let looks = looks_after(3, Duration::from_secs(10), |lock, interrupts| {
        for _ in 0..2 {
            let looks = lock.counters().deferred_wakeups;
            lock.detach(interrupts).unwrap();
            let [computes] = threads();
            while lock.counters().deferred_wakeups == looks
                && lock.inspect_monitor(|monitor| monitor.thread_state(computes))
                    != ThreadState::Idle
            {
                yield_now(); // whoever was woken sleeps on, or takes the lock
            }
            lock.attach(interrupts).unwrap();
        }
    });
    assert_eq!(looks, [3, 5, 7], "the first time it is expected without an end");
}

/// Short calls are those of one thread: where another one has barged in, whoever was woken has come in vain,
/// whatever else has happened since.
#[test]
fn who_is_barged_in_front_of_does_not_sleep_on() {
    while !barges_in() {} // the woken thread may be faster
}

fn barges_in() -> bool {
    let lock = RawGil::new(Handoff::plain());
    lock.set_switch_interval(Duration::from_secs(10));
    let [calls, barges, gives_up, waits] = [(); 4].map(|()| lock.register());
    lock.attach(&calls).unwrap();
    std::thread::scope(|scope| {
        let (lock, waits) = (&lock, &waits);
        scope.spawn(move || {
            lock.attach(waits).unwrap();
            lock.detach(waits).unwrap();
        });
        while !lock.inspect_monitor(|monitor| monitor.has_waiter()) {
            yield_now();
        }
        let is_woken = || {
            lock.inspect_monitor(|monitor| monitor.thread_state(waits.id()))
                == ThreadState::Notified(REGULAR)
        };
        lock.detach(&calls).unwrap();
        lock.attach(&barges).unwrap();
        let is_late = is_woken() && !lock.try_attach_until(&gives_up, Instant::now()).unwrap();
        let is_late = is_late && is_woken();
        while is_woken() {
            yield_now();
        }
        lock.detach(&barges).unwrap();
        if is_late {
            assert_eq!(lock.counters().deferred_wakeups, 0);
        }
        is_late
    })
}
