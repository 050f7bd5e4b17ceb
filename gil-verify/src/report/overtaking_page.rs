//! How a waiter is overtaken under each protocol: a run that attains the bound, or a loop if there
//! is none. For the page of LIVE-3.

use std::fmt::Write;

use crate::claims::explored::{Explored, STATES_MAX};
use crate::claims::overtake;
use crate::explorer::model::Program;
use crate::ledger;
use crate::protocols::{self, PROTOCOLS};

/// Enough for the interesting runs of a bounded protocol, and short enough to read.
const THREADS: usize = 3;

/// The bound of a protocol, and a run that attains it.
fn longest(protocol: &str, threads: usize) -> Option<(Option<u64>, String)> {
    let (name, protocol) = protocols::named(protocol).ok()?;
    let explored = Explored::new(&protocol, Program::blocking(threads), STATES_MAX);
    let found = overtake::longest(&explored.live);
    Some((found.max, explored.tell(&found.witness, name)))
}

/// Every protocol that LIVE-3 applies to: its name, the number of threads, the bound there (`None`:
/// unbounded) and the run. Unbounded protocols have the smallest possible number of threads.
#[must_use]
pub fn runs() -> Vec<(&'static str, usize, Option<u64>, String)> {
    let applies = |protocol: &&&str| ledger::expected("LIVE-3", protocol, 2, "blocking").is_some();
    let run = |protocol: &&'static str| {
        let found = |threads| longest(protocol, threads);
        let unbounded = found(2).filter(|(max, _)| max.is_none()).map(|run| (2, run));
        let (threads, (max, text)) = unbounded.or_else(|| Some((THREADS, found(THREADS)?)))?;
        Some((*protocol, threads, max, text))
    };
    PROTOCOLS.iter().filter(applies).filter_map(run).collect()
}

/// The runs as a section of a page.
#[must_use]
pub fn section() -> String {
    let mut text = "\n### Run by run\n\nFor each protocol a shortest run that attains its bound, or the loop in \
                    which a waiter is overtaken for ever. The steps that overtake are named first. A loop need \
                    not be fair: a bound is kept in every schedule, or it is none.\n"
        .to_owned();
    for (protocol, threads, max, run) in runs() {
        let says = max.map_or("unbounded".to_owned(), |max| format!("at most {max}"));
        let _ =
            write!(text, "\n**{protocol}**, {threads} threads: {says}.\n\n```text\n{run}\n```\n");
    }
    text
}
