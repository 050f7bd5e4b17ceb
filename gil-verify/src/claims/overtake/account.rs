//! The definition of an overtaking: the account of one wait.

use gil_core::protocol::ThreadId;

use crate::claims::ghost::ThreadSet;

/// The weight of a charged gain relative to a free one. There is at most one free gain per thread.
pub(super) const CHARGED: u64 = 1 << 16;

/// What a section means to a waiting thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gain {
    /// No gain by another thread.
    None,
    /// The first gain of a thread that was waiting already.
    Free,
    /// An overtaking.
    Charged,
}

/// The state from which the overtakings of one wait are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Account {
    /// The threads whose first gain is free of charge.
    pub(super) free: ThreadSet,
    /// The thread that released the lock last in this wait; no other thread has owned since. It may
    /// retake the lock.
    returns: Option<ThreadId>,
    /// A woken thread has found the lock held since then, so it may not retake it.
    in_vain: bool,
}

impl Account {
    /// The state when the wait begins, with the threads that were waiting already.
    pub(super) const fn new(free: ThreadSet) -> Self {
        Self { free, returns: None, in_vain: false }
    }

    /// Classifies a section, given the owners before and after it. `in_vain`: the thread that ran
    /// it was woken and waits again.
    pub(super) fn charge(
        &mut self,
        (before, after): (Option<ThreadId>, Option<ThreadId>),
        in_vain: bool,
    ) -> Gain {
        let Some(owner) = after else {
            let released = before.filter(|before| self.returns != Some(*before));
            if released.is_some() {
                (self.returns, self.in_vain) = (released, false);
            }
            return Gain::None;
        };
        let goes_on = before == after || self.returns == after && !self.in_vain;
        if goes_on {
            self.in_vain |= in_vain && self.returns.is_some();
            return Gain::None;
        }
        (self.returns, self.in_vain) = (None, false);
        let gain = if self.free.has(owner) { Gain::Free } else { Gain::Charged };
        self.free.remove(owner);
        gain
    }
}
