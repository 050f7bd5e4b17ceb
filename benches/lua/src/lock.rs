//! The lock as Lua's C functions see it, without the type of the protocol.
//!
//! A C function has a `lua_State` and no token. The thread that called into Lua has lent its token
//! ([`Attached::lend`](gil_core::Attached::lend)), and [`Gil::with_lent`] finds it.

use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use gil_bench::lang::Requests;
use gil_core::protocol::{Preemption, Protocol};
use gil_core::raw::Counters;
use gil_core::{AttachError, Attached, Gil};

/// What the lock guards, in addition to the Lua state itself.
#[derive(Debug, Default)]
pub struct Interpreter {
    /// A state has been made under this lock and is not closed.
    pub(crate) in_use: bool,
    /// The state is about to be closed: no thread may start.
    pub(crate) closing: bool,
    /// Threads that have been started in the state.
    pub(crate) threads: Vec<JoinHandle<()>>,
}

mod sealed {
    /// Sealed: a lock that did not exclude would make every call of Lua a race.
    pub trait Sealed {}
    impl<P: gil_core::protocol::Protocol> Sealed for gil_core::Gil<super::Interpreter, P> {}
    impl Sealed for super::Alone {}
}

/// A lock around one Lua state, with any protocol.
pub trait Lock: sealed::Sealed + Send + Sync {
    /// Whether there is no lock, so that a state is for one thread, and `spawn` makes a state for
    /// each.
    fn is_none(&self) -> bool {
        false
    }

    /// Attaches, and runs `run` with the token lent to its callees.
    ///
    /// # Errors
    /// [`AttachError`] when the thread is attached already, or ending.
    fn attach(&self, run: &mut dyn FnMut()) -> Result<(), AttachError>;

    /// Lets another thread run if a switch is due. Aborts if it is and the thread is not attached.
    fn safepoint(&self);

    /// Runs `call` detached. Aborts when the thread is not attached.
    fn detach(&self, call: &mut dyn FnMut());

    /// Accesses the data of the lock. Aborts when the thread is not attached.
    fn with(&self, look: &mut dyn FnMut(&mut Interpreter));

    /// The counters of the lock, if there is one.
    fn counters(&self) -> Option<Counters>;

    /// Sets the switch interval.
    fn set_switch_interval(&self, interval: Duration);

    /// Begins to watch the lock's switch requests; `None` if there is no lock.
    fn watch_requests(&self) -> Option<Requests>;
}

/// The token that the running thread has lent. A missing token is a bug of this crate, and
/// continuing would race.
fn lent<P: Protocol, R>(
    gil: &Gil<Interpreter, P>,
    what: impl FnOnce(&mut Attached<'_, Interpreter, P>) -> R,
) -> R {
    if let Some(result) = gil.with_lent(what) {
        return result;
    }
    eprintln!("gil-lua: Lua runs in a thread that has no token to lend");
    std::process::abort()
}

impl<P: Protocol + Send> Lock for Gil<Interpreter, P> {
    fn attach(&self, run: &mut dyn FnMut()) -> Result<(), AttachError> {
        self.attach_checked().map(|mut attached| attached.lend(run))
    }

    fn safepoint(&self) {
        // Python 2's protocol counts its safepoints, and no thread requests a switch.
        if self.switch_requested() || matches!(P::PREEMPTION, Preemption::EveryTicks(_)) {
            lent(self, |attached| attached.safepoint());
        }
    }

    fn detach(&self, call: &mut dyn FnMut()) {
        lent(self, |attached| attached.detach(call));
    }

    fn with(&self, look: &mut dyn FnMut(&mut Interpreter)) {
        lent(self, |attached| look(attached));
    }

    fn counters(&self) -> Option<Counters> {
        Some(Gil::counters(self))
    }

    fn set_switch_interval(&self, interval: Duration) {
        Gil::set_switch_interval(self, interval);
    }

    fn watch_requests(&self) -> Option<Requests> {
        Some(Requests::of(self))
    }
}

/// No lock: for a state that one thread owns. `spawn` makes another state for each thread.
#[derive(Debug, Default)]
pub struct Alone(Mutex<Interpreter>);

impl Lock for Alone {
    fn is_none(&self) -> bool {
        true
    }

    fn attach(&self, run: &mut dyn FnMut()) -> Result<(), AttachError> {
        run();
        Ok(())
    }

    fn safepoint(&self) {}

    fn detach(&self, call: &mut dyn FnMut()) {
        call();
    }

    fn with(&self, look: &mut dyn FnMut(&mut Interpreter)) {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn counters(&self) -> Option<Counters> {
        None
    }

    fn set_switch_interval(&self, _: Duration) {}

    fn watch_requests(&self) -> Option<Requests> {
        None
    }
}
