//! The threads of a test, and what each waits for.

use std::borrow::Cow;
use std::fmt::{Display, Formatter};
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::Test;

/// A thread that its watchdog knows. It may wait often: only the report contends for its mutex, so
/// the watchdog orders the threads of a test in no way.
pub struct Watched {
    test: Arc<Test>,
    thread: Arc<Thread>,
}

/// What the report says of a thread.
pub(super) struct Thread {
    name: Cow<'static, str>,
    at: &'static Location<'static>,
    since: Instant,
    wait: Mutex<Option<Wait>>,
}

struct Wait {
    what: &'static str,
    since: Instant,
}

impl Watched {
    #[track_caller]
    pub(super) fn new(test: &Arc<Test>, name: Cow<'static, str>) -> Self {
        let (at, since, wait) = (Location::caller(), Instant::now(), Mutex::new(None));
        let thread = Arc::new(Thread { name, at, since, wait });
        test.state().threads.push(thread.clone());
        Self { test: test.clone(), thread }
    }

    /// Makes a wait of this thread known while it lasts.
    pub fn waits<R>(&self, what: &'static str, wait: impl FnOnce() -> R) -> R {
        let outer = self.thread.wait().replace(Wait { what, since: Instant::now() });
        let result = wait();
        *self.thread.wait() = outer;
        result
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.test.state().threads.retain(|thread| !Arc::ptr_eq(thread, &self.thread));
    }
}

impl Thread {
    fn wait(&self) -> MutexGuard<'_, Option<Wait>> {
        self.wait.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Display for Thread {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { name, at, since, .. } = self;
        write!(f, "{name}, for {:.1} s ({at})", since.elapsed().as_secs_f64())?;
        if let Some(Wait { what, since }) = &*self.wait() {
            write!(f, ": {what}, for {:.1} s", since.elapsed().as_secs_f64())?;
        }
        Ok(())
    }
}
