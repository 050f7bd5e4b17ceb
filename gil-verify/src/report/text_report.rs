//! The report as text: the three main claims, one matrix, the unexpected results, one summary.

use std::fmt::Write;

use comfy_table::{Table, presets};

use crate::claims::promise::bounds;
use crate::ledger::{self, CLAIMS, PROMISES};
use crate::loom::engine::NO_LOCK;
use crate::protocols::{MAIN, PROTOCOLS};
use crate::replay::replay_line::Line;
use crate::report::judge::Report;
use crate::report::{AgreementRow, ClaimRow, Engine, Row, Verdict};

/// The explorer's results, printed before the loom build begins.
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
    for table in [matrix(&report.claims), models("SAFE", report), models("LIVE", report)] {
        if !table.is_empty() {
            let table = table.to_string();
            let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
            let _ = writeln!(text, "\n{}", lines.join("\n"));
        }
    }
    text.push('\n');
    if !report.bounds.is_empty() {
        let _ = writeln!(text, "{}", overtaking(report));
    }
    for (id, what) in [("TRACES", "sequences of events"), ("REFINES", "moves from state to state")]
    {
        text += &agreement(report, id, what);
    }
    text += &spin(report);
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
            for by in row.caught_by.iter().filter(|by| by.engine == Engine::Loom) {
                if let Some(line) = loom_line(&row.id, &by.claim) {
                    let _ = writeln!(text, "  cargo verify replay {line}");
                }
            }
        }
    }
    for note in &report.notes {
        let _ = writeln!(text, "LEFT OUT  {note}");
    }
    for claim in &report.left_out {
        let _ = writeln!(text, "PARTLY CHECKED  {claim}");
    }
    for problem in &report.problems {
        let _ = writeln!(text, "NOT AS EXPECTED  {problem}");
    }
    let summary = report.summary;
    let _ = writeln!(
        text,
        "{} of {} verdicts as expected, {} of {} mutants caught, {} are no bugs, {} inconclusive, {:.0} s",
        summary.as_expected,
        summary.claims,
        summary.caught,
        summary.mutants - summary.equivalent,
        summary.equivalent,
        summary.inconclusive,
        summary.seconds
    );
    let _ = writeln!(text, "What a green result does not mean: docs/src/limits.md");
    text
}

/// The line that replays loom's finding of a mutant, `MUTANT/SUITE`.
fn loom_line(id: &str, claim: &str) -> Option<String> {
    let (mutant, suite) = id.split_once('/')?;
    let (suite, mutant) = (suite.to_owned(), mutant.to_owned());
    let claim = ledger::claim(claim)?.id;
    Some(Line::Loom { suite, protocol: PROTOCOLS[0].to_owned(), mutant, claim }.text())
}

fn verdict(row: &ClaimRow) -> &'static str {
    match (row.verdict, row.expected) {
        (Verdict::Holds, Verdict::Holds) => "holds",
        (Verdict::Fails, Verdict::Fails) => "breaks (expected)",
        (Verdict::Inconclusive, _) => "INCONCLUSIVE",
        (Verdict::Vacuous, _) => "HOLDS VACUOUSLY",
        (Verdict::Holds, _) => "HOLDS, NOT EXPECTED",
        (Verdict::Fails, _) => "BREAKS",
    }
}

/// Claims down, the main protocols across.
fn matrix(rows: &[ClaimRow]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["claim", ""].into_iter().chain(MAIN.iter().copied()));
    for claim in CLAIMS {
        let cells: Vec<String> =
            MAIN.iter().map(|protocol| cell(claim.id, protocol, rows)).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            table.add_row([claim.id.to_owned(), claim.title.to_owned()].into_iter().chain(cells));
        }
    }
    table
}

/// The other protocols down, the claims of a kind across. A place where a claim breaks as expected
/// has one word, and `explain` has the details.
fn models(kind: &str, report: &Report) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let mine = |id: &str, protocol: &str| {
        let rows = report.claims.iter().filter(|r| r.id == id && r.protocol == protocol);
        rows.collect::<Vec<_>>()
    };
    let models = || PROTOCOLS.iter().filter(|protocol| !MAIN.contains(protocol));
    let checked = |id: &str| models().any(|protocol| !mine(id, protocol).is_empty());
    let claims = CLAIMS.iter().map(|claim| claim.id);
    let claims: Vec<_> = claims.filter(|id| id.starts_with(kind) && checked(id)).collect();
    table.set_header(["other GILs"].into_iter().chain(claims.iter().copied()));
    for protocol in models() {
        let cells: Vec<_> = claims.iter().map(|id| short(&mine(id, protocol))).collect();
        if cells.iter().any(|cell| *cell != "-") {
            table.add_row([*protocol].into_iter().chain(cells));
        }
    }
    table
}

fn short(rows: &[&ClaimRow]) -> &'static str {
    match rows.iter().find(|row| row.verdict != row.expected) {
        Some(bad) => verdict(bad),
        None if rows.is_empty() => "-",
        None if rows.iter().any(|row| row.verdict == Verdict::Fails) => "breaks",
        None => "holds",
    }
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

/// How far loom and the explorer agree.
fn agreement(report: &Report, id: &str, what: &str) -> String {
    let rows: Vec<_> = report.agreement.iter().filter(|row| row.id == id).collect();
    let (whole, part): (Vec<&AgreementRow>, Vec<_>) =
        rows.iter().copied().partition(|row| row.bound == "unbounded");
    let sum = |rows: &[&AgreementRow], of: fn(&AgreementRow) -> u64| {
        rows.iter().map(|row| of(row)).sum::<u64>()
    };
    let wrong = rows.iter().filter(|row| !row.agrees()).count();
    let mut text = String::new();
    if !whole.is_empty() {
        let _ = writeln!(
            text,
            "loom = explorer ({id}): {} comparisons, {} {what}, {wrong} that differ",
            whole.len(),
            sum(&whole, |row| row.loom),
        );
    }
    if !part.is_empty() {
        let (loom, all) = (sum(&part, |row| row.loom), sum(&part, |row| row.explorer));
        let _ = writeln!(
            text,
            "loom within explorer ({id}): {} comparisons with bounded preemptions, {loom} of {all} {what}",
            part.len(),
        );
    }
    text
}

/// How often Spin's verdict equals the ledger's, as the explorer's does.
fn spin(report: &Report) -> String {
    let rows = || report.claims.iter().filter(|row| row.engine == Engine::Spin);
    let agrees = rows().filter(|row| row.verdict == row.expected).count();
    match rows().count() {
        0 => String::new(),
        all => format!("Spin agrees on {agrees} of {all} verdicts\n"),
    }
}

fn overtaking(report: &Report) -> String {
    let mut text = "a waiter is overtaken at most (LIVE-3), with 2 / 3 / 4 threads:".to_owned();
    let mut unbounded = Vec::new();
    for protocol in PROTOCOLS {
        let mine = report.bounds.iter().filter(|row| row.protocol == *protocol);
        let bounds: Vec<_> = mine.map(|row| row.overtakes_max).collect();
        if bounds.iter().any(Option::is_some) {
            let bound = |max: &Option<u64>| max.map_or("unbounded".to_owned(), |m| m.to_string());
            let numbers: Vec<_> = bounds.iter().map(bound).collect();
            let _ = write!(text, "\n  {protocol:14} {}", numbers.join(" / "));
            let mine = report.bounds.iter().filter(|row| row.protocol == *protocol);
            let edges: u64 = mine.filter_map(|row| row.proved_edges).sum();
            if edges > 0 {
                let _ = write!(text, ", proved: a rank was checked on {edges} edges");
            }
        } else if !bounds.is_empty() {
            unbounded.push(*protocol);
        }
    }
    let table = report.bounds.iter().filter(|row| row.states.is_some());
    let (places, edges) = table.fold((0, 0), |(places, edges), row| {
        (places + 1, edges + row.proved_edges.unwrap_or_default())
    });
    if places > 0 {
        let _ = write!(
            text,
            "\n  and with every budget up to {}: {places} places, proved on {edges} edges, the table is in docs/src/promise.md",
            bounds::BUDGET_MAX
        );
    }
    if !unbounded.is_empty() {
        let _ = write!(text, "\n  unbounded: {}", unbounded.join(", "));
    }
    text
}

/// One claim, for `explain`.
#[must_use]
pub fn explain(claim: &ledger::Claim) -> String {
    let mut text =
        format!("{}  {}\n\n{}\n\n{}\n", claim.id, claim.title, claim.sentence, claim.meaning);
    for known in claim.all_known_false() {
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
    for protocol in PROTOCOLS {
        if let Some(why) = claim.not_applicable(protocol) {
            let _ = writeln!(text, "\ndoes not apply to {protocol}: {why}");
        }
    }
    let _ = writeln!(text, "\njudged by   {}\nrun by      {}", claim.judge, claim.test);
    let mutants = crate::report::book::mutants_of(claim.id);
    let _ = writeln!(text, "mutants     {}", mutants.join(", "));
    text
}
