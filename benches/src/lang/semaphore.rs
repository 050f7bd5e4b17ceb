//! A counting semaphore, with which the threads of a program wait for each other.
//!
//! Under a lock, the thread that releases a semaphore holds the lock, so a woken thread cannot run
//! yet. On the same processor it would only preempt the holder and find the lock held. So the
//! release returns a [`WakeUp`], which is sent when the thread detaches, sees a request, or has
//! reached two safepoints.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::machine::Done;
use super::value::Value;
use super::world::World;

/// A count and its waiters.
pub(super) struct Semaphore {
    count: Mutex<u32>,
    more: Condvar,
}

impl Semaphore {
    /// A semaphore with this count.
    pub(super) fn make<W: World>(count: i64) -> Done<Value<W>> {
        let semaphore = Self { count: Mutex::new(to_count(count)?), more: Condvar::new() };
        Ok(Value::Semaphore(W::make(semaphore)))
    }

    fn count(&self) -> MutexGuard<'_, u32> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one, if there is one.
    pub(super) fn try_acquire(&self) -> bool {
        let mut count = self.count();
        let taken = count.checked_sub(1);
        *count = taken.unwrap_or(0);
        taken.is_some()
    }

    /// Waits until the count is not 0, and takes one.
    pub(super) fn acquire(&self) {
        let count = self.more.wait_while(self.count(), |count| *count == 0);
        *count.unwrap_or_else(PoisonError::into_inner) -= 1;
    }

    /// Adds to the count. The caller wakes the waiters afterwards.
    pub(super) fn release(&self, count: i64) -> Done<Option<WakeUp>> {
        let more = to_count(count)?;
        let mut count = self.count();
        *count = count.saturating_add(more);
        Ok(match more {
            0 => None,
            1 => Some(WakeUp::One),
            _ => Some(WakeUp::All),
        })
    }

    /// Wakes the waiters.
    pub(super) fn wake(&self, whom: WakeUp) {
        match whom {
            WakeUp::One => self.more.notify_one(),
            WakeUp::All => self.more.notify_all(),
        }
    }
}

/// The waiters to wake.
#[derive(Clone, Copy, Debug)]
pub(super) enum WakeUp {
    One,
    All,
}

fn to_count(count: i64) -> Done<u32> {
    count.try_into().map_err(|_| format!("a semaphore's count is 0 to {}", u32::MAX))
}
