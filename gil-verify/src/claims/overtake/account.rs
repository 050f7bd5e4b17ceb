//! What an overtaking is: the account that one wait keeps.

use gil_core::protocol::ThreadId;

use crate::claims::ghost::ThreadSet;

/// What a gain at a charge weighs beside one that is free, of which there is at most one for each thread.
pub(super) const CHARGED: u64 = 1 << 16;

/// What a section is to a thread that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gain {
    /// No gain by another thread.
    None,
    /// The first gain of a thread that was waiting already.
    Free,
    /// An overtaking.
    Charged,
}

/// What the overtakings of one wait are counted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Account {
    /// Whose first gain is free of charge.
    pub(super) free: ThreadSet,
    /// Who has released the lock in this wait, with nobody else owning since: it may take it back.
    returns: Option<ThreadId>,
    /// And somebody who was woken has come in vain since: it may not.
    in_vain: bool,
}

impl Account {
    /// When the wait begins, and these were waiting already.
    pub(super) const fn new(free: ThreadSet) -> Self {
        Self { free, returns: None, in_vain: false }
    }

    /// What a section is, with the owners before and after it. `in_vain`: whoever ran it had been woken
    /// and waits again.
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
