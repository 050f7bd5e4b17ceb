//! The protocols that a lock cannot tell apart by their constants, as one type.

use gil_core::protocol::{
    Context, Order, Preemption, Protocol, Release, Settings, Step, ThreadId, WaitSet, Wake,
};

use crate::registry::AnyProtocol;

/// A protocol that is preempted on request and not paced. So the constants that a
/// [`RawGil`](gil_core::raw::RawGil) reads are those of this type, and the lock behaves as with the
/// protocol's own type. The wait-sets, which only the Monitor reads, come from
/// [`Protocol::settings`].
///
/// The checkers of the mechanism use it: they compile a lock once for most protocols. The switch
/// interval of a new lock is the default one.
///
/// ```
/// use gil_core::raw::RawGil;
/// use gil_models::registry::{OnRequest, protocol};
/// # if gil_core::UNDER_LOOM { return }
/// let ruby = OnRequest::try_from(protocol("ruby").unwrap()).unwrap();
/// let lock = RawGil::new(ruby);
/// let member = lock.register();
/// assert!(lock.attach(&member).is_ok());
/// assert!(lock.detach(&member).is_ok());
/// assert!(OnRequest::try_from(protocol("python2").unwrap()).is_err()); // it counts ticks
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OnRequest(AnyProtocol);

impl TryFrom<AnyProtocol> for OnRequest {
    /// The protocol, which has other constants.
    type Error = AnyProtocol;

    fn try_from(protocol: AnyProtocol) -> Result<Self, AnyProtocol> {
        let Settings { preemption, paced, .. } = protocol.settings();
        let same = preemption == Self::PREEMPTION && paced == Self::PACED;
        if same { Ok(Self(protocol)) } else { Err(protocol) }
    }
}

impl Protocol for OnRequest {
    const NAME: &'static str = "on-request";
    /// None of its own: the Monitor reads those of the protocol inside.
    const SETS: &'static [Order] = &[];
    const PREEMPTION: Preemption = Preemption::OnRequest;
    const PACED: bool = false;

    fn settings(&self) -> Settings {
        self.0.settings()
    }

    fn bias(&self) -> Option<ThreadId> {
        self.0.bias()
    }

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        self.0.acquire(cx)
    }

    fn release(&mut self, cx: &mut dyn Context, how: Release) -> Step {
        self.0.release(cx, how)
    }

    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        self.0.safepoint(cx)
    }

    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, wake: Wake) -> Step {
        self.0.woken(cx, set, wake)
    }

    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        self.0.cancel(cx, notified);
    }

    fn retry(&mut self, cx: &mut dyn Context) -> Step {
        self.0.retry(cx)
    }
}
