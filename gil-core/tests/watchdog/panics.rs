//! The panics of a test program. A failed assertion is often the reason for a hang, and the test
//! harness has captured its message.

use std::sync::{Mutex, MutexGuard, Once, PoisonError};

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static HOOK: Once = Once::new();

/// Records all panics from now on.
pub(super) fn record() {
    HOOK.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("without a name");
            recorded().push(format!("thread {name} {panic}").replace('\n', " "));
            print(panic);
        }));
    });
}

/// The panics so far, of all tests.
pub(super) fn recorded() -> MutexGuard<'static, Vec<String>> {
    PANICS.lock().unwrap_or_else(PoisonError::into_inner)
}
