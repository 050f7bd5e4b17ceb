//! The protocols under check, by name.

use std::any::Any;

use gil_core::protocol::{Handoff, Protocol};

use crate::mutants::protocol::{MUTANTS, Mutated, Mutation};

pub use gil_models::registry::{AnyProtocol, PROTOCOLS, Visit, with, with_few_types};

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

/// The protocol of that name as a value, for the explorer, with its name.
///
/// # Errors
/// [`Unknown`], if the name is unknown.
pub fn named(protocol: &str) -> Result<(&'static str, AnyProtocol), Unknown> {
    let known = PROTOCOLS.iter().find(|known| **known == protocol);
    let value = gil_models::registry::protocol(protocol);
    let unknown = || Unknown::Protocol { protocol: protocol.to_owned() };
    Ok((known.ok_or_else(unknown)?, value.ok_or_else(unknown)?))
}

/// The bug of a mutant of the protocol.
///
/// # Errors
/// [`Unknown`], if a name is unknown.
pub fn mutation(protocol: &str, mutant: &str) -> Result<Mutation, Unknown> {
    named(protocol)?;
    let found = MUTANTS.iter().find(|known| known.name == mutant && known.of.contains(&protocol));
    let found = found.map(|found| found.mutation);
    let (protocol, mutant) = (protocol.to_owned(), mutant.to_owned());
    found.ok_or(Unknown::Mutant { protocol, mutant })
}

/// As [`with_few_types`], optionally with one of the [mutants](MUTANTS) of the protocol.
///
/// # Errors
/// [`Unknown`], if a name is unknown.
pub fn with_mutant<V: Visit>(
    protocol: &str,
    mutant: Option<&str>,
    visit: V,
) -> Result<V::Output, Unknown> {
    let unknown = || Unknown::Protocol { protocol: protocol.to_owned() };
    match mutant {
        None => with_few_types(protocol, visit),
        Some(mutant) => with_few_types(protocol, Twist(visit, mutation(protocol, mutant)?)),
    }
    .ok_or_else(unknown)
}

/// Visits a protocol with a bug.
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

/// As [`with_mutant`], with the protocol as a value: the engine of `visit` is compiled twice at
/// most, with a bug and without.
///
/// # Errors
/// [`Unknown`], if a name is unknown.
pub fn with_any<V: Visit>(
    protocol: &str,
    mutant: Option<&str>,
    visit: V,
) -> Result<V::Output, Unknown> {
    let (name, value) = named(protocol)?;
    Ok(match mutant {
        None => visit.visit(name, value),
        Some(mutant) => visit.visit(name, Mutated::new(value, mutation(protocol, mutant)?)),
    })
}

/// The default protocol, if `protocol` is that: in its own type or as [`AnyProtocol`], with a bug
/// or without.
#[must_use]
pub fn handoff_of<P: Protocol + 'static>(protocol: &P) -> Option<&Handoff> {
    let any = protocol as &dyn Any;
    let mutated = any.downcast_ref::<Mutated<AnyProtocol>>().map(Mutated::inner);
    match any.downcast_ref::<AnyProtocol>().or(mutated) {
        Some(AnyProtocol::Handoff(handoff)) => Some(handoff),
        Some(_) => None,
        None => {
            let mutated = any.downcast_ref::<Mutated<Handoff>>().map(Mutated::inner);
            any.downcast_ref::<Handoff>().or(mutated)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_protocol_is_found_in_every_form() {
        let (_, value) = named("handoff").expect("it is listed");
        let bug = Mutation::NotifyDropped;
        let expected = Handoff::new();
        assert_eq!(handoff_of(&expected), Some(&expected));
        assert_eq!(handoff_of(&value), Some(&expected));
        assert_eq!(handoff_of(&Mutated::new(expected.clone(), bug)), Some(&expected));
        assert_eq!(handoff_of(&Mutated::new(value, bug)), Some(&expected));
        let (_, other) = named("python3").expect("it is listed");
        assert_eq!(handoff_of(&other), None);
        assert_eq!(handoff_of(&Mutated::new(other, bug)), None);
    }
}
