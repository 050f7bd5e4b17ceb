//! The identity of threads, in one lock and in several.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use gil_core::protocol::{
    Context, Handoff, Order, Preemption, Protocol, Release, Step, WaitSet, Wake,
};
use gil_core::raw::RawGil;
use gil_core::{Attached, Gil};

use crate::watchdog::Watchdog;
use crate::{attach_and_detach, until_asked, until_waiter};

static LARGEST_ID: AtomicU32 = AtomicU32::new(0);

/// Records the id of a lone thread at each safepoint.
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
fn successive_threads_share_one_id() {
    let dog = Watchdog::new();
    let gil = dog.lock(Gil::with_protocol((), NotesIds));
    for _ in 0..5 {
        let gil = gil.clone();
        let ends = thread::spawn(move || gil.attach().safepoint());
        dog.waits("the end of a lone thread", || ends.join()).unwrap();
    }
    assert_eq!(LARGEST_ID.load(Ordering::Relaxed), 1);
}

/// The thread's locals are destroyed before the guard, because they were created later.
#[test]
fn guard_that_outlives_the_thread_locals_detaches() {
    static KEPT: Gil<u32> = Gil::new(1);
    thread_local! {
        static GUARD: RefCell<Option<Attached<'static, u32>>> = const { RefCell::new(None) };
    }
    let dog = Watchdog::new();
    let _lock = dog.lock(&KEPT);
    let ends = thread::spawn(|| {
        GUARD.with(|guard| assert!(guard.borrow().is_none()));
        let attached = KEPT.attach();
        GUARD.with(|guard| *guard.borrow_mut() = Some(attached));
    });
    dog.waits("the end of the thread with the guard", || ends.join()).unwrap();
    *dog.waits("attach", || KEPT.attach()) += 1;
    assert_eq!(*KEPT.attach(), 2);
}

#[test]
fn thread_distinguishes_two_locks() {
    let (first, second) = (Gil::new(1), Gil::new(2));
    for _ in 0..2 {
        let one = first.attach();
        assert!(first.is_attached() && !second.is_attached(), "looked up in the other lock");
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
fn holder_is_known_while_another_thread_waits() {
    let dog = Watchdog::new();
    let lock = dog.lock(RawGil::new(Handoff::new()));
    let (holder, waiter, guest) = (lock.register(), lock.register(), lock.register());
    lock.attach(&holder).unwrap();
    thread::scope(|threads| {
        threads.spawn(|| attach_and_detach(&dog, &lock, &waiter));
        until_asked(&dog, &lock);
        let seen = (lock.is_attached(&holder), lock.is_attached(&guest));
        let id = guest.id();
        lock.unregister(guest);
        let again = lock.register().id();
        dog.waits("the holder: detach", || lock.detach(&holder)).unwrap();
        assert_eq!(seen, (true, false));
        assert_eq!(again, id, "the id of a guest that has left is free again");
    });
}

#[test]
fn lock_at_a_reused_address_knows_no_thread() {
    let dog = Watchdog::new();
    let mut place = Box::new(Gil::new(0_u32));
    let guest = &*place;
    thread::scope(|threads| {
        let (leave, may_leave) = std::sync::mpsc::channel::<()>();
        let (joined, has_joined) = std::sync::mpsc::channel::<()>();
        let dog = &dog;
        threads.spawn(move || {
            let first = dog.thread("the first thread");
            drop(first.waits("attach", || guest.attach()));
            joined.send(()).unwrap();
            let _ = first.waits("leave to end", || may_leave.recv());
        });
        dog.waits("the first thread's attach", || has_joined.recv()).unwrap();
        drop(dog.waits("attach", || guest.attach())); // the second registration
        drop(leave);
    });
    *place = Gil::new(0); // the same address
    let gil = &*place;
    let mut mine = gil.attach();
    thread::scope(|threads| {
        threads.spawn(|| drop(dog.waits("the waiter: attach", || gil.attach())));
        dog.waits("the holder: a request", || {
            while !mine.switch_requested() {
                thread::yield_now();
            }
        });
        dog.waits("the holder: safepoint", || mine.safepoint());
        drop(mine);
    });
}

#[test]
fn id_of_a_holder_is_not_reused() {
    let lock = RawGil::new(Handoff::new());
    let first = lock.register();
    lock.attach(&first).unwrap();
    let id = first.id();
    lock.unregister(first);
    let again = lock.register();
    assert_ne!(again.id(), id, "a stranger is taken for the holder");
    assert!(!lock.is_attached(&again));
}

/// A thread that releases in front of a waiter may retake the lock. After it has left, a new thread
/// must not get its id and retake the lock in its place.
#[test]
fn id_of_a_biased_thread_is_not_reused_while_it_may_retake() {
    let dog = Watchdog::new();
    let lock = dog.lock(RawGil::new(Handoff::plain()));
    let (leaves, waits) = (lock.register(), lock.register());
    let id = leaves.id();
    lock.attach(&leaves).unwrap();
    thread::scope(|threads| {
        threads.spawn(|| attach_and_detach(&dog, &lock, &waits));
        until_waiter(&dog, &lock);
        dog.waits("the first holder: detach", || lock.detach(&leaves)).unwrap();
        lock.unregister(leaves);
        let stranger = lock.register();
        let may_retake = lock.inspect_monitor(|monitor| monitor.protocol().may_retake());
        assert_ne!(may_retake, Some(stranger.id()), "it inherits the right of {id:?}");
    });
    let next = lock.register();
    assert!(next.id().index() < 3, "ids are used again: {next:?}");
}

#[test]
fn registration_used_by_two_threads_is_woken_in_both() {
    let dog = Watchdog::new();
    let lock = dog.lock(RawGil::new(Handoff::new()));
    let moves = std::sync::Mutex::new(lock.register());
    for _ in 0..2 {
        let other = lock.register();
        dog.waits("the next holder: attach", || lock.attach(&other)).unwrap();
        thread::scope(|threads| {
            threads.spawn(|| {
                let registration = moves.lock().unwrap();
                attach_and_detach(&dog, &lock, &registration);
            });
            until_waiter(&dog, &lock);
            dog.waits("the holder: detach", || lock.detach(&other)).unwrap();
        });
    }
}

#[test]
fn registration_that_waits_is_refused_in_another_thread() {
    use gil_core::engine::Fault;
    let dog = Watchdog::new();
    let lock = dog.lock(RawGil::new(Handoff::new()));
    let (holder, shared) = (lock.register(), lock.register());
    lock.attach(&holder).unwrap();
    thread::scope(|threads| {
        threads.spawn(|| attach_and_detach(&dog, &lock, &shared));
        until_waiter(&dog, &lock);
        assert_eq!(lock.attach(&shared), Err(Fault::InvalidTransition));
        dog.waits("the holder: detach", || lock.detach(&holder)).unwrap();
    });
}

#[test]
fn dropped_locks_leave_no_record_in_the_thread() {
    let kept = Gil::new(1);
    for _ in 0..10_000 {
        *Gil::new(0).attach() += 1; // would be 10,000 records, and look-ups of as many steps
    }
    assert_eq!(*kept.attach(), 1);
    let others: Vec<_> = (0..100).map(|_| Gil::new(0)).collect();
    for gil in others.iter().chain(&others) {
        *gil.attach() += 1;
    }
    assert!(others.into_iter().all(|gil| gil.into_inner() == 2), "living locks are remembered");
}
