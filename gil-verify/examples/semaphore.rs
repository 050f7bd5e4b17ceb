//! A first draft of a lock: a semaphore whose waiters may give up. The book's page "A protocol of
//! your own" explains it. With the bug, a waiter that gives up loses a wake-up.
//!
//! ```text
//! cargo run --release -p gil-verify --example semaphore
//! ```

use gil_core::protocol::{Context, Order, Protocol, Release, Step, WaitSet, Wake};
use gil_verify::claims::explored::Explored;
use gil_verify::explorer::model::Program;

/// Threads that wait for a free lock, in no order.
const WAITERS: WaitSet = WaitSet(0);

/// A lock without requests: an owner runs until it releases.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Semaphore {
    /// A waiter that gives up passes its wake-up on. Without this the draft has its bug.
    pub passes_on: bool,
}

impl Protocol for Semaphore {
    const NAME: &'static str = "semaphore";
    const SETS: &'static [Order] = &[Order::Unordered];

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() { Step::Owns } else { Step::Wait(WAITERS, None) }
    }
    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        cx.notify_one(WAITERS);
        Step::Left
    }
    fn safepoint(&mut self, _: &mut dyn Context) -> Step {
        Step::Owns
    }
    fn woken(&mut self, cx: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
        self.acquire(cx)
    }
    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        if notified && self.passes_on {
            cx.notify_one(WAITERS);
        }
    }
}

/// The verdicts on the draft, in three threads that block, end and give up.
pub fn verdicts(passes_on: bool) -> String {
    let explored = Explored::new(&Semaphore { passes_on }, Program::cancelling(3), 100_000);
    let mut text = String::new();
    for claim in ["SAFE-1", "SAFE-3", "LIVE-2", "LIVE-4"] {
        let found = explored.check(claim);
        text += &format!("{claim}: {:?}\n", found.verdict);
        text += &found.note.map_or(String::new(), |note| format!("{note}\n"));
        if let Some(run) = found.counterexample.filter(|_| claim == "LIVE-4") {
            text += &format!("{}\n", run.text(explored.live.state(0)));
        }
    }
    text
}

fn main() {
    println!("with the bug\n{}", verdicts(false));
    println!("without it\n{}", verdicts(true));
}
