//! Errors that must abort the process: each case runs in a child.

#![cfg(all(not(loom), unix))]

mod watchdog;

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use gil_core::Gil;
use gil_core::heap::Brand;
use gil_core::protocol::{Context, Order, Protocol, Release, Step, WaitSet, Wake};

use watchdog::Watchdog;

const CASE: &str = "GIL_ABORT_CASE";
const SIGABRT: i32 = 6;

/// Runs `test` again in a child with the case enabled; returns the output of the aborted child.
fn aborts(test: &str) -> String {
    let program = std::env::current_exe().expect("this test's program");
    let mut child = Command::new(program);
    child.args(["--exact", test, "--nocapture"]).env(CASE, test);
    let output = watchdog::output(&mut child).expect("the child runs");
    assert_eq!(output.status.signal(), Some(SIGABRT), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn is_child(test: &str) -> bool {
    std::env::var(CASE).is_ok_and(|case| case == test)
}

#[test]
fn guard_that_escapes_from_detach_aborts() {
    const NAME: &str = "guard_that_escapes_from_detach_aborts";
    if is_child(NAME) {
        let gil = Gil::new(1);
        let mut attached = gil.attach();
        let escaped = attached.detach(|| gil.attach());
        // Never reached: two tokens of one lock on one thread would be two `&mut`.
        drop(escaped);
        std::process::exit(0);
    }
    let said = aborts(NAME);
    assert!(said.contains("a guard escaped from the closure of `detach`"), "{said}");
}

#[test]
fn heap_token_that_escapes_from_detach_aborts() {
    const NAME: &str = "heap_token_that_escapes_from_detach_aborts";
    gil_core::brand!(struct Interpreter);
    if is_child(NAME) {
        let escaped = Interpreter::attach().detach(Interpreter::attach);
        // Never reached: two tokens would open one cell twice.
        drop(escaped);
        std::process::exit(0);
    }
    let said = aborts(NAME);
    assert!(said.contains("a guard escaped from the closure of `detach`"), "{said}");
}

/// Panics at the second acquire.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Panics(bool);

impl Protocol for Panics {
    const NAME: &'static str = "panics";
    const SETS: &'static [Order] = &[Order::Unordered];
    fn acquire(&mut self, _: &mut dyn Context) -> Step {
        assert!(!self.0, "a bug in a protocol");
        Step::Owns
    }
    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        Step::Left
    }
    fn safepoint(&mut self, _: &mut dyn Context) -> Step {
        Step::Owns
    }
    fn woken(&mut self, cx: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
        self.acquire(cx)
    }
    fn cancel(&mut self, _: &mut dyn Context, _: bool) {}
}

/// A second thread attaches while this one holds the lock, which is the slow path.
fn two_threads<P: Protocol + Send>(protocol: P) {
    let dog = Watchdog::new();
    let gil = Gil::with_protocol((), protocol);
    let _attached = gil.attach();
    std::thread::scope(|threads| {
        let second = threads.spawn(|| drop(gil.attach()));
        let _ = dog.waits("the second thread, which aborts in its attach", || second.join());
    });
    std::process::exit(0);
}

#[test]
fn panic_inside_a_protocol_aborts() {
    const NAME: &str = "panic_inside_a_protocol_aborts";
    if is_child(NAME) {
        two_threads(Panics(true));
    }
    let said = aborts(NAME);
    assert!(said.contains("a bug in a protocol"), "{said}");
    assert!(said.contains("a protocol or a callback panicked under the lock's mutex"), "{said}");
}

#[test]
fn protocol_that_takes_a_held_lock_aborts() {
    const NAME: &str = "protocol_that_takes_a_held_lock_aborts";
    if is_child(NAME) {
        two_threads(Panics(false));
    }
    let said = aborts(NAME);
    assert!(said.contains("the protocol let a thread take a held lock"), "{said}");
}
