//! The protocols that the benchmarks offer, of those in `gil_models::registry`.
//!
//! Most benchmarks need a protocol as a type: a routine is compiled for it, and the small language
//! has a static lock of it. This file connects those types with the registry's names. `gil-lua`
//! makes its locks by name and offers more of them.

use gil_core::protocol::Handoff;

/// `gil_models::registry::with` makes a lock under these names. The default protocol is first.
pub const OFFERED: &[&str] =
    &["handoff", "handoff-plain", "python3", "python2", "pypy", "ruby", "ocaml"];

/// A protocol of the registry as a type, which is also the brand of a static lock.
pub trait Known: gil_core::heap::Brand<Protocol: Send + Sync> {
    /// The registry's name.
    const NAME: &'static str;
    /// A new value of the protocol.
    fn protocol() -> Self::Protocol;
}

/// Runs something with a protocol whose type is known only by its name.
pub trait Visit {
    /// The result.
    type Output;
    /// Called with the protocol that the name stands for.
    fn visit<K: Known>(self) -> Self::Output;
}

macro_rules! known {
    ($($(#[$doc:meta])* $name:ident $text:literal: $protocol:ty = $new:expr;)*) => {
        $(
            gil_core::brand!($(#[$doc])* pub struct $name: $protocol = $new);

            impl Known for $name {
                const NAME: &'static str = $text;
                fn protocol() -> $protocol {
                    $new
                }
            }
        )*

        /// The names of the protocols that are known by type, the default protocol first.
        pub const KNOWN: &[&str] = &[$($text),*];

        /// Calls `visit` with the protocol of that name; `None` if it is not in [`KNOWN`].
        pub fn with<V: Visit>(name: &str, visit: V) -> Option<V::Output> {
            Some(match name {
                $($text => visit.visit::<$name>(),)*
                _ => return None,
            })
        }
    };
}

known! {
    /// The default protocol.
    Boosted "handoff": Handoff = Handoff::new();
    /// The default protocol without boosts.
    Plain "handoff-plain": Handoff = Handoff::plain();
    /// CPython 3's protocol.
    Python3 "python3": gil_models::Python3 = gil_models::Python3::new();
    /// Python 2's protocol.
    Python2 "python2": gil_models::Python2 = gil_models::Python2::new();
}

#[cfg(test)]
mod tests {
    use std::any::Any;

    use gil_core::protocol::Protocol;
    use gil_models::registry;

    use super::*;

    /// Whether the registry's protocol has this type.
    struct IsSame;

    impl Visit for IsSame {
        type Output = bool;
        fn visit<K: Known>(self) -> bool {
            registry::with(K::NAME, Is(K::protocol())).unwrap_or(false)
        }
    }

    struct Is<P>(P);

    impl<K: Protocol + 'static> registry::Visit for Is<K> {
        type Output = bool;
        fn visit<P: Protocol + Send + Sync + 'static>(self, _: &'static str, found: P) -> bool {
            (&found as &dyn Any).downcast_ref::<K>() == Some(&self.0)
        }
    }

    #[test]
    fn known_protocols_equal_those_of_the_registry() {
        for name in KNOWN {
            assert_eq!(with(name, IsSame), Some(true), "{name}");
        }
    }

    #[test]
    fn offered_protocols_are_in_the_registry() {
        assert!(OFFERED.iter().all(|name| registry::PROTOCOLS.contains(name)));
        assert!(KNOWN.iter().all(|name| OFFERED.contains(name)));
    }
}
