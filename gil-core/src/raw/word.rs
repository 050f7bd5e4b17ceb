//! The lock word: who holds the lock, and whether the slow path has frozen it.
//!
//! # States
//! | word                        | means                                         | who may change it                     |
//! |-----------------------------|-----------------------------------------------|---------------------------------------|
//! | `0`                         | free, no thread in the slow path              | anyone, by compare-and-swap; a freeze |
//! | `id << 1`                   | held by `id`, no thread in the slow path      | `id` by compare-and-swap; a freeze    |
//! | `FROZEN`                    | the Monitor knows the owner, the word does not | the mutex's owner, by one store      |
//! | `BIASED \| id << 1 \| FROZEN` | biased to `id`, with `HELD` or free; threads wait, and a reacquire by `id` changes nothing for them | `id` by compare-and-swap; a freeze |
//!
//! A biased word counts in its upper bits how often `id` has reacquired the lock.
//!
//! # Conditions
//! - WORD-1: a release is a compare-and-swap, never a load and a store: it must not overwrite a
//!   freeze it has not seen.
//! - WORD-2: a freeze is one read-modify-write, so every conflict on the word is read-modify-write
//!   against read-modify-write.
//! - WORD-3: the request flag is stored before the word is given back: a thread that takes the
//!   lock through the word must see the flag as it was left.
//!
//! # Orderings
//! Attach and freeze acquire; detach and unfreeze release. So a new holder sees what the last one
//! wrote, whether each of them used the fast or the slow path. Failures are Relaxed, because they
//! give no access to the state. A thread that reacquires a biased lock was its last holder, and has
//! nothing to acquire.
//!
//! # Related designs
//! Biased locking of Java's monitors, where a lock stays with one thread until another one revokes
//! the bias. Here a bias lasts only while the protocol says that the thread may retake the lock.

use crate::protocol::ThreadId;
use crate::sync::{AtomicU64, Ordering, const_unless_loom, mutant, ordering};

const FROZEN: u64 = 1;
const HELD: u64 = 1 << 33;
const BIASED: u64 = 1 << 34;
/// One reacquire of a biased lock. The count may wrap: it is a statistic, and a hint for pacing.
const REACQUIRE: u64 = 1 << 35;

const BIASED_AND_FROZEN: u64 = BIASED + FROZEN;
const BIASED_ATTACH: u64 = HELD + REACQUIRE;

pub(super) struct Word(AtomicU64);

/// What a freeze found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Frozen {
    pub(super) holder: Option<ThreadId>,
    /// The word was biased, and its thread reacquired the lock that often.
    pub(super) biased_reacquires: Option<u64>,
}

impl Word {
    const_unless_loom! {
        pub(super) fn new() -> Self {
            Self(AtomicU64::new(0))
        }
    }

    const fn held_by(thread: ThreadId) -> u64 {
        (thread.get() as u64) << 1
    }

    /// Biased to `thread` and free, never reacquired.
    const fn biased_to(thread: ThreadId) -> u64 {
        BIASED_AND_FROZEN + Self::held_by(thread)
    }

    /// Biased to `thread` and held by it, however often it was reacquired.
    const fn is_held_by_bias(word: u64, thread: ThreadId) -> bool {
        word % REACQUIRE == Self::biased_to(thread) + HELD
    }

    /// Takes a free, unfrozen lock. Acquire: pairs with the release in `detach` and `unfreeze`.
    #[inline]
    pub(super) fn attach(&self, thread: ThreadId) -> bool {
        let success = ordering!(AttachRelaxed, Acquire);
        let (free, held) = (0, Self::held_by(thread));
        if mutant!(AttachByStore) {
            let takes = self.0.load(success) == free;
            if takes {
                self.0.store(held, Ordering::Relaxed);
            }
            return takes;
        }
        self.0.compare_exchange(free, held, success, Ordering::Relaxed).is_ok()
    }

    /// Frees an unfrozen lock that `thread` holds. Release: pairs with `attach` and `freeze`.
    #[inline]
    pub(super) fn detach(&self, thread: ThreadId) -> bool {
        let success = ordering!(DetachRelaxed, Release);
        let (free, held) = (0, Self::held_by(thread));
        if mutant!(DetachByStore) {
            let holds = self.0.load(Ordering::Relaxed) == held;
            if holds {
                self.0.store(free, success);
            }
            return holds;
        }
        self.0.compare_exchange(held, free, success, Ordering::Relaxed).is_ok()
    }

    /// Reacquires a lock that is biased to `thread`. Relaxed: the thread was its last holder.
    pub(super) fn attach_biased(&self, thread: ThreadId) -> bool {
        let free = self.0.load(Ordering::Relaxed);
        let held = free.wrapping_add(BIASED_ATTACH);
        Self::is_held_by_bias(held, thread) && self.exchange(free, held, Ordering::Relaxed)
    }

    /// Frees a lock that is biased to `thread`, which holds it. Release: pairs with `freeze`.
    pub(super) fn detach_biased(&self, thread: ThreadId) -> bool {
        let held = self.0.load(Ordering::Relaxed);
        let success = ordering!(LeaveRelaxed, Release);
        Self::is_held_by_bias(held, thread) && self.exchange(held, held - HELD, success)
    }

    fn exchange(&self, from: u64, to: u64, success: Ordering) -> bool {
        self.0.compare_exchange(from, to, success, Ordering::Relaxed).is_ok()
    }

    /// Freezes the word, under the mutex, and returns who held the lock. Acquire: pairs with the
    /// last `detach` or `detach_biased`, because a caller that finds the lock free may take it.
    pub(super) fn freeze(&self) -> Frozen {
        let order = ordering!(FreezeRelaxed, Acquire);
        let before =
            if mutant!(WordNotFrozen) { self.0.load(order) } else { self.0.swap(FROZEN, order) };
        let is_biased = before & BIASED != 0;
        let holds = !is_biased || before & HELD != 0;
        let id = (before >> 1) as u32;
        Frozen {
            holder: ThreadId::from_bits(id).filter(|_| holds),
            biased_reacquires: is_biased.then_some(before / REACQUIRE),
        }
    }

    /// Gives the word back, under the mutex. Release: everything done under the mutex is visible
    /// to the next `attach`. A plain store is enough, because nothing can change a frozen word.
    pub(super) fn unfreeze(&self, owner: Option<ThreadId>) {
        let order = ordering!(UnfreezeRelaxed, Release);
        self.0.store(owner.map_or(0, Self::held_by), order);
    }

    /// Gives the word to `thread` alone, under the mutex, with the lock `held` by it or free.
    /// Relaxed: the thread was the last holder.
    pub(super) fn bias(&self, thread: ThreadId, held: bool) {
        let held = u64::from(held) * HELD;
        self.0.store(Self::biased_to(thread) + held, Ordering::Relaxed);
    }

    /// Whether `thread` holds the lock. `None`: the word is frozen and not biased, so it does not
    /// say. Relaxed: while `thread` runs, no other thread can change whether it holds the lock.
    pub(super) fn is_held_by(&self, thread: ThreadId) -> Option<bool> {
        let word = self.0.load(Ordering::Relaxed);
        if word & BIASED != 0 {
            return Some(Self::is_held_by_bias(word, thread));
        }
        (word & FROZEN == 0).then(|| word == Self::held_by(thread))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_biased_to_its_holder_serves_it_without_a_section() {
        if crate::UNDER_LOOM {
            return; // atomics need loom's model there
        }
        let (word, thread) = (Word::new(), ThreadId::from_index(3));
        word.bias(thread, true);
        assert_eq!(word.is_held_by(thread), Some(true));
        assert!(word.detach_biased(thread) && word.attach_biased(thread));
        let found = Frozen { holder: Some(thread), biased_reacquires: Some(1) };
        assert_eq!(word.freeze(), found);
        word.bias(thread, false);
        assert!(!word.detach_biased(thread), "it is free");
        assert_eq!(word.freeze(), Frozen { holder: None, biased_reacquires: Some(0) });
    }
}
