//! The cells of the verdict tables: what is expected of a claim under a protocol, in words.

use crate::claims::explored;
use crate::claims::time::TIME;
use crate::ledger::{self, Claim};
use crate::loom::{SUITES, Suite, compares, judged};
use crate::protocols::MAIN;

/// Whether the explorer judges a claim.
pub(super) fn is_explored(claim: &Claim) -> bool {
    explored::judged().chain(["LIVE-3", "FAST-PATH"]).chain(TIME).any(|id| id == claim.id)
}

/// Whether any engine judges a claim of a protocol.
pub(super) fn is_checked(claim: &Claim, protocol: &str) -> bool {
    let explored = is_explored(claim);
    let by_loom = |suite: &Suite| {
        judged(suite, protocol).contains(&claim.id) || compares(suite, protocol).contains(&claim.id)
    };
    explored
        || claim.id.starts_with("NEED-") && MAIN.contains(&protocol)
        || SUITES.iter().any(by_loom)
}

pub(super) fn cell(claim: &Claim, protocol: &str) -> String {
    if claim.not_applicable(protocol).is_some() {
        return "n/a".to_owned();
    }
    if !is_checked(claim, protocol) {
        return "–".to_owned();
    }
    if claim.id.starts_with("NEED-") {
        return "found".to_owned();
    }
    if claim.id == "LIVE-3" {
        let bound = |threads| ledger::overtakes_max(protocol, threads);
        return match (bound(2), bound(3), bound(4)) {
            (Some(two), Some(three), Some(four)) => format!("at most {two} / {three} / {four}"),
            (Some(two), None, None) => format!("at most {two} with 2 threads, unbounded with more"),
            _ => "unbounded".to_owned(),
        };
    }
    let known = claim.all_known_false().filter(|known| known.protocol == protocol);
    let places: Vec<_> = known
        .map(|known| match known.variants {
            [] => format!("from {} threads", known.threads_from),
            variants => format!("`{}`, from {} threads", variants[0], known.threads_from),
        })
        .collect();
    match places.as_slice() {
        [] => "holds".to_owned(),
        places => format!("**false** ({})", places.join("; ")),
    }
}
