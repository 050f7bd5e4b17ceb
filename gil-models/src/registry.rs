//! Every protocol by its name: the one list for the checks, the simulator and the benchmarks.

use gil_core::protocol::{Handoff, Protocol};

pub use crate::any::AnyProtocol;
use crate::any::inside;
pub use crate::on_request::OnRequest;
use crate::{Ghc, NoLock, OCaml, Priority, PyPy, Python2, Python3, Qemu, Ruby, Ruby19};

/// Runs something with a protocol whose type is known only by its name.
pub trait Visit {
    /// The result.
    type Output;
    /// Called with the protocol that the name stands for.
    fn visit<P: Protocol + Send + Sync + 'static>(
        self,
        name: &'static str,
        protocol: P,
    ) -> Self::Output;
}

/// The names, the default protocol first.
pub const PROTOCOLS: &[&str] = &[
    "handoff",
    "handoff-plain",
    "python3",
    "python2",
    "pypy",
    "ruby",
    "ruby19",
    "ocaml",
    "ocaml-old-yield",
    "priority",
    "qemu",
    "ghc",
    "python3-no-forced-switch",
    "python3-no-switch-check",
    "no-lock",
];

/// The protocol of that name, as a value; `None` if there is no such protocol.
///
/// ```
/// use gil_core::protocol::Protocol;
/// let handoff = gil_models::registry::protocol("handoff").ok_or("no such protocol")?;
/// assert_eq!(handoff.settings().sets.len(), 3);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn protocol(name: &str) -> Option<AnyProtocol> {
    Some(match name {
        "handoff" => AnyProtocol::Handoff(Handoff::new()),
        "handoff-plain" => AnyProtocol::Handoff(Handoff::plain()),
        "python3" => AnyProtocol::Python3(Python3::new()),
        "python2" => AnyProtocol::Python2(Python2::new()),
        "pypy" => AnyProtocol::PyPy(PyPy::new()),
        "ruby" => AnyProtocol::Ruby(Ruby::new()),
        "ruby19" => AnyProtocol::Ruby19(Ruby19::new()),
        "ocaml" => AnyProtocol::OCaml(OCaml::new()),
        "ocaml-old-yield" => AnyProtocol::OCaml(OCaml::old_yield()),
        "priority" => AnyProtocol::Priority(Priority::new()),
        "qemu" => AnyProtocol::Qemu(Qemu::new()),
        "ghc" => AnyProtocol::Ghc(Ghc::new()),
        "python3-no-forced-switch" => AnyProtocol::Python3(Python3::without_forced_switching()),
        "python3-no-switch-check" => AnyProtocol::Python3(Python3::without_switch_check()),
        "no-lock" => AnyProtocol::NoLock(NoLock::new()),
        _ => return None,
    })
}

/// Calls `visit` with the protocol of that name in its own type, for example for a real lock;
/// `None` if there is no such protocol.
///
/// ```
/// use gil_core::protocol::Protocol;
/// use gil_models::registry::{self, Visit};
/// struct WaitSets;
/// impl Visit for WaitSets {
///     type Output = usize;
///     fn visit<P: Protocol + Send + Sync + 'static>(self, _: &'static str, _: P) -> usize {
///         P::SETS.len()
///     }
/// }
/// assert_eq!(registry::with("handoff", WaitSets), Some(3));
/// assert_eq!(registry::with("no-such-protocol", WaitSets), None);
/// ```
pub fn with<V: Visit>(name: &str, visit: V) -> Option<V::Output> {
    let known = PROTOCOLS.iter().find(|known| **known == name)?;
    Some(inside!(protocol(name)?, protocol => visit.visit(known, protocol)))
}

/// As [`with`], with four types in place of eleven: [`Handoff`], [`Python2`] and [`PyPy`], and
/// [`OnRequest`] for every other protocol. What `visit` does with a lock is compiled four times.
///
/// ```
/// use gil_core::protocol::Protocol;
/// use gil_models::registry::{self, Visit};
/// struct TypeName;
/// impl Visit for TypeName {
///     type Output = &'static str;
///     fn visit<P: Protocol + Send + Sync + 'static>(self, _: &'static str, _: P) -> &'static str {
///         std::any::type_name::<P>()
///     }
/// }
/// let of = |name| registry::with_few_types(name, TypeName);
/// assert_eq!(of("ruby"), of("qemu"));
/// assert_ne!(of("ruby"), of("handoff"));
/// ```
pub fn with_few_types<V: Visit>(name: &str, visit: V) -> Option<V::Output> {
    let known = PROTOCOLS.iter().find(|known| **known == name)?;
    Some(match OnRequest::try_from(protocol(name)?) {
        Ok(protocol) => visit.visit(known, protocol),
        Err(AnyProtocol::Handoff(protocol)) => visit.visit(known, protocol),
        Err(AnyProtocol::Python2(protocol)) => visit.visit(known, protocol),
        Err(AnyProtocol::PyPy(protocol)) => visit.visit(known, protocol),
        Err(other) => unreachable!("{other:?} has constants of its own: give it an arm"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Name;

    impl Visit for Name {
        type Output = &'static str;
        fn visit<P: Protocol + Send + Sync + 'static>(
            self,
            name: &'static str,
            _: P,
        ) -> &'static str {
            name
        }
    }

    #[test]
    fn every_listed_name_finds_its_protocol() {
        for name in PROTOCOLS {
            assert_eq!(with(name, Name), Some(*name));
            assert_eq!(with_few_types(name, Name), Some(*name));
        }
    }
}
