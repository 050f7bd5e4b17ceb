//! The lock with the interpreter's state in it, and its settings. `attach.rs` has the ways in.

use std::time::Duration;

use crate::observe::Counters;
use crate::protocol::{Handoff, Protocol};
use crate::raw::{RawGil, Registration};
use crate::registration::{self, CurrentRegistration, ReturnedIds};
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering, UnsafeCell, const_unless_loom, mutant};

/// A global interpreter lock that owns the interpreter's state.
///
/// ```
/// use gil_core::{AttachError, Gil};
/// # if gil_core::UNDER_LOOM { return }
/// let gil = Gil::from(String::new());
/// let mut attached = gil.attach();
/// attached.push_str("one thread at a time");
/// assert!(matches!(gil.try_attach(), Err(AttachError::AlreadyAttached)));
/// drop(attached);
/// assert_eq!(gil.into_inner(), "one thread at a time");
/// ```
pub struct Gil<T, P: Protocol = Handoff> {
    pub(crate) raw: RawGil<P>,
    /// This lock's number among all locks; 0 until the first thread comes. Relaxed: only the value
    /// matters, and it is written once.
    lock_id: AtomicU64,
    returned_ids: Mutex<Option<ReturnedIds>>,
    /// Whether `after_acquire` has something to do. Relaxed: a hint. The work itself is under a
    /// mutex of its own. An acquire that is ordered after the store sees the store, whatever orders
    /// them.
    pub(crate) pending: AtomicBool,
    /// Runs if `pending` is set, after an acquire or a safepoint in the slow path. The lock is held
    /// then, and no token is in use. This is all that the lock knows of the [`heap`](crate::heap).
    after_acquire: fn(),
    state: UnsafeCell<T>,
}

// SAFETY: the state is reached only through an `Attached` that owns the lock, by one thread at a
// time (SAFE-1), and each sees what the last one wrote (SAFE-2). That moves the state between
// threads, so `T: Send`; a shared `&T` never crosses threads through the lock, so not `T: Sync`.
unsafe impl<T: Send, P: Protocol + Send> Sync for Gil<T, P> {}

// SAFETY: sending the lock sends the state and the protocol; the rest is Send by itself.
unsafe impl<T: Send, P: Protocol + Send> Send for Gil<T, P> {}

impl<T> Gil<T> {
    const_unless_loom! {
        /// A free lock with the default protocol, [`Handoff`]. `const`, so it can be a `static`.
        pub fn new(state: T) -> Self {
            Self::with_protocol(state, Handoff::new())
        }
    }
}

impl<T: Default> Default for Gil<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Gil<T> {
    fn from(state: T) -> Self {
        Self::new(state)
    }
}

impl<T, P: Protocol> Gil<T, P> {
    const_unless_loom! {
        /// A free lock with a protocol of your choice.
        pub fn with_protocol(state: T, protocol: P) -> Self {
            Self::with_after_acquire(state, protocol, || {})
        }
    }

    const_unless_loom! {
        pub(crate) fn with_after_acquire(state: T, protocol: P, after_acquire: fn()) -> Self {
            Self {
                raw: RawGil::new(protocol),
                lock_id: AtomicU64::new(0),
                returned_ids: Mutex::new(None),
                pending: AtomicBool::new(false),
                after_acquire,
                state: UnsafeCell::new(state),
            }
        }
    }

    /// Runs the hook, if it is pending. The caller holds the lock and lets no thread use a token.
    pub(crate) fn run_after_acquire(&self) {
        if self.pending.load(Ordering::Relaxed) {
            (self.after_acquire)();
        }
    }

    /// Whether a waiting thread requests a switch, or pending drops of a [`heap`](crate::heap) need
    /// the holder. The holder answers at a safepoint. One relaxed load, for a place without a
    /// token, such as a hook. A protocol that counts ticks requests no switch.
    pub fn switch_requested(&self) -> bool {
        self.raw.switch_requested()
    }

    /// Calls `tell` whenever [`Gil::switch_requested`] has changed, for an interpreter with a flag
    /// of its own that stops it (CPython calls it the eval breaker); see
    /// [`RawGil::on_switch_request`].
    pub fn on_switch_request(&self, tell: impl Fn(bool) + Send + 'static) {
        self.raw.on_switch_request(tell);
    }

    /// Whether this thread is attached.
    pub fn is_attached(&self) -> bool {
        registration::is_attached(self.lock_id.load(Ordering::Relaxed))
    }

    /// Sets the switch interval: how long a thread may run before a waiting one requests a switch.
    /// A new lock has its protocol's interval, which is 5 ms by default. Zero means 1 us, and
    /// [`Duration::MAX`] means "never"; see [`RawGil::set_switch_interval`].
    pub fn set_switch_interval(&self, interval: Duration) {
        self.raw.set_switch_interval(interval);
    }

    /// The switch interval.
    pub fn switch_interval(&self) -> Duration {
        self.raw.switch_interval()
    }

    /// What the slow path has done so far.
    pub fn counters(&self) -> Counters {
        self.raw.counters()
    }

    /// The state, without locking: `&mut self` proves that no token is in use.
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: `&mut self` is exclusive, and every `Attached` borrows `self`.
        unsafe { &mut *self.state_pointer() }
    }

    /// The state, without locking: `self` by value proves that no token is in use.
    pub fn into_inner(self) -> T {
        self.state.into_inner()
    }

    pub(crate) fn state_pointer(&self) -> *mut T {
        self.state.with_mut(|state| state)
    }

    /// The running thread's registration; `None` while its thread-locals are being destroyed.
    #[inline(always)]
    pub(crate) fn registration(&self) -> Option<CurrentRegistration> {
        let lock_id = match self.lock_id.load(Ordering::Relaxed) {
            0 => self.assign_lock_id(),
            lock_id => lock_id,
        };
        registration::current(lock_id, || self.join())
    }

    #[cold]
    fn assign_lock_id(&self) -> u64 {
        let mine = registration::new_lock_id();
        let mine = if mutant!(LockIdIsAddress) { &raw const *self as u64 } else { mine };
        let order = Ordering::Relaxed; // as above
        self.lock_id.compare_exchange(0, mine, order, order).map_or_else(|theirs| theirs, |_| mine)
    }

    #[cold]
    fn join(&self) -> (Registration, ReturnedIds) {
        let mut returned_ids = self.returned_ids.lock();
        let returned_ids = returned_ids.get_or_insert_default();
        if let Ok(mut ids) = returned_ids.lock() {
            ids.drain(..).for_each(|id| self.raw.unregister_id(id));
        }
        (self.raw.register(), returned_ids.clone())
    }
}
