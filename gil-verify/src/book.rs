//! The pages of the book that are made from the ledger, and the README's table.

use crate::ledger::{CLAIMS, Claim};
use crate::looms::MECHANISM_MUTANTS;
use crate::mutants::MUTANTS;
use crate::zoo::PROTOCOLS;

/// The mutants that a claim has to catch.
#[must_use]
pub fn mutants_of(claim: &str) -> Vec<String> {
    let protocols = MUTANTS.iter().filter(|mutant| mutant.breaks.contains(&claim));
    let mechanism = MECHANISM_MUTANTS.iter().filter(|mutant| mutant.breaks.contains(&claim));
    let names = protocols.map(|mutant| mutant.name).chain(mechanism.map(|mutant| mutant.name));
    names.map(str::to_owned).collect()
}
