//! Looks on the mechanism for one run of the explorer. It explores the finite program that may have
//! the run, and stops at the first execution whose events begin with the run's.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gil_core::engine::Event;
use gil_core::engine::choice::{Budget, Choices};
use gil_core::protocol::Protocol;
use gil_core::raw::{Instant, Observe, RawGil, Registration, SectionInfo};

use super::found::Sought;
use super::model::{explore_all, spawn};
use crate::explorer::finite::Finite;
use crate::protocols::{self, Unknown, Visit};
use crate::replay::bounded::{Bounded, Unfit, bounded};
use crate::replay::replay_line::{Explored, Line};

/// As in the harness.
const MAX_BRANCHES: usize = 4_000;

static EXECUTIONS: AtomicU64 = AtomicU64::new(0);

/// Follows the events while they equal the wanted ones.
struct Follow {
    wanted: Arc<Vec<Event>>,
    /// How many have matched; `None` after one that differs.
    met: Option<usize>,
}

impl Observe for Follow {
    const DISABLE_FAST_PATH: bool = true;

    fn section<P: Protocol>(&mut self, section: &SectionInfo<'_, P>) {
        let SectionInfo { monitor, .. } = *section;
        let Some(met) = self.met else { return };
        let then = met + monitor.events().len();
        self.met = (self.wanted.get(met..then) == Some(monitor.events())).then_some(then);
        if then == self.wanted.len() && self.met.is_some() {
            // The execution need not end: later events are not looked for, and may be a deadlock.
            say(Sought::Reached { execution: EXECUTIONS.load(Ordering::Relaxed) });
            std::process::exit(0);
        }
    }
}

fn say(found: Sought) {
    println!("{}", serde_json::to_string(&found).expect("plain data"));
}

/// Why the search is not possible.
#[derive(Debug, thiserror::Error)]
pub enum SeekError {
    /// It is not a line of the explorer.
    #[error("`{0}` is not a line of the explorer")]
    NoLine(String),
    /// The run fits no finite program.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// There is no such protocol.
    #[error(transparent)]
    Unknown(#[from] Unknown),
}

/// Looks for the run of a line; ends the process where it is reached.
///
/// # Errors
/// A [`SeekError`].
pub fn run(line: &str) -> Result<Sought, SeekError> {
    let Ok(Line::Explorer(line)) = Line::parse(line) else {
        return Err(SeekError::NoLine(line.to_owned()));
    };
    let bounded = bounded(&line)?;
    // A deadlock, or a section that the Monitor refuses. The result is printed before the panic.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        say(Sought::Ended { execution: EXECUTIONS.load(Ordering::Relaxed) });
        hook(panic);
    }));
    let Explored { protocol, mutant, .. } = &line;
    Ok(protocols::with_mutant(protocol, mutant.as_deref(), Seek(bounded))?)
}

struct Seek(Bounded);

impl Visit for Seek {
    type Output = Sought;
    fn visit<P: Protocol + Send + Sync + 'static>(self, _: &'static str, protocol: P) -> Sought {
        let Self(bounded) = self;
        let wanted = Arc::new(bounded.events.clone());
        for preemptions in bounded.preemptions() {
            let mut builder = ::loom::model::Builder::new();
            builder.preemption_bound = *preemptions;
            builder.max_branches = MAX_BRANCHES;
            let (protocol, wanted) = (protocol.clone(), wanted.clone());
            explore_all(&builder, move || {
                EXECUTIONS.fetch_add(1, Ordering::Relaxed);
                execute(protocol.clone(), bounded.finite, wanted.clone());
            });
        }
        Sought::NotReached { executions: EXECUTIONS.load(Ordering::Relaxed) }
    }
}

fn execute<P: Protocol + Send + Sync + 'static>(
    protocol: P,
    finite: Finite,
    wanted: Arc<Vec<Event>>,
) {
    ::loom::stop_exploring();
    let Finite { threads, timeouts, give_ups, .. } = finite;
    Choices::arm(threads, Budget { timeouts, give_ups, ..Budget::default() });
    let lock = Rc::new(RawGil::with_observer(protocol, Follow { wanted, met: Some(0) }));
    lock.set_check_interval(0); // every safepoint is the last of its ticks
    let members: Vec<_> = (0..threads).map(|_| lock.register()).collect();
    let mut members = members.into_iter().enumerate();
    let (_, mine) = members.next().expect("a program has threads");
    let done = Rc::new(Cell::new(0));
    let main = ::loom::thread::current();
    for (worker, member) in members {
        let (lock, done, main) = (lock.clone(), done.clone(), main.clone());
        spawn(move || {
            Choices::enlist(worker);
            work(&lock, &member, finite);
            done.set(done.get() + 1);
            main.unpark();
        });
    }
    Choices::enlist(0);
    ::loom::explore();
    work(&lock, &mine, finite);
    // Not by joining: see the harness.
    while done.get() < threads - 1 {
        ::loom::thread::park();
    }
    Choices::seen();
}

/// Claims are not judged on a mutant here: its thread stops.
fn work<P: Protocol>(lock: &RawGil<P, Follow>, member: &Registration, finite: Finite) {
    for _ in 0..finite.rounds {
        let attached = match finite.give_ups {
            0 => lock.attach(member).map(|()| true),
            _ => lock.try_attach_until(member, Instant),
        };
        match attached {
            Ok(true) => {}
            Ok(false) => continue,
            Err(_) => return,
        }
        if lock.safepoint(member).and_then(|_| lock.detach(member)).is_err() {
            return;
        }
    }
}
