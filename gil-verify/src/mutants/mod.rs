//! Deliberate bugs: a check that passes proves nothing until it has been seen to fail.
//!
//! - [`protocol`]: bugs of protocols, for the explorer; `mutant_hunt` runs them
//! - [`mechanism`]: bugs of the mechanism, for loom; [`shuttle`](mod@shuttle): those that shuttle
//!   finds
//! - `spin`: bugs of the Promela models
//! - `judges`: bugs of the judges themselves
//! - `source`: every small change of the source text of `gil-core`
//! - [`time`]: bugs of the delays, for the search with a clock
//! - [`matrix`]: which claim caught which mutant, by which engine; [`nets`]: how many engines

#[cfg(not(loom))]
pub mod judges;
pub mod matrix;
pub mod mechanism;
#[cfg(not(loom))]
pub mod mutant_hunt;
pub mod nets;
pub mod protocol;
pub mod shuttle;
#[cfg(all(feature = "cli", not(loom)))]
pub mod source;
#[cfg(all(feature = "cli", not(loom)))]
pub mod spin;
pub mod time;
