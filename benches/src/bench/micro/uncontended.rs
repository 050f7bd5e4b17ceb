//! The uncontended pair, attach and detach, compared with lock and unlock of other locks; and the
//! safepoint.

use std::hint::black_box;
use std::time::Duration;

use gil_core::Gil;
use gil_core::protocol::Protocol;
use gil_core::raw::{Observe, RawGil, SectionInfo};

use super::bare;
use super::timed::{Timed, timed};
use crate::bench::protocols::{Boosted, Known, Plain, Python2, Python3};

/// All pairs, the control first.
pub const PAIRS: &[Timed] = &[
    ("parking_lot", parking_lot),
    ("parking_lot again (A/A)", parking_lot),
    ("std Mutex", std_mutex),
    ("CAS + store", bare::swap_and_store),
    ("CAS + CAS", bare::two_swaps),
    ("Gil attach + drop", gil::<Boosted>),
    ("Gil, only one attach", gil_once),
    ("Gil, handoff-plain", gil::<Plain>),
    ("Gil, python3", gil::<Python3>),
    ("Gil, python2", gil::<Python2>),
    ("Gil detach in place", detach::<Boosted>),
    ("RawGil attach + detach", raw::<Boosted>),
    ("RawGil, handoff-plain", raw::<Plain>),
    ("RawGil, python3", raw::<Python3>),
    ("RawGil, python2", raw::<Python2>),
    ("RawGil, python3, no word", all_sections::<Python3>),
    ("CPython's two mutexes", bare::cpython),
];

/// All safepoints with nothing requested, the control first.
pub const SAFEPOINTS: &[Timed] = &[
    ("one relaxed load", bare::one_load),
    ("one relaxed load (A/A)", bare::one_load),
    ("an empty loop", bare::nothing),
    ("handoff", safepoint::<Boosted>),
    ("handoff-plain", safepoint::<Plain>),
    ("python3", safepoint::<Python3>),
    ("python2", safepoint::<Python2>),
];

pub(crate) fn parking_lot(count: u64) -> Duration {
    let lock = parking_lot::Mutex::new(0u64);
    let lock = black_box(&lock);
    timed(count, || *lock.lock() += 1)
}

pub(crate) fn std_mutex(count: u64) -> Duration {
    let lock = std::sync::Mutex::new(0u64);
    let lock = black_box(&lock);
    timed(count, || *lock.lock().expect("not poisoned") += 1)
}

pub(crate) fn gil<K: Known>(count: u64) -> Duration {
    let lock = Gil::with_protocol(0u64, K::protocol());
    let lock = black_box(&lock);
    timed(count, || *lock.attach() += 1)
}

/// As [`gil`], if the program attaches to a lock of this type at no other place: the compiler
/// inlines all of it into the loop.
pub(crate) fn gil_once(count: u64) -> Duration {
    struct Alone(u64);
    let lock = Gil::new(Alone(0));
    let lock = black_box(&lock);
    timed(count, || lock.attach().0 += 1)
}

pub(crate) fn detach<K: Known>(count: u64) -> Duration {
    let lock = Gil::with_protocol(0u64, K::protocol());
    let mut attached = black_box(&lock).attach();
    timed(count, || attached.detach(|| ()))
}

pub(crate) fn raw<K: Known>(count: u64) -> Duration {
    pair_of(&RawGil::new(K::protocol()), count)
}

fn pair_of<P: Protocol, O: Observe>(lock: &RawGil<P, O>, count: u64) -> Duration {
    let member = lock.register();
    let (lock, member) = black_box((lock, &member));
    timed(count, || {
        lock.attach(member).expect("free");
        lock.detach(member).expect("held");
    })
}

/// A lock whose every attach and detach locks the mutex and calls the protocol.
struct SeesAll;

impl Observe for SeesAll {
    const DISABLE_FAST_PATH: bool = true;
    fn section<P: Protocol>(&mut self, _: &SectionInfo<'_, P>) {}
}

pub(crate) fn all_sections<K: Known>(count: u64) -> Duration {
    pair_of(&RawGil::with_observer(K::protocol(), SeesAll), count)
}

pub(crate) fn safepoint<K: Known>(count: u64) -> Duration {
    let lock = Gil::with_protocol(0u64, K::protocol());
    let mut attached = black_box(&lock).attach();
    timed(count, || attached.safepoint())
}
