//! The watchdog itself: each hang is planted in a child process, which must end with a report.

#![cfg(not(loom))]

mod watchdog;

use std::process::{Child, Command};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use gil_core::Gil;
use gil_core::protocol::Handoff;
use gil_core::raw::RawGil;

use watchdog::{EXIT_CODE, LIMIT_VARIABLE, Watchdog};

const PLANTED: &str = "GIL_PLANTED_HANG";

fn is_planted(test: &str) -> bool {
    std::env::var(PLANTED).is_ok_and(|planted| planted == test)
}

/// This program again, with a hang planted in one test.
fn planted(test: &str, limit_s: u32) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this test's program"));
    command.args(["--exact", test]).env(PLANTED, test).env(LIMIT_VARIABLE, limit_s.to_string());
    watchdog::start(&mut command).expect("the child starts")
}

/// The test with its planted hang must end with a report that has all these words. On a slow
/// machine the first limits may be over before the threads wait.
fn reports(test: &str, words: &[&str]) {
    let mut said = String::new();
    for limit_s in [1, 8, 64] {
        let output = watchdog::wait_with_output(planted(test, limit_s));
        assert_eq!(output.status.code(), Some(EXIT_CODE), "{output:?}");
        said = String::from_utf8_lossy(&output.stderr).into_owned();
        if words.iter().all(|word| said.contains(word)) {
            return;
        }
    }
    panic!("{words:?} are not all in the report:\n{said}");
}

#[test]
fn hang_is_reported_with_threads_waits_and_locks() {
    const NAME: &str = "hang_is_reported_with_threads_waits_and_locks";
    if is_planted(NAME) {
        let dog = Watchdog::new();
        let (raw, gil) = (dog.lock(RawGil::new(Handoff::new())), dog.lock(Gil::new(())));
        drop(dog.lock(Gil::new(())));
        let (holder, waiter) = (raw.register(), raw.register());
        raw.attach(&holder).unwrap();
        let (_never, comes) = mpsc::channel::<()>();
        thread::scope(|threads| {
            threads.spawn(|| {
                let thread = dog.thread("the waiter");
                thread.waits("a wait that has ended", || ());
                thread.waits("attach", || raw.attach(&waiter)).unwrap();
            });
            threads.spawn(|| dog.waits("a thread that has ended", || drop(gil.attach())));
            let _ = dog.waits("the holder: a message that never comes", || comes.recv());
        });
    }
    reports(
        NAME,
        &[
            "watchdog: the test hang_is_reported_with_threads_waits_and_locks (",
            "watchdog_fires.rs:",
            "the waiter, for ",
            ": attach, for ",
            "the holder: a message that never comes, for ",
            "handoff: owner T0, requested ",
            "T1 is Waiting",
            "handoff: flag false; Counters {",
        ],
    );
}

#[test]
fn report_has_no_wait_that_has_ended() {
    const NAME: &str = "report_has_no_wait_that_has_ended";
    if is_planted(NAME) {
        let dog = Watchdog::new();
        drop(dog.lock(Gil::new(())));
        dog.waits("short", || ());
        dog.thread("briefly").waits("short", || ());
        loop {
            thread::park();
        }
    }
    reports(NAME, &["what its threads wait for: none is known", "its locks: none is known"]);
}

#[test]
fn panic_before_a_hang_is_in_the_report() {
    const NAME: &str = "panic_before_a_hang_is_in_the_report";
    if is_planted(NAME) {
        let dog = Watchdog::new();
        let gil = dog.lock(Gil::new(()));
        thread::scope(|threads| {
            std::mem::forget(gil.attach()); // the panic does not release it
            threads.spawn(|| dog.waits("the other thread: attach", || drop(gil.attach())));
            panic!("an assertion fails");
        });
    }
    reports(NAME, &["the other thread: attach, for ", "an assertion fails"]);
}

#[test]
fn lock_whose_mutex_is_held_is_named() {
    const NAME: &str = "lock_whose_mutex_is_held_is_named";
    if is_planted(NAME) {
        let dog = Watchdog::new();
        let lock = dog.lock(RawGil::new(Handoff::new()));
        lock.inspect_monitor(|_| {
            loop {
                thread::park();
            }
        });
    }
    reports(NAME, &["handoff: it cannot be inspected, so a thread seems to hang"]);
}

#[test]
#[should_panic(expected = "the program had not ended after 1s")]
fn hung_child_is_killed_and_its_test_fails() {
    const NAME: &str = "hung_child_is_killed_and_its_test_fails";
    if is_planted(NAME) {
        loop {
            thread::park();
        }
    }
    watchdog::wait_within(planted(NAME, 1), Duration::from_secs(1));
}

#[test]
fn output_of_a_child_that_ends_is_complete() {
    let mut command = Command::new(std::env::current_exe().expect("this test's program"));
    let output = watchdog::output(command.arg("--list")).expect("the child starts");
    assert!(output.status.success(), "{output:?}");
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(listed.contains("output_of_a_child_that_ends_is_complete: test"), "{listed}");
    let failed = watchdog::output(command.arg("--no-such-option")).expect("the child starts");
    assert!(!failed.status.success() && !failed.stderr.is_empty(), "{failed:?}");
}
