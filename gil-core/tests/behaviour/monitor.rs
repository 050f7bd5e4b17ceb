//! The state that a Monitor exposes, and the calls that it refuses.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use gil_core::engine::{Fault, Monitor, Operation, Outcome, ThreadState, WakeFirst, WakePolicy};
use gil_core::protocol::{Handoff, Release, ThreadId, Wake};

use crate::threads;

const LEAVE: Operation = Operation::Release(Release::Blocking);
const REGULAR: gil_core::protocol::WaitSet = Handoff::QUEUES[2];

/// `holder` owns, and the others wait in the regular queue.
fn held(holder: ThreadId, waiters: &[ThreadId]) -> Monitor<Handoff> {
    let mut monitor = Monitor::new(Handoff::plain());
    for thread in [&[holder], waiters].concat() {
        monitor.section(thread, Operation::Acquire, &mut WakeFirst).expect("it is acquiring");
    }
    monitor
}

#[test]
fn queue_lists_its_threads_in_arrival_order() {
    let [a, b, c, d] = threads();
    let mut monitor = held(a, &[c, b, d]);
    assert_eq!(monitor.queue(REGULAR).collect::<Vec<_>>(), [c, b, d]);
    monitor.section(b, Operation::Cancel, &mut WakeFirst).expect("it is acquiring");
    // MON-3: each waiter is in one wait-set, and a thread that has left is in none.
    let queues = Handoff::QUEUES.map(|set| monitor.queue(set).collect::<Vec<_>>());
    assert_eq!(queues, [vec![], vec![], vec![c, d]]);
}

#[test]
fn wakeups_of_a_section_are_listed_and_drained_once() {
    let [a, b, c] = threads();
    let mut monitor = held(a, &[b, c]);
    assert_eq!(monitor.woken(), []);
    monitor.section(a, LEAVE, &mut WakeFirst).expect("it owns");
    assert_eq!(monitor.woken(), [b]);
    assert_eq!(monitor.drain_woken().collect::<Vec<_>>(), [b]);
    assert_eq!(monitor.woken(), [], "drained once");
}

#[test]
fn fast_path_cannot_change_the_owner_during_a_slow_path() {
    let [a, b] = threads();
    let mut monitor = held(a, &[b]);
    let busy = Err(Fault::FastPathWhileBusy);
    // MON-1 and MON-2: the fast path adds no second owner, and makes no waiter the owner.
    assert_eq!(monitor.sync_owner(None), busy);
    assert_eq!(monitor.sync_owner(Some(b)), busy);
    assert_eq!(monitor.sync_owner(Some(a)), Ok(()), "that is no change");
    monitor.section(b, Operation::Cancel, &mut WakeFirst).expect("it is acquiring");
    assert_eq!(monitor.sync_owner(Some(b)), Ok(()), "all thread states are idle");
    assert_eq!(monitor.owner(), Some(b));
}

#[test]
fn late_return_without_a_timer_is_spurious() {
    let [a, b, c] = threads();
    let mut monitor = held(a, &[b, c]);
    assert_eq!(
        monitor.thread_state(c),
        ThreadState::Waiting(REGULAR, None),
        "b is the timekeeper for both"
    );
    let before = monitor.clone();
    let expired = Operation::Resume(Wake::TimedOut);
    assert_eq!(monitor.section(c, expired, &mut WakeFirst), Ok(Outcome::Wait(None)));
    assert!(monitor == before && monitor.events().is_empty() && !monitor.requested());
}

#[test]
fn thread_that_is_not_acquiring_cannot_give_up() {
    let [a, b, c] = threads();
    let mut monitor = held(a, &[b]);
    let wrong = Err(Fault::InvalidTransition);
    assert_eq!(monitor.section(c, Operation::Cancel, &mut WakeFirst), wrong, "it is outside");
    assert_eq!(monitor.section(a, Operation::Cancel, &mut WakeFirst), wrong, "it owns");
    monitor
        .section(b, Operation::Resume(Wake::TimedOut), &mut WakeFirst)
        .expect("its timer has expired");
    monitor.section(a, Operation::Safepoint, &mut WakeFirst).expect("it owns");
    assert!(matches!(monitor.thread_state(a), ThreadState::Waiting(..)));
    assert_eq!(
        monitor.section(a, Operation::Cancel, &mut WakeFirst),
        wrong,
        "it was preempted and has to reacquire"
    );
    assert_eq!(
        monitor.section(b, Operation::Cancel, &mut WakeFirst),
        Ok(Outcome::Owns),
        "it has been granted the lock"
    );
}

#[test]
fn hashes_differ_exactly_where_states_differ() {
    let [a, b, c] = threads();
    let hash = |monitor: &Monitor<Handoff>| {
        let mut hasher = DefaultHasher::new(); // always the same keys
        monitor.hash(&mut hasher);
        hasher.finish()
    };
    let states = [held(a, &[]), held(b, &[]), held(a, &[b]), held(a, &[b, c]), held(a, &[c, b])];
    let hashes: HashSet<_> = states.iter().map(hash).collect();
    assert_eq!(hashes.len(), states.len());
    let mut came_and_went = held(a, &[b]);
    came_and_went.section(b, Operation::Cancel, &mut WakeFirst).expect("it is acquiring");
    let mut knows_b = held(b, &[]);
    knows_b.sync_owner(Some(a)).expect("all thread states are idle");
    assert!(came_and_went == knows_b && hash(&came_and_went) == hash(&knows_b));
}

#[test]
fn wake_first_wakes_the_first_thread() {
    let [a, b] = threads();
    assert_eq!(WakeFirst.choose(&mut [b, a].into_iter()), Some(b));
    assert_eq!(WakeFirst.choose(&mut std::iter::empty()), None);
}

#[test]
fn biased_thread_alone_uses_the_fast_path_with_waiters() {
    let [a, b, c] = threads();
    let mut monitor = Monitor::new(Handoff::plain());
    let busy = Err(Fault::FastPathWhileBusy);
    monitor.section(a, Operation::Acquire, &mut WakeFirst).unwrap();
    monitor.section(b, Operation::Acquire, &mut WakeFirst).unwrap();
    assert_eq!((monitor.biased(), monitor.sync_owner(None)), (None, busy), "not yet released");
    monitor.section(a, LEAVE, &mut WakeFirst).unwrap();
    assert_eq!((monitor.biased(), monitor.sync_owner(Some(c))), (Some(a), busy));
    assert_eq!(monitor.sync_owner(Some(a)), Ok(()));
    assert_eq!(monitor.owner(), Some(a));
    assert_eq!(monitor.sync_owner(None), Ok(()));
    assert_eq!(monitor.owner(), None);
}
