//! How one thread sleeps and is woken: a flag to spin on, and a token to sleep on.
//!
//! # Why a notification decides nothing
//! The *decision* to wake a thread is its state in the Monitor, made under the mutex. A
//! notification only says "look at your state", so it may come late, twice or without a reason. It
//! is sent after the mutex is unlocked, on an owned reference: the lock may be gone by then.
//!
//! # The race
//! - The waiter finds the flag clear.
//! - The waker sets the flag and unparks.
//! - The waiter parks.
//!
//! The unpark left a token, so the park returns at once. The flag only saves a spinning waiter the
//! park. A token that is left over makes one later park return spuriously.
//!
//! # The spin
//! If waker and waiter run on two processors, a notification comes within nanoseconds, and the spin
//! saves a sleep of microseconds. If they share one, the spin only delays the waker. So after a
//! spin without success the thread skips the spin in its next [`SPIN_SKIP`] waits, then in twice as
//! many, up to [`SPIN_SKIP_MAX`].
//!
//! A thread whose timer has just expired, with a request published, is different. The holder
//! answers at its next safepoint, so the thread always spins. It then yields its processor a few
//! times in case the holder needs it. After that it runs a section, and arms its timer again if it
//! still has to wait.
//!
//! # Orderings
//! Relaxed: the state, not the flag, carries the decision, and the state is read under the mutex.
//! If the waiter clears a flag, its next look at its state comes after the section that set the
//! flag: otherwise it would have cleared the flag before it was set.

use std::sync::atomic::AtomicU32 as ThreadLocalCounter;

use crate::sync::{
    AtomicBool, Instant, Ordering, Park, Parked, YIELDS, mutant, spin_loop, spins, yield_now,
};
use crate::timed_monitor::WaitPlan;

/// In how many waits a thread skips the spin after its first one without success.
const SPIN_SKIP: u32 = 7;

/// With 63, a spin of 1 us costs a thread that shares its waker's processor a 64th of that. A
/// thread that has a processor for itself again notices after 63 sleeps, or when it is notified
/// before it looks.
const SPIN_SKIP_MAX: u32 = 63;

#[derive(Debug)]
pub(super) struct Parker {
    notified: AtomicBool,
    /// In how many waits the thread still skips the spin. Only the thread itself uses it, so it is
    /// not one of loom's.
    skip_left: ThreadLocalCounter,
    /// In how many it will after the next spin without success.
    skip_next: ThreadLocalCounter,
    pub(super) park: Park,
}

impl Parker {
    pub(super) fn new() -> Self {
        Self {
            notified: AtomicBool::new(false),
            skip_left: ThreadLocalCounter::new(0),
            skip_next: ThreadLocalCounter::new(SPIN_SKIP),
            park: Park::new(),
        }
    }

    pub(super) fn unpark(&self) {
        if mutant!(NotNotified) {
            return;
        }
        if spins() > 0 {
            self.notified.store(true, Ordering::Relaxed);
        }
        if !mutant!(NotUnparked) {
            self.park.unpark();
        }
    }

    /// Spins or sleeps until notified, or until a time in `plan` or the caller's `deadline`. It may
    /// also return spuriously.
    pub(super) fn wait(&self, plan: WaitPlan<Instant>, deadline: Option<Instant>) -> Parked {
        if plan.spin_for_answer && plan.recheck_at.is_none() && spins() > 0 {
            self.spin_for_answer();
            return Parked::Returned;
        }
        if self.spin_then_check() {
            return Parked::Returned; // the token makes a later park return once
        }
        match plan.recheck_at {
            Some(due) if !mutant!(RequestNeverPublished) => self.park.pause(due, deadline),
            _ => self.park.park(plan.deadline, deadline),
        }
    }

    /// Looks at the flag for about a microsecond, and then before each of a few yields.
    fn spin_for_answer(&self) {
        let pauses = [(spins(), spin_loop as fn()), (YIELDS, yield_now)];
        for (times, pause) in pauses {
            for _ in 0..times {
                if self.take_notification() {
                    return;
                }
                pause();
            }
        }
    }

    /// Looks at the flag, once or for about a microsecond, and clears it.
    fn spin_then_check(&self) -> bool {
        let skip_left = self.skip_left.load(Ordering::Relaxed); // the thread's own
        let looks = if skip_left == 0 { spins() } else { spins().min(1) };
        for _ in 0..looks {
            if self.take_notification() {
                self.skip_left.store(0, Ordering::Relaxed);
                self.skip_next.store(SPIN_SKIP, Ordering::Relaxed);
                return true;
            }
            spin_loop();
        }
        let skip_left = skip_left.checked_sub(1).unwrap_or_else(|| self.back_off());
        self.skip_left.store(skip_left, Ordering::Relaxed);
        false
    }

    fn take_notification(&self) -> bool {
        let kept = mutant!(NotificationKept);
        self.notified.load(Ordering::Relaxed) && self.notified.swap(kept, Ordering::Relaxed)
    }

    /// How many waits skip the spin now. The next failed spin doubles that number and adds one, up
    /// to [`SPIN_SKIP_MAX`].
    fn back_off(&self) -> u32 {
        let skip = self.skip_next.load(Ordering::Relaxed); // the thread's own
        self.skip_next.store((2 * skip + 1).min(SPIN_SKIP_MAX), Ordering::Relaxed);
        skip
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: WaitPlan<Instant> =
        WaitPlan { deadline: None, epoch: 0, recheck_at: None, spin_for_answer: false };

    /// A wait whose timer has expired, and in how many of the next ones there is no spin.
    fn waits(parker: &Parker) -> (Parked, u32) {
        let plan = WaitPlan { deadline: Some(Instant::now()), ..PLAN };
        (parker.wait(plan, None), parker.skip_left.load(Ordering::Relaxed))
    }

    #[test]
    fn spin_without_success_is_skipped_twice_as_often_up_to_63() {
        let parker = Parker::new();
        let waits: Vec<_> = (0..248).map(|_| waits(&parker)).collect();
        assert!(waits.iter().all(|(parked, _)| *parked == Parked::TimedOut));
        let skipped = |times: u32| (0..=times).rev();
        let expected = [7, 15, 31, 63, 63, 63].into_iter().flat_map(skipped);
        assert!(waits.iter().map(|(_, left)| *left).eq(expected));
    }

    #[test]
    fn spin_for_answer_returns_without_sleeping() {
        let parker = Parker::new();
        let plan = WaitPlan { spin_for_answer: true, ..PLAN };
        assert_eq!(parker.wait(plan, None), Parked::Returned, "it would sleep for ever");
        let deferred = WaitPlan { recheck_at: Some(Instant::now()), ..plan };
        let given_up = parker.wait(deferred, Some(Instant::now()));
        assert_eq!(given_up, Parked::GaveUp, "the request is not published yet");
    }

    #[test]
    fn notification_before_the_wait_is_taken_once_and_resets_the_spin() {
        let parker = Parker::new();
        assert_eq!(waits(&parker), (Parked::TimedOut, 7));
        let again = (0..8).map(|_| waits(&parker)).last();
        assert_eq!(again, Some((Parked::TimedOut, 15)), "two spins without success");
        parker.unpark();
        assert_eq!(waits(&parker), (Parked::Returned, 0), "a park would have timed out");
        assert_eq!(waits(&parker).0, Parked::Returned, "the token is left over");
        assert_eq!(waits(&parker).0, Parked::TimedOut, "and both are consumed");
    }
}
