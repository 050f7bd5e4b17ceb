//! Whose sleep ends with a run: the thread that keeps the time, or the one that has just asked.
//!
//! The protocol chooses who keeps the time ([`Timer::Run`](crate::Timer)): whoever was switched out last. That thread
//! has woken the next owner, and the system may start that one on the same processor and put the waker aside,
//! before it is asleep and its timer is set. So the time would be kept late, by as much as the system lets it wait.
//!
//! The thread that asked is awake as well, and has nothing left to do. It waits for the answer for about a
//! microsecond. If it comes, it sets its alarm for the run that begins then, in the place of the one that keeps
//! the time. When it rings, that one's timer has expired, and no sooner: the protocol knows nothing of it.
//!
//! - ALARM-1: whoever relies on another's alarm relies on a thread that waits. As soon as that one no longer
//!   does, who relied on it is woken, and sets its own.

use crate::protocol::ThreadId;

#[derive(Debug)]
pub(crate) struct Alarm {
    /// Who has asked because a run's interval was up, and is awake for the answer.
    pub(crate) asks: Option<ThreadId>,
    pub(crate) relied_on: Option<Relied>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Relied {
    /// Who keeps the time, for the protocol.
    pub(crate) keeper: ThreadId,
    /// Whose alarm is set for it.
    pub(crate) bearer: ThreadId,
}

impl Alarm {
    /// In whose place the alarm of `bearer` is set.
    pub(crate) fn keeper_for(&self, bearer: ThreadId) -> Option<ThreadId> {
        self.relied_on.filter(|relied| relied.bearer == bearer).map(|relied| relied.keeper)
    }

    /// Whether `keeper` needs no timer of its own.
    pub(crate) fn is_kept_for(&self, keeper: ThreadId) -> bool {
        self.relied_on.is_some_and(|relied| relied.keeper == keeper)
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    //! ALARM-1 in every state that the sections of some threads can reach, in whatever order they come.

    use std::collections::HashSet;
    use std::sync::Arc;

    use super::*;
    use crate::handoff::Handoff;
    use crate::inner::Inner;
    use crate::monitor::{Monitor, Operation, Outcome};
    use crate::observe::Counters;
    use crate::parker::Parker;
    use crate::protocol::{Release, Timer, Wake};
    use crate::sync::Wall;
    use crate::thread_state::{Phase, ThreadState};

    /// How a thread sleeps, if it does.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    struct Asleep {
        /// Its bell has rung, or it is awake for an answer.
        comes: bool,
        /// Its alarm is set, in the run that still goes on or in one before.
        alarm: Option<bool>,
    }

    type Threads = Vec<Option<Asleep>>;
    type State = (Monitor<Handoff>, Option<ThreadId>, Option<(ThreadId, ThreadId)>, Threads);

    struct World {
        lock: Inner<Handoff, Counters>,
        threads: Threads,
    }

    impl World {
        fn new(protocol: Handoff, threads: usize) -> Self {
            let mut lock = Inner::new(protocol, Counters::new());
            lock.members = (0..threads).map(|_| Some(Arc::new(Parker::new()))).collect();
            Self { lock, threads: vec![None; threads] }
        }

        fn fork(&self) -> Self {
            let Inner { monitor, alarm, runs, .. } = &self.lock;
            let mut world = Self::new(monitor.protocol().clone(), self.threads.len());
            world.threads.clone_from(&self.threads);
            world.lock.monitor = monitor.clone();
            world.lock.runs = runs.clone();
            world.lock.alarm = Alarm { ..*alarm };
            world
        }

        fn state(&self) -> State {
            let Alarm { asks, relied_on } = self.lock.alarm;
            let relied_on = relied_on.map(|relied| (relied.keeper, relied.bearer));
            (self.lock.monitor.clone(), asks, relied_on, self.threads.clone())
        }

        /// What `thread` can do next.
        fn entries(&self, thread: ThreadId) -> Vec<Operation> {
            let Some(asleep) = self.threads[thread.index()] else {
                return match self.lock.monitor.owner() == Some(thread) {
                    true => vec![Operation::Safepoint, Operation::Release(Release::Blocking)],
                    false => vec![Operation::Acquire],
                };
            };
            let gives_up = self.lock.monitor.phase(thread) == Phase::Acquiring;
            let wakes = [
                (true, Operation::Resume(Wake::Notified)), // also for no reason
                (asleep.alarm.is_some(), Operation::Resume(Wake::TimedOut)),
                (gives_up, Operation::Cancel),
            ];
            wakes.into_iter().filter(|(may, _)| *may).map(|(_, entry)| entry).collect()
        }

        fn section(&mut self, thread: ThreadId, entry: Operation) {
            let (lock, wall) = (&mut self.lock, Wall::new());
            let run = lock.runs.number();
            let alarm = self.threads[thread.index()].and_then(|asleep| asleep.alarm);
            let slept = alarm.filter(|_| entry == Operation::Resume(Wake::TimedOut));
            let slept = slept.map(|present| if present { run } else { run.wrapping_sub(1) });
            let waits = matches!(lock.monitor.thread_state(thread), ThreadState::Waiting(..));
            let in_time = slept == Some(run) && waits && lock.monitor.owner().is_some();
            let keeper = lock.alarm.keeper_for(thread).unwrap_or(thread);
            let keeps = lock.monitor.thread_state(keeper);
            let result = lock.decide(thread, entry, slept, &wall);
            let keeps = matches!(keeps, ThreadState::Waiting(_, Some(Timer::Run)));
            if in_time && keeps {
                assert!(lock.monitor.requested(), "{thread:?}'s alarm is {keeper:?}'s timer");
            }
            let bells = lock.drain_parkers();
            let sleep = lock.sleep(thread, result, None, &wall);
            assert!(!sleep.asks || in_time && keeps, "{thread:?} has not asked");
            if lock.runs.number() != run {
                let alarms = self.threads.iter_mut().flatten();
                alarms.for_each(|asleep| asleep.alarm = asleep.alarm.map(|_| false));
            }
            assert!(
                sleep.expires.is_none()
                    || sleep.expires == lock.runs.began().map(|began| began + lock.interval)
            );
            let sleeps = matches!(result, Ok(Outcome::Wait(_)));
            let alarm = sleep.expires.map(|_| true);
            self.threads[thread.index()] = sleeps.then_some(Asleep { comes: sleep.asks, alarm });
            for (parker, asleep) in lock.members.iter().flatten().zip(&mut self.threads) {
                if let Some(asleep) = asleep {
                    asleep.comes |= bells.iter().any(|bell| Arc::ptr_eq(bell, parker));
                }
            }
        }

        /// Whether `thread` will have a section by itself.
        fn comes(&self, thread: ThreadId) -> bool {
            self.threads[thread.index()].is_some_and(|it| it.comes || it.alarm.is_some())
        }

        /// ALARM-1: somebody comes for whoever keeps the time.
        fn holds(&self) -> bool {
            let Inner { monitor, alarm, .. } = &self.lock;
            let mut keepers = monitor.threads().filter(|thread| {
                matches!(monitor.thread_state(*thread), ThreadState::Waiting(_, Some(Timer::Run)))
            });
            keepers.all(|keeper| {
                let bearer = alarm.relied_on.filter(|relied| relied.keeper == keeper);
                self.comes(keeper) || bearer.is_some_and(|relied| self.comes(relied.bearer))
            })
        }
    }

    /// All states of so many threads: how many, and in how many somebody relies on another's alarm.
    fn explore(protocol: Handoff, threads: u32) -> (usize, usize) {
        let first = World::new(protocol, threads as usize);
        let mut seen = HashSet::from([first.state()]);
        let (mut worlds, mut relying) = (vec![first], 0);
        while let Some(world) = worlds.pop() {
            for thread in (0..threads).map(ThreadId::from_index) {
                for entry in world.entries(thread) {
                    let mut next = world.fork();
                    next.section(thread, entry);
                    assert!(next.holds(), "{entry:?} of {thread:?} leads to {:?}", next.state());
                    let state = next.state();
                    let relied_on = state.2.is_some();
                    if seen.insert(state) {
                        relying += usize::from(relied_on);
                        worlds.push(next);
                    }
                }
            }
        }
        (seen.len(), relying)
    }

    #[test]
    fn somebody_comes_for_whoever_keeps_the_time_in_all_states_of_two_to_four_threads() {
        assert_eq!(explore(Handoff::new(), 2), (102, 0), "of two, who asks is the next in line");
        assert_eq!(explore(Handoff::new(), 3), (21_724, 1_056));
        assert_eq!(explore(Handoff::plain(), 4), (64_695, 6_300), "the lock is free meanwhile");
        assert_eq!(explore(Handoff::with_budgets(0, 2), 4), (165_609, 15_456));
    }
}
