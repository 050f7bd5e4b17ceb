//! How one thread sleeps and is woken: a bell, and the operating system's park behind it.
//!
//! # Why a bell
//! The *decision* to wake a thread is its slot in the Monitor, made under the mutex. The bell only
//! says "look at your slot", so it may ring late, twice or for nothing. It is rung after the mutex
//! is unlocked, on an owned reference: the lock may be gone by then.
//!
//! # The race you fear
//! - the waiter finds the bell silent,
//! - the waker rings and unparks,
//! - the waiter parks.
//!
//! The unpark left a token, so the park returns at once. The bell only saves a spinning waiter the
//! park; left rung, it makes one later wait return for nothing.
//!
//! # Orderings
//! Relaxed: the slot, not the bell, carries the news, and the slot is read under the mutex. If a
//! ring is cleared by the waiter, the waiter's next look at its slot comes after the section that
//! led to the ring: were it before, clearing would happen before ringing.

use crate::inner::Sleep;
use crate::sync::{
    AtomicBool, Instant, Ordering, Parked, Thread, mutant, park, pause, spin_loop, spins,
};

#[derive(Debug)]
pub(crate) struct Parker {
    rung: AtomicBool,
    /// Whom to unpark: set before the thread's first section, read after it.
    thread: std::sync::OnceLock<Thread>,
}

impl Parker {
    pub(crate) fn new() -> Self {
        Self { rung: AtomicBool::new(false), thread: std::sync::OnceLock::new() }
    }

    /// The running thread is the one that waits here. The mutex of the section that follows
    /// orders this before every look at it.
    pub(crate) fn bind(&self) {
        self.thread.get_or_init(Thread::current);
    }

    pub(crate) fn ring(&self) {
        if mutant!(BellNotRung) {
            return;
        }
        if spins() > 0 {
            self.rung.store(true, Ordering::Relaxed);
        }
        if let Some(thread) = self.thread.get().filter(|_| !mutant!(NotUnparked)) {
            thread.unpark();
        }
    }

    /// Sleeps until the bell rings, a moment comes, or for no reason.
    pub(crate) fn wait(&self, sleep: Sleep, gives_up: Option<Instant>) -> Parked {
        for _ in 0..spins() {
            let clear = mutant!(BellNotCleared);
            if self.rung.load(Ordering::Relaxed) && self.rung.swap(clear, Ordering::Relaxed) {
                return Parked::Returned; // the unpark's token makes a later park return once
            }
            spin_loop();
        }
        match sleep.shows {
            Some(due) if !mutant!(HeldBackForEver) => pause(due, gives_up),
            _ => park(sleep.expires, gives_up),
        }
    }
}
