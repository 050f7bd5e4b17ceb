//! The committed stories: the step-by-step findings of the programs that must find something.
//!
//! loom explores in the same order every time, so the first counterexample is the same one. The
//! book prints these, and a story that changes fails until it is blessed.

use std::collections::BTreeMap;

use crate::loom::engine::NO_LOCK;
use crate::protocols::PROTOCOLS;
use crate::report::counts::BLESS;
use crate::report::{ClaimRow, Verdict};

/// Stories by claim.
pub type Stories = BTreeMap<String, String>;

/// The stories in the repository, `gil-verify/golden/stories.json`.
pub const COMMITTED: &str = include_str!("../../golden/stories.json");

/// The committed stories.
///
/// # Errors
/// When the file is not a JSON object of texts.
pub fn committed() -> Result<Stories, serde_json::Error> {
    serde_json::from_str(COMMITTED)
}

/// The stories in the results: on the default protocol, or without a lock.
#[must_use]
pub fn of(rows: &[ClaimRow]) -> Stories {
    let told = rows.iter().filter(|row| row.protocol == NO_LOCK || row.protocol == PROTOCOLS[0]);
    let found = told.filter(|row| row.verdict == Verdict::Holds);
    found.filter_map(|row| Some((row.id.clone(), row.counterexample.clone()?))).collect()
}

/// The differences between the found and the committed stories, in words.
#[must_use]
pub fn differences(committed: &Stories, found: &Stories) -> Vec<String> {
    let other = |(id, story): &(&String, &String)| committed.get(*id) != Some(*story);
    let other = found.iter().filter(other);
    other.map(|(id, story)| format!("{id} found another story; {BLESS}\n{story}")).collect()
}
