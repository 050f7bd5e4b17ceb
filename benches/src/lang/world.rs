//! What the interpreter needs from its world: shared objects, cells, a token.
//!
//! Under a lock an object's count is a plain integer and a cell is its value. Without a lock the
//! count is atomic and every cell has its own lock. The interpreter is written once.

use std::ops::Deref;

use gil_core::raw::Counters;

use super::requests::Requests;

/// A kind of memory that the threads of an interpreter share.
pub trait World: Sized + Send + Sync + 'static {
    /// A counted handle of a shared object.
    type Ref<O: Send + Sync + 'static>: Deref<Target = O> + Send + Sync + 'static;
    /// A value that threads change.
    type Cell<V: Send + 'static>: Send + Sync + 'static;
    /// The token of an attached thread.
    type Token;

    /// Lets this thread run.
    fn attach() -> Self::Token;
    /// Makes an object.
    fn make<O: Send + Sync + 'static>(value: O) -> Self::Ref<O>;
    /// Another handle of an object.
    fn share<O: Send + Sync + 'static>(of: &Self::Ref<O>, token: &Self::Token) -> Self::Ref<O>;
    /// Whether both are handles of the same object.
    fn is_same<O: Send + Sync + 'static>(left: &Self::Ref<O>, right: &Self::Ref<O>) -> bool;
    /// Makes a cell.
    fn cell<V: Send + 'static>(value: V) -> Self::Cell<V>;
    /// Reads a cell. `look` must not read another one.
    fn read<V: Send + 'static, R>(
        cell: &Self::Cell<V>,
        token: &Self::Token,
        look: impl FnOnce(&V, &Self::Token) -> R,
    ) -> R;
    /// Changes the content of a cell.
    fn write<V: Send + 'static, R>(
        cell: &Self::Cell<V>,
        token: &mut Self::Token,
        change: impl FnOnce(&mut V) -> R,
    ) -> R;
    /// Lets another thread run, if one requests a switch.
    fn safepoint(token: &mut Self::Token);
    /// Whether another thread requests a switch.
    fn switch_requested(token: &Self::Token) -> bool;
    /// Runs a blocking call.
    fn detach<R>(token: &mut Self::Token, call: impl FnOnce() -> R) -> R;
    /// The counters of the lock; `None` if there is no lock.
    fn counters() -> Option<Counters>;
    /// Sets the lock's switch interval.
    fn set_switch_interval(interval: std::time::Duration);
    /// Begins to watch the lock's switch requests; `None` if there is no lock.
    fn watch_requests() -> Option<Requests>;
}
