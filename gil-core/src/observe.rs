//! Watching the slow path: counters by default, claims in a checker.

use crate::monitor::{Event, Monitor, Operation, Outcome};
use crate::protocol::{Protocol, ThreadId};

/// A section that has just run.
#[derive(Clone, Copy, Debug)]
pub struct SectionInfo<'a, P> {
    /// The thread that ran it.
    pub thread: ThreadId,
    /// What it began with.
    pub operation: Operation,
    /// What the thread does next.
    pub outcome: Outcome,
    /// The Monitor as the section left it.
    pub monitor: &'a Monitor<P>,
}

/// Sees every section of a lock, from inside the mutex. An attach or a detach on the fast path goes
/// unseen. [`Observe::DISABLE_FAST_PATH`] turns the fast path off, so that nothing goes unseen.
///
/// ```
/// use gil_core::protocol::{Handoff, Protocol};
/// use gil_core::raw::{Observe, RawGil, SectionInfo};
/// # if gil_core::UNDER_LOOM { return }
/// #[derive(Default)]
/// struct Sections(u64);
/// impl Observe for Sections {
///     fn section<P: Protocol>(&mut self, _: &SectionInfo<'_, P>) {
///         self.0 += 1;
///     }
/// }
/// let lock = RawGil::with_observer(Handoff::new(), Sections::default());
/// let thread = lock.register();
/// lock.attach(&thread).unwrap();
/// lock.detach(&thread).unwrap();
/// assert_eq!(lock.inspect_observer(|sections| sections.0), 0, "a lone thread enters no section");
/// ```
pub trait Observe {
    /// Whether every attach and detach is a section, so that nothing goes unseen. The lock has no
    /// fast path then.
    const DISABLE_FAST_PATH: bool = false;

    /// A thread has just run a section.
    fn section<P: Protocol>(&mut self, section: &SectionInfo<'_, P>);

    /// The section's result is published: the flag that safepoints read, and whether the word is
    /// frozen. Both have to agree with the Monitor.
    fn published<P: Protocol>(&mut self, _flag: bool, _frozen: bool, _: &Monitor<P>) {}

    /// `thread` entered the slow path at a safepoint and found no request. The request may be gone,
    /// or many drops may be pending ([`heap`](crate::heap)).
    fn stale_request(&mut self, _thread: ThreadId) {}

    /// The timer of `thread`'s wait started again, without a section, because the owner has
    /// changed.
    fn timer_restarted(&mut self, _thread: ThreadId) {}

    /// Since the last section the thread that the lock was biased to has retaken it `times` times,
    /// at least once.
    fn biased_reacquires(&mut self, _times: u64) {}

    /// `thread` was woken by a release, and sleeps on without a section in its grace period.
    fn wakeup_deferred(&mut self, _thread: ThreadId) {}
}

/// What a lock's slow path has done so far. The fast path is not counted, so counting costs it
/// nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Critical sections.
    pub sections: u64,
    /// Switch requests.
    pub requests: u64,
    /// Forced releases: the owner released with a request pending.
    pub forced_releases: u64,
    /// Times the lock was handed to a waiter.
    pub grants: u64,
    /// Times a thread found the lock free in the slow path and took it.
    pub acquisitions: u64,
    /// Timers that expired.
    pub timeouts: u64,
    /// Threads that were woken.
    pub wakeups: u64,
    /// Threads that were woken by a notification and had to wait again.
    pub wasted_wakeups: u64,
    /// Sections after which the owner was a different thread from the last recorded owner.
    pub switches: u64,
    /// Times a woken thread slept on in its grace period.
    pub deferred_wakeups: u64,
    /// Times the thread that the lock was biased to retook it without a section. Those after the
    /// last section are not counted yet.
    pub biased_reacquires: u64,
    last_owner: Option<ThreadId>,
}

impl Counters {
    pub(crate) const fn new() -> Self {
        Self {
            sections: 0,
            requests: 0,
            forced_releases: 0,
            grants: 0,
            acquisitions: 0,
            timeouts: 0,
            wakeups: 0,
            wasted_wakeups: 0,
            switches: 0,
            deferred_wakeups: 0,
            biased_reacquires: 0,
            last_owner: None,
        }
    }
}

impl Observe for Counters {
    fn section<P: Protocol>(&mut self, section: &SectionInfo<'_, P>) {
        let monitor = section.monitor;
        self.sections += 1;
        self.wakeups += monitor.woken().len() as u64;
        for event in monitor.events() {
            match event {
                Event::Requested(..) => self.requests += 1,
                Event::Answered(_) => self.forced_releases += 1,
                Event::Granted(_) => self.grants += 1,
                Event::Taken(_) => self.acquisitions += 1,
                Event::TimedOut(_) => self.timeouts += 1,
                Event::Notified(_) if matches!(section.outcome, Outcome::Wait(_)) => {
                    self.wasted_wakeups += 1;
                }
                _ => {} // not counted
            }
        }
        if let Some(owner) = monitor.owner()
            && self.last_owner.replace(owner) != Some(owner)
        {
            self.switches += 1;
        }
    }

    fn biased_reacquires(&mut self, times: u64) {
        self.biased_reacquires += times;
    }

    fn wakeup_deferred(&mut self, _: ThreadId) {
        self.deferred_wakeups += 1;
    }
}
