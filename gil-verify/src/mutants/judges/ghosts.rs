//! Mutants of the ghost, on runs that are written out section by section.

use gil_core::engine::{Monitor, Operation, WakeFirst};
use gil_core::protocol::{ThreadId, Wake};
use gil_models::Python3;

use super::Judge;
use crate::claims::ghost::Ghost;
use crate::mutants::protocol::{Mutated, Mutation};

type Section = (usize, Operation);

/// Thread 0 owns, all others wait, and it reaches a safepoint after a request. Its forced switch is
/// missing.
fn forced_out(threads: usize) -> Vec<Section> {
    let arrive = (0..threads).map(|thread| (thread, Operation::Acquire));
    let request = [(1, Operation::Resume(Wake::TimedOut)), (0, Operation::Safepoint)];
    arrive.chain(request).collect()
}

/// The claims that the ghost finds broken, of CPython's lock without its forced switch. `seen`:
/// what the ghost sees of an operation; `after` runs after each section.
fn broken(
    threads: usize,
    run: &[Section],
    seen: impl Fn(Operation) -> Operation,
    after: impl Fn(&mut Ghost),
) -> Option<Vec<&'static str>> {
    let protocol = Mutated::new(Python3::new(), Mutation::SetNotWaitedIn(1));
    let mut monitor = Monitor::new(protocol);
    let mut ghost = Ghost::new(threads, true);
    let mut broken = Vec::new();
    for (thread, operation) in run {
        let thread = ThreadId::from_index(*thread as u32);
        let outcome = monitor.section(thread, *operation, &mut WakeFirst).ok()?;
        let found = ghost.judge(thread, seen(*operation), outcome, &monitor);
        broken.extend(found.into_iter().map(|violation| violation.claim));
        after(&mut ghost);
    }
    Some(broken)
}

pub(super) fn forced_release_is_remembered(judge: Judge) -> bool {
    let after = |ghost: &mut Ghost| {
        if judge == Judge::Mutated {
            ghost.barred.fill(None);
        }
    };
    [4, 5].into_iter().all(|threads| {
        // The first section after the release omits the wait, the second takes the lock.
        let run = [forced_out(threads), vec![(0, Operation::Retry); 2]].concat();
        broken(threads, &run, |operation| operation, after).as_deref() == Some(&["SAFE-3"])
    })
}

pub(super) fn cancelled_waiter_is_forgotten(judge: Judge) -> bool {
    // To a ghost that does not look for it, giving up is a section like any other.
    let seen = |operation| match (judge, operation) {
        (Judge::Mutated, Operation::Cancel) => Operation::Resume(Wake::Notified),
        _ => operation,
    };
    [4, 5].into_iter().all(|threads| {
        let gone = (1..threads).map(|thread| (thread, Operation::Cancel));
        let run = forced_out(threads).into_iter().chain(gone).chain([(0, Operation::Retry)]);
        let run: Vec<_> = run.collect();
        broken(threads, &run, seen, |_| {}).is_some_and(|broken| broken.is_empty())
    })
}
