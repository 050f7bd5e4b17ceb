//! The delays of the slow path, in virtual time.

use std::time::Duration;

use gil_core::engine::{Clock, Limits, Operation, Outcome, Pacing, TimedMonitor, WaitPlan};
use gil_core::protocol::{Handoff, Protocol, Release, ThreadId, Timer, Wake};
use gil_core::raw::{Observe, SectionInfo};

use crate::threads;

const INTERVAL_US: u64 = 5_000;
const HOUR_US: u64 = 3_600_000_000;
const RELEASE: Operation = Operation::Release(Release::Blocking);
pub(crate) const NOTIFIED: Operation = Operation::Resume(Wake::Notified);

struct Virtual(Duration);

impl Clock for Virtual {
    type Instant = Duration;
    fn now(&self) -> Duration {
        self.0
    }
    fn elapsed_since(&self, instant: Duration) -> Duration {
        self.0.saturating_sub(instant)
    }
    fn later(&self, instant: Duration, by: Duration) -> Option<Duration> {
        instant.checked_add(by)
    }
}

/// Whether a section restarted a timer, and did nothing else.
struct Restarts(bool);

impl Observe for Restarts {
    fn section<P: Protocol>(&mut self, _: &SectionInfo<'_, P>) {}
    fn timer_restarted(&mut self, _: ThreadId) {
        self.0 = true;
    }
}

/// A lock with a clock that only the test advances.
pub(crate) struct Lock {
    pub(crate) timed: TimedMonitor<Handoff, Duration>,
    pub(crate) now_us: u64,
}

impl Lock {
    pub(crate) fn new(protocol: Handoff, interval_us: u64) -> Self {
        let mut timed = TimedMonitor::new(protocol, Pacing::new(Limits::DEFAULT), Duration::ZERO);
        timed.set_interval(Duration::from_micros(interval_us));
        Self { timed, now_us: 1_000 }
    }

    pub(crate) fn expired(
        &mut self,
        thread: ThreadId,
        operation: Operation,
        epoch: Option<u64>,
    ) -> (bool, Outcome, WaitPlan<Duration>) {
        let clock = Virtual(Duration::from_micros(self.now_us));
        let mut restarts = Restarts(false);
        let decided = self.timed.section(thread, operation, epoch, &mut restarts, &clock);
        let (outcome, plan) = decided.expect("the operation fits");
        (restarts.0, outcome, plan)
    }

    pub(crate) fn run(
        &mut self,
        thread: ThreadId,
        operation: Operation,
    ) -> (Outcome, WaitPlan<Duration>) {
        let (_, outcome, plan) = self.expired(thread, operation, None);
        (outcome, plan)
    }

    /// How long the thread sleeps before it rechecks.
    fn rechecks_after(&mut self, thread: ThreadId) -> Option<u64> {
        let (_, plan) = self.run(thread, NOTIFIED);
        plan.recheck_at.map(|at| at.as_micros() as u64 - self.now_us)
    }

    /// `calls` holds the lock, `waits` was woken by its release, and `calls` has retaken it.
    fn retaken(protocol: Handoff, interval_us: u64) -> (Self, ThreadId, ThreadId) {
        let [calls, waits] = threads();
        let mut lock = Self::new(protocol, interval_us);
        lock.run(calls, Operation::Acquire);
        lock.run(waits, Operation::Acquire);
        lock.run(calls, RELEASE);
        lock.run(calls, Operation::Acquire);
        (lock, calls, waits)
    }
}

#[test]
fn woken_thread_during_reacquires_sleeps_up_to_the_limit() {
    for interval_us in [INTERVAL_US, 100 * INTERVAL_US, HOUR_US] {
        let (mut lock, calls, waits) = Lock::retaken(Handoff::plain(), interval_us);
        let mut slept = Vec::new();
        while let Some(span_us) = lock.rechecks_after(waits) {
            slept.push(span_us);
            lock.now_us += span_us;
            lock.run(calls, RELEASE);
            lock.run(calls, Operation::Acquire);
        }
        assert_eq!(slept, [50, 50, 100, 200, 400, 200], "1 ms in all at {interval_us} us");
    }
}

#[test]
fn woken_thread_at_a_short_interval_sleeps_a_fifth_of_it() {
    let (mut lock, calls, waits) = Lock::retaken(Handoff::plain(), 100);
    let mut slept_us = 0;
    while let Some(span_us) = lock.rechecks_after(waits) {
        slept_us += span_us;
        lock.now_us += span_us;
        lock.run(calls, RELEASE);
        lock.run(calls, Operation::Acquire);
    }
    assert_eq!(slept_us, 20);
}

#[test]
fn woken_thread_without_further_reacquires_rechecks() {
    let (mut lock, calls, waits) = Lock::retaken(Handoff::plain(), HOUR_US);
    assert_eq!(lock.rechecks_after(waits), Some(50));
    lock.now_us += 49;
    assert_eq!(lock.rechecks_after(waits), Some(1), "the sleep ended early");
    lock.now_us += 1;
    assert_eq!(lock.rechecks_after(waits), None);
    lock.run(calls, RELEASE);
    assert_eq!(lock.timed.monitor.owner(), Some(waits), "a wasted wake-up, then a hand-off");
}

#[test]
fn free_lock_is_acquired_by_the_woken_thread_within_50_us() {
    let (mut lock, calls, waits) = Lock::retaken(Handoff::plain(), HOUR_US);
    lock.run(calls, RELEASE); // for a long call
    assert_eq!(lock.rechecks_after(waits), Some(50));
    lock.now_us += 50;
    assert_eq!(lock.run(waits, NOTIFIED).0, Outcome::Owns);
}

#[test]
fn free_lock_that_was_not_retaken_is_acquired_at_once() {
    let [calls, waits] = threads();
    let mut lock = Lock::new(Handoff::plain(), HOUR_US);
    lock.run(calls, Operation::Acquire);
    lock.run(waits, Operation::Acquire);
    lock.run(calls, RELEASE);
    assert_eq!(lock.run(waits, NOTIFIED).0, Outcome::Owns);
}

#[test]
fn pacing_none_delays_nothing() {
    let [calls, waits] = threads();
    let mut lock = Lock::new(Handoff::plain(), HOUR_US);
    lock.timed = TimedMonitor::new(Handoff::plain(), Pacing::none(), Duration::from_secs(3_600));
    lock.run(calls, Operation::Acquire);
    lock.run(waits, Operation::Acquire);
    lock.run(calls, RELEASE);
    lock.run(calls, Operation::Acquire);
    assert_eq!(lock.rechecks_after(waits), None);
}

#[test]
fn request_is_deferred_as_long_as_the_boosted_thread_ran() {
    for (interval_us, used_us, deferred_us) in [
        (INTERVAL_US, 3_000, Some(3_000)),
        (INTERVAL_US, 7_000, Some(5_000)),
        (INTERVAL_US, 10, None),
        (1_000, 3_000, Some(1_000)),
        (HOUR_US, 3_000, Some(3_000)),
        (HOUR_US, 60_000_000, Some(5_000)),
        (HOUR_US, 49, None),
    ] {
        let [computes, interrupts] = threads();
        let mut lock = Lock::new(Handoff::new(), interval_us);
        lock.run(computes, Operation::Acquire);
        lock.run(interrupts, Operation::Acquire);
        lock.run(computes, Operation::Safepoint);
        lock.run(interrupts, NOTIFIED);
        lock.now_us += used_us;
        lock.run(interrupts, RELEASE);
        while lock.run(computes, NOTIFIED).0 != Outcome::Owns {
            lock.now_us += 50; // its grace period
        }
        let began_us = lock.now_us;
        let (_, plan) = lock.run(interrupts, Operation::Acquire);
        let due_us = plan.recheck_at.map(|at| at.as_micros() as u64 - began_us);
        assert!(
            due_us.is_none() == deferred_us.is_none()
                && due_us.unwrap_or(0).abs_diff(deferred_us.unwrap_or(0)) <= 50,
            "after {used_us} us at {interval_us} us: {due_us:?}, expected {deferred_us:?}"
        );
        assert_eq!(lock.timed.publishes_request(), due_us.is_none());
        if let Some(due_us) = due_us {
            lock.now_us = began_us + due_us - 1;
            let (_, plan) = lock.run(interrupts, NOTIFIED);
            assert!(plan.recheck_at.is_some(), "a sleep that ended early goes on");
            lock.now_us += 1;
            lock.run(interrupts, NOTIFIED);
            assert!(lock.timed.publishes_request());
        }
    }
}

#[test]
fn timekeeper_that_requested_also_times_the_next_run() {
    let [a, b, c] = threads();
    let mut lock = Lock::new(Handoff::plain(), INTERVAL_US);
    lock.run(a, Operation::Acquire);
    lock.run(b, Operation::Acquire);
    let (_, plan) = lock.run(c, Operation::Acquire);
    assert_eq!(plan.deadline, None, "one waiter has a timer");
    let epoch = lock.timed.monitor.owner().map(|_| plan.epoch);
    lock.now_us += INTERVAL_US;
    let (_, _, plan) = lock.expired(b, Operation::Resume(Wake::TimedOut), epoch);
    assert!(lock.timed.monitor.requested() && plan.spin_for_answer);
    lock.now_us += 1;
    // b is granted the lock, so the preempted thread takes the post.
    let (outcome, plan) = lock.run(a, Operation::Safepoint);
    assert_eq!(outcome, Outcome::Wait(Some(Timer::Run)));
    assert_eq!(plan.deadline, Some(Duration::from_micros(lock.now_us + INTERVAL_US)));
    lock.run(b, NOTIFIED);
    // a requests next, and c is granted the lock: a keeps the post, and b gets no timer.
    lock.now_us += INTERVAL_US;
    let (_, _, plan) = lock.expired(a, Operation::Resume(Wake::TimedOut), Some(plan.epoch));
    assert!(plan.spin_for_answer);
    let (outcome, _) = lock.run(b, Operation::Safepoint);
    assert_eq!((outcome, lock.timed.monitor.owner()), (Outcome::Wait(None), Some(c)));
    lock.now_us += 1;
    let (_, plan) = lock.run(a, NOTIFIED);
    assert_eq!(plan.deadline, Some(Duration::from_micros(lock.now_us - 1 + INTERVAL_US)));
    assert!(!plan.spin_for_answer);
}

/// Three threads: a was preempted and is the timekeeper, b owns, and c is the next one.
fn preempted() -> (Lock, [ThreadId; 3]) {
    let [a, b, c] = threads();
    let mut lock = Lock::new(Handoff::plain(), INTERVAL_US);
    lock.run(a, Operation::Acquire);
    let (_, old) = lock.run(b, Operation::Acquire);
    lock.run(c, Operation::Acquire);
    lock.now_us += INTERVAL_US;
    lock.expired(b, Operation::Resume(Wake::TimedOut), Some(old.epoch));
    lock.run(a, Operation::Safepoint);
    lock.run(b, NOTIFIED);
    (lock, [a, b, c])
}

#[test]
fn timer_of_an_earlier_run_is_rearmed() {
    let (mut lock, [a, b, c]) = preempted();
    // a is the timekeeper, and its timer is for the run of b. Two runs later that one is over.
    let (_, timer) = lock.run(a, NOTIFIED);
    lock.now_us += 1;
    lock.run(b, RELEASE);
    lock.run(c, NOTIFIED);
    lock.now_us += INTERVAL_US - 1;
    let timed_out = Operation::Resume(Wake::TimedOut);
    let (restarted, _, plan) = lock.expired(a, timed_out, Some(timer.epoch));
    assert!(restarted);
    assert_eq!(plan.deadline, Some(Duration::from_micros(lock.now_us + 1)), "of the present run");
    lock.now_us += 1;
    let (restarted, _, _) = lock.expired(a, timed_out, Some(plan.epoch));
    assert!(!restarted && lock.timed.monitor.requested());
}

#[test]
fn infinite_interval_arms_no_timer() {
    let [a, b] = threads();
    let mut lock = Lock::new(Handoff::plain(), INTERVAL_US);
    lock.timed.set_interval(Duration::MAX);
    lock.run(a, Operation::Acquire);
    let (outcome, plan) = lock.run(b, Operation::Acquire);
    assert_eq!((outcome, plan.deadline), (Outcome::Wait(Some(Timer::Run)), None));
}

/// A pacing whose owner is the first thread, at `now_us`, and its clock.
fn owned(now_us: u64) -> (Pacing<Duration>, ThreadId, ThreadId, ThreadId, Virtual) {
    let ([owner, first, second], clock) = (threads(), Virtual(Duration::from_micros(now_us)));
    let mut pacing = Pacing::new(Limits::DEFAULT);
    pacing.after_section(true, Some(owner), Duration::from_micros(INTERVAL_US), &clock);
    (pacing, owner, first, second, clock)
}

#[test]
fn reacquire_past_the_slow_path_defers_a_wakeup_too() {
    let (pacing, _, woken, _, clock) = owned(1_000);
    let interval = Duration::from_micros(INTERVAL_US);
    assert_eq!(pacing.clone().grace_deadline(woken, false, interval, &clock), None);
    let mut retaken = pacing;
    retaken.record_reacquires();
    let due = retaken.grace_deadline(woken, false, interval, &clock);
    assert_eq!(due, Some(Duration::from_micros(1_050)));
}

#[test]
fn rebased_pacing_still_lets_one_thread_sleep_on_in_a_run() {
    let (mut pacing, _, first, second, clock) = owned(1_000);
    let interval = Duration::from_micros(INTERVAL_US);
    pacing.record_reacquires();
    assert!(pacing.grace_deadline(first, false, interval, &clock).is_some());
    pacing.record_reacquires();
    let mut rebased = pacing.rebased(|at| at - Duration::from_micros(1_000));
    let earlier = Virtual(Duration::ZERO);
    assert_eq!(rebased.grace_deadline(second, false, interval, &earlier), None);
    assert_eq!(
        rebased.grace_deadline(first, false, interval, &earlier),
        Some(Duration::from_micros(50))
    );
}

/// `calls` was interrupted in a run of 3 ms, so the next request on arrival is deferred as long.
fn deferring() -> (Lock, ThreadId, ThreadId) {
    let [computes, calls] = threads();
    let mut lock = Lock::new(Handoff::new(), INTERVAL_US);
    lock.run(computes, Operation::Acquire);
    lock.run(calls, Operation::Acquire);
    lock.run(computes, Operation::Safepoint);
    lock.run(calls, NOTIFIED);
    lock.now_us += 3_000;
    lock.run(calls, RELEASE);
    while lock.run(computes, NOTIFIED).0 != Outcome::Owns {
        lock.now_us += 50; // its grace period
    }
    (lock, computes, calls)
}

#[test]
fn next_thread_with_an_id_inherits_no_deferred_request() {
    let (mut lock, computes, calls) = deferring();
    lock.run(calls, Operation::Acquire);
    assert_eq!(lock.timed.pacing.deferred_by(), Some(calls));
    lock.timed.pacing.forget(computes);
    assert_eq!(lock.timed.pacing.deferred_by(), Some(calls), "another thread has left");
    lock.timed.pacing.forget(calls);
    assert_eq!(lock.timed.pacing.deferred_by(), None);
}

#[test]
fn next_thread_with_the_id_of_an_owner_begins_a_run() {
    let (mut pacing, owner, ..) = owned(1_000);
    let interval = Duration::from_micros(INTERVAL_US);
    let later = Virtual(Duration::from_micros(2_000));
    let began = |pacing: &Pacing<Duration>| pacing.timer_start().map(|at| at.as_micros());
    let mut same = pacing.clone();
    same.after_section(true, Some(owner), interval, &later);
    assert_eq!(began(&same), Some(1_000), "the same thread goes on with its run");
    pacing.forget(owner);
    pacing.after_section(true, Some(owner), interval, &later);
    assert_eq!(began(&pacing), Some(2_000));
}

#[test]
fn run_of_the_fast_path_begins_when_the_word_is_frozen() {
    let (pacing, owner, woken, _, _) = owned(1_000);
    let (interval, later) =
        (Duration::from_micros(INTERVAL_US), Virtual(Duration::from_micros(1_700)));
    for (retaken, known, sleeps_on) in
        [(true, true, true), (true, false, false), (false, true, false)]
    {
        let mut pacing = pacing.clone();
        if retaken {
            pacing.record_reacquires();
        }
        let epoch = pacing.epoch();
        pacing.sync_fast_path(Some(owner), known, &later);
        assert_eq!(pacing.epoch(), epoch + 1);
        assert_eq!(pacing.timer_start(), Some(later.0));
        let due = pacing.grace_deadline(woken, false, interval, &later);
        assert_eq!(due.is_some(), sleeps_on, "retaken {retaken}, known {known}");
    }
}

#[test]
fn other_runs_neither_end_nor_prolong_a_grace_period() {
    let (mut pacing, owner, sleeper, other, clock) = owned(1_000);
    let interval = Duration::from_micros(INTERVAL_US);
    let due_us = |pacing: &mut Pacing<Duration>, now_us| {
        pacing.record_reacquires();
        let clock = Virtual(Duration::from_micros(now_us));
        let due = pacing.grace_deadline(sleeper, false, interval, &clock);
        due.map(|at| at.as_micros())
    };
    let begins = |pacing: &mut Pacing<Duration>, owner, now_us| {
        pacing.after_section(false, Some(owner), interval, &Virtual(Duration::from_micros(now_us)));
    };
    pacing.record_reacquires();
    assert!(pacing.grace_deadline(sleeper, false, interval, &clock).is_some());
    begins(&mut pacing, other, 1_700);
    let mut sleeper_owned = pacing.clone();
    assert_eq!(due_us(&mut pacing, 1_900), Some(2_000), "1 ms in all, from 1,000 on");
    begins(&mut sleeper_owned, sleeper, 1_800);
    begins(&mut sleeper_owned, owner, 1_900);
    assert_eq!(due_us(&mut sleeper_owned, 1_900), Some(1_950), "it owned, and waits again");
}

#[test]
fn woken_thread_probes_for_reacquires_in_every_seventh_run_of_a_boosted_thread() {
    let (mut pacing, computes, calls, woken, clock) = owned(1_000);
    let interval = Duration::from_micros(INTERVAL_US);
    let probes = |pacing: &Pacing<Duration>| {
        pacing.clone().grace_deadline(woken, false, interval, &clock).is_some()
    };
    let mut runs = (0, 0);
    for _ in 0..20 {
        assert!(!probes(&pacing), "run {} is not of a boosted thread", pacing.epoch());
        pacing.defer_request(calls, Operation::Acquire, (false, true), &clock);
        pacing.after_section(false, Some(calls), interval, &clock);
        assert_eq!(probes(&pacing), pacing.epoch() % 7 == 0, "run {}", pacing.epoch());
        runs = if probes(&pacing) { (runs.0 + 1, runs.1) } else { (runs.0, runs.1 + 1) };
        pacing.after_section(false, Some(computes), interval, &clock);
    }
    assert!(runs.0 > 1 && runs.1 > 1, "{runs:?} runs with and without");
}

#[test]
fn owner_that_came_by_the_fast_path_keeps_what_is_known_of_its_run() {
    let (mut lock, calls, waits) = Lock::retaken(Handoff::plain(), INTERVAL_US);
    let clock = Virtual(Duration::from_micros(lock.now_us));
    lock.timed.sync_owner(Some(calls), None, &clock).expect("it is the owner");
    assert_eq!(lock.rechecks_after(waits), Some(50));
}

#[test]
fn timer_of_the_run_does_not_expire_at_once_while_the_lock_is_free() {
    let (mut lock, [a, b, _]) = preempted();
    let timed_out = Operation::Resume(Wake::TimedOut);
    lock.now_us += 2 * INTERVAL_US;
    lock.run(b, RELEASE);
    assert_eq!(lock.timed.monitor.owner(), None, "c is woken");
    let (restarted, outcome, plan) = lock.expired(a, timed_out, Some(0));
    assert!(restarted && outcome == Outcome::Wait(Some(Timer::Run)));
    assert_eq!(plan.deadline, Some(Duration::from_micros(lock.now_us + 50)));
}
