//! Clone and drop of a shared handle: the cost of a reference count.

use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gil_core::heap::{Brand, GilRc};

use super::timed::{Timed, timed};

gil_core::brand!(struct Counts);

/// All of them, the control first.
pub const COUNTS: &[Timed] = &[
    ("Arc", arc),
    ("Arc again (A/A)", arc),
    ("Rc", rc),
    ("GilRc with the token", with_token),
    ("GilRc without, attached", without_token),
    ("GilRc, dropped detached", detached),
];

fn arc(count: u64) -> Duration {
    let shared = Arc::new(0u64);
    timed(count, || drop(black_box(black_box(&shared).clone())))
}

fn rc(count: u64) -> Duration {
    let shared = Rc::new(0u64);
    timed(count, || drop(black_box(black_box(&shared).clone())))
}

fn with_token(count: u64) -> Duration {
    let shared = GilRc::<Counts, _>::new(0u64);
    let token = Counts::attach();
    timed(count, || black_box(black_box(&shared).clone_ref(&token)).drop_ref(&token))
}

fn without_token(count: u64) -> Duration {
    let shared = GilRc::<Counts, _>::new(0u64);
    let _token = Counts::attach();
    timed(count, || drop(black_box(black_box(&shared).try_clone())))
}

/// The note, and the decrement by the next acquire; the handles are made beforehand.
fn detached(count: u64) -> Duration {
    let shared = GilRc::<Counts, _>::new(0u64);
    let mut token = Counts::attach();
    let handles: Vec<_> = (0..count).map(|_| shared.clone_ref(&token)).collect();
    let mut handles = handles.into_iter();
    timed(1, || token.detach(|| handles.by_ref().for_each(drop)))
}
