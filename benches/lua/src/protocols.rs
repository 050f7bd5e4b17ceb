//! Locks by the names of their protocols.

use std::sync::Arc;

use gil_bench::bench::protocols::OFFERED;
use gil_core::Gil;
use gil_core::protocol::Protocol;
use gil_models::registry::{self, Visit};

use crate::lock::{Alone, Interpreter, Lock};

/// The name for no lock and a state for each thread.
pub const SEPARATE: &str = "separate";

/// The protocols that the benchmarks offer, the default first, and [`SEPARATE`].
pub fn names() -> impl Iterator<Item = &'static str> {
    OFFERED.iter().copied().chain([SEPARATE])
}

struct Under;

impl Visit for Under {
    type Output = Arc<dyn Lock>;
    fn visit<P: Protocol + Send + Sync + 'static>(
        self,
        _: &'static str,
        protocol: P,
    ) -> Self::Output {
        Arc::new(Gil::with_protocol(Interpreter::default(), protocol))
    }
}

/// A new lock, or `None` if the name is not one of [`names`]. The registry also has protocols
/// without a lock; no state is made under those.
#[must_use]
pub fn lock(name: &str) -> Option<Arc<dyn Lock>> {
    match name {
        SEPARATE => Some(Arc::new(Alone::default())),
        _ if OFFERED.contains(&name) => registry::with(name, Under),
        _ => None,
    }
}
