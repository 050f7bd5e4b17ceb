//! One simulated thread: its place, its activity, and the next action of its role.

use gil_core::engine::Operation;

use super::Role;

/// The next action of a role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Do {
    /// Compute, attached.
    Compute { ns: u64 },
    /// Release and sleep until then.
    BlockUntil { at_ns: u64 },
    /// Release and be on the core without the lock.
    Call { ns: u64 },
    /// Offer the lock to others, with or without a request.
    Yield,
    /// It has ended.
    End,
}

/// Where the operating system has a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// It sleeps in one of the lock's wait-sets.
    Asleep,
    /// It sleeps for something else.
    Blocked,
    /// It needs a core.
    Ready,
    /// It is on this core.
    On(usize),
    /// It has ended.
    Ended,
}

/// The activity of a thread on a core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Activity {
    /// A section of the lock, as soon as its overhead is paid.
    Enter(Operation),
    /// A safepoint that enters a section, with or without a request.
    Yield,
    /// Computes, attached, for what is left.
    Compute,
    /// Is on the core, detached, for what is left.
    Call,
    /// Goes to sleep for the lock.
    Sleep,
    /// Sleeps in the lock until it rechecks.
    Nap { until_ns: u64 },
    /// Goes to sleep until an event outside.
    Block { until_ns: u64 },
    /// Ends.
    End,
}

/// One thread.
#[derive(Clone, Debug)]
pub(super) struct Thread {
    pub(super) role: Role,
    pub(super) group: usize,
    pub(super) place: Place,
    pub(super) activity: Activity,
    /// CPU time that it must spend before its activity continues.
    pub(super) overhead_ns: u64,
    /// The rest of the activity.
    pub(super) left_ns: u64,
    /// Its activity outside, once it is there.
    pub(super) outside: Do,
    /// CPU time used, as the operating system counts it for fairness.
    pub(super) runtime_ns: u64,
    pub(super) last_core: usize,
    /// Since when it has been acquiring the lock.
    pub(super) wants_since_ns: Option<u64>,
    /// The number of its waits: a timer belongs to one of them.
    pub(super) wait: u64,
    /// The run that the timer of its wait belongs to.
    pub(super) epoch: u64,
    /// Its timer has fired while it was going to sleep.
    pub(super) expired: bool,
    /// Work done with the lock.
    pub(super) done_ns: u64,
    /// When it ended.
    pub(super) ended_ns: Option<u64>,
    step: u8,
    /// When the event that it waits for happened.
    pub(super) arrived_ns: u64,
    /// The duration of the operation that has just ended, from the event that it waited for.
    pub(super) latency_ns: Option<u64>,
}

impl Thread {
    pub(super) fn new(role: Role, group: usize) -> Self {
        Self {
            role,
            group,
            place: Place::Blocked,
            activity: Activity::Enter(Operation::Acquire),
            overhead_ns: 0,
            left_ns: 0,
            outside: Do::End,
            runtime_ns: 0,
            last_core: 0,
            wants_since_ns: None,
            wait: 0,
            epoch: 0,
            expired: false,
            done_ns: 0,
            ended_ns: None,
            step: 0,
            arrived_ns: 0,
            latency_ns: None,
        }
    }

    fn finish_operation(&mut self, now_ns: u64) {
        if self.arrived_ns > 0 {
            self.latency_ns = Some(now_ns.saturating_sub(self.arrived_ns));
        }
    }

    /// The next action after the last one is done. The thread is attached.
    pub(super) fn next(&mut self, now_ns: u64, random: &mut fastrand::Rng) -> Do {
        let step = self.step;
        let ns = |duration: std::time::Duration| duration.as_nanos() as u64;
        let varied = |ns: u64, random: &mut fastrand::Rng| ns / 2 + random.u64(0..=ns);
        match self.role {
            Role::Cpu { work: None } => Do::Compute { ns: FOR_EVER_NS },
            Role::Cpu { work: Some(work) } => {
                self.step = 1;
                if step == 0 { Do::Compute { ns: ns(work) } } else { Do::End }
            }
            Role::Io { think, service } | Role::Mixed { service, think } => {
                self.step = 1 - step;
                if step == 0 {
                    self.finish_operation(now_ns);
                    self.arrived_ns = now_ns + varied(ns(think), random);
                    Do::BlockUntil { at_ns: self.arrived_ns }
                } else {
                    Do::Compute { ns: ns(service) }
                }
            }
            Role::Calls { service, call } => {
                self.step = 1 - step;
                if step == 0 {
                    self.finish_operation(now_ns);
                    self.arrived_ns = now_ns;
                    Do::Call { ns: ns(call) }
                } else {
                    Do::Compute { ns: ns(service) }
                }
            }
            Role::Yields { service } => {
                self.step = 1 - step;
                if step == 0 { Do::Compute { ns: ns(service) } } else { Do::Yield }
            }
            Role::Echo { pause, service } => {
                // A message that has already arrived is received without a release. (CPython does
                // release, and because it is on the core it reacquires before any thread that it
                // woke.)
                let step = if step == 0 && self.arrived_ns <= now_ns { 1 } else { step };
                self.step = (step + 1) % 3;
                match step {
                    0 => Do::BlockUntil { at_ns: self.arrived_ns },
                    1 => Do::Compute { ns: ns(service) },
                    _ => {
                        // The answer leaves at the call, before the lock is reacquired.
                        self.finish_operation(now_ns);
                        let away_ns = ns(pause) + CLIENT_NS;
                        let by = away_ns / 20;
                        let away_ns = away_ns - by + random.u64(0..=2 * by);
                        self.arrived_ns = now_ns + SEND_NS + away_ns;
                        Do::Call { ns: SEND_NS }
                    }
                }
            }
        }
    }
}

/// How long a send is in the kernel.
const SEND_NS: u64 = 5_000;

/// The client's time besides its pause: the answer wakes it, its timer is late, it sends.
const CLIENT_NS: u64 = 170_000;

/// Thirteen days.
pub(super) const FOR_EVER_NS: u64 = 1 << 50;
