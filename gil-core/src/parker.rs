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
//! The unpark left a token, so the park returns at once.
//!
//! # Orderings
//! Relaxed: the slot, not the bell, carries the news, and the slot is read under the mutex. If a
//! ring is cleared by the waiter, the waiter's next look at its slot comes after the section that
//! led to the ring: were it before, clearing would happen before ringing.

use crate::sync::{AtomicBool, Instant, Ordering, Parked, SPINS, Thread, mutant, park, spin_loop};

#[derive(Debug)]
pub(crate) struct Parker {
    rung: AtomicBool,
    thread: Thread,
}

impl Parker {
    /// For the running thread, which is the only one to wait on it.
    pub(crate) fn current() -> Self {
        Self { rung: AtomicBool::new(false), thread: Thread::current() }
    }

    pub(crate) fn ring(&self) {
        if mutant!(BellNotRung) {
            return;
        }
        self.rung.store(true, Ordering::Relaxed);
        if !mutant!(NotUnparked) {
            self.thread.unpark();
        }
    }

    /// Sleeps until the bell rings, a moment comes, or for no reason.
    pub(crate) fn wait(&self, expires: Option<Instant>, gives_up: Option<Instant>) -> Parked {
        for _ in 0..SPINS {
            if self.rung.load(Ordering::Relaxed) {
                break;
            }
            spin_loop();
        }
        if self.rung.swap(false, Ordering::Relaxed) {
            return Parked::Returned;
        }
        let parked = park(expires, gives_up);
        self.rung.store(false, Ordering::Relaxed);
        parked
    }
}
