//! A simulator with virtual time: cores, an operating system's scheduler, and threads that compute,
//! block and call around one [`Monitor`](gil_core::engine::Monitor).
//!
//! It answers the questions that no checker can: how *long* and how *much*. The decisions are those
//! of the protocol value that runs on real threads; only time is simulated. A run is a function of
//! its [`Setup`]: the same seed gives the same report, byte for byte.
//!
//! # What is simulated
//! - **Cores**, each with a run queue like that of Linux's fair scheduler: the least CPU time
//!   first, slices, a woken thread may preempt one that has run for longer, an idle core takes from
//!   others.
//! - **Latency**: a sleeping thread starts after a delay that depends on its core: the same core,
//!   an idle one, or one that has been idle for long. The waking thread pays too.
//! - **Safepoints** are not simulated one by one: after a request the holder reaches one after the
//!   gap.
//!
//! # What is not simulated
//! Caches, frequency, memory bandwidth, contention on the lock's own mutex (a section is an
//! instant), and the operating system's other work. [`Costs`] are those of one machine. A figure
//! from here is an order of magnitude and a direction, not a benchmark.
//!
//! ```
//! use gil_models::{Python3, sim};
//! use std::time::Duration;
//! let setup = sim::Setup {
//!     workload: "cpu:1+echo:1".parse()?,
//!     duration: Duration::from_secs(2),
//!     ..sim::Setup::default()
//! };
//! let report = sim::run("python3", Python3::new(), &setup).report;
//! let echo = &report.groups[1];
//! assert!(echo.latency_us.p50 > 3_500.0, "the convoy: an interval less the pause");
//! # Ok::<(), sim::WorkloadError>(())
//! ```

mod clock;
mod conduct;
mod cost;
mod machine;
mod report;
mod run;
mod sections;
mod setup;
mod thread;
mod workload;

pub use clock::Virtual;
pub use conduct::{Cue, conduct};
pub use cost::{COST_MAX, CostError, Costs};
pub use report::{GroupReport, Report, SIMULATION_SCHEMA, Spread};
pub use run::{Run, run, without_lock};
pub use setup::{Control, Setup};
pub use workload::{Group, Role, Workload, WorkloadError};
