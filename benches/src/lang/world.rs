//! What the interpreter needs from the world it runs in: shared objects, cells, a token.
//!
//! Under a lock an object's count is a plain integer and a cell is its value; without one the count
//! is atomic and every cell has a lock of its own. The interpreter is written once.

use std::ops::Deref;

use gil_core::raw::Counters;

/// A kind of memory that the threads of an interpreter share.
pub trait World: Sized + Send + Sync + 'static {
    /// A counted handle of a shared object.
    type Ref<O: Send + Sync + 'static>: Deref<Target = O> + Send + Sync + 'static;
    /// A value that threads change.
    type Cell<V: Send + 'static>: Send + Sync + 'static;
    /// What an attached thread has.
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
    /// Looks into a cell. `look` must not look into another one.
    fn read<V: Send + 'static, R>(
        cell: &Self::Cell<V>,
        token: &Self::Token,
        look: impl FnOnce(&V, &Self::Token) -> R,
    ) -> R;
    /// Changes what is in a cell.
    fn write<V: Send + 'static, R>(
        cell: &Self::Cell<V>,
        token: &mut Self::Token,
        change: impl FnOnce(&mut V) -> R,
    ) -> R;
    /// Lets another thread run, if one asks.
    fn safepoint(token: &mut Self::Token);
    /// Whether another thread asks.
    fn switch_requested(token: &Self::Token) -> bool;
    /// Runs a blocking call.
    fn detach<R>(token: &mut Self::Token, call: impl FnOnce() -> R) -> R;
    /// What the lock has done so far; `None` where there is none.
    fn counters() -> Option<Counters>;
    /// Sets the lock's switch interval.
    fn set_switch_interval(interval: std::time::Duration);
}
