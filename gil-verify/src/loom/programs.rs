//! Small programs under loom: the typed heap, and the failures without the lock.
//!
//! A program that must find something ends at the first execution that shows it, with a panic whose
//! message is the story so far. Each program writes its story as it runs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::loom::sync::Mutex;
use ::loom::sync::atomic::AtomicUsize;
use gil_core::engine::Outcome;
use gil_core::engine::choice::{Budget, Choices};
use gil_core::heap::{Brand, GilCell, GilRc};
use gil_core::protocol::{Handoff, Protocol};
use gil_core::raw::{Observe, RawGil, SectionInfo};
use gil_models::{Python2, Python3};

use super::found::Found;
use super::identity::{self, ComeBack};
use super::model::{explore_all, spawn};
use super::suites::{Suite, Work};
use crate::mutants::mechanism::Cure;
use crate::protocols::{self, Visit};

gil_core::brand!(struct Boosted: Handoff = Handoff::new());
gil_core::brand!(struct Plain: Handoff = Handoff::plain());
gil_core::brand!(struct Three: Python3 = Python3::new());
gil_core::brand!(struct Two: Python2 = Python2::new());

thread_local! {
    // loom runs all its threads on one OS thread, one at a time.
    static STORY: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

static EXECUTIONS: AtomicU64 = AtomicU64::new(0);

/// Records a step of thread `thread`.
pub(super) fn tell(thread: usize, what: impl std::fmt::Display) {
    STORY.with_borrow_mut(|story| story.push(format!("T{thread} {what}")));
}

/// Explores a program on the lock of a protocol.
///
/// # Panics
/// With the claim and the story: if a program finds what it must find, or if a claim is broken.
pub fn run(protocol: &str, suite: Suite, cure: Option<Cure>) -> Option<Found> {
    let claim =
        super::suites::judged(&suite, protocols::PROTOCOLS[0]).first().copied().unwrap_or_default();
    std::panic::set_hook(Box::new(move |panic| explain(claim, panic)));
    match suite.work {
        Work::LastRelease => return protocols::with_few_types(protocol, LastRelease(suite)),
        Work::ComeBack => return protocols::with_few_types(protocol, ComeBack(suite)),
        Work::Identity(setting) => return Some(identity::search(setting)),
        _ => {}
    }
    Some(match protocol {
        "handoff" => explore::<Boosted>(suite, cure),
        "handoff-plain" => explore::<Plain>(suite, cure),
        "python3" => explore::<Three>(suite, cure),
        "python2" => explore::<Two>(suite, cure),
        _ => return None,
    })
}

/// The meaning of any panic here: loom's own message for a deadlock or a race says what happened,
/// and the story says how.
fn explain(claim: &str, panic: &std::panic::PanicHookInfo<'_>) {
    // loom unwinds the threads of an ended execution by a panic without a message.
    let Some(said) = panic.payload_as_str() else { return };
    let named = said.split_once(": ").filter(|(id, _)| crate::ledger::claim(id).is_some());
    let (claim, said) = named.unwrap_or((claim, said));
    let what = if said.contains("deadlock") { "deadlock" } else { said };
    let what = if said.contains("Causality") { "two accesses that nothing orders" } else { what };
    eprintln!("panicked at a step of the program\n{claim}: {what}");
    let story = STORY.try_with(|story| story.try_borrow().map(|s| s.clone()).unwrap_or_default());
    for (number, step) in story.unwrap_or_default().iter().enumerate() {
        eprintln!("  {}  {step}", number + 1);
    }
    eprintln!("in execution {}", EXECUTIONS.load(Ordering::Relaxed));
}

fn explore<B: Brand>(suite: Suite, cure: Option<Cure>) -> Found
where
    B::Protocol: Protocol,
{
    executions(suite, move || {
        Choices::arm(2, Budget::default());
        match suite.work {
            Work::Heap => heap::<B>(),
            Work::Count => count(cure == Some(Cure::AtomicCount)),
            Work::Objects { one_lock: false } => objects(cure == Some(Cure::SameOrder)),
            Work::Objects { one_lock: true } => objects_of_one_lock::<B>(),
            Work::Mutex { detaching } => mutex::<B>(detaching, cure == Some(Cure::MutexFirst)),
            Work::ManyLocks => identity::many_locks(),
            Work::Rounds(_)
            | Work::Hog
            | Work::LastRelease
            | Work::Identity(_)
            | Work::ComeBack => {
                unreachable!("others run these")
            }
        }
    })
}

/// Explores all executions of a program; the story of each is its list of steps.
pub(super) fn executions(suite: Suite, program: impl Fn() + Send + Sync + 'static) -> Found {
    let mut builder = ::loom::model::Builder::new();
    builder.preemption_bound = suite.preemptions;
    let seen = Arc::new(std::sync::Mutex::new(Found::default()));
    let into = seen.clone();
    explore_all(&builder, move || {
        EXECUTIONS.fetch_add(1, Ordering::Relaxed);
        STORY.with_borrow_mut(Vec::clear);
        program();
        let mut seen = into.lock().expect("one execution at a time");
        seen.executions += 1;
        for step in STORY.take() {
            *seen.events.entry(step).or_default() += 1;
        }
    });
    seen.lock().expect("the model has ended").clone()
}

/// Runs `other` concurrently with `mine`. Not by joining: see the harness.
pub(super) fn beside(mine: impl FnOnce(), other: impl FnOnce() + 'static) {
    let done = Rc::new(Cell::new(false));
    let (main, told) = (::loom::thread::current(), done.clone());
    spawn(move || {
        other();
        told.set(true);
        main.unpark();
    });
    mine();
    while !done.get() {
        ::loom::thread::park();
    }
}

/// Counts how often an object is freed. It is not loom's type, because it must not order anything.
struct Tomb(Arc<AtomicU64>);

impl Drop for Tomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// HEAP-1: one object is kept, one is not. Each thread has a handle of both.
fn heap<B: Brand>() {
    let [kept_freed, lost_freed] = [Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0))];
    let kept = GilRc::<B, _>::new(Tomb(kept_freed.clone()));
    let lost = GilRc::<B, _>::new(Tomb(lost_freed.clone()));
    let (mine, theirs, lost_mine) = {
        let token = B::attach();
        (kept.clone_ref(&token), kept.clone_ref(&token), lost.clone_ref(&token))
    };
    beside(
        move || {
            let mut token = B::attach();
            let again = mine.clone_ref(&token);
            tell(0, "clones and drops, attached");
            mine.drop_ref(&token);
            token.detach(|| {
                tell(0, "drops two handles, detached");
                drop((again, lost_mine));
            });
            tell(0, format_args!("is back, {} drops deferred", B::deferred_drops()));
        },
        move || {
            if let Some(wrong) = theirs.try_clone() {
                tell(1, "clones, detached");
                drop(wrong);
            }
            tell(1, "drops two handles, detached");
            drop((theirs, lost));
            drop(B::attach());
        },
    );
    let token = B::attach();
    let freed = |object: &Arc<AtomicU64>| object.load(Ordering::Relaxed);
    let handles = kept.handles(&token);
    assert!(handles == 1, "HEAP-1: one handle is left, and the count is {handles}");
    assert!(freed(&kept_freed) == 0, "HEAP-1: freed with a handle left");
    let times = freed(&lost_freed);
    assert!(times == 1, "HEAP-1: no handle is left, and it was freed {times} times");
    kept.drop_ref(&token);
    assert!(freed(&kept_freed) == 1, "HEAP-1: not freed by its last handle");
}

/// The threads that had to wait.
#[derive(Default)]
struct Waited([bool; 2]);

impl Observe for Waited {
    fn section<P: Protocol>(&mut self, section: &SectionInfo<'_, P>) {
        let SectionInfo { thread: me, outcome: to, .. } = *section;
        self.0[me.index()] |= matches!(to, Outcome::Wait(_));
    }
}

struct LastRelease(Suite);

impl Visit for LastRelease {
    type Output = Found;
    fn visit<P: Protocol + Send + Sync + 'static>(self, _: &'static str, protocol: P) -> Found {
        let suite = self.0;
        executions(suite, move || last_release(protocol.clone(), suite.timeouts))
    }
}

/// SAFE-8: the thread that releases last frees the lock, while the other may still be inside its
/// release.
fn last_release<P: Protocol + Send + Sync + 'static>(protocol: P, timeouts: usize) {
    ::loom::stop_exploring();
    Choices::arm(2, Budget { timeouts, ..Budget::default() });
    let lock = Arc::new(RawGil::with_observer(protocol, Waited::default()));
    lock.set_check_interval(0);
    let left = Rc::new(Cell::new(2));
    let run = move |thread: usize, lock: &RawGil<P, Waited>, left: &Cell<usize>| {
        Choices::enlist(thread);
        let member = lock.register();
        lock.attach(&member).expect("no thread attaches twice");
        left.set(left.get() - 1);
        let last = left.get() == 0;
        if lock.inspect_observer(|waited| waited.0[member.id().index()]) {
            tell(thread, "is woken");
        }
        lock.detach(&member).expect("the thread holds the lock");
        if last {
            tell(thread, "frees the lock");
            lock.free_memory();
        }
    };
    let (their_lock, their_left) = (lock.clone(), left.clone());
    let theirs = run;
    ::loom::explore();
    beside(|| run(0, &lock, &left), move || theirs(1, &their_lock, &their_left));
}

/// NEED-1: an increment is a read and a write. The count is atomic only so that loom shows the lost
/// update as a wrong number and not as undefined behaviour.
fn count(atomic: bool) {
    let count = Rc::new(AtomicUsize::new(1));
    let clone = move |thread: usize, count: &AtomicUsize| {
        if atomic {
            count.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // Adding zero reads the newest value, so updates are lost by interleaving alone.
        let read = count.fetch_add(0, Ordering::Relaxed);
        tell(thread, format_args!("clones its handle: reads the count, {read}"));
        count.store(read + 1, Ordering::Relaxed);
        tell(thread, format_args!("writes {}", read + 1));
    };
    let theirs = count.clone();
    beside(|| clone(0, &count), move || clone(1, &theirs));
    let count = count.fetch_add(0, Ordering::Relaxed);
    assert!(count == 3, "NEED-1: 3 handles, and a count of {count}: it will be freed too early");
}

/// NEED-2: each object has a lock. One thread moves from the first to the second, the other back.
fn objects(same_order: bool) {
    let objects = Rc::new([Mutex::new(1), Mutex::new(2)]);
    let transfer = move |thread: usize, objects: &[Mutex<i32>; 2], from: usize| {
        let (from, to) = if same_order { (0, 1) } else { (from, 1 - from) };
        tell(thread, format_args!("waits for object {from}"));
        let mut source = objects[from].lock().expect("loom's mutex does not poison");
        tell(thread, format_args!("has object {from}, waits for object {to}"));
        let mut target = objects[to].lock().expect("loom's mutex does not poison");
        tell(thread, "has both");
        (*source, *target) = (*source - 1, *target + 1);
    };
    let theirs = objects.clone();
    beside(|| transfer(0, &objects, 0), move || transfer(1, &theirs, 1));
}

/// The same with one lock for both: no lock order can be wrong.
fn objects_of_one_lock<B: Brand>() {
    let cells = [GilCell::<B, _>::new(1), GilCell::new(2)];
    let objects = Rc::new(cells);
    let transfer = |objects: &[GilCell<B, i32>; 2], from: usize| {
        let mut token = B::attach();
        *objects[from].get_mut(&mut token) -= 1;
        *objects[1 - from].get_mut(&mut token) += 1;
    };
    let theirs = objects.clone();
    beside(|| transfer(&objects, 0), move || transfer(&theirs, 1));
    let token = B::attach();
    let values = (*objects[0].get(&token), *objects[1].get(&token));
    assert!(values == (1, 2), "NEED-2: 1 and 2 were moved to and fro, and are {values:?}");
}

/// NEED-3: a mutex locked while attached, by a thread that keeps the lock while it waits.
fn mutex<B: Brand>(detaching: bool, mutex_first: bool) {
    let file = Rc::new(Mutex::new(0));
    let theirs = file.clone();
    let lock = |file: &Mutex<i32>| *file.lock().expect("loom's mutex does not poison") += 1;
    let mine = || {
        if mutex_first {
            lock(&file);
        }
        tell(0, "waits for the lock");
        let mut token = B::attach();
        tell(0, "is attached, waits for the mutex");
        if detaching {
            *token.lock_detached(&file).expect("loom's mutex does not poison") += 1;
        } else if !mutex_first {
            lock(&file);
        }
        tell(0, "has both");
    };
    beside(mine, move || {
        tell(1, "waits for the mutex");
        let mut file = theirs.lock().expect("loom's mutex does not poison");
        tell(1, "has the mutex, waits for the lock");
        let _token = B::attach();
        tell(1, "has both");
        *file += 1;
    });
}
