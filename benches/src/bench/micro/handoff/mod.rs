//! Passing a lock on: from the moment at which its holder releases it for a waiting thread to the
//! moment at which that thread owns it.
//!
//! A *holder* has the lock and a *visitor* acquires it repeatedly. The visitor requests and waits.
//! The holder sees the request, waits until the visitor certainly spins or sleeps, and reaches a
//! safepoint: that is the pass. The visitor leaves, the holder has the lock again, and the next
//! visit may begin. There is one visitor at a time, so turns are strict under every protocol. The
//! time before the visitor may request is not measured.
//!
//! Context switches are counted from the visitor's call until it has the lock, and from the pass
//! until the holder has it again. A visit needs at least two: the visitor goes to sleep, and so
//! does the holder.

mod condition;
mod desk;
mod ways;

use std::thread;
use std::time::Duration;

use gil_core::Gil;
use rustix::thread::{CpuSet, sched_setaffinity};

pub use self::condition::Condition;
use self::condition::cores;
use self::desk::Desk;
pub use self::desk::Passed;
use self::ways::{Futex, Monitor, Spin, Way};
use crate::bench::protocols::{Boosted, Known, Plain, Python3};

/// The switch interval of all locks here. Some protocols request after the whole of it, so it is
/// waited for before each pass.
const INTERVAL: Duration = Duration::from_millis(1);

/// Measures one way in one condition, N times. An error says why that is not possible here.
pub type Measure = fn(Condition, u64) -> Result<Passed, String>;

/// The ways to compare in this condition, the control first.
#[must_use]
pub const fn ways(condition: Condition) -> &'static [(&'static str, Measure)] {
    match condition {
        Condition::Running => &[
            ("spin", other::<Spin>),
            ("spin (A/A)", other::<Spin>),
            ("handoff", protocol::<Boosted>),
            ("handoff-plain", protocol::<Plain>),
            ("python3", protocol::<Python3>),
        ],
        Condition::SameCore | Condition::OtherCore => &[
            ("futex", other::<Futex>),
            ("futex (A/A)", other::<Futex>),
            ("parking_lot condvar", other::<Monitor>),
            ("handoff", protocol::<Boosted>),
            ("handoff-plain", protocol::<Plain>),
            ("python3", protocol::<Python3>),
        ],
    }
}

fn protocol<K: Known>(condition: Condition, visits: u64) -> Result<Passed, String> {
    let gil = Gil::with_protocol((), K::protocol());
    gil.set_switch_interval(INTERVAL);
    passed(&gil, condition, visits)
}

fn other<W: Way + Default>(condition: Condition, visits: u64) -> Result<Passed, String> {
    passed(&W::default(), condition, visits)
}

fn passed(way: &dyn Way, condition: Condition, visits: u64) -> Result<Passed, String> {
    let [here, there] = cores(condition)?;
    let desk = Desk::new(condition, visits);
    let pin = |core: CpuSet| sched_setaffinity(None, &core);
    // Tried first, so that neither side can fail while the other waits.
    let tried = thread::scope(|scope| {
        scope.spawn(|| pin(there).and_then(|()| pin(here))).join().expect("nothing panics")
    });
    tried.map_err(|error| format!("cannot pin a thread: {error}"))?;
    thread::scope(|scope| {
        // Separate threads, so that the caller's thread is not pinned.
        let (way, desk) = (way, &desk);
        let pinned = |core| pin(core).expect("it was possible a moment ago");
        scope.spawn(move || {
            pinned(here);
            way.hold(desk);
        });
        scope.spawn(move || {
            pinned(there);
            way.visit(desk);
        });
    });
    Ok(desk.passed())
}
