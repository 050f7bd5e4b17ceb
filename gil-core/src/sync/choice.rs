//! Free choices for loom; this module exists under `cfg(loom)` only.
//!
//! loom's timed waits never time out, and its parks never return spuriously. So without help no
//! timer leads to a switch request. Here each choice loads a *fresh* atomic bit, which an armer
//! thread has created as `false` and then set to `true`. Store and load are relaxed, so loom must
//! explore both values. Nothing else branches, and loom's public API is enough.
//!
//! Two mistakes would weaken this silently. The main thread must not arm the bits. Otherwise the
//! first mutex that another thread takes after it would order the stores before the loads. Then
//! every bit would read `true`. Nor may the main thread create the bits. [`Choices::seen`] is for
//! the assertion that every choice took both values.

use std::cell::RefCell;

use std::sync::Arc;

#[cfg(not(shuttle))]
use super::mutants::Mutant;
use loom::sync::atomic::AtomicBool;
#[cfg(not(shuttle))]
use loom::sync::atomic::{AtomicUsize, Ordering};
#[cfg(shuttle)]
use shuttle as loom;

/// What a choice decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Whether the timer of this timed park has expired.
    TimeOut,
    /// Whether this park returns spuriously.
    Spurious,
    /// Whether the thread gives up instead of parking.
    GiveUp,
    /// Whether the holder's run is too young: a request is deferred, or a woken thread sleeps on.
    Young,
}

const KINDS: [Kind; 4] = [Kind::TimeOut, Kind::Spurious, Kind::GiveUp, Kind::Young];

/// How many choices of each kind each thread has in one execution. When they are used up, a park
/// is an untimed, faithful park, so a lost wake-up is a deadlock that loom reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Budget {
    /// Timed parks that may expire.
    pub timeouts: usize,
    /// Parks that may return spuriously.
    pub spurious: usize,
    /// Parks that may turn into giving up.
    pub give_ups: usize,
    /// Delays of pacing.
    pub young: usize,
    /// How often a waiter looks for its notification before it parks.
    pub spins: u32,
    /// The timed parks within the budget all expire, instead of either way.
    pub always_expires: bool,
}

impl Budget {
    const fn of(self, kind: Kind) -> usize {
        match kind {
            Kind::TimeOut => self.timeouts,
            Kind::Spurious => self.spurious,
            Kind::GiveUp => self.give_ups,
            Kind::Young => self.young,
        }
    }

    const fn sum(self) -> usize {
        self.timeouts + self.spurious + self.give_ups + self.young
    }
}

type Id = loom::thread::ThreadId;

thread_local! {
    // loom runs all its threads on one OS thread, so this is "the present execution".
    static PRESENT: RefCell<Option<Choices>> = const { RefCell::new(None) };
    static WORKER: RefCell<Vec<(Id, usize)>> = const { RefCell::new(Vec::new()) };
}

/// The choices of one execution.
#[derive(Debug)]
pub struct Choices {
    budget: Budget,
    bits: Arc<Vec<AtomicBool>>,
    used: Vec<[usize; KINDS.len()]>,
    seen: Vec<(usize, Kind, bool)>,
}

impl Choices {
    /// Arms the choices of one execution for `threads` threads. Called first in the model, with
    /// exploration stopped; uses one of loom's five thread slots if there is anything to choose.
    pub fn arm(threads: usize, budget: Budget) {
        let bits = armed_bits(threads * budget.sum());
        WORKER.with_borrow_mut(Vec::clear);
        let choices =
            Self { budget, bits, used: vec![[0; KINDS.len()]; threads], seen: Vec::new() };
        PRESENT.set(Some(choices));
    }

    /// Makes the running loom thread the worker with the number `worker`.
    pub fn enlist(worker: usize) {
        let me = loom::thread::current().id();
        WORKER.with_borrow_mut(|workers| workers.push((me, worker)));
    }

    /// Which choices this execution made: worker, kind, value. Ends the execution's choices.
    pub fn seen() -> Vec<(usize, Kind, bool)> {
        PRESENT.take().map(|choices| choices.seen).unwrap_or_default()
    }

    fn slot(&self, worker: usize, kind: Kind) -> usize {
        let before: usize = KINDS.iter().filter(|k| **k < kind).map(|k| self.budget.of(*k)).sum();
        worker * self.budget.sum() + before + self.used[worker][kind as usize]
    }
}

/// shuttle draws a random bit where loom tries both.
#[cfg(shuttle)]
fn armed_bits(_: usize) -> Arc<Vec<AtomicBool>> {
    Arc::new(Vec::new())
}

#[cfg(shuttle)]
fn is_set(_: &[AtomicBool], _: usize) -> bool {
    loom::rand::Rng::gen_bool(&mut loom::rand::thread_rng(), 0.5)
}

#[cfg(not(shuttle))]
fn is_set(bits: &[AtomicBool], slot: usize) -> bool {
    bits[slot].load(Ordering::Relaxed)
}

#[cfg(not(shuttle))]
fn armed_bits(count: usize) -> Arc<Vec<AtomicBool>> {
    if count == 0 {
        return Arc::new(Vec::new());
    }
    let published = std::rc::Rc::new(RefCell::new(None::<Arc<Vec<AtomicBool>>>));
    let (ready, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let armer = {
        let (published, ready, done) = (published.clone(), ready.clone(), done.clone());
        loom::thread::spawn(move || {
            let bits: Vec<_> = (0..count).map(|_| AtomicBool::new(false)).collect();
            let bits = Arc::new(bits);
            *published.borrow_mut() = Some(bits.clone());
            ready.store(1, Ordering::Release);
            for bit in bits.iter() {
                bit.store(true, Ordering::Relaxed);
            }
            done.store(1, Ordering::Relaxed);
        })
    };
    while done.load(Ordering::Relaxed) == 0 {
        loom::thread::yield_now();
    }
    assert_eq!(ready.load(Ordering::Acquire), 1, "the armer publishes before it arms");
    if Mutant::BitsArmedTooEarly.is_on() {
        armer.join().expect("the armer does not panic");
    }
    // Not joined: a join would order the bits' second stores before us, and no bit would be free.
    let bits = published.borrow_mut().take();
    bits.expect("the armer published its bits")
}

/// How often a waiter looks for its notification before it parks, in this execution.
pub(crate) fn spins() -> u32 {
    PRESENT.with_borrow(|present| present.as_ref().map_or(0, |choices| choices.budget.spins))
}

/// As which worker the running thread makes its choices.
#[must_use]
pub fn worker() -> Option<usize> {
    let me = loom::thread::current().id();
    WORKER.with_borrow(|w| w.iter().find(|(id, _)| *id == me).map(|(_, w)| *w))
}

/// Makes a choice for the running thread, `false` when its budget is used up.
pub(crate) fn take(kind: Kind) -> bool {
    let Some(worker) = worker() else { return false };
    let bit = PRESENT.with_borrow_mut(|present| {
        let choices = present.as_mut()?;
        if choices.used[worker][kind as usize] == choices.budget.of(kind) {
            return None;
        }
        let slot = choices.slot(worker, kind);
        choices.used[worker][kind as usize] += 1;
        let always = kind == Kind::TimeOut && choices.budget.always_expires;
        Some((choices.bits.clone(), slot, always))
    });
    let Some((bits, slot, always)) = bit else { return false };
    let value = always || is_set(&bits, slot);
    PRESENT.with_borrow_mut(|present| {
        if let Some(choices) = present.as_mut() {
            choices.seen.push((worker, kind, value));
        }
    });
    value
}
