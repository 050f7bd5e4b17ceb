//! A raw lock works in the last destructors of a thread, when std's thread-locals are gone.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use gil_core::protocol::Handoff;
use gil_core::raw::RawGil;

use crate::watchdog::Watchdog;

static LOCK: RawGil<Handoff> = RawGil::new(Handoff::new());
static STOP: AtomicBool = AtomicBool::new(false);
static ATTACHED: AtomicU32 = AtomicU32::new(0);

/// Attaches, contended, when its thread-local is destroyed.
struct AttachesAtExit(Cell<bool>);

impl Drop for AttachesAtExit {
    fn drop(&mut self) {
        let me = LOCK.register();
        LOCK.attach(&me).unwrap();
        LOCK.detach(&me).unwrap();
        LOCK.unregister(me);
        ATTACHED.fetch_add(1, Ordering::Relaxed);
    }
}

thread_local! {
    static AT_EXIT: AttachesAtExit = const { AttachesAtExit(Cell::new(false)) };
}

#[test]
fn contended_attach_in_a_thread_exit_destructor_works() {
    let dog = Watchdog::new();
    let _lock = dog.lock(&LOCK);
    thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let thread = dog.thread("a CPU-bound thread");
                let me = LOCK.register();
                thread.waits("attach", || LOCK.attach(&me)).unwrap();
                while !STOP.load(Ordering::Relaxed) {
                    thread.waits("safepoint", || LOCK.safepoint(&me)).unwrap();
                }
                LOCK.detach(&me).unwrap();
            });
        }
        for _ in 0..20 {
            let ends = threads.spawn(|| AT_EXIT.with(|at_exit| at_exit.0.set(true)));
            dog.waits("the end of a thread that attaches at its exit", || ends.join()).unwrap();
        }
        STOP.store(true, Ordering::Relaxed);
    });
    assert_eq!(ATTACHED.load(Ordering::Relaxed), 20);
}
