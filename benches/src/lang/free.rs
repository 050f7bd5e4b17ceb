//! The world without a global lock, the control: atomic counts, and a lock for each cell.

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use gil_core::raw::Counters;
use parking_lot::Mutex;

use super::requests::Requests;
use super::world::World;

/// Objects that each thread uses at any time.
#[derive(Debug)]
pub struct Free;

/// An [`Arc`] whose last drop frees long chains one object after the other.
pub struct FreeRef<O: Send + Sync + 'static>(Option<Arc<O>>);

thread_local! {
    static FREEING: Cell<bool> = const { Cell::new(false) };
    static GARBAGE: RefCell<Vec<Box<dyn Send>>> = const { RefCell::new(Vec::new()) };
}

impl<O: Send + Sync + 'static> Deref for FreeRef<O> {
    type Target = O;
    #[inline]
    fn deref(&self) -> &O {
        self.0.as_deref().expect("taken by drop only")
    }
}

impl<O: Send + Sync + 'static> Drop for FreeRef<O> {
    // Not inlined: the interpreter drops a value in most instructions, and few are objects.
    #[inline(never)]
    fn drop(&mut self) {
        if std::mem::needs_drop::<O>()
            && let Some(object) = self.0.take().and_then(Arc::into_inner)
        {
            free(object);
        }
    }
}

fn free<O: Send + 'static>(object: O) {
    if FREEING.replace(true) {
        GARBAGE.with_borrow_mut(|garbage| garbage.push(Box::new(object)));
        return;
    }
    drop(object);
    while let Some(next) = GARBAGE.with_borrow_mut(Vec::pop) {
        drop(next);
    }
    FREEING.set(false);
}

impl World for Free {
    type Ref<O: Send + Sync + 'static> = FreeRef<O>;
    type Cell<V: Send + 'static> = Mutex<V>;
    type Token = ();

    fn attach() {}

    fn make<O: Send + Sync + 'static>(value: O) -> FreeRef<O> {
        FreeRef(Some(Arc::new(value)))
    }

    #[inline]
    fn share<O: Send + Sync + 'static>(of: &FreeRef<O>, _: &()) -> FreeRef<O> {
        FreeRef(of.0.clone())
    }

    fn is_same<O: Send + Sync + 'static>(left: &FreeRef<O>, right: &FreeRef<O>) -> bool {
        std::ptr::eq(&**left, &**right)
    }

    fn cell<V: Send + 'static>(value: V) -> Mutex<V> {
        Mutex::new(value)
    }

    #[inline]
    fn read<V: Send + 'static, R>(
        cell: &Mutex<V>,
        token: &(),
        look: impl FnOnce(&V, &()) -> R,
    ) -> R {
        look(&cell.lock(), token)
    }

    #[inline]
    fn write<V: Send + 'static, R>(
        cell: &Mutex<V>,
        _: &mut (),
        change: impl FnOnce(&mut V) -> R,
    ) -> R {
        change(&mut cell.lock())
    }

    fn safepoint((): &mut ()) {}

    fn switch_requested((): &()) -> bool {
        false
    }

    fn detach<R>((): &mut (), call: impl FnOnce() -> R) -> R {
        call()
    }

    fn counters() -> Option<Counters> {
        None
    }

    fn set_switch_interval(_: Duration) {}

    fn watch_requests() -> Option<Requests> {
        None
    }
}
