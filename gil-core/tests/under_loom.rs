//! Cases that only loom can produce. `RUSTFLAGS="--cfg loom" cargo test -p gil-core --test
//! under_loom`

#![cfg(all(loom, not(shuttle)))]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use gil_core::loom;
use gil_core::protocol::{Handoff, Protocol};
use gil_core::raw::{Observe, RawGil, SectionInfo};

/// Without the fast path: each attach and detach freezes the word and thaws it.
struct SeesAll;

impl Observe for SeesAll {
    const DISABLE_FAST_PATH: bool = true;
    fn section<P: Protocol>(&mut self, _: &SectionInfo<'_, P>) {}
}

#[test]
fn holder_is_known_under_loom_while_another_thread_runs() {
    loom::model(|| {
        let lock = Rc::new(RawGil::with_observer(Handoff::new(), SeesAll));
        let (mine, theirs) = (lock.register(), lock.register());
        let other = lock.clone();
        let goes = loom::thread::spawn(move || {
            other.attach(&theirs).expect("no thread attaches twice");
            assert!(other.is_attached(&theirs), "it holds the lock");
            other.detach(&theirs).expect("it holds the lock");
        });
        // The word may be frozen when it is read, and thawed before the mutex is locked.
        assert!(!lock.is_attached(&mine), "it has not attached");
        goes.join().expect("it attaches and detaches");
    });
}

/// A checker that finds a claim broken inside a section.
struct Finds;

impl Observe for Finds {
    const DISABLE_FAST_PATH: bool = true;
    fn section<P: Protocol>(&mut self, _: &SectionInfo<'_, P>) {
        panic!("a claim is broken");
    }
}

#[test]
fn panic_inside_a_section_reaches_the_checker() {
    let found = catch_unwind(AssertUnwindSafe(|| {
        loom::model(|| {
            let lock = RawGil::with_observer(Handoff::new(), Finds);
            let thread = lock.register();
            let _ = lock.attach(&thread);
        });
    }));
    let panic = found.expect_err("the observer panics");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"a claim is broken"), "and the process lives");
}
