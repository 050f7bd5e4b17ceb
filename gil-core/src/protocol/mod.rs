//! What a GIL *decides*: a pure state machine, without atomics, threads, clocks or I/O.
//!
//! # Why a trait and not a lock
//! A lock that decides and acts in one piece of code can only be checked as a whole, with every
//! memory ordering and every wake-up multiplied by every decision. A [`Protocol`] only decides. It
//! runs under one mutex, inside a [`Monitor`](crate::engine::Monitor), and asks for effects
//! through [`Context`]. The same value then runs on real threads, under loom, in an explorer of
//! all states and in a simulator, so there is no model that could drift from the lock.
//!
//! # The handshake
//! A forced switch has four steps, with the same names in code, events, pictures and docs:
//! **requested** (a waiter asks the holder to release), **answered** (the holder releases because
//! of it), **granted** (another thread owns the lock), **confirmed** (the new holder runs).

mod handoff;
mod timekeeper;

pub use handoff::{Budgets, Handoff};
pub use timekeeper::Timekeeper;

use std::fmt::Debug;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

/// A thread, as one lock knows it. Ids start at 1, and an id may be reused after its thread has
/// gone.
///
/// ```
/// let id = gil_core::protocol::ThreadId::from_index(0);
/// assert_eq!((id.get(), id.index()), (1, 0));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(NonZeroU32);

impl ThreadId {
    /// The id at `index` (0, 1, 2 ...).
    ///
    /// # Panics
    /// When `index` is `u32::MAX`.
    #[must_use]
    pub const fn from_index(index: u32) -> Self {
        Self(
            NonZeroU32::new(index.wrapping_add(1))
                .expect("a lock has ids for at most u32::MAX threads"),
        )
    }

    /// The id as a number, at least 1.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The position of this thread in tables: `get() - 1`.
    pub const fn index(self) -> usize {
        (self.0.get() - 1) as usize
    }

    pub(crate) fn from_bits(bits: u32) -> Option<Self> {
        NonZeroU32::new(bits).map(Self)
    }
}

impl Debug for ThreadId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "T{}", self.index())
    }
}

/// One of a protocol's wait-sets: what a waiting thread waits *on*. A protocol numbers its sets
/// from 0 and describes them in [`Protocol::SETS`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WaitSet(pub u8);

/// In which order a wait-set wakes its threads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Order {
    /// A condition variable: a notification may wake any waiter, and a thread that waits again
    /// loses its place. The explorer tries every choice.
    Unordered,
    /// A queue: [`Context::first`] is who has waited longest. A notified thread keeps its place
    /// until its own section takes it out, so losing the lock to a faster thread costs no place.
    Fifo,
}

/// A timer on a wait. The length is always one switch interval; only its start differs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Counts from the start of this wait (CPython).
    Wait,
    /// Counts from the start of the present run, and starts again when another thread gains the
    /// lock: it expires only when one owner has run for a whole interval. A thread that retakes
    /// what it released, with no other owner between, goes on with its run.
    Run,
}

/// Why a waiting thread runs again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Wake {
    /// Another thread notified it.
    Notified,
    /// Its timer expired before it was notified.
    TimedOut,
}

/// How a thread leaves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Release {
    /// It will be back: a blocking call, or the end of an outermost attach.
    Blocking,
    /// It has ended (CPython deletes the thread state and skips the forced switch here).
    Final,
}

/// The constants of a [`Protocol`], as a value.
///
/// ```
/// use gil_core::protocol::{Handoff, Protocol};
/// assert_eq!(Handoff::new().settings().sets, Handoff::SETS);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// [`Protocol::SETS`].
    pub sets: &'static [Order],
    /// [`Protocol::PREEMPTION`].
    pub preemption: Preemption,
    /// [`Protocol::SWITCH_INTERVAL`].
    pub switch_interval: Duration,
    /// [`Protocol::PACED`].
    pub paced: bool,
}

/// Why a switch is requested.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request {
    /// A full switch interval went by in which the owner did not change (claim SAFE-4).
    AfterInterval,
    /// At once, paid from a bounded budget.
    Boost,
}

/// When a running thread must look whether it has to release.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Preemption {
    /// A safepoint does something only while a switch is requested: one relaxed load otherwise.
    OnRequest,
    /// At the safepoint after every N that do nothing, requested or not (Python 2's ticks).
    EveryTicks(u32),
}

/// What a section ends with, for the thread that ran it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// It owns the lock.
    Owns,
    /// It is outside.
    Left,
    /// It sleeps in a wait-set, perhaps with a timer.
    Wait(WaitSet, Option<Timer>),
    /// It leaves the mutex and comes back with [`Protocol::retry`]: two sections where a real GIL
    /// has two, so that other threads can run sections between them.
    Retry,
}

/// What a protocol can see and do inside a section. Every effect of every protocol passes through
/// here, which is why one list of generic mutants fits all of them.
pub trait Context {
    /// The thread that runs this section.
    fn me(&self) -> ThreadId;
    /// Whether the lock is free.
    fn is_free(&self) -> bool;
    /// Whether a switch is requested.
    fn requested(&self) -> bool;
    /// Whether `me` is on its way out (it came in by a release) and not on its way in.
    fn leaving(&self) -> bool;
    /// Who waits longest in a [`Order::Fifo`] set; `None` for a set of any other order.
    fn first(&self, set: WaitSet) -> Option<ThreadId>;
    /// Who came last to a [`Order::Fifo`] set; `None` for a set of any other order.
    fn last(&self, set: WaitSet) -> Option<ThreadId>;
    /// Asks the owner to release: step *requested* of the handshake.
    fn request(&mut self, why: Request);
    /// Takes the request back, or notes that it has been answered.
    fn clear_request(&mut self);
    /// The owner, `me`, gives the lock up.
    fn free(&mut self);
    /// The lock goes to `thread`, which waits: step *granted* of the handshake. It owns from now
    /// on, and its next section only confirms that.
    fn give(&mut self, thread: ThreadId);
    /// Wakes one thread, if it waits.
    fn notify(&mut self, thread: ThreadId);
    /// Wakes one thread of a set: the head of a queue, any thread of a condition variable.
    fn notify_one(&mut self, set: WaitSet);
    /// Wakes all threads of a set.
    fn notify_all(&mut self, set: WaitSet);
}

/// A GIL protocol: who goes next, who waits on what, when a switch is requested.
///
/// # States
/// Each thread is detached, the owner, or in the middle of an operation (its
/// [`ThreadState`](crate::engine::ThreadState) says how). Each method is one critical section of
/// the thread `cx.me()`, and returns where that leaves it.
///
/// # Rules
/// The [`Monitor`](crate::engine::Monitor) refuses, as a [`Fault`](crate::engine::Fault), what no
/// protocol may do: take a held lock, wait while owning, give the lock to a thread that does not
/// wait. Beyond that: no counters that grow for ever (they make the state space infinite), no
/// clock, and nothing may depend on sections that the fast path skips. While no thread waits, an
/// attach and a detach can happen without any section; an acquire that finds the lock free and
/// without waiters must leave the same behaviour behind as no section at all. `gil-verify` checks
/// that.
///
/// # Panics
/// A panic inside a section aborts the process, because a half-updated lock must not live on.
///
/// ```
/// use gil_core::protocol::{Context, Order, Protocol, Release, Step, WaitSet, Wake};
///
/// /// A semaphore: a free lock goes to the first thread that asks.
/// #[derive(Clone, PartialEq, Eq, Hash, Debug)]
/// struct Semaphore;
/// const SET: WaitSet = WaitSet(0);
///
/// impl Protocol for Semaphore {
///     const NAME: &'static str = "semaphore";
///     const SETS: &'static [Order] = &[Order::Unordered];
///     fn acquire(&mut self, cx: &mut dyn Context) -> Step {
///         if cx.is_free() { Step::Owns } else { Step::Wait(SET, None) }
///     }
///     fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
///         cx.free();
///         cx.notify_one(SET);
///         Step::Left
///     }
///     fn safepoint(&mut self, _: &mut dyn Context) -> Step {
///         Step::Owns // never requested, never preempted
///     }
///     fn woken(&mut self, cx: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
///         self.acquire(cx)
///     }
///     fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
///         if notified { cx.notify_one(SET); } // a wake-up in its hand must not be lost
///     }
/// }
/// # if gil_core::UNDER_LOOM { return }
/// let lock = gil_core::Gil::with_protocol(0, Semaphore);
/// *lock.attach() += 1;
/// ```
pub trait Protocol: Clone + Eq + Hash + Debug {
    /// The name on command lines and in reports.
    const NAME: &'static str;
    /// The wait-sets, at most [`MAX_SETS`](crate::engine::MAX_SETS).
    const SETS: &'static [Order];
    /// When a safepoint has to run a section.
    const PREEMPTION: Preemption = Preemption::OnRequest;
    /// The switch interval of a new lock: how long every timer of the protocol runs. CPython's 5
    /// ms where the protocol does not say otherwise.
    const SWITCH_INTERVAL: Duration = Duration::from_millis(5);
    /// Whether [`Pacing`](crate::engine::Pacing) may delay a woken thread and a request on arrival,
    /// and whether the lock can be biased to one thread ([`Protocol::bias`]). This suits a protocol
    /// in which a wasted wake-up leads to a hand-off. The models of real locks leave it `false`.
    const PACED: bool = false;

    /// The constants above, as a value. Only a type that stands for several protocols, each with
    /// constants of its own, overrides this. The engines read the value; the lock itself reads the
    /// constants, so it cannot run such a type.
    fn settings(&self) -> Settings {
        Settings {
            sets: Self::SETS,
            preemption: Self::PREEMPTION,
            switch_interval: Self::SWITCH_INTERVAL,
            paced: Self::PACED,
        }
    }

    /// The thread that may take and release the lock again and again while others wait, without a
    /// request pending and without changing anything for them. With [`Protocol::PACED`] the
    /// mechanism runs no sections for it. `gil-verify` checks that they would change nothing.
    fn bias(&self) -> Option<ThreadId> {
        None
    }

    /// `me` is detached and acquires.
    fn acquire(&mut self, cx: &mut dyn Context) -> Step;
    /// `me` owns and leaves. It may have to wait before it is out (CPython does, with a request
    /// pending).
    fn release(&mut self, cx: &mut dyn Context, how: Release) -> Step;
    /// `me` owns and saw the request (or its ticks ran out).
    fn safepoint(&mut self, cx: &mut dyn Context) -> Step;
    /// `me` waited in `set` and runs again, for the reason `wake`.
    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, wake: Wake) -> Step;
    /// `me` gives up waiting and is already out of every set. `notified`: a wake-up was on its way
    /// to it, which must not be lost.
    fn cancel(&mut self, cx: &mut dyn Context, notified: bool);
    /// `me` said [`Step::Retry`] and is back.
    fn retry(&mut self, cx: &mut dyn Context) -> Step {
        if cx.leaving() { Step::Left } else { self.acquire(cx) }
    }
}
