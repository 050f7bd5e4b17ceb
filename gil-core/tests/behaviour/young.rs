//! A request made on arrival is not shown to a run that has just begun.

use std::sync::mpsc;
use std::thread::Thread;
use std::thread::yield_now;
use std::time::Duration;

use gil_core::{Entry, First, Gil, Handoff, Monitor, RawGil};

use crate::{threads, until_asked};

/// One thread gains the lock in a section, another arrives and asks. `sees` looks when it has.
fn arrives_at_a_new_run(interval: Duration, sees: impl FnOnce(&RawGil<Handoff>, &Thread)) {
    let lock = RawGil::new(Handoff::new());
    lock.set_switch_interval(interval);
    let [first, second, third] = [(); 3].map(|()| lock.register());
    lock.attach(&first).unwrap();
    std::thread::scope(|scope| {
        let (let_go, goes) = mpsc::channel::<()>();
        let (lock, second, third) = (&lock, &second, &third);
        scope.spawn(move || {
            lock.attach(second).unwrap();
            let _ = goes.recv(); // also when what was seen was wrong
            lock.detach(second).unwrap();
        });
        until_asked(lock);
        lock.detach(&first).unwrap(); // hands it to the second, whose run begins
        while !lock.is_attached(second) {
            yield_now();
        }
        let arrives = scope.spawn(move || {
            lock.attach(third).unwrap();
            lock.detach(third).unwrap();
        });
        while !lock.monitor(|monitor| monitor.requested()) {
            yield_now();
        }
        sees(lock, arrives.thread());
        drop(let_go);
    });
}

#[test]
fn a_young_run_is_spared() {
    let age = Duration::from_secs(u64::MAX / 10);
    arrives_at_a_new_run(age, |lock, asker| {
        assert!(!lock.switch_requested(), "not before a fiftieth of an age");
        let sections = lock.counters().sections;
        while lock.counters().sections == sections {
            asker.unpark(); // its sleep may end early, for no reason
            yield_now();
        }
        assert!(!lock.switch_requested(), "nor after a sleep that ended early");
    });
}

#[test]
fn an_older_run_is_shown_the_request() {
    let least = Duration::from_micros(1);
    arrives_at_a_new_run(least, |lock, _| {
        while !lock.switch_requested() {
            yield_now();
        }
    });
}

#[test]
fn a_run_that_began_by_the_fast_path_is_not_young() {
    let gil = Gil::new(());
    gil.set_switch_interval(Duration::from_secs(3_600));
    std::thread::scope(|scope| {
        let mut attached = gil.attach();
        scope.spawn(|| drop(gil.attach()));
        while !attached.switch_requested() {
            yield_now();
        }
        attached.safepoint();
    });
}

#[test]
fn with_nobody_waiting_the_protocol_is_as_new() {
    let [a, b] = threads();
    let mut monitor = Monitor::new(Handoff::new());
    assert!(monitor.protocol().is_as_new());
    monitor.section(a, Entry::Acquire, &mut First).unwrap();
    monitor.section(b, Entry::Acquire, &mut First).unwrap();
    assert!(!monitor.protocol().is_as_new(), "a boost has been spent");
    monitor.cancel(b).unwrap();
    assert!(monitor.protocol().is_as_new(), "and comes back with nobody waiting");
}
