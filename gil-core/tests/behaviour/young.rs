//! A request made on arrival is shown to the holder at once, or when its run has been spared long enough.

use std::thread::yield_now;
use std::time::{Duration, Instant};

use gil_core::{Gil, Handoff, Monitor, Operation, RawGil, WakeFirst};

use crate::threads;

/// A thread computes, and another one interrupts it, has the lock for so long, and interrupts it again.
/// Whether that was shown at once, and how old the run was when it was.
fn interrupts_twice(interval: Duration, uses: Duration) -> (bool, Duration) {
    let lock = RawGil::new(Handoff::new());
    lock.set_switch_interval(interval);
    let [computes, interrupts] = [(); 2].map(|()| lock.register());
    lock.attach(&computes).unwrap();
    std::thread::scope(|scope| {
        let (lock, interrupts, computing) = (&lock, &interrupts, computes.id());
        let other = scope.spawn(move || {
            lock.attach(interrupts).unwrap();
            let began = Instant::now();
            while began.elapsed() < uses {
                yield_now();
            }
            lock.detach(interrupts).unwrap();
            while lock.inspect_monitor(|monitor| monitor.owner()) != Some(computing) {
                yield_now();
            }
            lock.attach(interrupts).unwrap();
            lock.detach(interrupts).unwrap();
        });
        while !lock.switch_requested() {
            yield_now();
        }
        lock.safepoint(&computes).unwrap(); // comes back in a section, and its run begins
        let began = Instant::now();
        while !lock.inspect_monitor(|monitor| monitor.requested()) {
            yield_now();
        }
        let at_once = lock.switch_requested();
        while !lock.switch_requested() {
            other.thread().unpark(); // its sleep may end early, for no reason
            yield_now();
        }
        let age = began.elapsed();
        lock.detach(&computes).unwrap();
        (at_once, age)
    })
}

#[test]
fn a_run_is_spared_for_as_long_as_who_interrupted_has_run() {
    let uses = Duration::from_millis(100);
    let (_, age) = interrupts_twice(Duration::from_secs(1), uses);
    assert!(age > uses / 2, "interrupted after {age:?}");
}

#[test]
fn who_interrupts_for_a_moment_interrupts_at_once() {
    // A hundredth of it goes by before the thread that computes takes the lock back.
    let interval = Duration::from_secs(50);
    let (at_once, _) = interrupts_twice(interval, Duration::ZERO);
    assert!(at_once, "no timer for less than a 250th of the interval");
}

#[test]
fn a_run_that_began_by_the_fast_path_is_not_young() {
    let gil = Gil::new(());
    gil.set_switch_interval(Duration::from_secs(20)); // a hundredth of it goes by at the end
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
    assert!(monitor.protocol().is_reset());
    monitor.section(a, Operation::Acquire, &mut WakeFirst).unwrap();
    monitor.section(b, Operation::Acquire, &mut WakeFirst).unwrap();
    assert!(!monitor.protocol().is_reset(), "a boost has been spent");
    monitor.cancel(b).unwrap();
    assert!(monitor.protocol().is_reset(), "and comes back with nobody waiting");
}
