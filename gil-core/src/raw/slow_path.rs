//! The slow path, from top to bottom: what an operation does when the word alone cannot serve it.
//!
//! # The five steps
//! 1. **Freeze.** Lock the mutex. If the word is not frozen, freeze it, and tell the Monitor who
//!    holds the lock.
//! 2. **Decide.** Run one section of the [`TimedMonitor`]: the protocol decides, and pacing may
//!    delay.
//! 3. **Publish.** Mirror the request into the flag that safepoints read. Give the word back if
//!    every thread is idle, or bias it to the thread that may retake the lock. (WORD-3: flag before
//!    word.)
//! 4. **Wake.** Unlock the mutex, then unpark the threads that the section woke.
//! 5. **Wait.** Return, retry, or sleep until the plan says. Then begin again with step 1.
//!
//! [`SlowPath::section`] is steps 1 to 4, and [`SlowPath::run_to_completion`] is the loop around
//! them.
//!
//! # Between a timer's expiry and the new holder's first instruction
//! The waiter whose timer expired runs a section: the protocol requests a switch, and step 3 sets
//! the flag (*requested*). The holder's next safepoint sees the flag and runs a section: the
//! protocol gives the lock to the next in line, step 3 clears the flag, and step 4 unparks that
//! thread (*answered* and *granted*). It returns from step 5 and runs a section that finds itself
//! the owner (*confirmed*).
//!
//! # Orderings
//! The mutex orders everything here, and [`Word`] joins the fast path to it. The flag is Relaxed:
//! it is stored under the mutex and loaded by the holder only, who at worst sees it one safepoint
//! later, or enters a section that finds no request.

use std::sync::Arc;

use super::parker::Parker;
use super::registry::{Registration, Registry};
use super::word::Word;
use crate::monitor::{Fault, Operation, Outcome};
use crate::observe::Observe;
use crate::pacing::Pacing;
use crate::protocol::{Preemption, Protocol, ThreadId, Wake};
use crate::sync::{
    AtomicBool, Instant, Memory, Mutex, Ordering, Parked, SectionClock, const_unless_loom, fail,
    mutant,
};
use crate::timed_monitor::{TimedMonitor, WaitPlan};

/// The lock, less its ticks: the word, the flag, and what the mutex guards.
pub(super) struct SlowPath<P: Protocol, O> {
    pub(super) word: Word,
    pub(super) requested: AtomicBool,
    pub(super) shared: Mutex<Shared<P, O>>,
    /// What all of this stands in, for a checker: no access after the final release, SAFE-8.
    pub(super) memory: Memory,
}

/// Guarded by the mutex.
pub(super) struct Shared<P: Protocol, O> {
    pub(super) timed: TimedMonitor<P, Instant>,
    pub(super) observer: O,
    pub(super) registry: Registry,
    /// The Monitor knows the owner, and the word does not.
    frozen: bool,
    /// The flag that safepoints read, mirrored: a checker allows only the holder to load it.
    pub(super) flag: bool,
    /// Is told when the flag changes.
    pub(super) hook: Option<Box<dyn Fn(bool) + Send>>,
}

impl<P: Protocol, O> SlowPath<P, O> {
    const_unless_loom! {
        pub(super) fn new(protocol: P, observer: O, pacing: Pacing<Instant>) -> Self {
            Self {
                word: Word::new(),
                requested: AtomicBool::new(false),
                shared: Mutex::new(Shared {
                    timed: TimedMonitor::new(protocol, pacing),
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
    const BIASED: bool = P::GRACE_PERIOD && !O::DISABLE_FAST_PATH;

    /// Attaches when the word was not free: by the bias, or by sections. `false`: the deadline
    /// passed.
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

    /// Detaches when the word was not simply held: by the bias, or by sections.
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

    /// Runs sections until `operation` is complete. `false`: the deadline passed, and it was
    /// cancelled.
    #[cold]
    pub(super) fn run_to_completion(
        &self,
        registration: &Registration,
        mut operation: Operation,
        deadline: Option<Instant>,
    ) -> Result<bool, Fault> {
        registration.parker.park.bind();
        let mut expired_epoch = None;
        loop {
            let (outcome, plan) = self.section(registration.id, operation, expired_epoch.take())?;
            // Step 5: wait.
            operation = match outcome {
                Outcome::Owns => return Ok(true),
                Outcome::Left => return Ok(operation != Operation::Cancel),
                Outcome::Retry => Operation::Retry,
                Outcome::Wait(_) => match registration.parker.wait(plan, deadline) {
                    Parked::Returned => Operation::Resume(Wake::Notified),
                    Parked::GaveUp if mutant!(CancelSkipped) => return Ok(false),
                    Parked::GaveUp => Operation::Cancel,
                    Parked::TimedOut => {
                        expired_epoch = Some(plan.epoch);
                        Operation::Resume(Wake::TimedOut)
                    }
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
        let answers = P::PREEMPTION != Preemption::OnRequest || timed.monitor.requested();
        let stale = operation == Operation::Safepoint && !answers;
        let decided = if stale && !mutant!(StaleRequestAnswered) {
            observer.stale_request(thread);
            let holds = timed.monitor.owner() == Some(thread);
            holds.then(|| (Outcome::Owns, timed.plan(None, &clock))).ok_or(Fault::NotHolder)
        } else {
            timed.section(thread, operation, expired_epoch, observer, &clock)
        };
        let woken = shared.drain_parkers();
        // Step 3: publish.
        self.publish(&mut shared);
        std::mem::forget(bomb);
        // Step 4: wake. The lock may be gone after this unlock.
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
        if let Some(times @ 1..) = before.biased_reacquires {
            shared.observer.biased_reacquires(times);
        }
        let synced = shared.timed.sync_owner(before.holder, before.biased_reacquires, clock);
        synced.unwrap_or_else(|fault| fail(&fault));
    }

    /// Lets the fast path see what the section left: the flag, then the word.
    fn publish(&self, shared: &mut Shared<P, O>) {
        let monitor = &shared.timed.monitor;
        let (owner, biased) = (monitor.owner(), monitor.biased().filter(|_| Self::BIASED));
        let quiet = monitor.all_idle() || mutant!(SlowDroppedEarly);
        if quiet && mutant!(WordBeforeFlag) {
            self.word.unfreeze(owner);
        }
        let requested = shared.timed.publishes_request() || shared.flag && mutant!(FlagNeverFalls);
        if shared.flag != requested && !mutant!(FlagNotMirrored) {
            self.set_request_flag(shared, requested);
        }
        match biased {
            _ if quiet && mutant!(WordBeforeFlag) => {}
            _ if quiet => self.word.unfreeze(owner),
            Some(thread) => self.word.bias(thread, owner.is_some()),
            None => {}
        }
        shared.frozen = !quiet && (biased.is_none() || mutant!(BiasNotRevoked));
        let (flag, frozen) = (shared.flag, shared.frozen);
        shared.observer.published(flag, frozen, &shared.timed.monitor);
    }

    /// Stores the flag, under the mutex, and tells the hook.
    pub(super) fn set_request_flag(&self, shared: &mut Shared<P, O>, requested: bool) {
        shared.flag = requested;
        // Relaxed: published by the word's store or by the mutex, see the module's page.
        self.requested.store(requested, Ordering::Relaxed);
        let bomb = Bomb;
        if let Some(tell) = &shared.hook {
            tell(requested);
        }
        std::mem::forget(bomb);
    }

    /// Whether the thread holds the lock. Only the thread itself can change that.
    pub(super) fn is_attached(&self, id: ThreadId) -> bool {
        let by_word = self.word.is_held_by(id);
        by_word.unwrap_or_else(|| {
            let shared = self.shared.lock();
            // The word may have been given back meanwhile.
            self.word.is_held_by(id).unwrap_or_else(|| shared.timed.monitor.owner() == Some(id))
        })
    }
}

impl<P: Protocol, O> Shared<P, O> {
    /// The parkers of the threads that have been woken and not yet unparked.
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
            .filter_map(|thread| registry.parker(thread))
            .collect()
    }
}

/// Aborts when a section unwinds: a half-updated lock must not live on.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        // loom reports the panic itself, and a checker that observes the section may be its cause.
        if std::thread::panicking() && !crate::UNDER_LOOM {
            fail(&"a protocol or a callback panicked under the lock's mutex");
        }
    }
}
