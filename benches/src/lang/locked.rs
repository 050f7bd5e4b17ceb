//! The world under a global interpreter lock: the typed heap of gil-core.

use std::marker::PhantomData;
use std::time::Duration;

use gil_core::heap::{Brand, GilCell, GilRc, Token};
use gil_core::raw::Counters;

use super::requests::Requests;
use super::world::World;

/// Objects under the lock of a brand.
pub struct Locked<B>(PhantomData<fn() -> B>);

impl<B: Brand> World for Locked<B>
where
    B::Protocol: Send,
{
    type Ref<O: Send + Sync + 'static> = GilRc<B, O>;
    type Cell<V: Send + 'static> = GilCell<B, V>;
    type Token = Token<'static, B>;

    fn attach() -> Self::Token {
        B::attach()
    }

    #[inline]
    fn make<O: Send + Sync + 'static>(value: O) -> GilRc<B, O> {
        GilRc::new(value)
    }

    #[inline]
    fn share<O: Send + Sync + 'static>(of: &GilRc<B, O>, token: &Self::Token) -> GilRc<B, O> {
        of.clone_ref(token)
    }

    #[inline]
    fn is_same<O: Send + Sync + 'static>(left: &GilRc<B, O>, right: &GilRc<B, O>) -> bool {
        left.is_same(right)
    }

    fn cell<V: Send + 'static>(value: V) -> GilCell<B, V> {
        GilCell::new(value)
    }

    #[inline]
    fn read<V: Send + 'static, R>(
        cell: &GilCell<B, V>,
        token: &Self::Token,
        look: impl FnOnce(&V, &Self::Token) -> R,
    ) -> R {
        look(cell.get(token), token)
    }

    #[inline]
    fn write<V: Send + 'static, R>(
        cell: &GilCell<B, V>,
        token: &mut Self::Token,
        change: impl FnOnce(&mut V) -> R,
    ) -> R {
        change(cell.get_mut(token))
    }

    #[inline]
    fn safepoint(token: &mut Self::Token) {
        token.safepoint();
    }

    fn switch_requested(token: &Self::Token) -> bool {
        token.switch_requested()
    }

    fn detach<R>(token: &mut Self::Token, call: impl FnOnce() -> R) -> R {
        token.detach(call)
    }

    fn counters() -> Option<Counters> {
        Some(B::lock().counters())
    }

    fn set_switch_interval(interval: Duration) {
        B::lock().set_switch_interval(interval);
    }

    fn watch_requests() -> Option<Requests> {
        Some(Requests::of(B::lock()))
    }
}
