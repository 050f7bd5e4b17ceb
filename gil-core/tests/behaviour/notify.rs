//! Notifications wake sleeping threads and no others.

use gil_core::engine::{Monitor, Operation, Outcome, ThreadState, WakeFirst};
use gil_core::protocol::{Context, Order, Protocol, Release, Step, Timer, WaitSet, Wake};

use crate::threads;

const SET: WaitSet = WaitSet(0);

/// A lock whose waiters, when their timers expire, wake all other waiters.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Rings;

impl Protocol for Rings {
    const NAME: &'static str = "rings";
    const SETS: &'static [Order] = &[Order::Fifo];
    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() { Step::Owns } else { Step::Wait(SET, Some(Timer::Wait)) }
    }
    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        cx.notify_one(SET);
        Step::Left
    }
    fn safepoint(&mut self, _: &mut dyn Context) -> Step {
        Step::Owns
    }
    fn woken(&mut self, cx: &mut dyn Context, _: WaitSet, wake: Wake) -> Step {
        if wake == Wake::TimedOut {
            cx.notify_all(SET);
        }
        self.acquire(cx)
    }
    fn cancel(&mut self, _: &mut dyn Context, _: bool) {}
}

fn section(
    monitor: &mut Monitor<Rings>,
    thread: gil_core::protocol::ThreadId,
    entry: Operation,
) -> Outcome {
    monitor.section(thread, entry, &mut WakeFirst).expect("it fits the thread state")
}

#[test]
fn thread_that_notifies_its_own_set_does_not_wake_itself() {
    let [a, b, c, d] = threads();
    let mut monitor = Monitor::new(Rings);
    for thread in [a, b, c, d] {
        section(&mut monitor, thread, Operation::Acquire);
    }
    let outcome = section(&mut monitor, b, Operation::Resume(Wake::TimedOut));
    assert_eq!(outcome, Outcome::Wait(Some(Timer::Wait)));
    assert_eq!(monitor.woken(), [c, d]);
    assert!(matches!(monitor.thread_state(b), ThreadState::Waiting(..)));
}

#[test]
fn second_notification_wakes_the_next_thread() {
    let [a, b, c] = threads();
    let mut monitor = Monitor::new(Rings);
    for thread in [a, b, c] {
        section(&mut monitor, thread, Operation::Acquire);
    }
    section(&mut monitor, a, Operation::Release(Release::Blocking));
    assert_eq!(monitor.woken(), [b]);
    section(&mut monitor, a, Operation::Acquire); // before b has run
    section(&mut monitor, a, Operation::Release(Release::Blocking));
    assert_eq!(monitor.woken(), [c], "b keeps its place in the queue, and is awake already");
}
