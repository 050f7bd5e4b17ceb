//! Ends a test that hangs, and prints what each of its threads waits for.
//!
//! A test on real threads makes a [`Watchdog`] first. Its threads wait through the watchdog, which
//! then knows what each one waits for. A test in another crate includes this module by its path.
//!
//! ```text
//! let dog = Watchdog::new();
//! let lock = dog.lock(RawGil::new(Handoff::new()));
//! thread::scope(|threads| {
//!     threads.spawn(|| dog.waits("waiter: attach", || lock.attach(&waiter)));
//!     dog.waits("holder: a request", || until_asked(&lock));
//! });
//! ```
//!
//! # Limit
//! A test has [`LIMIT`] from the start of its watchdog to its end. The limit is long against the
//! longest test on a slow machine. It ends a hang only, and decides nothing about speed. The
//! variable [`LIMIT_VARIABLE`] replaces it, for a trial with a planted hang. A test that ends is
//! not delayed.
//!
//! # Exit
//! A hung thread cannot be stopped. Neither can the test be failed by a panic, because
//! `thread::scope` waits for the hung thread. So the watchdog prints its report past the capture of
//! the test harness, and exits the process with [`EXIT_CODE`]. The other tests of that process end
//! with it.

#![allow(dead_code, reason = "each test program uses a part of it")]

mod child;
mod lock;
mod panics;
mod report;
mod thread;

use std::borrow::Cow;
use std::panic::Location;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[allow(unused_imports, reason = "only some test programs start other programs")]
pub use child::{output, output_of_build, start, wait_with_output, wait_within};
pub use lock::Inspect;
pub use thread::Watched;

/// How long a test may take.
pub const LIMIT: Duration = Duration::from_secs(300);

/// The environment variable that replaces [`LIMIT`], in whole seconds.
pub const LIMIT_VARIABLE: &str = "GIL_WATCHDOG_S";

/// The exit code of a test program that a watchdog has ended: the test harness's own for a failure.
pub const EXIT_CODE: i32 = 101;

/// The limit of a watchdog that starts now.
pub fn limit() -> Duration {
    std::env::var(LIMIT_VARIABLE).map_or(LIMIT, |seconds| {
        Duration::from_secs(seconds.parse().expect("GIL_WATCHDOG_S is a number of seconds"))
    })
}

/// Watches one test, from its creation until it is dropped.
pub struct Watchdog {
    test: Arc<Test>,
    waits_for_the_end: Option<JoinHandle<()>>,
}

/// What the watchdog knows of the test.
struct Test {
    name: String,
    at: &'static Location<'static>,
    limit: Duration,
    state: Mutex<State>,
    ended: Condvar,
}

/// What the report shows besides the threads: a name, and the state of what has that name.
#[derive(Clone)]
struct View {
    name: Cow<'static, str>,
    /// `None`: it has been dropped.
    look: Arc<dyn Fn() -> Option<String> + Send + Sync>,
}

#[derive(Default)]
struct State {
    ended: bool,
    threads: Vec<Arc<thread::Thread>>,
    views: Vec<View>,
}

impl Watchdog {
    /// Starts to watch the test that calls it.
    #[track_caller]
    pub fn new() -> Self {
        panics::record();
        let name = std::thread::current().name().unwrap_or("without a name").to_owned();
        let (at, state, ended) = (Location::caller(), Mutex::default(), Condvar::new());
        let test = Arc::new(Test { name, at, limit: limit(), state, ended });
        let watched = test.clone();
        let waits = std::thread::spawn(move || watched.wait_for_the_end());
        Self { test, waits_for_the_end: Some(waits) }
    }

    /// Makes a thread of the test known, until the result is dropped.
    #[track_caller]
    pub fn thread(&self, name: impl Into<Cow<'static, str>>) -> Watched {
        Watched::new(&self.test, name.into())
    }

    /// Makes a wait known while it lasts. `what` names the thread and what it waits for.
    #[track_caller]
    pub fn waits<R>(&self, what: impl Into<Cow<'static, str>>, wait: impl FnOnce() -> R) -> R {
        let _watched = self.thread(what);
        wait()
    }

    /// Makes a lock known, while the result or a clone of it lives.
    pub fn lock<L: Inspect + Send + Sync + 'static>(&self, lock: L) -> Arc<L> {
        let lock = Arc::new(lock);
        let weak = Arc::downgrade(&lock);
        self.view(lock.name(), move || weak.upgrade().map(|lock| lock.inspect()));
        lock
    }

    /// Makes anything else known that may explain a hang. The watchdog calls `look` in a thread of
    /// its own, so it may block.
    pub fn view(
        &self,
        name: impl Into<Cow<'static, str>>,
        look: impl Fn() -> Option<String> + Send + Sync + 'static,
    ) {
        let (name, look) = (name.into(), Arc::new(look));
        self.test.state().views.push(View { name, look });
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.test.state().ended = true;
        self.test.ended.notify_one();
        if let Some(waits) = self.waits_for_the_end.take() {
            let _ = waits.join(); // a panic of the watchdog is not the test's
        }
    }
}

impl Test {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when the test has ended. After the limit it reports and exits the process.
    fn wait_for_the_end(&self) {
        let began = Instant::now();
        let waited = self.ended.wait_timeout_while(self.state(), self.limit, |state| !state.ended);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if !state.ended {
            let (threads, views) = (state.threads.clone(), state.views.clone());
            drop(state); // the threads of a test that is only slow go on
            self.report(began.elapsed(), &threads, &views);
            std::process::exit(EXIT_CODE);
        }
    }
}
