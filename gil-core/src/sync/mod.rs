//! The facade: what this crate uses of parking_lot, of std's threads and clocks, and of loom.
//!
//! It has a mutex, atomics, a cell, a place to sleep and the clock. Only the macros for statics and
//! thread-locals are elsewhere, in `heap/brand.rs`. The parker's state machine is built on the
//! facade, so loom checks the code that ships. Two things change their meaning under `cfg(loom)`:
//! - No clock runs. Whether a park times out, returns spuriously or gives up is a free choice that
//!   loom explores (see `choice`). Whether pacing delays something is another.
//! - `try_lock` always finds the mutex locked.

#[cfg(any(not(loom), shuttle))]
mod cell;
#[cfg(loom)]
pub mod choice;
#[cfg(loom)]
pub mod mutants;

// The default path is that of real threads, because tools that read sources do not follow cfgs.
#[cfg_attr(loom, path = "loom.rs")]
mod facade;

pub use facade::Instant;
#[cfg(loom)]
pub use facade::loom;
pub(crate) use facade::*;

use std::fmt::Debug;
use std::time::Duration;

/// How a park ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Parked {
    /// Unparked, or spuriously: the caller looks at its state.
    Returned,
    /// The switch timer expired.
    TimedOut,
    /// The caller's own deadline passed.
    GaveUp,
}

/// The clock of an engine: the real one, virtual time, or loom's, which stands still.
pub trait Clock {
    /// A point in time.
    type Instant: Copy + Ord + Debug;

    /// The present.
    fn now(&self) -> Self::Instant;

    /// How long ago that was; zero if it is still to come.
    fn elapsed_since(&self, instant: Self::Instant) -> Duration;

    /// Whether that point in time is still to come.
    fn is_future(&self, instant: Self::Instant) -> bool {
        self.now() < instant
    }

    /// The point in time `by` after `instant`. `None`: never, because the clock cannot represent
    /// it. Every deadline of a lock comes from here, so a switch interval of [`Duration::MAX`]
    /// means "never".
    fn later(&self, instant: Self::Instant, by: Duration) -> Option<Self::Instant>;

    /// When something that began at `began` will have that `age`; `None` if it already has.
    fn deadline_if_younger(&self, began: Self::Instant, age: Duration) -> Option<Self::Instant> {
        self.later(began, age).filter(|due| self.is_future(*due))
    }
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
        let on = crate::sync::mutants::Mutant::$name.is_on();
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
