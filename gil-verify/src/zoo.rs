//! The protocols under check, by name.

use crate::mutants::{MUTANTS, Mutated, Mutation};
use gil_core::{Handoff, Protocol};
use gil_models::{Ghc, NoLock, OCaml, Priority, PyPy, Python2, Python3, Qemu, Ruby, Ruby19};

/// Does something with a protocol whose type is only known by its name.
pub trait Visit {
    /// What comes of it.
    type Output;
    /// Called with the protocol of the name.
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

/// Those that every suite runs on; the others have the suites that tie them to the explorer.
pub const MAIN: &[&str] = &["handoff", "handoff-plain", "python3", "python2"];

/// Calls `visit` with a protocol, or gives `None` when there is none of that name.
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

/// Why there is nothing to visit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unknown {
    /// There is no such protocol.
    #[error("there is no protocol `{protocol}`; there are {}", PROTOCOLS.join(", "))]
    Protocol {
        /// What was asked for.
        protocol: String,
    },
    /// There is no such mutant.
    #[error("there is no mutant `{mutant}` of {protocol}; it has {}", mutants_of(protocol).join(", "))]
    Mutant {
        /// The protocol.
        protocol: String,
        /// What was asked for.
        mutant: String,
    },
}

/// The mutants of a protocol.
fn mutants_of(protocol: &str) -> Vec<&'static str> {
    let mutants = MUTANTS.iter().filter(|mutant| mutant.of.contains(&protocol));
    mutants.map(|mutant| mutant.name).collect()
}

/// As [`with`], perhaps with one of the [mutants](MUTANTS) of the protocol.
///
/// # Errors
/// [`Unknown`], where there is none of that name.
pub fn with_mutant<V: Visit>(
    protocol: &str,
    mutant: Option<&str>,
    visit: V,
) -> Result<V::Output, Unknown> {
    struct Twist<V>(V, Mutation);
    impl<V: Visit> Visit for Twist<V> {
        type Output = V::Output;
        fn visit<P: Protocol + Send + Sync + 'static>(
            self,
            name: &'static str,
            protocol: P,
        ) -> Self::Output {
            self.0.visit(name, Mutated::new(protocol, self.1))
        }
    }
    let unknown = || Unknown::Protocol { protocol: protocol.to_owned() };
    let Some(mutant) = mutant else { return with(protocol, visit).ok_or_else(unknown) };
    if !PROTOCOLS.contains(&protocol) {
        return Err(unknown());
    }
    let found = MUTANTS.iter().find(|known| known.name == mutant && known.of.contains(&protocol));
    let Some(found) = found else {
        return Err(Unknown::Mutant { protocol: protocol.to_owned(), mutant: mutant.to_owned() });
    };
    with(protocol, Twist(visit, found.mutation)).ok_or_else(unknown)
}
