//! The report for people: the three promises, one matrix, what is not as expected, one summary.

use std::fmt::Write;

use comfy_table::{Table, presets};

use crate::ledger::{self, CLAIMS, PROMISES};
use crate::looms::engine::NO_LOCK;
use crate::report::{ClaimRow, Engine, Row, Verdict};
use crate::verify::Report;
use crate::zoo::PROTOCOLS;

/// What the explorer found, printed before the loom build begins.
#[must_use]
pub fn explored(rows: &[Row]) -> String {
    let claims: Vec<_> = rows
        .iter()
        .filter_map(|row| match row {
            Row::Claim(row) => Some(row),
            _ => None,
        })
        .collect();
    let good = claims.iter().filter(|row| row.verdict == row.expected).count();
    let states = claims.iter().map(|row| row.explored).max().unwrap_or_default();
    format!(
        "explorer: {good} of {} verdicts as expected, all states of 2 to 4 looping threads (at most {states})\n",
        claims.len()
    )
}

/// The whole report.
#[must_use]
pub fn report(report: &Report, verbose: bool) -> String {
    let mut text = String::new();
    for (id, name) in PROMISES {
        let row = report.claims.iter().find(|row| {
            row.id == *id
                && row.engine == Engine::Loom
                && row.protocol == PROTOCOLS[0]
                && row.bound == "unbounded"
        });
        let says = row.map_or("not checked in this run".to_owned(), |row| {
            format!(
                "{}, every interleaving and memory order of {} threads ({} executions, suite {})",
                verdict(row),
                row.threads,
                row.explored,
                row.variant.as_deref().unwrap_or("-")
            )
        });
        let _ = writeln!(text, "{name} ({id}): {says}");
    }
    let matrix = matrix(&report.claims).to_string();
    let matrix: Vec<&str> = matrix.lines().map(str::trim_end).collect();
    let _ = writeln!(text, "\n{}\n", matrix.join("\n"));
    if !report.bounds.is_empty() {
        let _ = writeln!(text, "{}", bounds(report));
    }
    if !report.agreement.is_empty() {
        let sequences: u64 = report.agreement.iter().map(|row| row.loom).sum();
        let wrong: u64 = report.agreement.iter().map(|r| r.only_loom + r.only_explorer).sum();
        let _ = writeln!(
            text,
            "loom = explorer: {} comparisons, {sequences} sequences of events, {wrong} on one side only",
            report.agreement.len()
        );
    }
    if verbose {
        for row in &report.claims {
            if let Some(counterexample) = &row.counterexample {
                let variant = row.variant.as_deref().unwrap_or("-");
                let _ = writeln!(
                    text,
                    "\n{} is false of {} ({} threads, {variant})\n{counterexample}",
                    row.id, row.protocol, row.threads
                );
            }
        }
        for row in &report.mutants {
            let caught: Vec<_> = row.caught_by.iter().map(|by| by.claim.as_str()).collect();
            let _ = writeln!(text, "mutant {} of {}: {:?} {caught:?}", row.id, row.of, row.verdict);
        }
    }
    for problem in &report.problems {
        let _ = writeln!(text, "NOT AS EXPECTED  {problem}");
    }
    let summary = report.summary;
    let _ = writeln!(
        text,
        "{} of {} verdicts as expected, {} of {} mutants caught, {} inconclusive, {:.0} s",
        summary.as_expected,
        summary.claims,
        summary.caught,
        summary.mutants,
        summary.inconclusive,
        summary.seconds
    );
    let _ = writeln!(text, "What a green result does not mean: docs/src/limits.md");
    text
}

fn verdict(row: &ClaimRow) -> &'static str {
    match (row.verdict, row.expected) {
        (Verdict::Holds, Verdict::Holds) => "holds",
        (Verdict::Fails, Verdict::Fails) => "breaks (expected)",
        (Verdict::Inconclusive, _) => "INCONCLUSIVE",
        (Verdict::Holds, _) => "HOLDS, NOT EXPECTED",
        (Verdict::Fails, _) => "BREAKS",
    }
}

/// Claims down, protocols across.
fn matrix(rows: &[ClaimRow]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["claim", ""].into_iter().chain(PROTOCOLS.iter().copied()));
    for claim in CLAIMS {
        let cells: Vec<String> =
            PROTOCOLS.iter().map(|protocol| cell(claim.id, protocol, rows)).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            table.add_row([claim.id.to_owned(), claim.title.to_owned()].into_iter().chain(cells));
        }
    }
    table
}

/// All rows of one claim and protocol in a few words.
fn cell(id: &str, protocol: &str, rows: &[ClaimRow]) -> String {
    let is_mine =
        |row: &&ClaimRow| row.id == id && (row.protocol == protocol || row.protocol == NO_LOCK);
    let mine: Vec<_> = rows.iter().filter(is_mine).collect();
    if mine.is_empty() {
        let not = ledger::claim(id).and_then(|claim| claim.not_applicable(protocol));
        return not.map_or(String::new(), |_| "n/a".to_owned());
    }
    if let Some(bad) = mine.iter().find(|row| row.verdict != row.expected) {
        return verdict(bad).to_owned();
    }
    let failing = mine.iter().filter(|row| row.verdict == Verdict::Fails).count();
    match failing {
        0 if id.starts_with("NEED-") => "found".to_owned(),
        0 => "holds".to_owned(),
        n if n == mine.len() => format!("breaks, as {} does (expected)", spoken(protocol)),
        _ => {
            let first = mine.iter().find(|row| row.verdict == Verdict::Fails);
            let at = first.map_or(String::new(), |row| {
                format!("{}, {}+ threads", row.variant.as_deref().unwrap_or("-"), row.threads)
            });
            format!("breaks: {at} (expected)")
        }
    }
}

fn spoken(protocol: &str) -> &str {
    match protocol {
        "python2" => "Python 2",
        "python3" => "CPython 3",
        other => other,
    }
}

fn bounds(report: &Report) -> String {
    let mut text = "a waiter is overtaken at most (LIVE-3):".to_owned();
    for protocol in PROTOCOLS {
        let mine = report.bounds.iter().filter(|row| row.protocol == *protocol);
        let numbers: Vec<_> = mine
            .map(|row| row.overtakes_max.map_or("unbounded".to_owned(), |max| max.to_string()))
            .collect();
        if !numbers.is_empty() {
            let _ = write!(
                text,
                "\n  {protocol:14} {} times with 2 / 3 / 4 threads",
                numbers.join(" / ")
            );
        }
    }
    text
}

/// One claim, for `explain`.
#[must_use]
pub fn explain(claim: &ledger::Claim) -> String {
    let mut text =
        format!("{}  {}\n\n{}\n\n{}\n", claim.id, claim.title, claim.sentence, claim.meaning);
    for known in claim.known_false {
        let variants = match known.variants {
            [] => "every program".to_owned(),
            variants => variants.join(", "),
        };
        let _ = writeln!(
            text,
            "\nknown to be false of {} from {} threads on ({variants}): {}",
            known.protocol, known.threads_from, known.why
        );
    }
    for (protocol, why) in claim.not_applicable {
        let _ = writeln!(text, "\ndoes not apply to {protocol}: {why}");
    }
    let _ = writeln!(text, "\njudged by   {}\nrun by      {}", claim.judge, claim.test);
    let mutants = crate::book::mutants_of(claim.id);
    let _ = writeln!(text, "mutants     {}", mutants.join(", "));
    text
}
