//! Which thread of a program waits for what: so that a program whose threads wait for each other
//! ends with an error instead of hanging.
//!
//! Two situations are errors:
//! - A thread joins itself, or threads join each other in a circle. The thread that closes the
//!   circle gets the error.
//! - Every thread is blocked for good: each waits for the end of a thread that has not ended, or
//!   for a semaphore without a count. All of them get the error.
//!
//! A thread that sleeps, computes or waits for a message is not blocked: it may release a semaphore
//! later. So a circle of semaphores is noticed when the last other thread has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::semaphore::Count;

/// The number of a thread of a program.
pub type Number = u32;

/// The number of the thread that runs the program's top level.
pub const MAIN: Number = 0;

/// The threads of one program, and what each waits for.
///
/// ```
/// use gil_bench::lang::waits::{MAIN, Waits};
/// let waits = Waits::new();
/// let thread = waits.begin();
/// let error = waits.join(thread, Some(3), thread).unwrap_err();
/// assert_eq!(error, "thread 1 joins itself, and would wait forever");
/// waits.end(thread);
/// assert_eq!(waits.join(MAIN, Some(4), thread), Ok(()));
/// ```
#[derive(Debug)]
pub struct Waits {
    table: Mutex<Table>,
    /// A thread has ended, or every thread is blocked for good.
    changed: Condvar,
}

#[derive(Debug)]
struct Table {
    /// The threads that have not ended.
    alive: BTreeSet<Number>,
    waiting: BTreeMap<Number, Wait>,
    next: Number,
    /// The error, once every thread is blocked for good.
    blocked: Option<String>,
}

#[derive(Debug)]
struct Wait {
    /// Unknown for the wait at a program's end.
    line: Option<u32>,
    what: Awaited,
}

#[derive(Debug)]
enum Awaited {
    End(Number),
    Count(Arc<Count>),
}

impl Default for Waits {
    fn default() -> Self {
        Self::new()
    }
}

impl Waits {
    /// A program with its main thread.
    #[must_use]
    pub fn new() -> Self {
        let (alive, waiting) = (BTreeSet::from([MAIN]), BTreeMap::new());
        let table = Table { alive, waiting, next: MAIN + 1, blocked: None };
        Self { table: Mutex::new(table), changed: Condvar::new() }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread is about to begin. Returns its number.
    #[must_use]
    pub fn begin(&self) -> Number {
        let mut table = self.table();
        let number = table.next;
        table.next += 1;
        table.alive.insert(number);
        number
    }

    /// A thread has ended, or has failed to begin.
    pub fn end(&self, thread: Number) {
        let mut table = self.table();
        table.alive.remove(&thread);
        self.changed.notify_all();
        self.find_blocked(&mut table);
    }

    /// Waits for the end of `other`, which [`begin`](Self::begin) has returned. Call it detached.
    ///
    /// # Errors
    /// If `thread` would wait forever.
    pub fn join(&self, thread: Number, line: Option<u32>, other: Number) -> Result<(), String> {
        let mut table = self.table();
        table.refuse_circle(thread, other)?;
        table.waiting.insert(thread, Wait { line, what: Awaited::End(other) });
        self.find_blocked(&mut table);
        let goes_on = |table: &mut Table| table.blocked.is_none() && table.alive.contains(&other);
        let waited = self.changed.wait_while(table, goes_on);
        let mut table = waited.unwrap_or_else(PoisonError::into_inner);
        table.waiting.remove(&thread);
        match &table.blocked {
            Some(error) if table.alive.contains(&other) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Waits until `count` is not 0, and takes one of it. Call it detached.
    pub(super) fn acquire(
        &self,
        thread: Number,
        line: Option<u32>,
        count: &Arc<Count>,
    ) -> Result<(), String> {
        // Before it is in the table: another thread there may find it blocked.
        count.expect(thread);
        let mut table = self.table();
        table.waiting.insert(thread, Wait { line, what: Awaited::Count(count.clone()) });
        self.find_blocked(&mut table);
        drop(table);
        let taken = count.wait(thread);
        let mut table = self.table();
        table.waiting.remove(&thread);
        match (taken, &table.blocked) {
            (false, Some(error)) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Tells all threads if every one of them is blocked for good.
    fn find_blocked(&self, table: &mut Table) {
        if table.blocked.is_some() || !table.is_blocked() {
            return;
        }
        table.blocked = Some(table.error());
        self.changed.notify_all();
        for wait in table.waiting.values() {
            if let Awaited::Count(count) = &wait.what {
                count.give_up();
            }
        }
    }
}

impl Table {
    /// Refuses a join that would wait for the joining thread itself.
    fn refuse_circle(&self, thread: Number, other: Number) -> Result<(), String> {
        let mut circle = vec![thread, other];
        while let Some(last) = circle.last()
            && *last != thread
        {
            match self.waiting.get(last).map(|wait| &wait.what) {
                Some(Awaited::End(next)) if self.alive.contains(last) => circle.push(*next),
                _ => return Ok(()),
            }
        }
        if circle.len() == 2 {
            return Err(format!("{} joins itself, and would wait forever", name(thread)));
        }
        let names: Vec<_> = circle[1..].iter().map(|number| name(*number)).collect();
        let (first, names) = (name(thread), names.join(", which joins "));
        Err(format!("threads join each other in a circle: {first} joins {names}"))
    }

    /// Whether no thread can ever run again.
    fn is_blocked(&self) -> bool {
        let for_good = |(thread, wait): (&Number, &Wait)| match &wait.what {
            Awaited::End(other) => self.alive.contains(other),
            Awaited::Count(count) => count.is_blocked(*thread),
        };
        !self.alive.is_empty()
            && self.alive.iter().all(|thread| self.waiting.contains_key(thread))
            && self.waiting.iter().all(for_good)
    }

    fn error(&self) -> String {
        let mut text = "every thread is blocked for good".to_owned();
        for (thread, wait) in &self.waiting {
            let before = if text.contains(": ") { "; " } else { ": " };
            let (thread, line) = (name(*thread), wait.line);
            let place = line.map_or("at its end".to_owned(), |line| format!("in line {line}"));
            let what = match &wait.what {
                Awaited::End(other) => name(*other),
                Awaited::Count(_) => "a semaphore".to_owned(),
            };
            let _ = write!(text, "{before}{thread} waits {place} for {what}"); // a String takes all
        }
        text
    }
}

/// The name of a thread in messages.
fn name(thread: Number) -> String {
    match thread {
        MAIN => "the main thread".to_owned(),
        number => format!("thread {number}"),
    }
}
