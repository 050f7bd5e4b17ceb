//! A counting semaphore, what the threads of a program wait for each other with.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::machine::Done;
use super::value::Value;
use super::world::World;

/// A count, and who waits for it.
pub(super) struct Semaphore {
    count: Mutex<u32>,
    more: Condvar,
}

impl Semaphore {
    /// One with so much in it.
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

    /// Waits until there is one, and takes it.
    pub(super) fn acquire(&self) {
        let count = self.more.wait_while(self.count(), |count| *count == 0);
        *count.unwrap_or_else(PoisonError::into_inner) -= 1;
    }

    /// Adds so much.
    pub(super) fn release(&self, count: i64) -> Done {
        let more = to_count(count)?;
        let mut count = self.count();
        *count = count.saturating_add(more);
        drop(count);
        match more {
            0 => {}
            1 => self.more.notify_one(),
            _ => self.more.notify_all(),
        }
        Ok(())
    }
}

fn to_count(count: i64) -> Done<u32> {
    count.try_into().map_err(|_| format!("a semaphore's count is 0 to {}", u32::MAX))
}
