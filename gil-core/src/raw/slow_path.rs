//! The slow path, from top to bottom: what an operation does when the word alone cannot serve it.
//!
//! # Terms
//! - The **word** is the atomic that the fast path uses. It is *frozen* while only the Monitor
//!   knows the owner. It is *biased* while one thread may release and retake the lock through it,
//!   although others wait.
//! - The **Monitor** holds each thread's state and runs the protocol, under the mutex.
//! - A **section** is one pass through steps 1 to 4.
//! - The protocol *requests* a switch. The **flag** publishes the request to safepoints.
//!
//! # The five steps
//! 1. **Freeze.** Lock the mutex. If the word is not frozen, freeze it, and tell the Monitor who
//!    owns the lock.
//! 2. **Decide.** The [`TimedMonitor`] runs the protocol. Pacing may delay a request or a woken
//!    thread. A safepoint that finds no request has nothing to decide.
//! 3. **Publish.** Set or clear the flag. Then unfreeze the word if no thread waits, or bias it to
//!    the thread that may retake the lock. Otherwise it stays frozen. (WORD-3: flag before word.)
//! 4. **Wake.** Unlock the mutex, then unpark the threads that the section woke.
//! 5. **Wait.** Return if the operation is complete. Otherwise retry at once, or sleep until
//!    unparked or until a time of the plan. Then go to step 1.
//!
//! [`SlowPath::section`] is steps 1 to 4, and [`SlowPath::run_to_completion`] is the loop around
//! them.
//!
//! # Between a timer's expiry and the new owner's first instruction
//! 1. *Requested.* The waiter whose timer expired runs a section. The protocol requests a switch if
//!    none is pending. Step 3 sets the flag, unless pacing delays it. The waiter sleeps again.
//! 2. *Answered.* The holder reads the flag at a safepoint and runs a section. The protocol clears
//!    the request, and the holder joins a queue.
//! 3. *Granted.* In the same section the next in line becomes the owner. Step 3 clears the flag and
//!    step 4 unparks the new owner. The old one sleeps.
//! 4. *Confirmed.* The new owner wakes in step 5 and runs a section. The Monitor finds that the
//!    thread owns the lock, asks the protocol nothing, and the operation returns.
//!
//! A release with a request pending answers in the same way. If the lock is free when the timer
//! expires, no request is made.
//!
//! # Orderings
//! The mutex orders everything here; [`Word`] says how the fast path joins. The flag is Relaxed. It
//! is stored under the mutex, and only the holder loads it. A late load delays the switch. A stale
//! one costs a section that finds no request.
//!
//! `mutant!` is a deliberate bug that a loom suite switches on; elsewhere it is `false`. The book's
//! chapter on claims explains SAFE-8 and the like.

use std::sync::Arc;

use super::parker::Parker;
use super::registry::{Registration, Registry};
use super::word::Word;
use crate::monitor::{Fault, MAX_SETS, Operation, Outcome};
use crate::observe::Observe;
use crate::pacing::Pacing;
use crate::protocol::{Preemption, Protocol, ThreadId, Wake};
use crate::sync::{
    AtomicBool, Instant, Memory, Mutex, Ordering, Parked, SectionClock, const_unless_loom, fail,
    mutant,
};
use crate::timed_monitor::{TimedMonitor, WaitPlan};

/// The lock without its tick counters: the word, the flag, and what the mutex guards.
pub(super) struct SlowPath<P: Protocol, O> {
    pub(super) word: Word,
    /// The flag: whether safepoints see a switch request.
    pub(super) requested: AtomicBool,
    pub(super) shared: Mutex<Shared<P, O>>,
    /// Models the memory of the lock: a checker reports each access after the final release
    /// (SAFE-8).
    pub(super) memory: Memory,
}

/// Guarded by the mutex.
pub(super) struct Shared<P: Protocol, O> {
    pub(super) timed: TimedMonitor<P, Instant>,
    pub(super) observer: O,
    pub(super) registry: Registry,
    /// Whether the word is frozen: the Monitor knows the owner, and the word does not.
    frozen: bool,
    /// The last value stored in the flag. Sections read this copy, because a checker allows only
    /// the holder to load the atomic.
    pub(super) flag: bool,
    /// Called under the mutex with the flag's new value.
    pub(super) hook: Option<Box<dyn Fn(bool) + Send>>,
}

impl<P: Protocol, O> SlowPath<P, O> {
    const_unless_loom! {
        pub(super) fn new(protocol: P, observer: O, pacing: Pacing<Instant>) -> Self {
            const { assert!(P::SETS.len() <= MAX_SETS, "a protocol has at most MAX_SETS wait-sets") }
            Self {
                word: Word::new(),
                requested: AtomicBool::new(false),
                shared: Mutex::new(Shared {
                    timed: TimedMonitor::new(protocol, pacing, P::SWITCH_INTERVAL),
                    observer,
                    registry: Registry::new(),
                    frozen: false,
                    flag: false,
                    hook: None,
                }),
                memory: Memory::new(),
            }
        }
    }
}

impl<P: Protocol, O: Observe> SlowPath<P, O> {
    /// Whether the word is ever biased.
    const BIASED: bool = P::PACED && !O::DISABLE_FAST_PATH;

    /// Attaches through a biased word, or else through sections. `false`: the deadline passed.
    #[cold]
    pub(super) fn attach_slow(
        &self,
        registration: &Registration,
        deadline: Option<Instant>,
    ) -> Result<bool, Fault> {
        if Self::BIASED && self.word.attach_biased(registration.id) {
            return Ok(true);
        }
        self.run_to_completion(registration, Operation::Acquire, deadline)
    }

    /// Detaches through a biased word, or else through sections.
    #[cold]
    pub(super) fn detach_slow(
        &self,
        registration: &Registration,
        release: Operation,
    ) -> Result<(), Fault> {
        if Self::BIASED && self.word.detach_biased(registration.id) {
            return Ok(());
        }
        self.run_to_completion(registration, release, None).map(|_| ())
    }

    /// Runs sections until `operation` is complete. `false`: the deadline passed, and the operation
    /// was cancelled.
    #[cold]
    pub(super) fn run_to_completion(
        &self,
        registration: &Registration,
        mut operation: Operation,
        deadline: Option<Instant>,
    ) -> Result<bool, Fault> {
        registration.parker.park.bind(); // only loom needs to know which thread sleeps
        let mut expired_epoch = None;
        loop {
            let (outcome, plan) = self.section(registration.id, operation, expired_epoch)?;
            // Step 5: wait.
            (operation, expired_epoch) = match outcome {
                Outcome::Owns => return Ok(true),
                Outcome::Left => return Ok(operation != Operation::Cancel),
                Outcome::Retry => (Operation::Retry, None),
                Outcome::Wait(_) => match registration.parker.wait(plan, deadline) {
                    Parked::Returned => (Operation::Resume(Wake::Notified), None),
                    Parked::GaveUp if mutant!(CancelSkipped) => return Ok(false),
                    Parked::GaveUp => (Operation::Cancel, None),
                    Parked::TimedOut => (Operation::Resume(Wake::TimedOut), Some(plan.epoch)),
                },
            };
        }
    }

    /// Steps 1 to 4.
    fn section(
        &self,
        thread: ThreadId,
        operation: Operation,
        expired_epoch: Option<u64>,
    ) -> Result<(Outcome, WaitPlan<Instant>), Fault> {
        // Step 1: freeze.
        let mut shared = self.shared.lock();
        let clock = SectionClock::new();
        self.memory.touch();
        let bomb = Bomb;
        if !shared.frozen || mutant!(FreezesAgain) {
            self.freeze(&mut shared, &clock);
        }
        // Step 2: decide.
        let Shared { timed, observer, .. } = &mut *shared;
        let has_request = P::PREEMPTION != Preemption::OnRequest || timed.monitor.requested();
        let stale = operation == Operation::Safepoint && !has_request;
        let decided = if stale && !mutant!(StaleRequestAnswered) {
            observer.stale_request(thread); // the safepoint saw a request that has been answered
            let owns = timed.monitor.owner() == Some(thread);
            owns.then(|| (Outcome::Owns, timed.plan(None, &clock))).ok_or(Fault::NotHolder)
        } else {
            timed.section(thread, operation, expired_epoch, observer, &clock)
        };
        let woken = shared.drain_parkers();
        // Step 3: publish.
        self.publish(&mut shared);
        std::mem::forget(bomb);
        // Step 4: wake. Once the mutex is unlocked, another thread may destroy the lock (SAFE-8).
        drop(shared);
        woken.iter().for_each(|parker| parker.unpark());
        if mutant!(TouchedAfterRelease) {
            self.memory.touch();
        }
        match decided {
            Err(fault) if !fault.is_caller_error() => fail(&fault),
            decided => decided,
        }
    }

    /// Takes over from the fast path.
    fn freeze(&self, shared: &mut Shared<P, O>, clock: &SectionClock) {
        let before = self.word.freeze();
        shared.frozen = true;
        if let Some(count @ 1..) = before.biased_reacquires {
            shared.observer.biased_reacquires(count);
        }
        let synced = shared.timed.sync_owner(before.holder, before.biased_reacquires, clock);
        synced.unwrap_or_else(|fault| fail(&fault));
    }

    /// Publishes the section's result: the flag, then the word.
    fn publish(&self, shared: &mut Shared<P, O>) {
        if mutant!(WordBeforeFlag) {
            self.publish_word(shared);
        }
        let requested = shared.timed.publishes_request() || shared.flag && mutant!(FlagNeverFalls);
        if shared.flag != requested && !mutant!(FlagNotMirrored) {
            self.set_request_flag(shared, requested);
        }
        if !mutant!(WordBeforeFlag) {
            self.publish_word(shared);
        }
        let (flag, frozen) = (shared.flag, shared.frozen);
        shared.observer.published(flag, frozen, &shared.timed.monitor);
    }

    /// Unfreezes the word if no thread waits, or biases it if a thread may retake the lock.
    fn publish_word(&self, shared: &mut Shared<P, O>) {
        let monitor = &shared.timed.monitor;
        let (owner, biased) = (monitor.owner(), monitor.biased().filter(|_| Self::BIASED));
        shared.frozen = if monitor.all_idle() || mutant!(SlowDroppedEarly) {
            self.word.unfreeze(owner);
            false
        } else if let Some(thread) = biased {
            self.word.bias(thread, owner.is_some()); // HAND-4: if there is an owner, it is `thread`
            mutant!(BiasNotRevoked)
        } else {
            true
        };
    }

    /// Stores the flag, under the mutex, and tells the hook.
    pub(super) fn set_request_flag(&self, shared: &mut Shared<P, O>, requested: bool) {
        shared.flag = requested;
        // Relaxed: see "Orderings" in the module's docs.
        self.requested.store(requested, Ordering::Relaxed);
        let bomb = Bomb;
        if let Some(tell) = &shared.hook {
            tell(requested);
        }
        std::mem::forget(bomb);
    }

    /// Whether the calling thread, `id`, owns the lock. While it runs, no other thread can change
    /// the answer.
    pub(super) fn is_attached(&self, id: ThreadId) -> bool {
        let by_word = self.word.is_held_by(id);
        by_word.unwrap_or_else(|| {
            let shared = self.shared.lock();
            // Another thread may have unfrozen the word before this one locked the mutex.
            self.word.is_held_by(id).unwrap_or_else(|| shared.timed.monitor.owner() == Some(id))
        })
    }
}

impl<P: Protocol, O> Shared<P, O> {
    /// Drains the woken threads, and returns their parkers.
    fn drain_parkers(&mut self) -> Vec<Arc<Parker>> {
        let Self { timed, registry, .. } = self;
        if timed.monitor.woken().is_empty() {
            return Vec::new(); // the common case
        }
        let most = if mutant!(OnlyFirstUnparked) { 1 } else { usize::MAX };
        timed
            .monitor
            .drain_woken()
            .take(most)
            .filter_map(|thread| registry.parker(thread)) // a waiter is registered: it has one
            .collect()
    }
}

/// Aborts when a section or the hook unwinds: a half-updated lock must not live on. What returns
/// forgets it.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        // loom reports the panic itself; the observer of a checker may have caused it.
        if !crate::UNDER_LOOM {
            fail(&"a protocol or a callback panicked under the lock's mutex");
        }
    }
}
