//! Every protocol by its name: the one list for the checks, the simulator and the benchmarks.

use gil_core::protocol::{Handoff, Protocol};

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

/// Calls `visit` with the protocol of that name; `None` if there is no such protocol.
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
    Some(match name {
        "handoff" => visit.visit("handoff", Handoff::new()),
        "handoff-plain" => visit.visit("handoff-plain", Handoff::plain()),
        "python3" => visit.visit("python3", Python3::new()),
        "python2" => visit.visit("python2", Python2::new()),
        "pypy" => visit.visit("pypy", PyPy::new()),
        "ruby" => visit.visit("ruby", Ruby::new()),
        "ruby19" => visit.visit("ruby19", Ruby19::new()),
        "ocaml" => visit.visit("ocaml", OCaml::new()),
        "ocaml-old-yield" => visit.visit("ocaml-old-yield", OCaml::old_yield()),
        "priority" => visit.visit("priority", Priority::new()),
        "qemu" => visit.visit("qemu", Qemu::new()),
        "ghc" => visit.visit("ghc", Ghc::new()),
        "python3-no-forced-switch" => {
            visit.visit("python3-no-forced-switch", Python3::without_forced_switching())
        }
        "python3-no-switch-check" => {
            visit.visit("python3-no-switch-check", Python3::without_switch_check())
        }
        "no-lock" => visit.visit("no-lock", NoLock::new()),
        _ => return None,
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
        }
    }
}
