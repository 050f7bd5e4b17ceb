//! The ids of a lock's threads, and the parker of each.

use std::sync::Arc;

use super::parker::Parker;
use crate::protocol::ThreadId;
use crate::sync::mutant;

/// The id of a thread in one lock, and what it sleeps on.
///
/// Any thread may use it, one operation at a time. An interpreter thread may move from one OS
/// thread to another, even while it is attached. An attach that begins while another one waits is
/// refused with [`Fault::InvalidTransition`](crate::engine::Fault::InvalidTransition).
#[derive(Debug)]
pub struct Registration {
    pub(super) id: ThreadId,
    pub(super) parker: Arc<Parker>,
}

impl Registration {
    /// The id. The lock may give it to another registration after this one has been unregistered.
    pub fn id(&self) -> ThreadId {
        self.id
    }
}

/// Every registration of a lock.
pub(super) struct Registry {
    parkers: Vec<Option<Arc<Parker>>>,
    vacant: Vec<ThreadId>,
}

impl Registry {
    pub(super) const fn new() -> Self {
        Self { parkers: Vec::new(), vacant: Vec::new() }
    }

    /// A new registration, in O(1). It does not get the id of `biased`, which may retake the lock:
    /// the new thread would inherit that.
    pub(super) fn add(&mut self, biased: Option<ThreadId>) -> Registration {
        let biased = if mutant!(BiasedIdReused) { None } else { biased };
        let last_two = self.vacant.len().saturating_sub(2)..self.vacant.len();
        let vacant = last_two.rev().find(|place| Some(self.vacant[*place]) != biased);
        let id = vacant.map(|place| self.vacant.swap_remove(place)).unwrap_or_else(|| {
            self.parkers.push(None);
            ThreadId::from_index((self.parkers.len() - 1) as u32)
        });
        let parker = Arc::new(Parker::new());
        self.parkers[id.index()] = Some(parker.clone());
        Registration { id, parker }
    }

    /// `id` may be used again.
    pub(super) fn remove(&mut self, id: ThreadId) {
        if self.parkers[id.index()].take().is_some() {
            self.vacant.push(id);
        }
    }

    pub(super) fn parker(&self, id: ThreadId) -> Option<Arc<Parker>> {
        self.parkers[id.index()].clone()
    }
}
