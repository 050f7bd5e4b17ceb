//! The worlds of the small language by name: under a lock of each protocol, and without a lock.

use crate::bench::protocols::{self, KNOWN, Known};
use crate::lang::{Free, Locked, World};

/// The control's name: the language without a lock.
pub const CONTROL: &str = "free";

/// The names, the default protocol first, the control without a lock last.
pub const WORLDS: &[&str] = &{
    let mut names = [CONTROL; KNOWN.len() + 1];
    let mut place = 0;
    while place < KNOWN.len() {
        names[place] = KNOWN[place];
        place += 1;
    }
    names
};

/// Runs something in a world whose type is known only by its name.
pub trait Visit {
    /// The result.
    type Output;
    /// Called with the world of this name.
    fn visit<W: World>(self) -> Self::Output;
}

/// A visit of the world under a protocol.
struct Under<V>(V);

impl<V: Visit> protocols::Visit for Under<V> {
    type Output = V::Output;
    fn visit<K: Known>(self) -> V::Output {
        self.0.visit::<Locked<K>>()
    }
}

/// Calls `visit` with a world; `None` if there is none of this name.
pub fn with<V: Visit>(name: &str, visit: V) -> Option<V::Output> {
    if name == CONTROL {
        return Some(visit.visit::<Free>());
    }
    protocols::with(name, Under(visit))
}
