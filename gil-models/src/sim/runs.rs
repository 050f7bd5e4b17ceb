//! Whose run it is, and what the mechanism does about young runs, in virtual time.
//!
//! As `gil-core/src/inner.rs` has it, with its fractions of the switch interval: a thread that a release
//! has woken looks again while short calls go on, and a request made on arrival is held back while the run is
//! spared. Only protocols with [`LOOKS_AGAIN`](gil_core::Protocol::LOOKS_AGAIN) have it here, so that other
//! locks are seen as they are.

use gil_core::ThreadId;

/// Less than this part of the interval is not spared.
const WORTH_SPARING: u64 = 250;
/// A run of short calls goes on for this part of the interval.
const SHORT_CALLS: u64 = 5;
/// The first look comes after this part of the interval.
const LOOKS_AGAIN: u64 = 100;
/// In how many runs a thread is expected back as often as in its last one.
const EXPECTED_AS_BEFORE: u32 = 7;

#[derive(Debug, Default)]
pub(super) struct Runs {
    /// When the present run began, for the timer of the run.
    pub(super) began_ns: u64,
    /// Whose request is not shown to the holder yet.
    pub(super) held_back: Option<ThreadId>,
    runs: Option<ThreadId>,
    gained_ns: Option<u64>,
    taken_back: u64,
    looked: Option<u64>,
    used_ns: Option<u64>,
    interrupter: Option<ThreadId>,
    returns_before: u64,
    as_before: u32,
    spared_ns: u64,
}

impl Runs {
    /// The lock was taken by the fast path: nobody waits, and no run is young.
    pub(super) fn fast(&mut self, new: ThreadId, now_ns: u64) {
        (self.began_ns, self.runs, self.gained_ns) = (now_ns, Some(new), None);
        (self.taken_back, self.looked, self.used_ns) = (0, None, None);
    }

    /// A section has left the lock with `owner`; `was_free`: nobody had it before.
    pub(super) fn section(
        &mut self,
        was_free: bool,
        owner: Option<ThreadId>,
        now_ns: u64,
        interval_ns: u64,
    ) {
        match owner {
            Some(new) if self.runs != Some(new) => self.begin(new, now_ns, interval_ns),
            Some(_) if was_free => {
                self.taken_back += 1;
                self.used_ns = None;
            }
            _ => {}
        }
    }

    fn begin(&mut self, new: ThreadId, now_ns: u64, interval_ns: u64) {
        let ran = self.runs.replace(new);
        self.spared_ns = 0;
        if ran.is_some() && ran == self.interrupter {
            let age_ns = self.gained_ns.map_or(0, |gained| now_ns - gained);
            let used_ns = self.used_ns.unwrap_or(age_ns).min(interval_ns);
            self.spared_ns = if used_ns < interval_ns / WORTH_SPARING { 0 } else { used_ns };
            self.returns_before = self.taken_back;
            self.as_before = self.as_before.checked_sub(1).unwrap_or(EXPECTED_AS_BEFORE);
        }
        (self.taken_back, self.looked, self.used_ns) = (0, None, None);
        self.interrupter = self.interrupter.filter(|asked| *asked == new);
        (self.began_ns, self.gained_ns) = (now_ns, Some(now_ns));
    }

    /// When a thread that a release has woken looks again, if it does: `held` says whether it finds the
    /// lock taken.
    pub(super) fn looks_again(&mut self, held: bool, now_ns: u64, interval_ns: u64) -> Option<u64> {
        let may_return = self.as_before == 0 || self.taken_back < self.returns_before;
        let expected = may_return && self.runs.is_some() && self.runs == self.interrupter;
        let goes_on = self.looked.replace(self.taken_back) != Some(self.taken_back);
        let sleeps_on = if held { self.taken_back > 0 } else { goes_on && expected };
        let age_ns = now_ns - self.gained_ns?;
        if !held {
            self.used_ns.get_or_insert(age_ns);
        }
        let is_young = age_ns < interval_ns / SHORT_CALLS;
        (sleeps_on && is_young).then(|| now_ns + age_ns.max(interval_ns / LOOKS_AGAIN))
    }

    /// `thread` has asked on its arrival: until when that is held back, if it is.
    pub(super) fn asks(&mut self, thread: ThreadId, now_ns: u64) -> Option<u64> {
        self.interrupter = Some(thread);
        let due_ns = self.gained_ns.map(|gained| gained + self.spared_ns);
        let due_ns = due_ns.filter(|due| now_ns < *due);
        self.held_back = due_ns.map(|_| thread);
        due_ns
    }
}
