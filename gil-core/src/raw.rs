//! The mechanism: a word, a flag, one mutex around the Monitor, and a parker for each thread.
//!
//! # Fast path
//! Attach and detach are one compare-and-swap each, a safepoint is one relaxed load. They work
//! while every slot of the Monitor is Idle. While one is not, the lock may be *biased* to the thread
//! that released it last ([`Monitor::biased`]): for it alone they are two compare-and-swaps each, of
//! which the first one fails.
//!
//! # Slow path, step by step
//! 1. Lock the mutex. If the word is not frozen, freeze it and tell the Monitor who held the lock.
//! 2. Run one section of the Monitor.
//! 3. Mirror the request into the flag, but for one that is held back: a thread that arrives may ask
//!    at once, and the holder's run is young. If all slots are Idle again, give the word back
//!    (WORD-3: flag before word). If the protocol lets a thread take the lock back, give the word to it.
//! 4. Unlock. Ring the bells of the threads that the section woke.
//! 5. Sleep, retry or return, as the section's outcome says. Whoever has just asked because its timer was up
//!    waits for the answer first, awake.
//!
//! # Orderings
//! The mutex orders everything in the slow path and [`Word`] joins the fast path to it. The flag is
//! Relaxed: it is stored under the mutex and loaded by the owner only, who at worst sees it one
//! safepoint later, or enters a section that finds no request.

use std::sync::Arc;
use std::time::Duration;

use crate::fault::Fault;
use crate::inner::{Breaker, Inner, Sleep};
use crate::monitor::{Monitor, Operation, Outcome};
use crate::observe::{Counters, Observe};
use crate::parker::Parker;
use crate::protocol::{Preemption, Protocol, Release, ThreadId};
use crate::sync::{
    AtomicBool, AtomicU32, Instant, Memory, Mutex, Ordering, Parked, Wall, const_unless_loom, fail,
    mutant,
};
use crate::word::Word;

/// A thread's membership of one lock: its id there and the bell it is woken by. Used by one thread.
#[derive(Debug)]
pub struct Registration {
    id: ThreadId,
    parker: Arc<Parker>,
}

impl Registration {
    /// The thread's id in this lock.
    #[must_use]
    pub fn id(&self) -> ThreadId {
        self.id
    }
}

/// A GIL without data: what [`Gil`](crate::Gil) is made of, and what the checkers run.
///
/// A thread registers first and names itself in every call; no thread-local state is involved.
///
/// ```
/// use gil_core::{Handoff, RawGil};
/// # if gil_core::UNDER_LOOM { return Ok(()) }
/// let lock = RawGil::new(Handoff::new());
/// let thread = lock.register();
/// lock.attach(&thread)?;
/// lock.safepoint(&thread)?;
/// lock.detach(&thread)?;
/// assert!(lock.detach(&thread).is_err(), "a thread that does not hold it cannot release it");
/// # Ok::<(), gil_core::Fault>(())
/// ```
#[derive(Debug)]
pub struct RawGil<P, O = Counters> {
    word: Word,
    requested: AtomicBool,
    ticks_left: AtomicU32,
    check_interval: AtomicU32,
    inner: Mutex<Inner<P, O>>,
    /// What all of this stands in, for a checker: the last release is the last touch (SAFE-8).
    memory: Memory,
}

const fn ticks<P: Protocol>() -> u32 {
    match P::PREEMPTION {
        Preemption::OnRequest => 0,
        Preemption::EveryTicks(ticks) => ticks,
    }
}

impl<P: Protocol> RawGil<P> {
    const_unless_loom! {
        /// A free lock that counts what its slow path does.
        pub fn new(protocol: P) -> Self {
            Self::with_observer(protocol, Counters::new())
        }
    }

    /// What the slow path has done so far.
    pub fn counters(&self) -> Counters {
        self.inspect_observer(|counters| *counters)
    }

    /// As [`RawGil::detach`], for a thread that holds the lock for sure: all of what is rare is out of line,
    /// so that a guard's end is a few instructions.
    #[inline(always)]
    pub(crate) fn must_detach(&self, member: &Registration) {
        self.memory.touch();
        if !self.word.detach(member.id) {
            self.must_detach_past_word(member);
        }
    }

    #[cold]
    #[inline(never)]
    fn must_detach_past_word(&self, member: &Registration) {
        let detached = self.past_word(member, Operation::Release(Release::Blocking), None);
        detached.map_or_else(|fault| fail(&fault), drop);
    }
}

impl<P: Protocol, O: Observe> RawGil<P, O> {
    const_unless_loom! {
        /// A free lock watched by `observer`.
        pub fn with_observer(protocol: P, observer: O) -> Self {
            Self {
                word: Word::new(),
                requested: AtomicBool::new(false),
                ticks_left: AtomicU32::new(ticks::<P>()),
                check_interval: AtomicU32::new(ticks::<P>()),
                inner: Mutex::new(Inner::new(protocol, observer)),
                memory: Memory::new(),
            }
        }
    }

    /// Looks at the observer, under the lock's mutex: `look` must be short and must not come back
    /// to this lock.
    pub fn inspect_observer<R>(&self, look: impl FnOnce(&mut O) -> R) -> R {
        look(&mut self.inner.lock().observer)
    }

    /// Looks at the Monitor, under the lock's mutex: as [`RawGil::inspect_observer`]. While nobody is in
    /// the slow path, or the lock is biased, the Monitor's owner is the one it was told last.
    pub fn inspect_monitor<R>(&self, look: impl FnOnce(&Monitor<P>) -> R) -> R {
        look(&self.inner.lock().monitor)
    }

    /// Makes a member for one thread, the one that first enters the slow path with it. O(1); ids of
    /// members that left are used again.
    pub fn register(&self) -> Registration {
        let parker = Arc::new(Parker::new());
        let mut inner = self.inner.lock();
        let id = inner.vacant.pop().unwrap_or_else(|| {
            inner.members.push(None);
            ThreadId::from_index((inner.members.len() - 1) as u32)
        });
        inner.members[id.index()] = Some(parker.clone());
        Registration { id, parker }
    }

    /// Ends a membership. The id of a thread that still holds the lock (think of
    /// [`std::mem::forget`]) is never used again.
    pub fn unregister(&self, member: Registration) {
        self.unregister_id(member.id);
    }

    pub(crate) fn unregister_id(&self, id: ThreadId) {
        let mut inner = self.inner.lock();
        if !self.holds(&inner, id) {
            inner.members[id.index()] = None;
            inner.vacant.push(id);
        }
    }

    /// Sets the switch interval: how long one owner may run before a waiter asks for a switch.
    /// Zero is 1 us, as in CPython. Waits that have begun keep the interval they began with.
    pub fn set_switch_interval(&self, interval: Duration) {
        self.inner.lock().interval = interval.max(Duration::from_micros(1));
    }

    /// The switch interval.
    pub fn switch_interval(&self) -> Duration {
        self.inner.lock().interval
    }

    /// Sets after how many safepoints a protocol with ticks switches (Python 2's
    /// `sys.setcheckinterval`), and starts a new count. Without meaning for every other protocol.
    pub fn set_check_interval(&self, ticks: u32) {
        // Relaxed: settings, ordered with nothing.
        self.check_interval.store(ticks, Ordering::Relaxed);
        self.ticks_left.store(ticks, Ordering::Relaxed);
    }

    /// Takes the lock, waiting for it if need be.
    ///
    /// # Errors
    /// [`Fault::AlreadyAttached`] when the thread holds the lock.
    #[inline]
    pub fn attach(&self, member: &Registration) -> Result<(), Fault> {
        self.memory.touch();
        if !O::DISABLE_FAST_PATH && self.word.attach(member.id) {
            return Ok(());
        }
        self.past_word(member, Operation::Acquire, None).map(|_| ())
    }

    /// Takes the lock, or gives up at the moment `gives_up` and returns `false`.
    ///
    /// # Errors
    /// [`Fault::AlreadyAttached`] when the thread holds the lock.
    pub fn try_attach_until(
        &self,
        member: &Registration,
        gives_up: Instant,
    ) -> Result<bool, Fault> {
        if !O::DISABLE_FAST_PATH && self.word.attach(member.id) {
            return Ok(true);
        }
        self.past_word(member, Operation::Acquire, Some(gives_up))
    }

    /// Takes the lock if it is free and nobody waits for it. Never waits for the holder.
    ///
    /// # Errors
    /// [`Fault::AlreadyAttached`] when the thread holds the lock.
    pub fn try_attach(&self, member: &Registration) -> Result<bool, Fault> {
        if self.word.attach(member.id) {
            return Ok(true);
        }
        if self.is_attached(member) { Err(Fault::AlreadyAttached) } else { Ok(false) }
    }

    /// Whether the thread holds the lock.
    pub fn is_attached(&self, member: &Registration) -> bool {
        let by_word = self.word.is_held_by(member.id);
        by_word.unwrap_or_else(|| self.holds(&self.inner.lock(), member.id))
    }

    fn holds(&self, inner: &Inner<P, O>, id: ThreadId) -> bool {
        self.word.is_held_by(id).unwrap_or_else(|| inner.monitor.owner() == Some(id))
    }

    /// Releases the lock, for a blocking call or for good until the next attach.
    ///
    /// # Errors
    /// [`Fault::NotHolder`] when the thread does not hold the lock.
    #[inline]
    pub fn detach(&self, member: &Registration) -> Result<(), Fault> {
        self.memory.touch();
        if !O::DISABLE_FAST_PATH && self.word.detach(member.id) {
            return Ok(());
        }
        self.past_word(member, Operation::Release(Release::Blocking), None).map(|_| ())
    }

    /// Whether the holder is asked to release. One relaxed load.
    #[inline]
    pub fn switch_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed) // a hint, looked at again under the mutex
    }

    /// Releases the lock and takes it again if a switch is requested; `false`: nothing was
    /// requested, and it was one relaxed load.
    ///
    /// # Errors
    /// [`Fault::NotHolder`] when the thread does not hold the lock (found only when a switch is
    /// requested).
    #[inline]
    pub fn safepoint(&self, member: &Registration) -> Result<bool, Fault> {
        if const { matches!(P::PREEMPTION, Preemption::EveryTicks(_)) } {
            // Relaxed: only the holder touches the count, and the lock orders holders.
            let left = self.ticks_left.load(Ordering::Relaxed);
            if left > 0 {
                self.ticks_left.store(left - 1, Ordering::Relaxed);
                return Ok(false);
            }
            let interval = self.check_interval.load(Ordering::Relaxed);
            self.ticks_left.store(interval, Ordering::Relaxed);
        } else if !self.switch_requested() {
            return Ok(false);
        }
        self.drive(member, Operation::Safepoint, None)
    }

    /// The lock's memory goes, as a program under loom has it: nothing may touch it before in another
    /// thread without an order, or after.
    #[cfg(loom)]
    #[doc(hidden)]
    pub fn free_memory(&self) {
        self.memory.free();
    }

    /// Sends the next safepoint through a section in which nothing may be requested: the way to the
    /// holder's attention.
    pub(crate) fn nudge(&self) {
        self.show(&mut self.inner.lock(), true);
    }

    /// Has `tell` called whenever [`RawGil::switch_requested`] has changed: `true` when a waiter asks for a
    /// switch (or dropped objects wait for the holder), `false` when no more. It takes the place of an
    /// earlier one, and is called at once with how things stand.
    ///
    /// `tell` runs under the lock's mutex, in any thread that uses the lock: it must be short and must not
    /// come back to this lock. A panic in it aborts the process.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicBool, Ordering};
    /// use gil_core::{Handoff, RawGil};
    /// # if gil_core::UNDER_LOOM { return }
    /// let lock = RawGil::new(Handoff::new());
    /// let stop = Arc::new(AtomicBool::new(true)); // what the interpreter's loop looks at
    /// let flag = stop.clone();
    /// lock.on_switch_request(move |requested| flag.store(requested, Ordering::Relaxed));
    /// assert!(!stop.load(Ordering::Relaxed));
    /// ```
    pub fn on_switch_request(&self, tell: impl Fn(bool) + Send + 'static) {
        let mut inner = self.inner.lock();
        inner.breaker = Some(Breaker(Box::new(tell)));
        let flag = inner.flag;
        self.show(&mut inner, flag);
    }

    /// Stores the flag, under the mutex, and tells of it.
    fn show(&self, inner: &mut Inner<P, O>, requested: bool) {
        inner.flag = requested;
        // Relaxed: published by the word's store or by the mutex, see the module's page.
        self.requested.store(requested, Ordering::Relaxed);
        let bomb = Bomb;
        if let Some(Breaker(tell)) = &inner.breaker {
            tell(requested);
        }
        std::mem::forget(bomb);
    }

    /// Whether the word is ever biased.
    const BIASES: bool = P::GRACE_PERIOD && !O::DISABLE_FAST_PATH;

    /// Past a word that was not free, or not held without more ado: by the bias, or by sections.
    #[cold]
    fn past_word(
        &self,
        member: &Registration,
        entry: Operation,
        gives_up: Option<Instant>,
    ) -> Result<bool, Fault> {
        let by_bias = match entry {
            _ if !Self::BIASES => false,
            Operation::Acquire => self.word.take_back(member.id),
            _ => self.word.leave(member.id),
        };
        if by_bias { Ok(true) } else { self.drive(member, entry, gives_up) }
    }

    /// Runs sections until the operation that begins with `entry` is over. `false`: gave up.
    #[cold]
    fn drive(
        &self,
        member: &Registration,
        mut entry: Operation,
        gives_up: Option<Instant>,
    ) -> Result<bool, Fault> {
        member.parker.bind();
        let mut slept = None;
        loop {
            let (outcome, sleep) = self.section(member.id, entry, slept)?;
            slept = None;
            entry = match outcome {
                Outcome::Owns => return Ok(true),
                Outcome::Left => return Ok(entry != Operation::Cancel),
                Outcome::Retry => Operation::Retry,
                Outcome::Wait(_) => match member.parker.wait(sleep, gives_up) {
                    Parked::Returned => Operation::Resume(crate::Wake::Notified),
                    Parked::GaveUp if mutant!(GivesUpSilently) => return Ok(false),
                    Parked::GaveUp => Operation::Cancel,
                    Parked::TimedOut => {
                        slept = Some(sleep.run);
                        Operation::Resume(crate::Wake::TimedOut)
                    }
                },
            };
        }
    }

    /// One section, with the mutex locked, and the wake-ups it leads to, after unlocking.
    fn section(
        &self,
        thread: ThreadId,
        entry: Operation,
        slept: Option<u64>,
    ) -> Result<(Outcome, Sleep), Fault> {
        let mut inner = self.inner.lock();
        let wall = Wall::new();
        self.memory.touch();
        let bomb = Bomb;
        if !inner.frozen || mutant!(FreezesAgain) {
            inner.take_over(self.word.freeze(), &wall).unwrap_or_else(|fault| fail(&fault));
        }
        let again = inner.looks_again(thread, entry, &wall);
        let result = match again {
            Some(_) => Ok(Outcome::Wait(None)),
            None => inner.decide(thread, entry, slept, &wall),
        };
        let shows = inner.hold_back(thread, entry, &wall).or(again);
        let bells = inner.drain_parkers();
        let sleep = inner.sleep(thread, result, shows, &wall);
        self.publish(&mut inner);
        std::mem::forget(bomb);
        drop(inner);
        for bell in bells {
            bell.ring();
        }
        if mutant!(TouchedAfterRelease) {
            self.memory.touch();
        }
        match result {
            Err(fault) if !fault.is_caller_error() => fail(&fault),
            result => result.map(|outcome| (outcome, sleep)),
        }
    }

    /// Lets the fast path see what the section left: the flag, then, if all is quiet, the word.
    fn publish(&self, inner: &mut Inner<P, O>) {
        let quiet = inner.monitor.all_idle() || mutant!(SlowDroppedEarly);
        if quiet && mutant!(WordBeforeFlag) {
            self.word.unfreeze(inner.monitor.owner());
        }
        let shown = inner.monitor.requested() && inner.runs.held_back().is_none();
        let requested = shown || inner.flag && mutant!(FlagNeverFalls);
        if inner.flag != requested && !mutant!(FlagNotMirrored) {
            self.show(inner, requested);
        }
        let biased = inner.monitor.biased().filter(|_| Self::BIASES);
        match biased {
            _ if quiet && mutant!(WordBeforeFlag) => {}
            _ if quiet => self.word.unfreeze(inner.monitor.owner()),
            Some(thread) => self.word.bias(thread, inner.monitor.owner().is_some()),
            None => {}
        }
        inner.frozen = !quiet && (biased.is_none() || mutant!(BiasNotRevoked));
        inner.observer.published(inner.flag, inner.frozen, &inner.monitor);
    }
}

/// Aborts when a section unwinds: a half-updated lock must not live on.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        // loom reports the panic itself, and a checker that watches the section may be its cause.
        if std::thread::panicking() && !crate::UNDER_LOOM {
            fail(&"a protocol or a callback panicked under the lock's mutex");
        }
    }
}
