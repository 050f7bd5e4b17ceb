//! The typed heap on real threads.

#![cfg(not(loom))]

mod watchdog;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use gil_core::heap::{Brand, GilCell, GilRc, Token};

use watchdog::Watchdog;

/// Counts how often its kind is dropped.
#[derive(Debug)]
struct Tomb(Arc<AtomicUsize>);

impl Drop for Tomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn tomb() -> (Tomb, impl Fn() -> usize) {
    let dropped = Arc::new(AtomicUsize::new(0));
    (Tomb(dropped.clone()), move || dropped.load(Ordering::Relaxed))
}

#[test]
fn handle_is_one_pointer_and_cell_is_its_value() {
    gil_core::brand!(struct Sizes);
    assert_eq!(size_of::<GilRc<Sizes, [u8; 100]>>(), size_of::<usize>());
    assert_eq!(size_of::<Option<GilRc<Sizes, u8>>>(), size_of::<usize>());
    assert_eq!(size_of::<GilCell<Sizes, u64>>(), size_of::<u64>());
}

#[test]
fn every_drop_of_the_last_handle_frees_once() {
    gil_core::brand!(struct Ways);
    let (object, dropped) = tomb();
    let first = GilRc::<Ways, _>::new(object);
    assert!(first.try_clone().is_none(), "a detached thread cannot count");
    let mut token = Ways::attach();
    let second = first.clone_ref(&token);
    let third = second.try_clone().expect("this thread is attached");
    assert!(third.is_same(&first));
    assert!(!third.is_same(&GilRc::new(tomb().0)), "equal objects are not the same object");
    assert_eq!(first.handles(&token), 3);
    first.drop_ref(&token);
    drop(second); // attached: at once
    assert_eq!((third.handles(&token), dropped(), Ways::deferred_drops()), (1, 0, 0));
    token.detach(|| {
        drop(third); // detached: at the next acquire
        assert_eq!((dropped(), Ways::deferred_drops()), (0, 1));
    });
    assert_eq!((dropped(), Ways::deferred_drops()), (1, 0));
}

#[test]
fn deferred_drop_is_made_by_the_next_holder() {
    gil_core::brand!(struct Next);
    let dog = Watchdog::new();
    let _lock = dog.lock(Next::lock());
    let (object, dropped) = tomb();
    let handle = GilRc::<Next, _>::new(object);
    let drops = thread::spawn(move || drop(handle));
    dog.waits("the thread that drops", || drops.join()).expect("it only drops");
    assert_eq!((dropped(), Next::deferred_drops()), (0, 1));
    Next::with(|_| assert_eq!(dropped(), 1, "made before the taker sees its token"))
        .expect("this thread is not attached");
}

#[test]
fn safepoint_that_loses_the_lock_applies_pending_drops() {
    gil_core::brand!(struct Lost);
    let dog = Watchdog::new();
    let _lock = dog.lock(Lost::lock());
    Lost::lock().set_switch_interval(std::time::Duration::from_micros(1));
    let (object, dropped) = tomb();
    let handle = GilRc::<Lost, _>::new(object);
    let settled = thread::scope(|threads| {
        let mut token = Lost::attach();
        threads.spawn(|| {
            // Requests the lock from the other thread.
            let _token = dog.waits("the waiter: attach", Lost::attach);
            let drops = thread::spawn(move || drop(handle));
            dog.waits("the waiter: a thread that drops", || drops.join()).expect("it only drops");
        });
        dog.waits("the holder: a request", || {
            while Lost::lock().counters().requests == 0 && !token.switch_requested() {
                thread::yield_now();
            }
        });
        dog.waits("the holder: safepoint", || token.safepoint());
        dropped()
    });
    assert_eq!(settled, 1);
}

#[test]
fn long_chain_does_not_overflow_the_stack() {
    gil_core::brand!(struct Chain);
    struct Link {
        _next: Option<GilRc<Chain, Link>>,
        _tomb: Tomb,
    }
    let (first, dropped) = tomb();
    let count = Arc::clone(&first.0);
    let mut head = GilRc::<Chain, _>::new(Link { _next: None, _tomb: first });
    const LINKS: usize = if cfg!(miri) { 1_000 } else { 1_000_000 };
    for _ in 1..LINKS {
        head = GilRc::new(Link { _next: Some(head), _tomb: Tomb(count.clone()) });
    }
    head.drop_ref(&Chain::attach());
    assert_eq!(dropped(), LINKS);
}

#[test]
fn token_counts_at_once_while_its_thread_ends() {
    gil_core::brand!(struct Ending);
    /// Dropped at the end of its thread, after the lock's thread-locals.
    struct Last {
        token: Option<Token<'static, Ending>>,
        handles: Vec<GilRc<Ending, u8>>,
        tell: std::sync::mpsc::Sender<(bool, usize, usize)>,
    }
    impl Drop for Last {
        fn drop(&mut self) {
            let known = Ending::lock().is_attached();
            let token = self.token.take().expect("it was put there");
            let (first, second) = (self.handles.remove(0), self.handles.remove(0));
            first.drop_ref(&token);
            let _ = self.tell.send((known, second.handles(&token), Ending::deferred_drops()));
        }
    }
    thread_local! { static LAST: RefCell<Option<Last>> = const { RefCell::new(None) } }
    let dog = Watchdog::new();
    let _lock = dog.lock(Ending::lock());
    let (tell, told) = std::sync::mpsc::channel();
    let ends = thread::spawn(move || {
        LAST.with_borrow(|last| assert!(last.is_none())); // first in, last out
        let token = Ending::attach();
        let first = GilRc::new(7);
        let handles = vec![first.clone_ref(&token), first];
        LAST.set(Some(Last { token: Some(token), handles, tell }));
    });
    dog.waits("the end of the thread with the token", || ends.join()).expect("it only ends");
    let (known, handles, deferred) =
        dog.waits("its locals", || told.recv()).expect("the thread's locals were dropped");
    assert!(!known, "the thread's locals were gone: only the token says that it holds the lock");
    assert_eq!((handles, deferred), (1, 0));
}

#[test]
fn many_deferred_drops_request_a_safepoint_of_the_holder() {
    gil_core::brand!(struct Busy);
    let dog = Watchdog::new();
    let _lock = dog.lock(Busy::lock());
    let mut token = Busy::attach();
    let drops = |count: usize| {
        let drops = move || (0..count).for_each(|_| drop(GilRc::<Busy, _>::new(0)));
        let drops = thread::spawn(drops);
        dog.waits("the thread that drops", || drops.join()).expect("it only drops");
    };
    drops(2_047);
    assert_eq!(Busy::deferred_drops(), 2_047, "the holder reached no safepoint");
    assert!(token.switch_requested(), "and is requested to reach one");
    token.safepoint();
    assert_eq!(Busy::deferred_drops(), 0, "the 1,024th requested it");
    token.safepoint();
    assert!(!token.switch_requested(), "one safepoint clears the request");
    drops(1);
    token.safepoint();
    assert_eq!(Busy::deferred_drops(), 1, "a single one waits for the next acquire");
}

#[test]
fn many_deferred_drops_of_a_free_lock_are_made_at_once() {
    gil_core::brand!(struct Free);
    for _ in 0..1_023 {
        drop(GilRc::<Free, _>::new(0));
    }
    assert_eq!(Free::deferred_drops(), 1_023);
    drop(GilRc::<Free, _>::new(0));
    assert_eq!(Free::deferred_drops(), 0);
}

#[test]
fn destructor_has_no_token_and_its_drops_follow_it() {
    gil_core::brand!(struct Order);
    struct Outer(Option<GilRc<Order, Tomb>>, Arc<AtomicUsize>);
    impl Drop for Outer {
        fn drop(&mut self) {
            assert!(Order::lock().is_attached());
            assert!(Order::with(|_| ()).is_err(), "two tokens would be two &mut");
            drop(self.0.take()); // the last handle
            assert_eq!(self.1.load(Ordering::Relaxed), 0, "freed after this destructor");
        }
    }
    let (object, dropped) = tomb();
    let count = object.0.clone();
    let outer = GilRc::<Order, _>::new(Outer(Some(GilRc::new(object)), count));
    outer.drop_ref(&Order::attach());
    assert_eq!(dropped(), 1);
}

#[test]
fn panic_in_a_destructor_loses_no_other_object() {
    gil_core::brand!(struct Panics);
    struct Bad(Option<GilRc<Panics, Tomb>>);
    impl Drop for Bad {
        fn drop(&mut self) {
            assert!(self.0.is_none(), "a bug in a destructor");
        }
    }
    let (object, dropped) = tomb();
    let bad = GilRc::<Panics, _>::new(Bad(Some(GilRc::new(object))));
    drop(bad);
    let attach = catch_unwind(AssertUnwindSafe(|| drop(Panics::attach())));
    assert!(attach.is_err(), "the taker gets the panic");
    assert!(!Panics::lock().is_attached(), "and does not keep the lock");
    assert_eq!(dropped(), 1, "what it held is freed");
    let (object, dropped) = tomb();
    let token = Panics::attach();
    GilRc::<Panics, _>::new(object).drop_ref(&token);
    assert_eq!(dropped(), 1, "and the next one is freed as ever");
}

#[test]
fn objects_of_two_brands_may_own_each_other() {
    gil_core::brand!(struct Left);
    gil_core::brand!(struct Right);
    let (object, dropped) = tomb();
    let right = GilRc::<Right, _>::new(object);
    let left = GilRc::<Left, _>::new(GilCell::<Left, _>::new(Some(right)));
    left.drop_ref(&Left::attach());
    assert_eq!((dropped(), Right::deferred_drops()), (0, 1), "not attached to the other lock");
    drop(Right::attach());
    assert_eq!(dropped(), 1);
}

#[test]
fn counts_are_exact_when_threads_exchange_handles() {
    gil_core::brand!(struct Stress);
    Stress::lock().set_switch_interval(std::time::Duration::from_micros(1));
    let dog = Watchdog::new();
    let _lock = dog.lock(Stress::lock());
    const THREADS: usize = 4;
    const ROUNDS: usize = if cfg!(miri) { 5 } else { 2_000 };
    let (object, dropped) = tomb();
    let shared = GilRc::<Stress, _>::new((GilCell::<Stress, _>::new(0u64), object));
    thread::scope(|threads| {
        for number in 0..THREADS {
            let mine = shared.clone_ref(&dog.waits("the first thread: attach", Stress::attach));
            let thread = dog.thread(format!("thread {number}"));
            threads.spawn(move || {
                let mut token = thread.waits("attach", Stress::attach);
                for round in 0..ROUNDS {
                    let (a, b) = (mine.clone_ref(&token), mine.clone_ref(&token));
                    *mine.0.get_mut(&mut token) += 1;
                    a.drop_ref(&token);
                    thread.waits("safepoint", || token.safepoint());
                    if round % 3 == 0 {
                        thread.waits("detach", || token.detach(|| drop(b)));
                    }
                }
            });
        }
    });
    let token = Stress::attach();
    assert_eq!(*shared.0.get(&token), (THREADS * ROUNDS) as u64);
    assert_eq!((shared.handles(&token), dropped()), (1, 0));
    shared.drop_ref(&token);
    assert_eq!(dropped(), 1);
}
