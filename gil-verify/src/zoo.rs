//! The protocols under check, by name.

use gil_core::{Handoff, Protocol};
use gil_models::{Python2, Python3};

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
pub const PROTOCOLS: &[&str] = &["handoff", "handoff-plain", "python3", "python2"];

/// Calls `visit` with a protocol, or gives `None` when there is none of that name.
pub fn with<V: Visit>(name: &str, visit: V) -> Option<V::Output> {
    Some(match name {
        "handoff" => visit.visit("handoff", Handoff::new()),
        "handoff-plain" => visit.visit("handoff-plain", Handoff::plain()),
        "python3" => visit.visit("python3", Python3::new()),
        "python2" => visit.visit("python2", Python2::new()),
        _ => return None,
    })
}
