//! When the turn of an interrupted thread continues, and when it ends.

use gil_core::engine::Operation::{self, Acquire, Resume, Safepoint};
use gil_core::engine::{Monitor, Outcome, ThreadState, WakeFirst};
use gil_core::protocol::{Handoff, Release, ThreadId, WaitSet, Wake};

use crate::threads;

const RELEASE: Operation = Operation::Release(Release::Blocking);
const BOOSTED: WaitSet = Handoff::QUEUES[0];
const INTERRUPTED: WaitSet = Handoff::QUEUES[1];
const REGULAR: WaitSet = Handoff::QUEUES[2];

struct Lock(Monitor<Handoff>);

impl Lock {
    /// `hog` has the lock and two boosts are left of its turn; `other` waits for its own.
    fn between_two_hogs(hog: ThreadId, other: ThreadId) -> Self {
        let mut lock = Self(Monitor::new(Handoff::new()));
        lock.section(hog, Acquire);
        lock.section(other, Acquire);
        lock.section(hog, Safepoint);
        lock.section(other, Resume(Wake::Notified));
        lock.section(hog, Resume(Wake::TimedOut));
        lock.section(other, Safepoint);
        lock.section(hog, Resume(Wake::Notified));
        assert_eq!((lock.0.owner(), lock.queue_of(other)), (Some(hog), Some(REGULAR)));
        assert_eq!(lock.boosts_left(), 2);
        lock
    }

    fn section(&mut self, thread: ThreadId, entry: Operation) -> Outcome {
        self.0.section(thread, entry, &mut WakeFirst).unwrap()
    }

    fn boosts_left(&self) -> u8 {
        self.0.protocol().budgets_left().boosts
    }

    fn queue_of(&self, thread: ThreadId) -> Option<WaitSet> {
        match self.0.thread_state(thread) {
            ThreadState::Waiting(set, _) | ThreadState::Notified(set) => Some(set),
            _ => None,
        }
    }

    /// `caller` returns from a call, and `hog` answers.
    fn interrupt(&mut self, hog: ThreadId, caller: ThreadId) {
        self.section(caller, Acquire);
        assert_eq!(self.queue_of(caller), Some(BOOSTED));
        self.section(hog, Safepoint);
        self.section(caller, Resume(Wake::Notified));
        assert_eq!(self.0.owner(), Some(caller));
    }
}

#[test]
fn turn_continues_after_every_boost_except_the_last() {
    let [hog, other, caller] = threads();
    let mut lock = Lock::between_two_hogs(hog, other);
    lock.interrupt(hog, caller);
    assert_eq!((lock.queue_of(hog), lock.boosts_left()), (Some(INTERRUPTED), 1));
    lock.section(caller, RELEASE);
    assert_eq!(lock.section(hog, Resume(Wake::Notified)), Outcome::Owns, "in front of the other");
    assert_eq!(lock.boosts_left(), 1, "it is the same turn");
    lock.interrupt(hog, caller);
    assert_eq!((lock.queue_of(hog), lock.boosts_left()), (Some(REGULAR), 0));
    lock.section(caller, RELEASE);
    assert_eq!(lock.section(other, Resume(Wake::Notified)), Outcome::Owns);
    assert_eq!(lock.boosts_left(), 3, "a new turn has begun");
}

#[test]
fn turn_ends_when_its_interval_expires() {
    let [hog, other, caller] = threads();
    let mut lock = Lock::between_two_hogs(hog, other);
    assert!(lock.0.protocol().keeps_turn());
    lock.section(other, Resume(Wake::TimedOut));
    assert!(!lock.0.protocol().keeps_turn());
    lock.interrupt(hog, caller);
    assert_eq!((lock.queue_of(hog), lock.boosts_left()), (Some(REGULAR), 1));
    lock.section(caller, RELEASE);
    assert_eq!(lock.section(other, Resume(Wake::Notified)), Outcome::Owns);
}

#[test]
fn new_run_has_a_whole_interval() {
    let [hog, other, caller] = threads();
    let mut lock = Lock::between_two_hogs(hog, other);
    lock.section(other, Resume(Wake::TimedOut));
    lock.section(hog, Safepoint);
    lock.section(other, Resume(Wake::Notified));
    lock.interrupt(other, caller);
    assert_eq!(
        lock.queue_of(other),
        Some(INTERRUPTED),
        "the expired interval was that of another run"
    );
}

#[test]
fn boosted_thread_that_is_preempted_has_no_turn_to_keep() {
    let [hog, other, first, second] = threads();
    let mut lock = Lock::between_two_hogs(hog, other);
    lock.interrupt(hog, first);
    assert!(!lock.0.protocol().keeps_turn());
    lock.interrupt(first, second);
    assert_eq!((lock.queue_of(first), lock.boosts_left()), (Some(REGULAR), 0));
    assert_eq!(lock.queue_of(hog), Some(INTERRUPTED), "it began the turn");
}

#[test]
fn barging_thread_that_is_preempted_goes_on_with_the_turn() {
    let [hog, other, caller] = threads();
    let mut lock = Lock::between_two_hogs(hog, other);
    lock.section(hog, RELEASE);
    assert_eq!(lock.section(caller, Acquire), Outcome::Owns, "it barges");
    lock.interrupt(caller, hog);
    assert_eq!(lock.queue_of(caller), Some(INTERRUPTED));
    assert!(!lock.0.protocol().keeps_turn(), "so no second thread is interrupted");
}
