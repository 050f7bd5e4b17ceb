//! ID-1 and ID-2 on real threads: every short program of threads and locks that come and go.

#![cfg(not(loom))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use gil_core::Gil;
use gil_verify::claims::identity::{
    Answer, Order, Orders, Place, Setting, Step, judge, places, programs, serve,
};
use watchdog::Watchdog;

struct Line {
    orders: Receiver<Order>,
    answers: Sender<Answer>,
}

impl Orders for Line {
    fn next(&self) -> Order {
        self.orders.recv().unwrap_or(Order::End) // the controller has failed
    }

    fn answer(&self, answer: Answer) {
        let _ = self.answers.send(answer); // as above
    }
}

struct Running {
    orders: Sender<Order>,
    answers: Receiver<Answer>,
    thread: JoinHandle<()>,
}

impl Running {
    fn start(dog: &Watchdog, places: &[Place]) -> Self {
        let ((orders, theirs), (answers, mine)) = (channel(), channel());
        let (line, places) = (Line { orders: theirs, answers }, places.to_vec());
        let watched = dog.thread("a thread of the program: an order");
        let thread = thread::spawn(move || {
            let _watched = watched;
            serve(&places, &line);
        });
        Self { orders, answers: mine, thread }
    }

    fn tell(&self, order: Order) -> Answer {
        self.orders.send(order).expect("the thread runs");
        self.answers.recv().expect("the thread answers")
    }
}

fn run(dog: &Watchdog, setting: Setting, program: &[Step]) {
    let places = places(setting.locks);
    let mut threads: Vec<Option<Running>> = (0..setting.threads).map(|_| None).collect();
    judge(
        setting,
        program,
        |thread, order| {
            let running = threads[thread].get_or_insert_with(|| Running::start(dog, &places));
            let waits_for = format!("the controller: T{thread} and {order:?}");
            let answer = dog.waits(waits_for, || running.tell(order));
            if order == Order::End {
                let ended = threads[thread].take().expect("it ran");
                let joined = dog.waits("the controller: the end", || ended.thread.join());
                joined.expect("the thread has ended");
            }
            answer
        },
        |lock, remade| {
            *places[lock].write().unwrap_or_else(PoisonError::into_inner) = Gil::new(remade);
        },
    );
    for running in threads.into_iter().flatten() {
        let end = || {
            running.tell(Order::End);
            running.thread.join()
        };
        dog.waits("the controller: the end", end).expect("the thread has ended");
    }
}

#[test]
fn threads_and_locks_that_come_and_go_are_never_confused() {
    let dog = Watchdog::new();
    for (setting, committed) in [
        (Setting { threads: 2, locks: 2, steps: 5 }, 2_932),
        (Setting { threads: 3, locks: 1, steps: 5 }, 657),
    ] {
        let mut count = 0;
        programs(setting, &mut |program| {
            run(&dog, setting, program);
            count += 1;
        });
        assert_eq!(count, committed, "{setting:?}");
    }
}
