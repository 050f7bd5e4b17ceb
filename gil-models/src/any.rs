//! Any of the protocols as one type, for engines in which speed does not matter.
//!
//! An engine that is generic over the protocol is compiled once for each of them. With
//! [`AnyProtocol`] it is compiled once.

use std::fmt::{Debug, Formatter};

use gil_core::protocol::{
    Context, Handoff, Order, Protocol, Release, Settings, Step, ThreadId, WaitSet, Wake,
};

use crate::{Ghc, NoLock, OCaml, Priority, PyPy, Python2, Python3, Qemu, Ruby, Ruby19};

/// One of the protocols, as a value. [`registry::protocol`](crate::registry::protocol) makes one by
/// its name.
///
/// Its constants differ by value: [`Protocol::settings`] returns them. A [`RawGil`] reads the
/// constants of the type, so it does not compile with this one; [`OnRequest`] is for it.
///
/// [`RawGil`]: gil_core::raw::RawGil
/// [`OnRequest`]: crate::registry::OnRequest
///
/// ```
/// use gil_core::protocol::{Preemption, Protocol};
/// let protocol = gil_models::registry::protocol("python2").ok_or("no such protocol")?;
/// assert_eq!(protocol.settings().preemption, Preemption::EveryTicks(100));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the protocol of that name")]
pub enum AnyProtocol {
    Handoff(Handoff),
    Python3(Python3),
    Python2(Python2),
    PyPy(PyPy),
    Ruby(Ruby),
    Ruby19(Ruby19),
    OCaml(OCaml),
    Priority(Priority),
    Qemu(Qemu),
    Ghc(Ghc),
    NoLock(NoLock),
}

/// Evaluates an expression with the protocol inside.
macro_rules! inside {
    ($any:expr, $protocol:ident => $value:expr) => {
        match $any {
            AnyProtocol::Handoff($protocol) => $value,
            AnyProtocol::Python3($protocol) => $value,
            AnyProtocol::Python2($protocol) => $value,
            AnyProtocol::PyPy($protocol) => $value,
            AnyProtocol::Ruby($protocol) => $value,
            AnyProtocol::Ruby19($protocol) => $value,
            AnyProtocol::OCaml($protocol) => $value,
            AnyProtocol::Priority($protocol) => $value,
            AnyProtocol::Qemu($protocol) => $value,
            AnyProtocol::Ghc($protocol) => $value,
            AnyProtocol::NoLock($protocol) => $value,
        }
    };
}
pub(crate) use inside;

/// As the protocol inside.
impl Debug for AnyProtocol {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        inside!(self, protocol => protocol.fmt(f))
    }
}

impl Protocol for AnyProtocol {
    const NAME: &'static str = "any";
    /// A use of this constant does not compile: the wait-sets differ by value.
    const SETS: &'static [Order] = panic!("AnyProtocol has no wait-sets of its own: use settings");

    fn settings(&self) -> Settings {
        inside!(self, protocol => protocol.settings())
    }

    fn bias(&self) -> Option<ThreadId> {
        inside!(self, protocol => protocol.bias())
    }

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        inside!(self, protocol => protocol.acquire(cx))
    }

    fn release(&mut self, cx: &mut dyn Context, how: Release) -> Step {
        inside!(self, protocol => protocol.release(cx, how))
    }

    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        inside!(self, protocol => protocol.safepoint(cx))
    }

    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, wake: Wake) -> Step {
        inside!(self, protocol => protocol.woken(cx, set, wake))
    }

    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        inside!(self, protocol => protocol.cancel(cx, notified));
    }

    fn retry(&mut self, cx: &mut dyn Context) -> Step {
        inside!(self, protocol => protocol.retry(cx))
    }
}
