//! A thread of a program: it obeys orders, on the code that ships.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use gil_core::{AttachError, Gil};

/// A lock that may be replaced at its address while no guard uses it. Its value is the number of
/// times that it has been replaced.
pub type Place = Arc<RwLock<Gil<u32>>>;

/// Free locks.
#[must_use]
pub fn places(locks: usize) -> Vec<Place> {
    (0..locks).map(|_| Arc::new(RwLock::new(Gil::new(0)))).collect()
}

/// What a thread does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Try to attach to a lock.
    Attach(usize),
    /// Drop the newest guard.
    Detach,
    /// Forget the newest guard.
    Forget,
    /// Drop all guards and end.
    End,
    /// Say to which locks it is attached.
    Look,
}

/// What it says then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It is attached, and the lock has been replaced this number of times.
    Attached {
        /// The number.
        remade: u32,
    },
    /// It is attached already.
    AlreadyAttached,
    /// Another thread owns the lock.
    Busy,
    /// The order is done.
    Done,
    /// For each lock, whether it is attached.
    Look(Vec<bool>),
    /// Another error.
    Refused(AttachError),
}

/// Where a thread gets its orders, and gives its answers.
pub trait Orders {
    /// The next order.
    fn next(&self) -> Order;
    /// The answer to it.
    fn answer(&self, answer: Answer);
}

/// Obeys until [`Order::End`].
pub fn serve(places: &[Place], orders: &impl Orders) {
    while obey(places, orders) != Order::End {}
    orders.answer(Answer::Done);
}

/// Obeys until an order that is about the newest guard, and returns that.
fn obey(places: &[Place], orders: &impl Orders) -> Order {
    loop {
        match orders.next() {
            Order::Look => {
                let attached = places.iter().map(|place| read(place).is_attached()).collect();
                orders.answer(Answer::Look(attached));
            }
            Order::Attach(lock) => {
                let lock = read(&places[lock]);
                let guard = match lock.try_attach() {
                    Ok(guard) => guard,
                    Err(error) => {
                        orders.answer(refusal(error));
                        continue;
                    }
                };
                orders.answer(Answer::Attached { remade: *guard });
                let left_by = obey(places, orders);
                match left_by {
                    Order::Forget => std::mem::forget(guard),
                    _ => drop(guard),
                }
                if left_by == Order::End {
                    return Order::End;
                }
                drop(lock);
                orders.answer(Answer::Done);
            }
            order => return order,
        }
    }
}

/// Nothing waits here: a lock is replaced only while no guard uses it.
fn read(place: &Place) -> RwLockReadGuard<'_, Gil<u32>> {
    place.read().unwrap_or_else(PoisonError::into_inner)
}

fn refusal(error: AttachError) -> Answer {
    match error {
        AttachError::AlreadyAttached => Answer::AlreadyAttached,
        AttachError::Busy => Answer::Busy,
        error => Answer::Refused(error),
    }
}
