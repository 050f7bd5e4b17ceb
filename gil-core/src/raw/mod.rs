//! The mechanism: a word, a flag, one mutex around the Monitor, and a parker for each thread.
//!
//! # Fast path
//! Attach and detach are one compare-and-swap each, and a safepoint is one relaxed load. They work
//! while every thread is idle. While threads wait, the lock may be *biased* to the thread that
//! released it last ([`Monitor::biased`]). For that thread alone attach and detach are two
//! compare-and-swaps each, and the first one fails.
//!
//! Everything else is in `slow_path.rs`, which reads from top to bottom.

mod parker;
mod registry;
mod slow_path;
mod word;

use std::time::Duration;

pub use crate::observe::{Counters, Observe, SectionInfo};
pub use crate::sync::Instant;
pub use registry::Registration;

use crate::monitor::{Fault, Monitor, Operation};
use crate::pacing::{Limits, Pacing};
use crate::protocol::{Preemption, Protocol, Release, ThreadId};
use crate::sync::{AtomicU32, Ordering, const_unless_loom, fail, mutant};
use slow_path::SlowPath;

/// A GIL without data: what [`Gil`](crate::Gil) is made of, and what the checkers run.
///
/// A thread registers first and names its registration in every call. No thread-local state is
/// involved, so a lock works in a thread's last destructors and over a C interface.
///
/// ```
/// use gil_core::protocol::Handoff;
/// use gil_core::raw::RawGil;
/// # if gil_core::UNDER_LOOM { return Ok(()) }
/// let lock = RawGil::new(Handoff::new());
/// let thread = lock.register();
/// lock.attach(&thread)?;
/// lock.safepoint(&thread)?;
/// lock.detach(&thread)?;
/// assert!(lock.detach(&thread).is_err(), "a thread that does not hold it cannot release it");
/// # Ok::<(), gil_core::engine::Fault>(())
/// ```
pub struct RawGil<P: Protocol, O = Counters> {
    slow: SlowPath<P, O>,
    ticks_left: AtomicU32,
    check_interval: AtomicU32,
}

impl<P: Protocol> RawGil<P> {
    const_unless_loom! {
        /// A free lock that counts what its slow path does.
        pub fn new(protocol: P) -> Self {
            Self::with_observer(protocol, Counters::new())
        }
    }

    /// What the slow path has done so far.
    pub fn counters(&self) -> Counters {
        self.inspect_observer(|counters| *counters)
    }

    /// As [`RawGil::detach`], for a thread that certainly holds the lock.
    #[inline(always)]
    pub(crate) fn detach_or_abort(&self, registration: &Registration) {
        self.detach(registration).unwrap_or_else(|fault| fail(&fault));
    }
}

impl<P: Protocol, O: Observe> RawGil<P, O> {
    const_unless_loom! {
        /// A free lock with an observer.
        pub fn with_observer(protocol: P, observer: O) -> Self {
            Self::with_pacing(protocol, observer, Pacing::new(Limits::DEFAULT))
        }
    }

    const_unless_loom! {
        /// A free lock with an observer and a pacing of your choice, for example [`Pacing::none`].
        pub fn with_pacing(protocol: P, observer: O, pacing: Pacing<Instant>) -> Self {
            let ticks = if let Preemption::EveryTicks(ticks) = P::PREEMPTION { ticks } else { 0 };
            let (ticks_left, check_interval) = (AtomicU32::new(ticks), AtomicU32::new(ticks));
            Self { slow: SlowPath::new(protocol, observer, pacing), ticks_left, check_interval }
        }
    }

    /// Looks at the observer, under the lock's mutex: `look` must be short and must not come back
    /// to this lock.
    pub fn inspect_observer<R>(&self, look: impl FnOnce(&mut O) -> R) -> R {
        look(&mut self.slow.shared.lock().observer)
    }

    /// Looks at the Monitor, under the lock's mutex: as [`RawGil::inspect_observer`]. While no
    /// thread is in the slow path, or the lock is biased, the Monitor's owner may be out of date.
    pub fn inspect_monitor<R>(&self, look: impl FnOnce(&Monitor<P>) -> R) -> R {
        look(&self.slow.shared.lock().timed.monitor)
    }

    /// Registers a thread, in O(1). The ids of registrations that have ended are used again, but no
    /// new thread inherits what the earlier one was entitled to: the id of a thread that may retake
    /// the lock is not used.
    pub fn register(&self) -> Registration {
        let mut shared = self.slow.shared.lock();
        let biased = shared.timed.monitor.protocol().bias();
        shared.registry.add(biased)
    }

    /// Ends a registration. The id of a thread that still holds the lock (think of
    /// [`std::mem::forget`]) is never used again.
    pub fn unregister(&self, registration: Registration) {
        self.unregister_id(registration.id);
    }

    pub(crate) fn unregister_id(&self, id: ThreadId) {
        if mutant!(HolderIdReused) || !self.slow.is_attached(id) {
            let mut shared = self.slow.shared.lock();
            shared.timed.pacing.forget(id);
            shared.registry.remove(id);
        }
    }

    /// Sets the switch interval: how long one owner may run before a waiter requests a switch. An
    /// interval below 1 us counts as 1 us. [`Duration::MAX`], or any interval that the clock cannot
    /// represent, means "never". Then only arriving threads request a switch, if the protocol lets
    /// them. A thread that already sleeps keeps its timer until it next runs.
    ///
    /// ```
    /// use std::time::Duration;
    /// use gil_core::protocol::Handoff;
    /// use gil_core::raw::RawGil;
    /// # if gil_core::UNDER_LOOM { return }
    /// let lock = RawGil::new(Handoff::new());
    /// lock.set_switch_interval(Duration::MAX); // never
    /// assert_eq!(lock.switch_interval(), Duration::MAX);
    /// lock.set_switch_interval(Duration::ZERO);
    /// assert_eq!(lock.switch_interval(), Duration::from_micros(1));
    /// ```
    pub fn set_switch_interval(&self, interval: Duration) {
        self.slow.shared.lock().timed.set_interval(interval);
    }

    /// The switch interval.
    pub fn switch_interval(&self) -> Duration {
        self.slow.shared.lock().timed.interval
    }

    /// Sets after how many safepoints a protocol with ticks switches (Python 2's
    /// `sys.setcheckinterval`), and starts a new count. Without meaning for every other protocol.
    pub fn set_check_interval(&self, ticks: u32) {
        // Relaxed: settings, ordered with nothing.
        self.check_interval.store(ticks, Ordering::Relaxed);
        self.ticks_left.store(ticks, Ordering::Relaxed);
    }

    /// Waits for the lock and takes it.
    ///
    /// # Errors
    /// [`Fault::AlreadyAttached`] when the thread holds the lock.
    #[inline]
    pub fn attach(&self, registration: &Registration) -> Result<(), Fault> {
        self.slow.memory.touch();
        if !O::DISABLE_FAST_PATH && self.slow.word.attach(registration.id) {
            return Ok(());
        }
        self.slow.attach_slow(registration, None).map(|_| ())
    }

    /// Takes the lock, or gives up at `deadline` and returns `false`.
    ///
    /// # Errors
    /// [`Fault::AlreadyAttached`] when the thread holds the lock.
    pub fn try_attach_until(
        &self,
        registration: &Registration,
        deadline: Instant,
    ) -> Result<bool, Fault> {
        self.slow.memory.touch();
        if !O::DISABLE_FAST_PATH && self.slow.word.attach(registration.id) {
            return Ok(true);
        }
        self.slow.attach_slow(registration, Some(deadline))
    }

    /// Takes the lock if it is free and no thread waits for it. Never waits.
    ///
    /// Do not poll this to get the lock. While other threads hand it over, the lock is never free,
    /// so the polling thread starves. [`RawGil::try_attach_until`] waits for the lock instead.
    ///
    /// # Errors
    /// [`Fault::AlreadyAttached`] when the thread holds the lock.
    pub fn try_attach(&self, registration: &Registration) -> Result<bool, Fault> {
        self.slow.memory.touch();
        if !O::DISABLE_FAST_PATH && self.slow.word.attach(registration.id) {
            return Ok(true);
        }
        if self.is_attached(registration) {
            return Err(Fault::AlreadyAttached);
        }
        // Without a fast path by a section, which gives up at once if a thread was faster.
        let is_free = |monitor: &Monitor<P>| monitor.owner().is_none() && monitor.all_idle();
        let tries = O::DISABLE_FAST_PATH && self.inspect_monitor(is_free);
        Ok(tries && self.slow.attach_slow(registration, Some(Instant::now()))?)
    }

    /// Whether the thread holds the lock.
    pub fn is_attached(&self, registration: &Registration) -> bool {
        self.slow.is_attached(registration.id)
    }

    /// Releases the lock, before a blocking call or for good.
    ///
    /// # Errors
    /// [`Fault::NotHolder`] when the thread does not hold the lock.
    #[inline]
    pub fn detach(&self, registration: &Registration) -> Result<(), Fault> {
        self.slow.memory.touch();
        if !O::DISABLE_FAST_PATH && self.slow.word.detach(registration.id) {
            return Ok(());
        }
        self.slow.detach_slow(registration, Operation::Release(Release::Blocking))
    }

    /// Whether the holder is requested to release. One relaxed load.
    pub fn switch_requested(&self) -> bool {
        self.slow.requested.load(Ordering::Relaxed) // a hint, looked at again under the mutex
    }

    /// Releases the lock and takes it again if a switch is requested. `false`: there was nothing to
    /// do. `true`: a section ran, although it may have found that the request is gone.
    ///
    /// Without a request this is one relaxed load. With [`Preemption::EveryTicks`], a count of
    /// safepoints replaces the request, and each safepoint stores the count.
    ///
    /// # Errors
    /// [`Fault::NotHolder`] when the thread does not hold the lock. Only a safepoint that runs a
    /// section finds this.
    #[inline]
    pub fn safepoint(&self, registration: &Registration) -> Result<bool, Fault> {
        if const { matches!(P::PREEMPTION, Preemption::EveryTicks(_)) } {
            // Relaxed: only holders count, and the lock orders them. A race with
            // `set_check_interval` changes the length of one count at most.
            let left = self.ticks_left.load(Ordering::Relaxed);
            if left > 0 {
                self.ticks_left.store(left - 1, Ordering::Relaxed);
                return Ok(false);
            }
            let interval = self.check_interval.load(Ordering::Relaxed);
            self.ticks_left.store(interval, Ordering::Relaxed);
        } else if !self.switch_requested() {
            return Ok(false);
        }
        self.slow.run_to_completion(registration, Operation::Safepoint, None)
    }

    /// Models the end of the lock's memory, under loom. Each access by another thread must happen
    /// before this call.
    #[cfg(loom)]
    #[doc(hidden)]
    pub fn free_memory(&self) {
        self.slow.memory.free();
    }

    /// Sends the holder's next safepoint through a section, which may find no request: the way to
    /// the holder's attention.
    pub(crate) fn force_slow_safepoint(&self) {
        self.slow.set_request_flag(&mut self.slow.shared.lock(), true);
    }

    /// Has `tell` called whenever [`RawGil::switch_requested`] has changed: `true` when a waiter
    /// requests a switch (or pending drops need the holder), `false` when the request is gone. It
    /// replaces an earlier one, and is called at once with the present value.
    ///
    /// `tell` runs under the lock's mutex, in any thread that uses the lock: it must be short and
    /// must not come back to this lock. A panic in it aborts the process.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicBool, Ordering};
    /// use gil_core::protocol::Handoff;
    /// use gil_core::raw::RawGil;
    /// # if gil_core::UNDER_LOOM { return }
    /// let lock = RawGil::new(Handoff::new());
    /// let stop = Arc::new(AtomicBool::new(true)); // what the interpreter's loop looks at
    /// let flag = stop.clone();
    /// lock.on_switch_request(move |requested| flag.store(requested, Ordering::Relaxed));
    /// assert!(!stop.load(Ordering::Relaxed));
    /// ```
    pub fn on_switch_request(&self, tell: impl Fn(bool) + Send + 'static) {
        let mut shared = self.slow.shared.lock();
        shared.hook = Some(Box::new(tell));
        let flag = shared.flag;
        self.slow.set_request_flag(&mut shared, flag);
    }
}

impl<P: Protocol, O> std::fmt::Debug for RawGil<P, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawGil").field("protocol", &P::NAME).finish_non_exhaustive()
    }
}
