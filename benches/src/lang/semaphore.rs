//! A counting semaphore, with which the threads of a program wait for each other.
//!
//! Under a lock, the thread that releases a semaphore holds the lock, so a woken thread cannot run
//! yet. On the same processor it would only preempt the holder and find the lock held. So the
//! release returns a [`WakeUp`], which is sent when the thread detaches, sees a request, or has
//! reached two safepoints.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::machine::{Done, Machine};
use super::value::Value;
use super::waits::Number;
use super::world::World;

/// A semaphore of a program.
pub(super) struct Semaphore(Arc<Count>);

/// A count and its waiters.
#[derive(Debug)]
pub(super) struct Count {
    inner: Mutex<Inner>,
    more: Condvar,
}

#[derive(Debug)]
struct Inner {
    free: u32,
    /// The threads that wait for more, as numbers of the program's threads.
    waiting: BTreeSet<Number>,
    /// No thread will ever release it: every thread of the program is blocked.
    given_up: bool,
}

impl Semaphore {
    /// A semaphore with this count.
    pub(super) fn make<W: World>(count: i64) -> Done<Value<W>> {
        let free = to_count(count)?;
        let inner = Mutex::new(Inner { free, waiting: BTreeSet::new(), given_up: false });
        let count = Count { inner, more: Condvar::new() };
        Ok(Value::Semaphore(W::make(Self(Arc::new(count)))))
    }

    /// Takes one, and waits detached if there is none. As in CPython, the lock is only released if
    /// the call has to wait.
    pub(super) fn acquire<W: World>(&self, machine: &mut Machine<W>) -> Done {
        if self.0.try_take() {
            return Ok(());
        }
        let (number, line) = (machine.number, machine.line());
        let shared = machine.shared.clone();
        machine.detached(|| shared.waits.acquire(number, line, &self.0))
    }

    /// Adds to the count. The caller wakes the waiters afterwards.
    pub(super) fn release(&self, count: i64) -> Done<Option<WakeUp>> {
        let more = to_count(count)?;
        let mut inner = self.0.inner();
        inner.free = inner.free.saturating_add(more);
        Ok(match more {
            0 => None,
            1 => Some(WakeUp::One),
            _ => Some(WakeUp::All),
        })
    }

    /// Wakes the waiters.
    pub(super) fn wake(&self, whom: WakeUp) {
        match whom {
            WakeUp::One => self.0.more.notify_one(),
            WakeUp::All => self.0.more.notify_all(),
        }
    }
}

impl Count {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one, if there is one.
    fn try_take(&self) -> bool {
        let mut inner = self.inner();
        let taken = inner.free.checked_sub(1);
        inner.free = taken.unwrap_or(0);
        taken.is_some()
    }

    /// A thread is about to [wait](Self::wait).
    pub(super) fn expect(&self, thread: Number) {
        self.inner().waiting.insert(thread);
    }

    /// Waits until the count is not 0, and takes one. `false`: [`Self::give_up`] ended the wait.
    pub(super) fn wait(&self, thread: Number) -> bool {
        let goes_on = |inner: &mut Inner| inner.free == 0 && !inner.given_up;
        let inner = self.more.wait_while(self.inner(), goes_on);
        let mut inner = inner.unwrap_or_else(PoisonError::into_inner);
        inner.waiting.remove(&thread);
        let taken = inner.free.checked_sub(1);
        inner.free = taken.unwrap_or(0);
        taken.is_some()
    }

    /// Whether a thread waits for more than there is. A thread that has taken one no longer waits,
    /// although it may not have run since.
    pub(super) fn is_blocked(&self, thread: Number) -> bool {
        let inner = self.inner();
        inner.free == 0 && inner.waiting.contains(&thread)
    }

    /// Ends all waits: nothing will be added any more.
    pub(super) fn give_up(&self) {
        self.inner().given_up = true;
        self.more.notify_all();
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
