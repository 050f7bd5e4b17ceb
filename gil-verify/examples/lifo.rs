//! A protocol from outside the workspace: waiters are served last in, first out. It excludes and it
//! switches, but it starves a thread: the public functions find the loop.

use gil_core::protocol::{
    Context, Order, Protocol, Release, Request, Step, ThreadId, Timer, WaitSet, Wake,
};
use gil_verify::claims::explored::Explored;
use gil_verify::explorer::model::Program;

/// The waiters, the newest last.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Lifo(Vec<ThreadId>);

const WAIT: Step = Step::Wait(WaitSet(0), Some(Timer::Run));

impl Protocol for Lifo {
    const NAME: &'static str = "lifo";
    const SETS: &'static [Order] = &[Order::Unordered];

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        if cx.is_free() {
            return Step::Owns;
        }
        self.0.push(cx.me());
        WAIT
    }
    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.clear_request();
        match self.0.pop() {
            Some(newest) => cx.give(newest),
            None => cx.free(),
        }
        Step::Left
    }
    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        self.release(cx, Release::Blocking);
        self.0.insert(0, cx.me()); // even though a preempted thread goes to the end
        WAIT
    }
    fn woken(&mut self, cx: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
        cx.request(Request::AfterInterval);
        WAIT
    }
    fn cancel(&mut self, cx: &mut dyn Context, _: bool) {
        self.0.retain(|thread| *thread != cx.me());
        if self.0.is_empty() {
            cx.clear_request();
        }
    }
}

fn main() {
    let explored = Explored::new(&Lifo::default(), Program::blocking(3), 100_000);
    println!("SAFE-3: {:?}", explored.check("SAFE-3").verdict);
    let starves = explored.check("LIVE-2").counterexample.expect("a queue served from its end");
    println!("{}", starves.text(explored.live.state(0)));
}
