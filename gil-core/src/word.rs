//! The lock word: who holds the lock, and whether the slow path has frozen it.
//!
//! # States
//! | word          | means                                         | who may change it                     |
//! |---------------|-----------------------------------------------|---------------------------------------|
//! | `0`           | free, nobody in the slow path                 | anyone, by compare-and-swap           |
//! | `id << 1`     | held by `id`, nobody in the slow path         | `id` by compare-and-swap; a freeze    |
//! | `... \| SLOW` | frozen: the Monitor knows, the word does not  | whoever holds the mutex, by one store |
//!
//! # Conditions
//! - WORD-1: a release is a compare-and-swap, never a load and a store: it must not overwrite a
//!   freeze it has not seen.
//! - WORD-2: a freeze is one read-modify-write, so every conflict on the word is read-modify-write
//!   against read-modify-write.
//! - WORD-3: the request flag is stored before the word is given back: who takes the lock through
//!   the word must see the flag as it was left.
//!
//! # Orderings
//! Attach and freeze acquire, detach and unfreeze release: whoever gets the lock sees what its
//! last holder wrote, whichever of the two ways each of them went. Failures are Relaxed: they lead
//! to the mutex.

use crate::protocol::ThreadId;
use crate::sync::{AtomicU32, Ordering, const_unless_loom, mutant, ordering};

const SLOW: u32 = 1;

#[derive(Debug)]
pub(crate) struct Word(AtomicU32);

impl Word {
    const_unless_loom! {
        pub(crate) fn new() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    const fn held_by(thread: ThreadId) -> u32 {
        thread.get() << 1
    }

    /// Takes a free, unfrozen lock. Acquire: pairs with the release in `detach` and `unfreeze`.
    #[inline]
    pub(crate) fn attach(&self, thread: ThreadId) -> bool {
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
    pub(crate) fn detach(&self, thread: ThreadId) -> bool {
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

    /// Freezes the word, under the mutex; returns who held the lock. Acquire: the thread that
    /// finds it free may take it, and pairs with the last `detach`.
    pub(crate) fn freeze(&self) -> Option<ThreadId> {
        let order = ordering!(FreezeRelaxed, Acquire);
        let before =
            if mutant!(WordNotFrozen) { self.0.load(order) } else { self.0.fetch_or(SLOW, order) };
        ThreadId::from_bits(before >> 1)
    }

    /// Gives the word back, under the mutex. Release: everything done under the mutex is visible
    /// to the next `attach`. A plain store is enough, because nothing can change a frozen word.
    pub(crate) fn unfreeze(&self, owner: Option<ThreadId>) {
        let order = ordering!(UnfreezeRelaxed, Release);
        self.0.store(owner.map_or(0, Self::held_by), order);
    }

    /// Whether an unfrozen word names `thread`. Relaxed: only the thread itself can make it so.
    pub(crate) fn is_held_by(&self, thread: ThreadId) -> Option<bool> {
        let word = self.0.load(Ordering::Relaxed);
        (word & SLOW == 0).then(|| word == Self::held_by(thread))
    }
}
