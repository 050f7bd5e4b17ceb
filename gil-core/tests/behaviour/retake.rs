//! A thread that makes short calls retakes the lock in front of a woken one, within limits.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::thread::yield_now;

use gil_core::engine::{Fault, Monitor, Operation, Outcome, ThreadState, WakeFirst};
use gil_core::protocol::{Budgets, Handoff, Release, Wake};
use gil_core::raw::{RawGil, Registration};

use crate::watchdog::Watchdog;
use crate::{attach_and_detach, threads, until_waiter};

const RELEASE: Operation = Operation::Release(Release::Blocking);
const REGULAR: gil_core::protocol::WaitSet = Handoff::QUEUES[2];

/// Lets a thread retake the lock in front of a woken one, and runs `then` inside. `false`: the
/// woken thread was faster.
fn retakes(dog: &Watchdog, then: impl Fn(&RawGil<Handoff>, &Registration) + Sync) -> bool {
    let lock = dog.lock(RawGil::new(Handoff::plain()));
    let [first, calls, waits] = [(); 3].map(|()| lock.register());
    lock.attach(&first).unwrap();
    std::thread::scope(|scope| {
        let (lock, calls, waits, then) = (&*lock, &calls, &waits, &then);
        let (ready, is_ready) = mpsc::channel::<()>();
        let caller = scope.spawn(move || {
            let caller = dog.thread("the caller");
            caller.waits("attach", || lock.attach(calls)).unwrap();
            let _ = caller.waits("the waiter", || is_ready.recv());
            caller.waits("detach", || lock.detach(calls)).unwrap();
            caller.waits("the second attach", || lock.attach(calls)).unwrap();
            let woken = lock.inspect_monitor(|monitor| monitor.thread_state(waits.id()))
                == ThreadState::Notified(REGULAR);
            let done = catch_unwind(AssertUnwindSafe(|| {
                if woken {
                    then(lock, calls);
                }
            }));
            if lock.is_attached(calls) {
                lock.detach(calls).unwrap(); // or the other one waits forever
            }
            done.map_or_else(|panic| resume_unwind(panic), |()| woken)
        });
        until_waiter(dog, lock);
        dog.waits("the first holder: detach", || lock.detach(&first)).unwrap();
        dog.waits("the caller's first attach", || {
            while !lock.is_attached(calls) {
                yield_now();
            }
        });
        scope.spawn(move || attach_and_detach(dog, lock, waits));
        until_waiter(dog, lock);
        drop(ready);
        dog.waits("the caller's end", || caller.join()).expect("nothing was wrong")
    })
}

#[test]
fn biased_holder_is_refused_and_released_like_any_other() {
    let checks = |lock: &RawGil<Handoff>, calls: &Registration| {
        assert!(lock.is_attached(calls));
        assert_eq!(lock.attach(calls), Err(Fault::AlreadyAttached));
        let before = lock.counters().biased_reacquires;
        assert!(before > 0, "it has retaken the lock past the mutex");
        for _ in 0..3 {
            lock.detach(calls).unwrap();
            assert!(!lock.is_attached(calls));
            assert_eq!(lock.detach(calls), Err(Fault::NotHolder));
            lock.attach(calls).unwrap();
            assert!(lock.is_attached(calls));
        }
        assert_eq!(lock.attach(calls), Err(Fault::AlreadyAttached)); // a section, which counts them
        assert_eq!(lock.counters().biased_reacquires - before, 3);
    };
    let dog = Watchdog::new();
    while !retakes(&dog, checks) {}
}

#[test]
fn last_releaser_retakes_the_lock_without_a_barge() {
    let [a, b, c] = threads();
    let mut monitor = Monitor::new(Handoff::with_budgets(Budgets { barges: 2, boosts: 0 }));
    let mut section = |thread, it| monitor.section(thread, it, &mut WakeFirst).unwrap();
    section(a, Operation::Acquire);
    section(b, Operation::Acquire);
    for _ in 0..10 {
        section(a, RELEASE);
        assert_eq!(section(a, Operation::Acquire), Outcome::Owns);
    }
    for thread in [c, a] {
        section(if thread == c { a } else { c }, RELEASE);
        assert_eq!(section(thread, Operation::Acquire), Outcome::Owns, "two barges");
    }
    section(a, RELEASE);
    assert_eq!(monitor.owner(), Some(b), "no barge is left: a hand-off");
}

#[test]
fn wasted_wakeup_that_cancels_makes_the_next_release_a_handoff() {
    let [a, b, c] = threads();
    let mut monitor = Monitor::new(Handoff::plain());
    let mut section = |thread, it| monitor.section(thread, it, &mut WakeFirst).unwrap();
    section(a, Operation::Acquire);
    section(b, Operation::Acquire);
    section(c, Operation::Acquire);
    section(a, RELEASE);
    section(a, Operation::Acquire);
    section(b, Operation::Cancel);
    section(a, RELEASE);
    assert_eq!(monitor.owner(), Some(c));
}

#[test]
fn woken_thread_in_time_ends_the_right_to_retake() {
    let [a, b] = threads();
    let mut monitor = Monitor::new(Handoff::plain());
    let mut section = |thread, it| monitor.section(thread, it, &mut WakeFirst).unwrap();
    section(a, Operation::Acquire);
    section(b, Operation::Acquire);
    section(a, RELEASE);
    assert_eq!(monitor.protocol().may_retake(), Some(a));
    let mut section = |thread, it| monitor.section(thread, it, &mut WakeFirst).unwrap();
    assert_eq!(section(b, Operation::Resume(Wake::Notified)), Outcome::Owns);
    assert_eq!(monitor.protocol().may_retake(), None);
}

#[test]
fn protocol_without_waiters_is_reset() {
    let [a, b] = threads();
    let mut monitor = Monitor::new(Handoff::new());
    assert!(monitor.protocol().is_reset());
    monitor.section(a, Operation::Acquire, &mut WakeFirst).unwrap();
    monitor.section(b, Operation::Acquire, &mut WakeFirst).unwrap();
    assert!(!monitor.protocol().is_reset(), "a boost has been spent");
    monitor.section(b, Operation::Cancel, &mut WakeFirst).unwrap();
    assert!(monitor.protocol().is_reset(), "no thread waits any more");
}
