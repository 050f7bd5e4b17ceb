//! A forbidden call of a protocol is refused with a named fault.

use gil_core::engine::{Fault, Monitor, Operation, Outcome, WakeFirst};
use gil_core::protocol::{Context, Order, Protocol, Release, Step, ThreadId, Timer, WaitSet, Wake};

use crate::threads;

const SET: WaitSet = WaitSet(0);

/// A lock whose third thread, or a thread that times out, grants it to a thread that the test
/// chooses.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Gives {
    to: ThreadId,
    /// A releasing thread has to wait.
    waits_to_leave: bool,
}

impl Protocol for Gives {
    const NAME: &'static str = "gives";
    const SETS: &'static [Order] = &[Order::Fifo];
    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        match cx.me().index() {
            2 => {
                cx.give(self.to);
                Step::Wait(SET, None)
            }
            _ if cx.is_free() => Step::Owns,
            _ => Step::Wait(SET, Some(Timer::Wait)),
        }
    }
    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        if self.waits_to_leave { Step::Wait(SET, None) } else { Step::Left }
    }
    fn safepoint(&mut self, _: &mut dyn Context) -> Step {
        Step::Owns
    }
    fn woken(&mut self, cx: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
        cx.give(self.to);
        Step::Owns
    }
    fn cancel(&mut self, _: &mut dyn Context, _: bool) {}
}

/// The outcome of the last of these sections.
fn run<P: Protocol>(protocol: P, sections: &[(ThreadId, Operation)]) -> Result<Outcome, Fault> {
    let mut monitor = Monitor::new(protocol);
    let (last, first) = sections.split_last().expect("at least one section");
    for (thread, entry) in first {
        monitor.section(*thread, *entry, &mut WakeFirst).expect("nothing is wrong yet");
    }
    monitor.section(last.0, last.1, &mut WakeFirst)
}

const LEAVE: Operation = Operation::Release(Release::Blocking);
const EXPIRED: Operation = Operation::Resume(Wake::TimedOut);

#[test]
fn lock_can_be_granted_only_to_an_acquiring_waiter() {
    let [a, b, c] = threads();
    let gives = |to, waits_to_leave| Gives { to, waits_to_leave };
    let waits = [(a, Operation::Acquire), (b, Operation::Acquire), (a, LEAVE)];
    let third = (c, Operation::Acquire);
    // MON-1: only a waiter is granted the lock, and then it is the owner.
    let wrong = Err(Fault::GivesToNonWaiter);
    assert_eq!(run(gives(b, false), &[&waits[..], &[third]].concat()), Ok(Outcome::Wait(None)));
    assert_eq!(run(gives(a, false), &[&waits[..], &[third]].concat()), wrong, "it is outside");
    assert_eq!(run(gives(a, true), &[&waits[..], &[third]].concat()), wrong, "it is leaving");
    let itself = [&waits[..], &[(b, EXPIRED)]].concat();
    assert_eq!(
        run(gives(b, false), &itself),
        wrong,
        "a thread takes the lock, it does not grant it to itself"
    );
}

/// Does what the test chooses.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Answers {
    /// A release frees the lock.
    frees: bool,
    acquire: Step,
    release: Step,
    safepoint: Step,
    retry: Step,
}

/// Breaks no rule.
const GOOD: Answers = Answers {
    frees: true,
    acquire: Step::Owns,
    release: Step::Retry,
    safepoint: Step::Owns,
    retry: Step::Left,
};

impl Protocol for Answers {
    const NAME: &'static str = "answers";
    const SETS: &'static [Order] = &[Order::Fifo];
    fn acquire(&mut self, _: &mut dyn Context) -> Step {
        self.acquire
    }
    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        if self.frees {
            cx.free();
        }
        self.release
    }
    fn safepoint(&mut self, _: &mut dyn Context) -> Step {
        self.safepoint
    }
    fn retry(&mut self, _: &mut dyn Context) -> Step {
        self.retry
    }
    fn woken(&mut self, _: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
        Step::Owns
    }
    fn cancel(&mut self, _: &mut dyn Context, _: bool) {}
}

#[test]
fn owner_can_neither_leave_nor_wait_nor_pause() {
    let [a] = threads();
    // MON-2: an owner that does not free the lock cannot leave, wait or be between two sections.
    let never_frees = Answers { frees: false, safepoint: Step::Wait(SET, None), ..GOOD };
    for (release, stops) in
        [(Step::Left, LEAVE), (Step::Retry, LEAVE), (Step::Left, Operation::Safepoint)]
    {
        let protocol = Answers { release, ..never_frees.clone() };
        let found = run(protocol, &[(a, Operation::Acquire), (a, stops)]);
        assert_eq!(found, Err(Fault::WaitsWhileOwning), "{release:?}, {stops:?}");
    }
}

#[test]
fn protocol_can_neither_send_a_thread_back_nor_away_nor_into_an_unknown_set() {
    let [a] = threads();
    let leaves = [(a, Operation::Acquire), (a, LEAVE), (a, Operation::Retry)];
    assert_eq!(run(GOOD, &leaves), Ok(Outcome::Left));
    let back = Answers { retry: Step::Owns, ..GOOD };
    assert_eq!(run(back, &leaves), Err(Fault::OwnsWhileLeaving));
    let away = Answers { acquire: Step::Left, ..GOOD };
    assert_eq!(run(away, &leaves[..1]), Err(Fault::LeavesWhileEntering));
    let declared = Answers { acquire: Step::Wait(SET, None), ..GOOD };
    assert_eq!(run(declared, &leaves[..1]), Ok(Outcome::Wait(None)));
    let unknown = Answers { acquire: Step::Wait(WaitSet(1), None), ..GOOD };
    assert_eq!(run(unknown, &leaves[..1]), Err(Fault::UnknownSet));
}
