//! Threads and locks that come and go: the programs of ID-1, ID-2 and ID-3.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, PoisonError};

use ::loom::cell::UnsafeCell;
use ::loom::model::Builder;
use ::loom::thread::{Thread, current, park, yield_now};
use gil_core::Gil;
use gil_core::engine::ThreadState;
use gil_core::engine::choice::{Budget, Choices};
use gil_core::protocol::Protocol;
use gil_core::raw::{RawGil, Registration};

use super::found::Found;
use super::model::{explore_all, spawn};
use super::programs::{beside, executions, tell};
use super::suites::Suite;
use crate::claims::identity::{
    Answer, Order, Orders, Place, STARTS_MAX, Setting, judge, places, programs, serve,
};
use crate::protocols::Visit;

/// One more than a thread has registrations before it looks for useless ones.
const LOCKS: usize = 33;

/// A thread that waits for orders. It and the controller take turns: each order and each answer is
/// one unpark and one park.
struct Line {
    order: Cell<Option<Order>>,
    answer: RefCell<Option<Answer>>,
    controller: Thread,
    thread: RefCell<Option<Thread>>,
}

impl Orders for Rc<Line> {
    fn next(&self) -> Order {
        if self.thread.borrow().is_none() {
            *self.thread.borrow_mut() = Some(current());
        } else {
            park();
        }
        self.order.take().expect("an order comes before the unpark")
    }

    fn answer(&self, answer: Answer) {
        *self.answer.borrow_mut() = Some(answer);
        self.controller.unpark();
    }
}

impl Line {
    /// Gives an order to the thread of `line`, and starts it first if it does not run.
    fn tell(line: &mut Option<Rc<Self>>, order: Order, places: &[Place]) -> Answer {
        match line {
            Some(line) => {
                line.order.set(Some(order));
                line.thread.borrow().as_ref().expect("it has had an order").unpark();
            }
            None => {
                let (order, answer) = (Cell::new(Some(order)), RefCell::default());
                let (controller, thread) = (current(), RefCell::default());
                let new = Rc::new(Self { order, answer, controller, thread });
                *line = Some(new.clone());
                let places = places.to_vec();
                spawn(move || serve(&places, &new));
            }
        }
        park();
        let answer = line.as_ref().and_then(|line| line.answer.take());
        if order == Order::End {
            *line = None;
            yield_now(); // the other threads sleep, so its thread-locals are destroyed now
        }
        answer.expect("an answer comes before the unpark")
    }
}

/// Every program of a setting, each in one execution: its steps have one order.
pub(super) fn search(setting: Setting) -> Found {
    let mut found = Found::default();
    programs(setting, &mut |program| {
        let program = program.to_vec();
        found.executions += 1;
        for step in &program {
            let name = format!("{step:?}");
            let name = name.split([' ', '(']).next().unwrap_or_default();
            *found.events.entry(name.to_owned()).or_default() += 1;
        }
        explore_all(&Builder::new(), move || {
            ::loom::stop_exploring();
            Choices::arm(STARTS_MAX, Budget::default());
            let places = places(setting.locks);
            let mut lines: Vec<Option<Rc<Line>>> = vec![None; setting.threads];
            judge(
                setting,
                &program,
                |thread, order| Line::tell(&mut lines[thread], order, &places),
                |lock, remade| {
                    *places[lock].write().unwrap_or_else(PoisonError::into_inner) =
                        Gil::new(remade);
                },
            );
            for line in lines.iter_mut().filter(|line| line.is_some()) {
                Line::tell(line, Order::End, &places);
            }
        });
    });
    found
}

/// Threads that register, attach, leave and come again, in every interleaving.
pub(super) struct ComeBack(pub(super) Suite);

impl Visit for ComeBack {
    type Output = Found;
    fn visit<P: Protocol + Send + Sync + 'static>(self, _: &'static str, protocol: P) -> Found {
        let suite = self.0;
        executions(suite, move || come_back(protocol.clone(), suite.timeouts))
    }
}

fn come_back<P: Protocol + Send + Sync + 'static>(protocol: P, timeouts: usize) {
    ::loom::stop_exploring();
    Choices::arm(2, Budget { timeouts, ..Budget::default() });
    let lock = Arc::new(RawGil::new(protocol));
    lock.set_check_interval(0);
    let data = Rc::new(UnsafeCell::new(0));
    let visit = |thread: usize, lock: &RawGil<P>, data: &UnsafeCell<u64>| {
        let me = lock.register();
        assert_new(lock, &me);
        tell(thread, format_args!("comes as {:?}", me.id()));
        lock.attach(&me).expect("SAFE-6: a new thread is refused");
        data.with_mut(|data| {
            // SAFETY: this thread owns the lock (SAFE-1); loom checks it.
            unsafe { *data += 1 }
        });
        lock.detach(&me).expect("SAFE-1: the holder is refused");
        lock.unregister(me);
    };
    let (their_lock, their_data) = (lock.clone(), data.clone());
    ::loom::explore();
    beside(
        || {
            Choices::enlist(0);
            visit(0, &lock, &data);
            visit(0, &lock, &data);
        },
        move || {
            Choices::enlist(1);
            visit(1, &their_lock, &their_data);
        },
    );
    let holder = lock.register();
    let id = holder.id();
    lock.attach(&holder).expect("SAFE-6: a new thread is refused");
    lock.unregister(holder);
    assert!(
        lock.register().id() != id,
        "ID-1: the id of a thread that owns the lock is used again"
    );
}

/// Nothing is left of the last thread with this id.
fn assert_new<P: Protocol>(lock: &RawGil<P>, me: &Registration) {
    assert!(!lock.is_attached(me), "ID-1: a new thread owns the lock");
    let left = lock.inspect_monitor(|monitor| {
        let waits = monitor.thread_state(me.id()) != ThreadState::Idle;
        let retakes = monitor.protocol().bias() == Some(me.id());
        waits.then_some("waits").or(retakes.then_some("may retake the lock"))
    });
    assert!(
        left.is_none(),
        "ID-1: a new thread {} as the last one with its id",
        left.unwrap_or("")
    );
}

/// More locks than a thread keeps registrations for: the useless ones go, and the one of the lock
/// that the thread is attached to stays.
pub(super) fn many_locks() {
    Choices::arm(1, Budget::default());
    Choices::enlist(0);
    let kept = Gil::new(0);
    let mut guard = kept.attach();
    for _ in 0..LOCKS {
        drop(Gil::new(0).attach());
    }
    *guard += 1;
    tell(0, "is attached to its first lock after many others");
    drop(guard);
    assert!(*kept.attach() == 1, "ID-3: the lock has forgotten what the thread wrote");
}
