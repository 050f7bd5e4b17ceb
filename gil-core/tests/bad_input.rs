//! Wrong use of the public API: each case has a defined result, which is tested here.

#![cfg(not(loom))]

mod watchdog;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use gil_core::engine::Fault;
use gil_core::protocol::Handoff;
use gil_core::raw::RawGil;
use gil_core::{AttachError, Gil};

use watchdog::Watchdog;

fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default()
}

#[test]
fn second_attach_of_a_thread_is_an_error_and_no_hang() {
    let gil = Gil::new(1);
    let attached = gil.attach();
    assert!(matches!(gil.try_attach(), Err(AttachError::AlreadyAttached)));
    let panic = catch_unwind(AssertUnwindSafe(|| drop(gil.attach()))).unwrap_err();
    assert!(panic_message(&*panic).contains("attached already"));
    assert_eq!(*attached, 1, "the first token is as good as before");
    drop(attached);
    assert!(!gil.is_attached());
}

#[test]
fn held_lock_is_busy_for_another_thread() {
    let dog = Watchdog::new();
    let gil = dog.lock(Gil::new(()));
    let attached = gil.attach();
    thread::scope(|threads| {
        let other = threads.spawn(|| gil.try_attach().map(drop));
        let tried = dog.waits("the thread that tries once", || other.join());
        assert_eq!(tried.unwrap(), Err(AttachError::Busy));
    });
    drop(attached);
    assert!(gil.try_attach().is_ok());
}

#[test]
fn forgotten_guard_keeps_the_lock_forever() {
    let dog = Watchdog::new();
    let gil = dog.lock(Gil::new(()));
    thread::scope(|threads| {
        let forgets = threads.spawn(|| {
            std::mem::forget(gil.attach());
            (gil.is_attached(), gil.try_attach().map(drop))
        });
        let forgets = dog.waits("the thread that forgets its guard", || forgets.join());
        let (attached, again) = forgets.unwrap();
        assert!(attached, "the thread stays attached");
        assert_eq!(again, Err(AttachError::AlreadyAttached));
    });
    // The thread has ended. References to the data may still exist, so the lock stays held. The
    // dead thread's id is not reused, because a new thread with it would count as the holder.
    for _ in 0..3 {
        let tries = || thread::scope(|t| t.spawn(|| gil.try_attach().map(drop)).join().unwrap());
        let busy = dog.waits("a thread that tries once", tries);
        assert_eq!(busy, Err(AttachError::Busy));
    }
    assert!(!gil.is_attached());
}

#[test]
fn panic_while_attached_detaches_and_does_not_poison() {
    let gil = Gil::new(vec![1]);
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let mut attached = gil.attach();
        attached.push(2);
        panic!("half way");
    }));
    assert_eq!(panic_message(&*panic.unwrap_err()), "half way");
    assert!(!gil.is_attached());
    assert_eq!(*gil.attach(), [1, 2], "the data is as the panic left it");
}

#[test]
fn panic_inside_detach_reattaches() {
    let gil = Gil::new(1);
    let mut attached = gil.attach();
    let panic = catch_unwind(AssertUnwindSafe(|| attached.detach(|| panic!("in the call"))));
    assert_eq!(panic_message(&*panic.unwrap_err()), "in the call");
    assert!(gil.is_attached());
    *attached += 1;
    drop(attached);
    assert_eq!(*gil.attach(), 2);
}

#[test]
fn lent_token_is_found_and_only_one_at_a_time() {
    let gil = Gil::new(0);
    let mut attached = gil.attach();
    attached.lend(|| {
        let inner = gil.with(|attached| {
            **attached += 1;
            assert_eq!(gil.with(|_| ()), Err(AttachError::AlreadyAttached), "lent once");
            attached.lend(|| gil.with(|attached| **attached += 1)).unwrap();
            attached.detach(|| gil.with(|attached| **attached += 1)).unwrap();
        });
        assert_eq!(inner, Ok(()));
        assert!(gil.is_attached(), "lending keeps the lock");
    });
    assert_eq!(gil.with(|_| ()), Err(AttachError::AlreadyAttached), "no longer lent");
    assert_eq!(*attached, 3);
}

#[test]
fn lock_detached_waits_detached() {
    // One thread holds the mutex and is acquiring the GIL; this one holds the GIL and is acquiring
    // the mutex.
    let dog = Watchdog::new();
    let (gil, mutex) = (dog.lock(Gil::new(0)), Mutex::new(0));
    thread::scope(|threads| {
        let mut attached = gil.attach();
        let (ready, go) = std::sync::mpsc::channel();
        let (dog, gil, mutex) = (&dog, &gil, &mutex);
        threads.spawn(move || {
            let mut guard = mutex.lock().unwrap();
            ready.send(()).unwrap();
            // Waits until the other thread detaches in `lock_detached`.
            *dog.waits("the holder of the mutex: attach", || gil.attach()) += 1;
            *guard += 1;
        });
        dog.waits("the holder of the lock: the mutex is held", || go.recv()).unwrap();
        let locked =
            dog.waits("the holder of the lock: the mutex", || attached.lock_detached(mutex));
        *locked.unwrap() += 1;
    });
    assert_eq!((*gil.attach(), *mutex.lock().unwrap()), (1, 2));
}

#[test]
fn lock_can_be_a_static() {
    static COUNTER: Gil<u64> = Gil::new(0);
    let dog = Watchdog::new();
    let _lock = dog.lock(&COUNTER);
    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| *dog.waits("a thread: attach", || COUNTER.attach()) += 1);
        }
    });
    assert_eq!(*COUNTER.attach(), 4);
}

#[test]
fn switch_interval_of_zero_is_a_microsecond() {
    let gil = Gil::new(());
    assert_eq!(gil.switch_interval().as_millis(), 5);
    gil.set_switch_interval(std::time::Duration::ZERO);
    assert_eq!(gil.switch_interval().as_micros(), 1);
}

#[test]
fn interval_beyond_the_clock_never_expires() {
    let never = [std::time::Duration::MAX, std::time::Duration::from_secs(u64::MAX)];
    let dog = Watchdog::new();
    for interval in never {
        let gil = dog.lock(Gil::new(0_u64));
        gil.set_switch_interval(interval);
        assert_eq!(gil.switch_interval(), interval);
        thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| {
                    let thread = dog.thread("a thread");
                    for _ in 0..100 {
                        // Contended: deadlines are computed.
                        let mut attached = thread.waits("attach", || gil.attach());
                        *attached += 1;
                        thread.waits("detach", || attached.detach(thread::yield_now));
                        thread.waits("safepoint", || attached.safepoint());
                        thread.waits("drop", || drop(attached));
                    }
                });
            }
        });
        assert_eq!(*gil.attach(), 300);
    }
}

#[test]
fn changed_interval_applies_to_the_next_wait() {
    let dog = Watchdog::new();
    let gil = dog.lock(Gil::with_protocol((), Handoff::plain()));
    gil.set_switch_interval(std::time::Duration::from_millis(300));
    let mut mine = gil.attach();
    thread::scope(|threads| {
        threads.spawn(|| drop(dog.waits("the waiter: attach", || gil.attach())));
        let began = std::time::Instant::now();
        dog.waits("the holder: a request", || {
            while !mine.switch_requested() {
                thread::yield_now();
            }
        });
        assert!(began.elapsed().as_millis() >= 200, "requested after {:?}", began.elapsed());
        dog.waits("the holder: safepoint", || mine.safepoint());
        drop(mine);
    });
}

/// Sees every attach and detach.
#[derive(Default)]
struct Sections(u32);

impl gil_core::raw::Observe for Sections {
    const DISABLE_FAST_PATH: bool = true;
    fn section<P: gil_core::protocol::Protocol>(&mut self, _: &gil_core::raw::SectionInfo<'_, P>) {
        self.0 += 1;
    }
}

#[test]
fn try_attach_is_recorded_by_an_observer_of_all_sections() {
    let lock = RawGil::with_observer(Handoff::new(), Sections::default());
    let (thread, other) = (lock.register(), lock.register());
    assert_eq!(lock.try_attach(&thread), Ok(true));
    assert_eq!(lock.inspect_observer(|sections| sections.0), 1);
    assert_eq!(lock.try_attach(&other), Ok(false));
    assert_eq!(lock.try_attach(&thread), Err(Fault::AlreadyAttached));
    lock.detach(&thread).unwrap();
    assert_eq!(lock.inspect_observer(|sections| sections.0), 2);
}

#[test]
fn raw_lock_refuses_a_thread_that_does_not_hold_it() {
    let lock = RawGil::new(Handoff::new());
    let (holder, other) = (lock.register(), lock.register());
    lock.attach(&holder).unwrap();
    assert_eq!(lock.detach(&other), Err(Fault::NotHolder));
    assert_eq!(lock.attach(&holder), Err(Fault::AlreadyAttached));
    assert!(lock.is_attached(&holder) && !lock.is_attached(&other));
    assert_eq!(lock.detach(&holder), Ok(()), "a refused call has changed nothing");
    assert_eq!(lock.detach(&holder), Err(Fault::NotHolder));
}

#[test]
fn attach_that_gives_up_leaves_no_waiter() {
    let lock = RawGil::new(Handoff::new());
    let (holder, waiter) = (lock.register(), lock.register());
    lock.attach(&holder).unwrap();
    assert_eq!(lock.try_attach_until(&waiter, std::time::Instant::now()), Ok(false));
    assert!(!lock.switch_requested(), "the request was cleared with its waiter");
    lock.detach(&holder).unwrap();
    assert_eq!(lock.try_attach_until(&waiter, std::time::Instant::now()), Ok(true));
}

#[test]
fn ids_of_ended_threads_are_reused() {
    let lock = RawGil::new(Handoff::new());
    let first = lock.register();
    let id = first.id();
    lock.unregister(first);
    assert_eq!(lock.register().id(), id);

    let dog = Watchdog::new();
    let gil = dog.lock(Gil::new(0u32));
    for _ in 0..2_000 {
        thread::scope(|threads| {
            threads.spawn(|| *dog.waits("a thread: attach", || gil.attach()) += 1);
        });
    }
    assert_eq!(*gil.attach(), 2_000);
}
