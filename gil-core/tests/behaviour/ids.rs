//! Which thread is which, in one lock and in several.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use gil_core::{
    Attached, Context, Gil, Handoff, Order, Preemption, Protocol, RawGil, Release, Step, WaitSet,
    Wake,
};

use crate::until_asked;

static LARGEST_ID: AtomicU32 = AtomicU32::new(0);

/// Notes at each safepoint of a lone thread which id it has.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct NotesIds;

impl Protocol for NotesIds {
    const NAME: &'static str = "notes-ids";
    const SETS: &'static [Order] = &[];
    const PREEMPTION: Preemption = Preemption::EveryTicks(0);
    fn acquire(&mut self, _: &mut dyn Context) -> Step {
        Step::Owns
    }
    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        Step::Left
    }
    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        LARGEST_ID.fetch_max(cx.me().get(), Ordering::Relaxed);
        Step::Owns
    }
    fn woken(&mut self, _: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
        Step::Owns
    }
    fn cancel(&mut self, _: &mut dyn Context, _: bool) {}
}

#[test]
fn threads_that_come_and_end_one_after_the_other_share_one_id() {
    let gil = Arc::new(Gil::with_protocol((), NotesIds));
    for _ in 0..5 {
        let gil = gil.clone();
        thread::spawn(move || gil.attach().safepoint()).join().unwrap();
    }
    assert_eq!(LARGEST_ID.load(Ordering::Relaxed), 1);
}

/// What the thread knows of its locks is destroyed before the guard here, because it came later.
#[test]
fn a_guard_that_outlives_what_its_thread_knows_of_its_locks_still_detaches() {
    static KEPT: Gil<u32> = Gil::new(1);
    thread_local! {
        static GUARD: RefCell<Option<Attached<'static, u32>>> = const { RefCell::new(None) };
    }
    thread::spawn(|| {
        GUARD.with(|guard| assert!(guard.borrow().is_none()));
        let attached = KEPT.attach();
        GUARD.with(|guard| *guard.borrow_mut() = Some(attached));
    })
    .join()
    .unwrap();
    *KEPT.attach() += 1;
    assert_eq!(*KEPT.attach(), 2);
}

#[test]
fn a_thread_keeps_two_locks_apart() {
    let (first, second) = (Gil::new(1), Gil::new(2));
    for _ in 0..2 {
        let one = first.attach();
        assert!(first.is_attached() && !second.is_attached(), "asked for the other lock");
        let two = second.attach();
        assert!(first.is_attached() && second.is_attached());
        drop(one);
        assert!(!first.is_attached() && second.is_attached());
        assert_eq!(*two, 2);
        assert_eq!(*first.attach(), 1);
        drop(two);
        assert!(!first.is_attached() && !second.is_attached());
    }
}

#[test]
fn who_holds_and_who_may_leave_is_known_while_another_thread_waits() {
    let lock = RawGil::new(Handoff::new());
    let (holder, waiter, guest) = (lock.register(), lock.register(), lock.register());
    lock.attach(&holder).unwrap();
    thread::scope(|threads| {
        threads.spawn(|| {
            lock.attach(&waiter).unwrap();
            lock.detach(&waiter).unwrap();
        });
        until_asked(&lock);
        let seen = (lock.is_attached(&holder), lock.is_attached(&guest));
        let id = guest.id();
        lock.unregister(guest);
        let again = lock.register().id();
        lock.detach(&holder).unwrap();
        assert_eq!(seen, (true, false));
        assert_eq!(again, id, "the id of a guest that has left is free again");
    });
}
