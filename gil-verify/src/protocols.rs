//! The protocols under check, by name.

use crate::mutants::protocol::{MUTANTS, Mutated, Mutation};
use gil_core::protocol::Protocol;

pub use gil_models::registry::{PROTOCOLS, Visit, with};

/// The protocols that every suite runs on; the others have the suites that connect them with the
/// explorer.
pub const MAIN: &[&str] = &["handoff", "handoff-plain", "python3", "python2"];

/// Why there is no protocol to visit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unknown {
    /// There is no such protocol.
    #[error("there is no protocol `{protocol}`; there are {}", PROTOCOLS.join(", "))]
    Protocol {
        /// The requested name.
        protocol: String,
    },
    /// There is no such mutant.
    #[error("there is no mutant `{mutant}` of {protocol}; it has {}", mutants_of(protocol).join(", "))]
    Mutant {
        /// The protocol.
        protocol: String,
        /// The requested name.
        mutant: String,
    },
}

/// The mutants of a protocol.
fn mutants_of(protocol: &str) -> Vec<&'static str> {
    let mutants = MUTANTS.iter().filter(|mutant| mutant.of.contains(&protocol));
    mutants.map(|mutant| mutant.name).collect()
}

/// As [`with`], optionally with one of the [mutants](MUTANTS) of the protocol.
///
/// # Errors
/// [`Unknown`], if the name is unknown.
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
