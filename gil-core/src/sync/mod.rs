//! The facade: the only place that names parking_lot, std's threads and clocks, or loom.
//!
//! It gives a mutex, atomics, a cell, park and unpark, thread-locals and the clock. The parker's
//! state machine lives above it, so that loom checks the one that ships. The timed park is the
//! only substitution of meaning: under `cfg(loom)` no clock runs, and whether a park times out,
//! returns for no reason or gives up is a free choice that loom explores (see
//! [`choice`](crate::choice)).

#[cfg(any(not(loom), shuttle))]
mod cell;
#[cfg(not(loom))]
mod real;
#[cfg(not(loom))]
pub use real::Instant;
#[cfg(not(loom))]
pub(crate) use real::*;

#[cfg(loom)]
mod looms;
#[cfg(loom)]
pub(crate) use looms::*;
#[cfg(loom)]
pub use looms::{Instant, loom};

/// How a park ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Parked {
    /// Unparked, or for no reason at all: the caller looks again.
    Returned,
    /// The switch timer expired.
    TimedOut,
    /// The moment came at which the caller wants to give up.
    GaveUp,
}

/// A `const fn`, except under loom, whose types have no const constructors.
macro_rules! const_unless_loom {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        #[cfg(not(loom))]
        $(#[$meta])* $vis const fn $($rest)*
        #[cfg(loom)]
        $(#[$meta])* $vis fn $($rest)*
    };
}
pub(crate) use const_unless_loom;

/// Whether a mutant is switched on: `false`, and no code, outside `cfg(loom)`.
macro_rules! mutant {
    ($name:ident) => {{
        #[cfg(loom)]
        let on = crate::choice::Mutant::$name.is_on();
        #[cfg(not(loom))]
        let on = false;
        on
    }};
}
pub(crate) use mutant;

/// A memory ordering that a mutant of this name weakens to `Relaxed`.
macro_rules! ordering {
    ($name:ident, $ordering:ident) => {
        if crate::sync::mutant!($name) { Ordering::Relaxed } else { Ordering::$ordering }
    };
}
pub(crate) use ordering;
