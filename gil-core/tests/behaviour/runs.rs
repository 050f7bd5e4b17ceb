//! What is remembered of young runs, in virtual time.

use std::time::Duration;

use gil_core::{Clock, Operation, Runs, ThreadId, Wake};

use crate::threads;

const INTERVAL: Duration = Duration::from_millis(5);

struct Virtual(Duration);

impl Clock for Virtual {
    type Moment = Duration;
    fn now(&self) -> Duration {
        self.0
    }
    fn since(&self, moment: Duration) -> Duration {
        self.0 - moment
    }
    fn is_to_come(&self, moment: Duration) -> bool {
        self.0 < moment
    }
}

const fn at(us: u64) -> Virtual {
    Virtual(Duration::from_micros(us))
}

/// A thread that computes, and another that interrupts it and whose calls are short.
struct Pair {
    runs: Runs<Duration>,
    now_us: u64,
    computes: ThreadId,
    interrupts: ThreadId,
}

impl Pair {
    fn new() -> Self {
        let [computes, interrupts] = threads();
        let mut pair = Self { runs: Runs::new(), now_us: 0, computes, interrupts };
        pair.runs.section(true, Some(computes), INTERVAL, &at(0));
        pair
    }

    /// It arrives and asks. How long that is held back, and for how long it then has the lock.
    fn interrupts(&mut self) -> Option<u64> {
        let due = self.runs.hold_back(
            self.interrupts,
            Operation::Acquire,
            (false, true),
            &at(self.now_us),
        );
        let held_back = due.map(|due| due.as_micros() as u64 - self.now_us);
        assert_eq!(self.runs.held_back(), due.map(|_| self.interrupts));
        self.now_us += held_back.unwrap_or(0);
        self.runs.show();
        assert_eq!(self.runs.held_back(), None);
        self.runs.section(false, Some(self.interrupts), INTERVAL, &at(self.now_us));
        held_back
    }

    /// The thread that computes was woken and finds the lock free, or taken: how long it sleeps on.
    fn looks(&mut self, is_free: bool) -> Option<u64> {
        let due = self.runs.looks_again(is_free, INTERVAL, &at(self.now_us))?;
        let (early, late) = (Virtual(due - Duration::from_micros(1)), Virtual(due));
        assert_eq!((self.runs.sleeps_on(&early), self.runs.sleeps_on(&late)), (Some(due), None));
        Some(due.as_micros() as u64 - self.now_us)
    }

    /// It finds the lock free until it takes it; how often it slept on.
    fn looks_until_it_takes(&mut self) -> u32 {
        let mut looks = 0;
        while let Some(sleeps_us) = self.looks(true) {
            self.now_us += sleeps_us;
            looks += 1;
        }
        self.runs.section(true, Some(self.computes), INTERVAL, &at(self.now_us));
        looks
    }

    /// A run of the one that interrupts, in which it comes back so often; how often the other looked.
    fn visit(&mut self, comes_back: u64) -> u32 {
        self.interrupts();
        for _ in 0..comes_back {
            self.runs.section(true, Some(self.interrupts), INTERVAL, &at(self.now_us));
        }
        self.looks_until_it_takes()
    }
}

#[test]
fn every_new_owner_begins_a_run_and_who_takes_the_lock_back_goes_on_with_its_own() {
    let [a, b] = threads();
    let mut runs = Runs::new();
    assert_eq!((runs.number(), runs.began()), (0, None));
    runs.section(true, Some(a), INTERVAL, &at(1));
    runs.section(true, None, INTERVAL, &at(2));
    runs.section(true, Some(a), INTERVAL, &at(3));
    assert_eq!((runs.number(), runs.began()), (1, Some(at(1).0)));
    runs.section(false, Some(b), INTERVAL, &at(4));
    assert_eq!((runs.number(), runs.began()), (2, Some(at(4).0)));
    runs.fast(Some(b), true, &at(5));
    assert_eq!((runs.number(), runs.began()), (3, Some(at(5).0)), "its timer begins anew");
}

#[test]
fn it_looks_again_after_a_hundredth_and_then_whenever_the_run_is_twice_as_old_up_to_a_fifth() {
    let mut pair = Pair::new();
    pair.interrupts();
    pair.runs.taken_back(3);
    let (mut sleeps, mut ages) = (Vec::new(), 0);
    while let Some(sleeps_us) = pair.looks(false) {
        sleeps.push(sleeps_us);
        pair.now_us += sleeps_us;
        ages += sleeps_us;
    }
    assert_eq!(sleeps, [50, 50, 100, 200, 400, 800]);
    assert!(ages >= 1_000, "a fifth of 5 ms: then it says that it came in vain");
}

#[test]
fn a_run_that_has_not_been_taken_back_is_not_waited_for() {
    let mut pair = Pair::new();
    pair.interrupts();
    pair.runs.section(false, Some(pair.interrupts), INTERVAL, &at(0)); // of one that it had all along
    assert_eq!(pair.looks(false), None);
}

#[test]
fn who_interrupts_is_expected_back_at_first_and_no_more_where_it_does_not_come() {
    let mut pair = Pair::new();
    let visits: Vec<_> = (0..1_000).map(|_| pair.visit(0)).collect();
    let learns: Vec<_> = (0..1_000).filter(|visit| visits[*visit] > 0).collect();
    let each = |visit: &usize| visits[*visit];
    assert!(learns.iter().all(|visit| each(visit) == 1), "one look in vain");
    let expected = [0, 17, 17 + 33, 17 + 33 + 65, 17 + 33 + 65 + 129, 501, 758];
    assert_eq!(learns, expected, "half as often each time, down to one run in 257");
}

#[test]
fn of_runs_that_take_turns_all_are_looked_at_while_none_teaches_anything() {
    for kinds in 2..=7 {
        let mut pair = Pair::new();
        let looks = (0..5_000).map(|_| pair.visit(0));
        let learns = looks.enumerate().filter(|(_, looks)| *looks > 0);
        let mut seen = [0; 7];
        learns.for_each(|(visit, _)| seen[visit % kinds] += 1);
        assert!(seen[..kinds].iter().all(|times| *times > 0), "of {kinds} kinds: {seen:?}");
    }
}

#[test]
fn who_comes_back_more_often_than_before_is_learned_of_in_one_run_of_nine() {
    let mut pair = Pair::new();
    let looks: Vec<_> = (1..=19).map(|visit| pair.visit(visit)).collect();
    // In the runs between it came back more often than expected: the lock is taken at the first look.
    let one_in_nine: Vec<_> = (0..19).map(|visit| u32::from(visit % 9 == 0)).collect();
    assert_eq!(looks, one_in_nine);
    for _ in 0..20 {
        pair.visit(0);
    }
    assert_eq!(pair.visit(5), 0, "what was learned is that it does not come");
}

#[test]
fn who_is_expected_and_has_not_come_back_so_often_is_waited_for() {
    let mut pair = Pair::new();
    pair.visit(3);
    pair.interrupts();
    assert_eq!(pair.looks_until_it_takes(), 1, "never came, and was expected three times");
    pair.visit(3);
    pair.interrupts();
    let mut looks = 0;
    for _ in 0..3 {
        looks += u32::from(pair.looks(true).is_some());
        pair.runs.section(true, Some(pair.interrupts), INTERVAL, &at(pair.now_us));
    }
    assert_eq!((looks, pair.looks(true)), (3, None), "after the third time it may take the lock");
}

#[test]
fn only_who_interrupted_is_expected() {
    let [a, b] = threads();
    let mut runs = Runs::new();
    runs.section(true, Some(a), INTERVAL, &at(0));
    assert_eq!(runs.looks_again(true, INTERVAL, &at(1)), None, "nobody has interrupted");
    runs.hold_back(b, Operation::Acquire, (false, true), &at(2));
    assert_eq!(runs.looks_again(true, INTERVAL, &at(3)), None, "it is not the run of who has");
}

#[test]
fn a_run_is_spared_for_what_the_interrupting_one_used_up_to_an_interval() {
    for (used_us, spared_us) in [(19, None), (20, Some(20)), (700, Some(700)), (9_000, Some(5_000))]
    {
        let mut pair = Pair::new();
        assert_eq!(pair.interrupts(), None, "the first time nothing is known of it");
        pair.now_us += used_us;
        pair.looks_until_it_takes();
        let began_us = pair.runs.began().unwrap().as_micros() as u64;
        pair.now_us = began_us;
        assert_eq!(pair.interrupts(), spared_us, "it used {used_us} us");
    }
}

#[test]
fn used_is_the_time_until_it_was_last_found_free_without_being_taken_back_again() {
    let mut pair = Pair::new();
    pair.interrupts();
    pair.now_us += 100;
    assert!(pair.looks(true).is_some());
    pair.runs.taken_back(7);
    pair.now_us += 200;
    assert!(pair.looks(true).is_some(), "it has come back, and is used until now");
    pair.now_us += 400;
    pair.looks_until_it_takes();
    pair.now_us = pair.runs.began().unwrap().as_micros() as u64;
    assert_eq!(pair.interrupts(), Some(300));
}

#[test]
fn a_request_is_held_back_while_its_thread_waits_and_the_run_is_spared() {
    let mut pair = Pair::new();
    let (computes, interrupts) = (pair.computes, pair.interrupts);
    pair.interrupts();
    pair.now_us += 500;
    pair.looks_until_it_takes();
    let asks = |runs: &mut Runs<_>, thread, entry, requested, us| {
        let due = runs.hold_back(thread, entry, requested, &at(us));
        (due.map(|due: Duration| due.as_micros() as u64), runs.held_back())
    };
    let began_us = pair.runs.began().unwrap().as_micros() as u64;
    let (runs, due_us) = (&mut pair.runs, began_us + 500);
    let resumed = Operation::Resume(Wake::Notified);
    let held_back = (Some(due_us), Some(interrupts));
    let arrived = asks(runs, interrupts, Operation::Acquire, (false, true), began_us);
    assert_eq!(arrived, held_back);
    let woken_early = asks(runs, interrupts, resumed, (true, true), began_us + 1);
    assert_eq!(woken_early, held_back, "it sleeps on");
    let other = asks(runs, computes, Operation::Safepoint, (true, true), began_us + 2);
    assert_eq!(other, (None, Some(interrupts)), "another thread's section changes nothing");
    let late = asks(runs, interrupts, resumed, (true, true), due_us);
    assert_eq!(late, (None, None), "the time has come");

    asks(runs, interrupts, Operation::Acquire, (false, true), began_us);
    let gave_up = asks(runs, interrupts, Operation::Cancel, (true, true), began_us + 3);
    assert_eq!(gave_up, (None, None), "who gives up holds nothing back");
    asks(runs, interrupts, Operation::Acquire, (false, true), began_us);
    let gone = asks(runs, computes, Operation::Safepoint, (true, false), began_us + 4);
    assert_eq!(gone, (None, None), "the request is gone");
    let second = asks(runs, interrupts, Operation::Acquire, (true, true), began_us);
    assert_eq!(second, (None, None), "who finds a request has not asked");
}

#[test]
fn a_run_by_the_fast_path_is_not_young() {
    let mut pair = Pair::new();
    pair.interrupts();
    pair.now_us += 500;
    pair.looks_until_it_takes();
    let began_us = pair.runs.began().unwrap().as_micros() as u64;
    pair.runs.fast(Some(pair.computes), false, &at(began_us));
    pair.now_us = began_us;
    assert_eq!(pair.interrupts(), None);
}
