//! Pictures of what a lock did, from a simulated run or a recorded real one: lanes as SVG, lanes in
//! the terminal, and a trace that Perfetto opens.
//!
//! ```
//! use gil_models::{Python2, picture::Lanes, sim};
//! use std::time::Duration;
//! let setup = sim::Setup { record_until: Duration::from_millis(1), ..sim::Setup::default() };
//! let run = sim::run("python2", Python2::new(), &setup);
//! let lanes = Lanes::new(&run.record, 2, 100_000..200_000).named("two threads that count");
//! println!("{}", lanes.terminal(72));
//! assert!(lanes.svg().contains("wasted wake-up"));
//! assert!(lanes.wasted_wake_ups() > 0, "the GIL battle");
//! ```

mod chrome;
mod lanes;
mod svg;
mod terminal;

pub use lanes::{Kind, Lanes, Mark, Span, Step, Steps};
