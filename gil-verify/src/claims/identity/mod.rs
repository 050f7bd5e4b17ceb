//! ID-1 and ID-2: no thread and no lock is taken for another one.
//!
//! [`programs`] are all sequences of a few steps. Threads attach, detach, forget their guard and
//! end; an ended thread begins again as a new one. Locks are dropped and made again at the same
//! address. The steps run one after the other on the code that ships. After each step every thread
//! says to which locks it is attached, and [`World`] says what is right.
//!
//! This is a search over sequences, not over interleavings: no thread waits. The loom suite
//! `ids-come-back` has the interleavings of threads that leave and come.

mod thread;

use serde::{Deserialize, Serialize};

pub use thread::{Answer, Order, Orders, Place, places, serve};

/// The claims.
pub const IDENTITY: [&str; 2] = ["ID-1", "ID-2"];

/// How many threads a program starts at most, those that begin again included: loom has five.
pub const STARTS_MAX: usize = 4;

/// What is searched.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Setting {
    /// How many threads there are at a time.
    pub threads: usize,
    /// How many locks there are at a time.
    pub locks: usize,
    /// The length of a program.
    pub steps: usize,
}

/// One step of a program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    /// A thread tries to attach.
    Attach {
        /// The thread.
        thread: usize,
        /// The lock.
        lock: usize,
    },
    /// A thread drops its newest guard.
    Detach(usize),
    /// A thread forgets its newest guard.
    Forget(usize),
    /// A thread drops its guards and ends.
    End(usize),
    /// A lock is dropped and made again at the same address.
    Remake(usize),
}

/// Who owns a lock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Owner {
    Thread(usize),
    /// A thread that has ended and has forgotten its guard.
    Ended,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Thread {
    /// It has started and not ended.
    runs: bool,
    /// It has run before.
    known: bool,
    /// The locks of its guards, oldest first.
    guards: Vec<usize>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Lock {
    owner: Option<Owner>,
    /// How often it has been made again.
    remade: u32,
    known: bool,
}

/// What is right: the memory of the claims, which shares nothing with the code under test.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct World {
    threads: Vec<Thread>,
    locks: Vec<Lock>,
    starts: usize,
}

impl World {
    /// Free locks, and threads that have not started.
    #[must_use]
    pub fn new(setting: Setting) -> Self {
        Self {
            threads: vec![Thread::default(); setting.threads],
            locks: vec![Lock::default(); setting.locks],
            starts: 0,
        }
    }

    /// The possible steps. A thread or a lock is used only after those before it, because the
    /// others are the same by symmetry.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let known = self.threads.iter().filter(|it| it.known).count();
        let threads = 0..self.threads.len().min(known + 1);
        let used = self.locks.iter().filter(|it| it.known).count();
        let locks = 0..self.locks.len().min(used + 1);
        let mut steps = Vec::new();
        for thread in threads.clone() {
            if self.threads[thread].runs || self.starts < STARTS_MAX {
                steps.extend(locks.clone().map(|lock| Step::Attach { thread, lock }));
            }
        }
        for thread in threads.filter(|thread| self.threads[*thread].runs) {
            if !self.threads[thread].guards.is_empty() {
                steps.extend([Step::Detach(thread), Step::Forget(thread)]);
            }
            steps.push(Step::End(thread));
        }
        let in_use = |lock: &usize| self.threads.iter().any(|it| it.guards.contains(lock));
        steps.extend((0..used).filter(|lock| !in_use(lock)).map(Step::Remake));
        steps
    }

    /// Performs a step, and returns the right answer.
    pub fn perform(&mut self, step: Step) -> Answer {
        match step {
            Step::Attach { thread, lock } => self.attach(thread, lock),
            Step::Detach(thread) => {
                if let Some(lock) = self.threads[thread].guards.pop() {
                    self.locks[lock].owner = None;
                }
                Answer::Done
            }
            Step::Forget(thread) => {
                self.threads[thread].guards.pop();
                Answer::Done
            }
            Step::End(thread) => {
                for lock in std::mem::take(&mut self.threads[thread].guards) {
                    self.locks[lock].owner = None;
                }
                self.threads[thread].runs = false;
                for lock in &mut self.locks {
                    if lock.owner == Some(Owner::Thread(thread)) {
                        lock.owner = Some(Owner::Ended);
                    }
                }
                Answer::Done
            }
            Step::Remake(lock) => {
                self.locks[lock].owner = None;
                self.locks[lock].remade += 1;
                Answer::Done
            }
        }
    }

    fn attach(&mut self, thread: usize, lock: usize) -> Answer {
        let it = &mut self.threads[thread];
        self.starts += usize::from(!it.runs);
        (it.runs, it.known) = (true, true);
        let place = &mut self.locks[lock];
        place.known = true;
        match place.owner {
            Some(Owner::Thread(owner)) if owner == thread => Answer::AlreadyAttached,
            Some(_) => Answer::Busy,
            None => {
                place.owner = Some(Owner::Thread(thread));
                it.guards.push(lock);
                Answer::Attached { remade: place.remade }
            }
        }
    }

    /// The threads that run.
    pub fn running(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.threads.len()).filter(|thread| self.threads[*thread].runs)
    }

    /// To which locks a thread is attached.
    #[must_use]
    pub fn attached(&self, thread: usize) -> Vec<bool> {
        let owns = |lock: &Lock| lock.owner == Some(Owner::Thread(thread));
        self.locks.iter().map(owns).collect()
    }

    /// The claim that a wrong answer breaks: of the first lock that ever was, only threads can be
    /// confused.
    #[must_use]
    pub fn broken(&self) -> &'static str {
        let one = self.locks.iter().filter(|it| it.known).count() <= 1;
        if one && self.locks.iter().all(|lock| lock.remade == 0) { "ID-1" } else { "ID-2" }
    }
}

/// Calls `run` with every program of the setting's length. Each begins with every shorter one, so
/// the shorter ones are included.
pub fn programs(setting: Setting, run: &mut impl FnMut(&[Step])) {
    fn extend(
        world: &World,
        program: &mut Vec<Step>,
        length: usize,
        run: &mut impl FnMut(&[Step]),
    ) {
        if program.len() == length {
            run(program);
            return;
        }
        for step in world.steps() {
            let mut next = world.clone();
            next.perform(step);
            program.push(step);
            extend(&next, program, length, run);
            program.pop();
        }
    }
    extend(&World::new(setting), &mut Vec::new(), setting.steps, run);
}

/// Runs a program and judges each answer. `tell` gives an order to a thread and returns its answer;
/// it starts the thread if it does not run, and waits until an ended one is gone.
///
/// # Panics
/// With the claim that is broken, and the program up to there.
pub fn judge(
    setting: Setting,
    program: &[Step],
    mut tell: impl FnMut(usize, Order) -> Answer,
    mut remake: impl FnMut(usize, u32),
) {
    let mut world = World::new(setting);
    for (index, step) in program.iter().enumerate() {
        let right = world.perform(*step);
        let answer = match *step {
            Step::Attach { thread, lock } => tell(thread, Order::Attach(lock)),
            Step::Detach(thread) => tell(thread, Order::Detach),
            Step::Forget(thread) => tell(thread, Order::Forget),
            Step::End(thread) => tell(thread, Order::End),
            Step::Remake(lock) => {
                remake(lock, world.locks[lock].remade);
                Answer::Done
            }
        };
        let so_far = || &program[..=index];
        let claim = world.broken();
        assert!(answer == right, "{claim}: {answer:?}, not {right:?}, after {:?}", so_far());
        for thread in world.running() {
            let (says, is) = (tell(thread, Order::Look), Answer::Look(world.attached(thread)));
            assert!(says == is, "{claim}: T{thread} says {says:?}, not {is:?}: {:?}", so_far());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Setting = Setting { threads: 2, locks: 1, steps: 3 };

    #[test]
    fn every_program_is_listed_once_up_to_symmetry() {
        let mut all = Vec::new();
        programs(SMALL, &mut |program| all.push(program.to_vec()));
        let known = all.len();
        all.sort_by_key(|program| format!("{program:?}"));
        all.dedup();
        assert_eq!(all.len(), known);
        let first = Step::Attach { thread: 0, lock: 0 };
        assert!(all.iter().all(|program| program[0] == first));
        let forgets = [first, Step::Forget(0), Step::End(0)];
        assert!(all.iter().any(|program| program == &forgets));
    }

    #[test]
    fn lock_of_an_ended_thread_that_forgot_its_guard_stays_busy() {
        let mut world = World::new(SMALL);
        world.perform(Step::Attach { thread: 0, lock: 0 });
        world.perform(Step::Forget(0));
        world.perform(Step::End(0));
        assert_eq!(world.perform(Step::Attach { thread: 1, lock: 0 }), Answer::Busy);
        assert_eq!(world.perform(Step::Attach { thread: 0, lock: 0 }), Answer::Busy);
        assert_eq!(world.attached(0), [false]);
    }
}
