//! What the lock's mutex protects: the Monitor, and what the mechanism has to remember beside it.

use std::sync::Arc;
use std::time::Duration;

use crate::alarm::{Alarm, Relied};
use crate::fault::Fault;
use crate::monitor::{Monitor, Operation, Outcome, WakeFirst};
use crate::observe::Observe;
use crate::parker::Parker;
use crate::protocol::{Preemption, Protocol, ThreadId, Timer, Wake};
use crate::runs::{Clock as _, Runs};
use crate::sync::{Instant, Wall, const_unless_loom, mutant, spins};
use crate::thread_state::ThreadState;
use crate::word::Frozen;

/// Whom to tell that the flag has changed.
pub(crate) struct Breaker(pub(crate) Box<dyn Fn(bool) + Send>);

impl std::fmt::Debug for Breaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Breaker")
    }
}

/// Guarded by the lock's mutex.
#[derive(Debug)]
pub(crate) struct Inner<P, O> {
    pub(crate) monitor: Monitor<P>,
    pub(crate) observer: O,
    pub(crate) members: Vec<Option<Arc<Parker>>>,
    pub(crate) vacant: Vec<ThreadId>,
    pub(crate) interval: Duration,
    pub(crate) frozen: bool,
    pub(crate) flag: bool,
    pub(crate) breaker: Option<Breaker>,
    pub(crate) runs: Runs<Instant>,
    pub(crate) alarm: Alarm,
}

/// Why and until when a thread sleeps.
#[derive(Clone, Copy)]
pub(crate) struct Sleep {
    pub(crate) expires: Option<Instant>,
    pub(crate) run: u64,
    /// When the thread has to come back and show its request.
    pub(crate) shows: Option<Instant>,
    /// It has just asked because its timer was up, and stays awake for the answer.
    pub(crate) asks: bool,
}

impl<P: Protocol, O> Inner<P, O> {
    const_unless_loom! {
        pub(crate) fn new(protocol: P, observer: O) -> Self {
            Self {
                monitor: Monitor::new(protocol),
                observer,
                members: Vec::new(),
                vacant: Vec::new(),
                interval: P::SWITCH_INTERVAL,
                frozen: false,
                flag: false,
                breaker: None,
                runs: Runs::new(),
                alarm: Alarm { asks: None, relied_on: None },
            }
        }
    }

    /// The bells of the threads that have been woken and not yet rung for.
    pub(crate) fn drain_parkers(&mut self) -> Vec<Arc<Parker>> {
        let alone = self.alarm.relied_on.and_then(|relied| self.left_alone(relied));
        let Self { monitor, members, .. } = self;
        if monitor.woken().is_empty() && alone.is_none() {
            return Vec::new(); // as it mostly is
        }
        let most = if mutant!(FirstBellOnly) { 1 } else { usize::MAX };
        let woken = monitor.drain_woken().take(most).chain(alone);
        woken.filter_map(|thread| members[thread.index()].clone()).collect()
    }

    fn keeps_time(&self, thread: ThreadId) -> bool {
        matches!(self.monitor.thread_state(thread), ThreadState::Waiting(_, Some(Timer::Run)))
    }

    /// Who keeps the time and has to set its own alarm, because the thread it relied on is gone (ALARM-1).
    #[cold]
    fn left_alone(&mut self, relied: Relied) -> Option<ThreadId> {
        let Relied { keeper, bearer } = relied;
        let keeps = self.keeps_time(keeper);
        let waits = matches!(
            self.monitor.thread_state(bearer),
            ThreadState::Waiting(..) | ThreadState::Notified(_)
        );
        if keeps && waits {
            return None;
        }
        self.alarm.relied_on = None;
        Some(keeper).filter(|_| keeps)
    }
}

impl<P: Protocol, O: Observe> Inner<P, O> {
    /// One section of the Monitor, unless there is nothing to decide: a safepoint whose request is
    /// gone, or a timer of a run that is over.
    pub(crate) fn decide(
        &mut self,
        thread: ThreadId,
        entry: Operation,
        slept: Option<u64>,
        wall: &Wall,
    ) -> Result<Outcome, Fault> {
        let owner = self.monitor.owner();
        let asked = self.monitor.requested() || mutant!(StaleRequestAnswered);
        if entry == Operation::Safepoint && P::PREEMPTION == Preemption::OnRequest && !asked {
            self.observer.stale_request(thread);
            return if owner == Some(thread) { Ok(Outcome::Owns) } else { Err(Fault::NotHolder) };
        }
        self.alarm.asks.take_if(|asker| *asker == thread);
        let mut whose = thread;
        if let Some(run) = slept
            && let ThreadState::Waiting(..) = self.monitor.thread_state(thread)
        {
            // An alarm that was set in another's place: it is that one's timer that has expired.
            whose = owner.and_then(|_| self.alarm.keeper_for(thread)).unwrap_or(thread);
            if let ThreadState::Waiting(_, timer @ Some(Timer::Run)) =
                self.monitor.thread_state(whose)
                && run != self.runs.number()
                && !mutant!(StaleRunTimer)
            {
                self.observer.timer_restarted(whose);
                return Ok(Outcome::Wait(timer));
            }
        }
        let timed = self.keeps_time(whose);
        let outcome = self.monitor.section(whose, entry, &mut WakeFirst)?;
        self.observer.section(whose, entry, outcome, &self.monitor);
        self.runs.section(owner.is_none(), self.monitor.owner(), self.interval, wall);
        match (outcome, entry) {
            (Outcome::Wait(None), Operation::Resume(Wake::TimedOut))
                if timed && self.monitor.requested() && spins() != 0 =>
            {
                self.alarm.asks = Some(thread);
                self.members[thread.index()].iter().for_each(|parker| parker.silence());
            }
            (Outcome::Wait(Some(Timer::Run)), Operation::Safepoint) => self.answers(thread),
            _ => {}
        }
        Ok(outcome)
    }

    /// `keeper` has been switched out because somebody asked, and keeps the time from now on.
    #[cold]
    fn answers(&mut self, keeper: ThreadId) {
        let waits = |asker: &ThreadId| {
            matches!(self.monitor.thread_state(*asker), ThreadState::Waiting(..))
        };
        if let Some(bearer) = self.alarm.asks.take().filter(waits)
            && self.alarm.relied_on.is_none()
        {
            self.alarm.relied_on = Some(Relied { keeper, bearer });
            self.members[bearer.index()].iter().for_each(|parker| parker.hears());
        }
    }

    /// Takes over from the fast path, which left the word so.
    pub(crate) fn take_over(&mut self, word: Frozen, wall: &Wall) -> Result<(), Fault> {
        self.frozen = true;
        match word.taken_back {
            Some(0) => {}
            Some(times) => {
                self.runs.taken_back(times);
                self.observer.biased_reacquires(times);
            }
            None => self.runs.fast(word.holder, word.holder == self.monitor.owner(), wall),
        }
        self.monitor.sync_owner(word.holder)
    }

    /// Whether `thread`, which a release has woken, waits for the run to end by itself, and when it looks
    /// again.
    pub(crate) fn looks_again(
        &mut self,
        thread: ThreadId,
        entry: Operation,
        wall: &Wall,
    ) -> Option<Instant> {
        let woken = matches!(self.monitor.thread_state(thread), ThreadState::Notified(_));
        if !P::GRACE_PERIOD || !woken || !matches!(entry, Operation::Resume(_)) {
            return None;
        }
        if let due @ Some(_) = self.runs.sleeps_on(wall) {
            return due;
        }
        let is_free = self.monitor.owner().is_none();
        let due = self.runs.looks_again(is_free, self.interval, wall)?;
        self.observer.wakeup_deferred(thread);
        Some(due)
    }

    /// Whether the request that `thread` made on its arrival is held back, and until when.
    pub(crate) fn hold_back(
        &mut self,
        thread: ThreadId,
        entry: Operation,
        wall: &Wall,
    ) -> Option<Instant> {
        let requested = (self.monitor.requested_before(), self.monitor.requested());
        self.runs.hold_back(thread, entry, requested, wall)
    }

    pub(crate) fn sleep(
        &self,
        thread: ThreadId,
        result: Result<Outcome, Fault>,
        shows: Option<Instant>,
        wall: &Wall,
    ) -> Sleep {
        let Ok(Outcome::Wait(timer)) = result else {
            return Sleep { expires: None, run: 0, shows, asks: false };
        };
        let begins = match timer {
            // Of a lock that is free, too: whoever takes it back goes on with the same run.
            _ if self.alarm.keeper_for(thread).is_some() => self.runs.began(),
            Some(Timer::Wait) => Some(wall.now()),
            Some(Timer::Run) if !self.alarm.is_kept_for(thread) => self.runs.began(),
            _ => None,
        };
        let expires = begins.map(|begins| begins + self.interval);
        let asks = self.alarm.asks == Some(thread);
        Sleep { expires, run: self.runs.number(), shows, asks }
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::Handoff;
    use crate::observe::Counters;
    use crate::protocol::Release;

    type Lock = Inner<Handoff, Counters>;

    const EXPIRED: Operation = Operation::Resume(Wake::TimedOut);
    const WOKEN: Operation = Operation::Resume(Wake::Notified);

    fn thread(index: u32) -> ThreadId {
        ThreadId::from_index(index)
    }

    /// `index` has a section; what comes of it, how it sleeps, and whose bells ring.
    fn section(
        lock: &mut Lock,
        index: u32,
        entry: Operation,
        slept: Option<u64>,
    ) -> (Outcome, Sleep, Vec<u32>) {
        let wall = Wall::new();
        let result = lock.decide(thread(index), entry, slept, &wall);
        let bells = lock.drain_parkers();
        let sleep = lock.sleep(thread(index), result, None, &wall);
        let members = lock.members.iter().flatten();
        let rings = |parker: &Arc<Parker>| bells.iter().any(|bell| Arc::ptr_eq(bell, parker));
        let rung = members.enumerate().filter(|(_, parker)| rings(parker));
        (result.unwrap(), sleep, rung.map(|(index, _)| index as u32).collect())
    }

    fn run_ends(lock: &Lock) -> Option<Instant> {
        lock.runs.began().map(|began| began + lock.interval)
    }

    /// Thread 2 owns; 3 and 0 and 1 wait in this order; 0 has asked 1 for the lock and was awake when it got
    /// it, so 1 keeps the time, and relies on the alarm of 0.
    fn relying() -> Lock {
        let mut lock = Lock::new(Handoff::plain(), Counters::new());
        lock.members = (0..5).map(|_| Some(Arc::new(Parker::new()))).collect();
        assert_eq!(section(&mut lock, 0, Operation::Acquire, None).0, Outcome::Owns);
        assert_eq!(
            section(&mut lock, 1, Operation::Acquire, None).0,
            Outcome::Wait(Some(Timer::Run))
        );
        assert_eq!(section(&mut lock, 2, Operation::Acquire, None).0, Outcome::Wait(None));
        assert_eq!(section(&mut lock, 3, Operation::Acquire, None).0, Outcome::Wait(None));
        let number = Some(lock.runs.number());
        assert!(section(&mut lock, 1, EXPIRED, number).1.asks);
        // Who asked is the next in line: nobody is left to rely on.
        let (_, sleep, rung) = section(&mut lock, 0, Operation::Safepoint, None);
        assert_eq!((sleep.expires, rung), (run_ends(&lock), vec![1]));
        assert_eq!(section(&mut lock, 1, WOKEN, None).0, Outcome::Owns);

        let number = Some(lock.runs.number());
        let (outcome, sleep, _) = section(&mut lock, 0, EXPIRED, number);
        assert_eq!((outcome, sleep.expires, sleep.asks), (Outcome::Wait(None), None, true));
        let (outcome, sleep, rung) = section(&mut lock, 1, Operation::Safepoint, None);
        assert_eq!(outcome, Outcome::Wait(Some(Timer::Run)));
        assert_eq!((sleep.expires, sleep.asks, rung), (None, false, vec![2]));
        let (_, sleep, rung) = section(&mut lock, 0, WOKEN, None);
        assert_eq!((sleep.expires, sleep.asks, rung), (run_ends(&lock), false, vec![]));
        assert_eq!(section(&mut lock, 2, WOKEN, None).0, Outcome::Owns);
        lock
    }

    #[test]
    fn the_alarm_of_who_asked_is_the_timer_of_who_keeps_the_time() {
        let mut lock = relying();
        let number = lock.runs.number();
        let (outcome, sleep, _) = section(&mut lock, 0, EXPIRED, Some(number - 1));
        assert!(matches!(outcome, Outcome::Wait(_)), "its run is over: {outcome:?}");
        assert_eq!((lock.monitor.requested(), sleep.expires), (false, run_ends(&lock)));
        let (outcome, sleep, rung) = section(&mut lock, 0, EXPIRED, Some(number));
        assert_eq!((outcome, lock.monitor.requested(), rung), (Outcome::Wait(None), true, vec![]));
        assert_eq!((sleep.expires, sleep.asks), (None, true));
        assert_eq!(
            lock.monitor.thread_state(thread(1)),
            ThreadState::Waiting(Handoff::QUEUES[2], None)
        );

        // And it goes on to do so.
        let (_, sleep, rung) = section(&mut lock, 2, Operation::Safepoint, None);
        assert_eq!((sleep.expires, rung), (None, vec![3]));
        assert_eq!(section(&mut lock, 0, WOKEN, None).1.expires, run_ends(&lock));
        assert_eq!(
            section(&mut lock, 1, WOKEN, None).1.expires,
            None,
            "it is not its time any more"
        );
    }

    #[test]
    fn who_no_longer_waits_for_the_answer_is_not_relied_on() {
        let mut lock = relying();
        let number = Some(lock.runs.number());
        assert!(section(&mut lock, 0, EXPIRED, number).1.asks);
        let (_, sleep, _) = section(&mut lock, 0, WOKEN, None);
        assert_eq!((sleep.expires, sleep.asks), (None, false), "it sleeps until it is woken");
        let (_, sleep, rung) = section(&mut lock, 2, Operation::Safepoint, None);
        assert_eq!((sleep.expires, rung), (run_ends(&lock), vec![3]));
    }

    #[test]
    fn what_rang_before_the_question_is_not_taken_for_its_answer() {
        let mut lock = relying();
        let asker = lock.members[0].clone().unwrap();
        asker.ring();
        let number = Some(lock.runs.number());
        let (_, sleep, _) = section(&mut lock, 0, EXPIRED, number);
        assert!(sleep.asks);
        let later = Sleep { expires: Some(crate::sync::now()), asks: false, ..sleep };
        assert_eq!(
            asker.wait(later, None),
            crate::sync::Parked::TimedOut,
            "no bell has rung since"
        );
    }

    #[test]
    fn a_thread_that_arrives_is_no_answer_and_has_an_alarm_of_its_own() {
        let mut lock = relying();
        let number = Some(lock.runs.number());
        assert!(section(&mut lock, 0, EXPIRED, number).1.asks);
        let (outcome, sleep, rung) = section(&mut lock, 4, Operation::Acquire, None);
        assert_eq!((outcome, rung), (Outcome::Wait(Some(Timer::Run)), vec![]));
        assert_eq!((sleep.expires, sleep.asks), (run_ends(&lock), false));
        assert_eq!(lock.alarm.asks, Some(thread(0)));
    }

    #[test]
    fn who_relied_on_a_thread_that_has_come_in_is_woken_and_sets_its_own_alarm() {
        let mut lock = relying();
        for (owner, next) in [(2, 3), (3, 0)] {
            let left = section(&mut lock, owner, Operation::Release(Release::Blocking), None);
            assert_eq!((left.0, left.2), (Outcome::Left, vec![next]));
            let (outcome, _, rung) = section(&mut lock, next, WOKEN, None);
            assert_eq!((outcome, rung), (Outcome::Owns, if next == 0 { vec![1] } else { vec![] }));
        }
        assert_eq!(section(&mut lock, 1, WOKEN, None).1.expires, run_ends(&lock));
    }

    #[test]
    fn an_alarm_that_rings_while_the_lock_is_free_asks_nobody_and_rings_again_in_the_same_run() {
        let mut lock = relying();
        section(&mut lock, 2, Operation::Release(Release::Blocking), None);
        let number = Some(lock.runs.number());
        let (outcome, sleep, _) = section(&mut lock, 0, EXPIRED, number);
        assert_eq!((outcome, lock.monitor.requested()), (Outcome::Wait(None), false));
        assert_eq!((sleep.expires, sleep.asks), (run_ends(&lock), false));
        // The one that released takes it back, and goes on with its run.
        assert_eq!(section(&mut lock, 2, Operation::Acquire, None).0, Outcome::Owns);
        assert_eq!(number, Some(lock.runs.number()));
        section(&mut lock, 0, EXPIRED, number);
        assert!(lock.monitor.requested());
    }
}
