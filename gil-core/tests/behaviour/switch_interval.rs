//! The switch interval that is set is the one that timers use (claim TIME-3).

use std::thread;
use std::time::{Duration, Instant};

use gil_core::Gil;
use gil_core::engine::{Operation, Outcome};
use gil_core::protocol::{Handoff, Timer, Wake};

use crate::pacing::{Lock, NOTIFIED};
use crate::threads;
use crate::watchdog::Watchdog;

const TIMED_OUT: Operation = Operation::Resume(Wake::TimedOut);

/// Zero counts as 1 us, and the longest is never.
const INTERVALS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_micros(300),
    Duration::from_millis(5),
    Duration::from_secs(3_600),
    Duration::MAX,
];

/// Every change from one interval to another.
fn changes() -> impl Iterator<Item = (Duration, Duration)> {
    let pairs = INTERVALS.into_iter().flat_map(|from| INTERVALS.map(|to| (from, to)));
    pairs.filter(|(from, to)| from != to)
}

/// When a timer of the run that began at `began_us` expires.
fn expires(began_us: u64, interval: Duration) -> Option<Duration> {
    let interval = interval.max(Duration::from_micros(1));
    (interval < Duration::MAX).then(|| Duration::from_micros(began_us) + interval)
}

#[test]
fn waiter_keeps_its_timer_until_it_next_runs() {
    for (from, to) in changes() {
        let [runs, waits] = threads();
        let mut lock = Lock::new(Handoff::plain(), 5_000);
        lock.timed.set_interval(from);
        lock.run(runs, Operation::Acquire);
        let began_us = lock.now_us;
        lock.now_us += 10;
        let (outcome, old) = lock.run(waits, Operation::Acquire);
        assert_eq!(
            (outcome, old.deadline),
            (Outcome::Wait(Some(Timer::Run)), expires(began_us, from))
        );
        lock.timed.set_interval(to);
        let mut expired = Lock { timed: lock.timed.clone(), now_us: lock.now_us };
        if let Some(due) = old.deadline {
            expired.now_us = expired.now_us.max(due.as_micros() as u64);
            expired.expired(waits, TIMED_OUT, Some(old.epoch));
            assert!(expired.timed.monitor.requested(), "{from:?}, then {to:?}");
        }
        let (outcome, new) = lock.run(waits, NOTIFIED); // a spurious return
        assert_eq!(
            (outcome, new.deadline),
            (Outcome::Wait(Some(Timer::Run)), expires(began_us, to)),
            "{from:?}, then {to:?}"
        );
    }
}

#[test]
fn next_run_lasts_the_interval_that_was_set_last() {
    for (from, to) in changes() {
        let [a, b] = threads();
        let mut lock = Lock::new(Handoff::plain(), 5_000);
        lock.run(a, Operation::Acquire);
        let (_, timer) = lock.run(b, Operation::Acquire);
        lock.timed.set_interval(from);
        lock.now_us += 5_000;
        lock.expired(b, TIMED_OUT, Some(timer.epoch));
        lock.timed.set_interval(to);
        let (outcome, timer) = lock.run(a, Operation::Safepoint);
        assert_eq!(outcome, Outcome::Wait(Some(Timer::Run)));
        assert_eq!(timer.deadline, expires(lock.now_us, to), "{from:?}, then {to:?}");
    }
}

#[test]
fn interval_set_while_a_thread_waits_is_the_least_of_the_next_run() {
    let dog = Watchdog::new();
    let gil = dog.lock(Gil::with_protocol(None::<Instant>, Handoff::plain()));
    gil.set_switch_interval(Duration::ZERO);
    let mut mine = gil.attach();
    thread::scope(|scope| {
        scope.spawn(|| {
            let theirs = dog.waits("the other thread: attach", || gil.attach());
            dog.waits("the other thread: a request", || {
                while !theirs.switch_requested() {
                    thread::yield_now();
                }
            });
            let ran = theirs.expect("the other thread has set it").elapsed();
            assert!(ran >= Duration::from_millis(300), "requested after {ran:?}");
        });
        dog.waits("the first thread: a request", || {
            while !mine.switch_requested() {
                thread::yield_now();
            }
        });
        gil.set_switch_interval(Duration::from_millis(300));
        *mine = Some(Instant::now());
        // The other thread runs, and this one sets the timer of its run.
        dog.waits("the first thread: safepoint", || mine.safepoint());
        drop(mine);
    });
}
