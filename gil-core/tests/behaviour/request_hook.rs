//! The request hook: an interpreter with its own flag is told when a switch is requested and when
//! not.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::yield_now;

use gil_core::Gil;
use gil_core::heap::{Brand, GilRc};
use gil_core::protocol::Handoff;
use gil_core::raw::RawGil;

use crate::attach_and_detach;
use crate::watchdog::Watchdog;

#[test]
fn request_hook_sets_the_flag_of_the_interpreter() {
    let dog = Watchdog::new();
    let gil = dog.lock(Gil::new(0));
    let stop = Arc::new(AtomicBool::new(true));
    let flag = stop.clone();
    gil.on_switch_request(move |requested| flag.store(requested, Ordering::Relaxed));
    assert!(!stop.load(Ordering::Relaxed), "told the present state at once");
    std::thread::scope(|scope| {
        let mut attached = gil.attach();
        scope.spawn(|| *dog.waits("the waiter: attach", || gil.attach()) += 1);
        dog.waits("the holder: its own flag", || {
            while !stop.load(Ordering::Relaxed) {
                yield_now(); // an interpreter's loop, which reads no other flag
            }
        });
        assert!(gil.switch_requested() && attached.switch_requested());
        dog.waits("the holder: safepoint", || attached.safepoint());
        assert_eq!(*attached, 1, "the other thread has run");
        assert!(!stop.load(Ordering::Relaxed) && !gil.switch_requested());
    });
}

#[test]
fn request_hook_is_called_for_the_last_change_only() {
    let dog = Watchdog::new();
    let lock = dog.lock(RawGil::new(Handoff::new()));
    let [holds, waits] = [(); 2].map(|()| lock.register());
    let [first, last] = [(); 2].map(|()| Arc::new(Mutex::new(Vec::new())));
    for told in [&first, &last] {
        let told = told.clone();
        lock.on_switch_request(move |requested| told.lock().unwrap().push(requested));
    }
    lock.attach(&holds).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| attach_and_detach(&dog, &lock, &waits));
        dog.waits("the holder: the flag", || {
            while !lock.switch_requested() {
                yield_now();
            }
        });
        dog.waits("the holder: safepoint", || lock.safepoint(&holds)).unwrap();
        dog.waits("the holder: detach", || lock.detach(&holds)).unwrap();
    });
    assert_eq!(*first.lock().unwrap(), [false]);
    assert_eq!(*last.lock().unwrap(), [false, true, false], "in the order of the changes");
}

gil_core::brand!(struct Interpreter);

#[test]
fn request_hook_is_called_for_pending_drops() {
    let told = Arc::new(AtomicBool::new(false));
    let flag = told.clone();
    Interpreter::lock()
        .on_switch_request(move |requested| flag.store(requested, Ordering::Relaxed));
    let dog = Watchdog::new();
    let _lock = dog.lock(Interpreter::lock());
    let objects: Vec<_> = (0..10_000).map(GilRc::<Interpreter, _>::new).collect();
    let mut token = Interpreter::attach();
    std::thread::scope(|scope| {
        scope.spawn(|| dog.waits("the thread that drops: its drops", || drop(objects)));
    });
    assert!(told.load(Ordering::Relaxed), "the holder must reach a safepoint");
    dog.waits("the holder: safepoint", || token.safepoint());
    assert!(!told.load(Ordering::Relaxed));
}
