//! The ways to pass a lock on: under each protocol, and with what the system offers.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

use gil_core::Gil;
use gil_core::protocol::Protocol;
use parking_lot::{Condvar, Mutex, MutexGuard};
use rustix::thread::futex;

use super::desk::Desk;

/// A way to pass it on.
pub(super) trait Way: Sync {
    fn hold(&self, desk: &Desk);
    fn visit(&self, desk: &Desk);
}

impl<P: Protocol + Send> Way for Gil<(), P> {
    fn hold(&self, desk: &Desk) {
        let attached = RefCell::new(self.attach());
        let is_wanted = |_| attached.borrow().switch_requested();
        desk.hold(is_wanted, || attached.borrow_mut().safepoint());
    }

    fn visit(&self, desk: &Desk) {
        desk.visit(|received| {
            let attached = self.attach();
            received();
            drop(attached);
        });
    }
}

/// An atomic on which both spin.
#[derive(Default)]
pub(super) struct Spin(AtomicU32);

impl Way for Spin {
    fn hold(&self, desk: &Desk) {
        desk.hold(
            |visit| desk.has_arrived(visit),
            || {
                self.0.store(1, Ordering::Release);
                while self.0.load(Ordering::Acquire) == 1 {
                    std::hint::spin_loop();
                }
            },
        );
    }

    fn visit(&self, desk: &Desk) {
        desk.visit(|received| {
            while self.0.load(Ordering::Acquire) == 0 {
                std::hint::spin_loop();
            }
            received();
            self.0.store(0, Ordering::Release);
        });
    }
}

/// An atomic on which both sleep: only the system call.
#[derive(Default)]
pub(super) struct Futex(AtomicU32);

impl Futex {
    fn set(&self, to: u32) {
        self.0.store(to, Ordering::Release);
        futex::wake(&self.0, futex::Flags::PRIVATE, 1).expect("a futex can be woken");
    }

    fn sleep_while(&self, value: u32) {
        while self.0.load(Ordering::Acquire) == value {
            // It has changed, or a signal arrived: checked again.
            let _ = futex::wait(&self.0, futex::Flags::PRIVATE, value, None);
        }
    }
}

impl Way for Futex {
    fn hold(&self, desk: &Desk) {
        desk.hold(
            |visit| desk.has_arrived(visit),
            || {
                self.set(1);
                self.sleep_while(1);
            },
        );
    }

    fn visit(&self, desk: &Desk) {
        desk.visit(|received| {
            self.sleep_while(0);
            received();
            self.set(0);
        });
    }
}

/// A turn under a mutex, with a condition variable.
#[derive(Default)]
pub(super) struct Monitor {
    visitors: Mutex<bool>,
    changed: Condvar,
}

impl Monitor {
    fn set(&self, mut turn: MutexGuard<'_, bool>, to: bool) {
        *turn = to;
        drop(turn);
        self.changed.notify_one();
    }

    fn wait_while(&self, value: bool) -> MutexGuard<'_, bool> {
        let mut turn = self.visitors.lock();
        while *turn == value {
            self.changed.wait(&mut turn);
        }
        turn
    }
}

impl Way for Monitor {
    fn hold(&self, desk: &Desk) {
        desk.hold(
            |visit| desk.has_arrived(visit),
            || {
                self.set(self.visitors.lock(), true);
                drop(self.wait_while(true));
            },
        );
    }

    fn visit(&self, desk: &Desk) {
        desk.visit(|received| {
            let turn = self.wait_while(false);
            received();
            self.set(turn, false);
        });
    }
}
