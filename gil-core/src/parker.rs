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
//! # The spin
//! Where waker and waiter run on two processors a ring comes within nanoseconds, and the spin saves a
//! sleep of microseconds. Where they share one, the spin only delays the waker. So a spin that was for
//! nothing is not tried again in the next [`LEFT_OUT`] waits, twice as many after the next such spin, and so
//! on up to [`LEFT_OUT_AT_MOST`]. Whoever has just asked because its timer was up is soon answered, at a safepoint: it
//! spins in any case, and then lets others have its processor a few times, the holder if it is there. What
//! rang before it asked is no answer, and is silenced.
//!
//! # Orderings
//! Relaxed: the slot, not the bell, carries the news, and the slot is read under the mutex. If a
//! ring is cleared by the waiter, the waiter's next look at its slot comes after the section that
//! led to the ring: were it before, clearing would happen before ringing.

use crate::inner::Sleep;
use crate::sync::{
    AtomicBool, Instant, Ordering, Parked, Thread, mutant, park, pause, spin_loop, spins,
    yield_now, yields,
};
use std::sync::atomic::AtomicU32 as Private;

/// In how many waits a thread does not spin after it did so for nothing the first time.
const LEFT_OUT: u32 = 7;

/// With 63 a spin of 1 us costs a thread that shares its waker's processor a 64th of that, and a thread that
/// has one for itself again finds out after 63 sleeps, or when a bell has rung before it looked.
const LEFT_OUT_AT_MOST: u32 = 63;

#[derive(Debug)]
pub(crate) struct Parker {
    rung: AtomicBool,
    /// In how many waits the thread still does not spin. Its own affair, hence not one of loom's.
    left_out: Private,
    /// In how many it will not the next time that it has spun for nothing.
    to_leave_out: Private,
    /// Whom to unpark: set before the thread's first section, read after it.
    thread: std::sync::OnceLock<Thread>,
}

impl Parker {
    pub(crate) fn new() -> Self {
        Self {
            rung: AtomicBool::new(false),
            left_out: Private::new(0),
            to_leave_out: Private::new(LEFT_OUT),
            thread: std::sync::OnceLock::new(),
        }
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
        if sleep.asks && sleep.shows.is_none() {
            self.awaits_answer();
            return Parked::Returned;
        }
        if self.is_rung() {
            return Parked::Returned; // the unpark's token makes a later park return once
        }
        match sleep.shows {
            Some(due) if !mutant!(HeldBackForEver) => pause(due, gives_up),
            _ => park(sleep.expires, gives_up),
        }
    }

    /// Forgets a ring that its thread has already acted on: the next one is the answer.
    pub(crate) fn silence(&self) {
        self.rung.store(false, Ordering::Relaxed);
    }

    /// The bell without the unpark: for a thread that is awake.
    pub(crate) fn hears(&self) {
        self.rung.store(true, Ordering::Relaxed);
    }

    /// Looks at the bell for about a microsecond, and then after each of some turns of the processor, which
    /// the holder needs if it is the same one.
    fn awaits_answer(&self) {
        let pauses = [(spins(), spin_loop as fn()), (yields(), yield_now)];
        for (times, pause) in pauses {
            for _ in 0..times {
                if self.rung.load(Ordering::Relaxed) && self.rung.swap(false, Ordering::Relaxed) {
                    return;
                }
                pause();
            }
        }
    }

    /// Looks at the bell, once or for about a microsecond, and silences it.
    fn is_rung(&self) -> bool {
        let left_out = self.left_out.load(Ordering::Relaxed); // the thread's own
        let looks = if left_out == 0 { spins() } else { spins().min(1) };
        for _ in 0..looks {
            let clear = mutant!(BellNotCleared);
            if self.rung.load(Ordering::Relaxed) && self.rung.swap(clear, Ordering::Relaxed) {
                self.left_out.store(0, Ordering::Relaxed);
                self.to_leave_out.store(LEFT_OUT, Ordering::Relaxed);
                return true;
            }
            spin_loop();
        }
        let next = left_out.checked_sub(1).unwrap_or_else(|| self.spun_for_nothing());
        self.left_out.store(next, Ordering::Relaxed);
        false
    }

    /// How many waits are to be left out, and twice as many the next time.
    fn spun_for_nothing(&self) -> u32 {
        let left_out = self.to_leave_out.load(Ordering::Relaxed); // the thread's own
        let next = (2 * left_out + 1).min(LEFT_OUT_AT_MOST);
        self.to_leave_out.store(next, Ordering::Relaxed);
        left_out
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::now;

    /// A wait whose moment has come, and in how many of the next ones there is no spin.
    fn waits(parker: &Parker) -> (Parked, u32) {
        let sleep = Sleep { expires: Some(now()), run: 0, shows: None, asks: false };
        (parker.wait(sleep, None), parker.left_out.load(Ordering::Relaxed))
    }

    #[test]
    fn a_spin_for_nothing_is_left_out_in_the_next_waits_and_then_in_twice_as_many_up_to_63() {
        let parker = Parker::new();
        let waits: Vec<_> = (0..248).map(|_| waits(&parker)).collect();
        assert!(waits.iter().all(|(parked, _)| *parked == Parked::TimedOut));
        let left_out = |times: u32| (0..=times).rev();
        let expected = [7, 15, 31, 63, 63, 63].into_iter().flat_map(left_out);
        assert!(waits.iter().map(|(_, left_out)| *left_out).eq(expected));
    }

    #[test]
    fn an_answer_is_heard_once_by_who_waits_for_it_and_by_who_has_gone_to_sleep() {
        let parker = Parker::new();
        parker.hears();
        parker.awaits_answer();
        assert_eq!(waits(&parker).0, Parked::TimedOut, "the bell is silent again");
        parker.hears();
        assert_eq!(waits(&parker).0, Parked::Returned);
        let asks = Sleep { expires: Some(now()), run: 0, shows: None, asks: true };
        assert_eq!(parker.wait(asks, None), Parked::Returned, "it looks again and does not sleep");
        let held_back = Sleep { shows: Some(now()), ..asks };
        let given_up = parker.wait(held_back, Some(now()));
        assert_eq!(given_up, Parked::GaveUp, "nobody has been asked yet");
    }

    #[test]
    fn a_bell_that_has_rung_is_seen_without_a_spin_and_brings_the_spin_back() {
        let parker = Parker::new();
        parker.bind();
        assert_eq!(waits(&parker), (Parked::TimedOut, 7));
        let again = (0..8).map(|_| waits(&parker)).last();
        assert_eq!(again, Some((Parked::TimedOut, 15)), "in vain twice");
        parker.ring();
        assert_eq!(
            waits(&parker),
            (Parked::Returned, 0),
            "not by the park, which would say expired"
        );
        assert_eq!(waits(&parker), (Parked::TimedOut, 7), "and the bell is silent again");
    }
}
