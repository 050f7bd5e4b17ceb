//! The page of one claim: why it holds, what checks it, and where it fails.

use std::fmt::Write;
use std::path::Path;

use super::cells::{cell, is_explored};
use crate::claims::explored::{self, Explored, STATES_MAX};
use crate::claims::time::{TIME, TIMER};
use crate::explorer::model::Program;
use crate::ledger::arguments::argument;
use crate::ledger::{Claim, KnownFalse, opinions};
use crate::loom::{SUITES, Suite, compares, judged};
use crate::mutants::mechanism::MECHANISM_MUTANTS;
use crate::mutants::protocol::MUTANTS;
use crate::mutants::time::TIME_MUTANTS;
use crate::protocols::{self, PROTOCOLS};
use crate::report::suites_page::executions;
use crate::report::{loom_counterexamples, overtaking_page};
use crate::spin;

/// The page. `root` is the workspace's folder, from which sources are included.
///
/// # Errors
/// When a source cannot be read, or does not have what the ledger names.
pub(super) fn page(claim: &Claim, root: &Path) -> std::io::Result<String> {
    let Claim { id, title, sentence, meaning, .. } = claim;
    Ok(format!(
        "# {id}: {title}\n\n> {sentence}\n\n{}\n\n## Why it holds\n\n{}\n\n## Checked by\n\n{}\n\
         ## What that leaves out\n\n{}\n## Mutants it must catch\n\n{}\n{}{}",
        linked(meaning),
        argument(id),
        checks(claim, &function(root, claim.judge)?),
        leaves_out(claim),
        mutants(claim, root)?,
        fails(claim),
        sources(claim)
    ))
}

/// The loom suites that judge a claim of the default protocol.
fn suites_of(claim: &str) -> impl Iterator<Item = &'static Suite> {
    SUITES.iter().filter(move |suite| {
        judged(suite, PROTOCOLS[0]).contains(&claim)
            || compares(suite, PROTOCOLS[0]).contains(&claim)
    })
}

fn checks(claim: &Claim, judge: &str) -> String {
    let mut text = format!("Engines: {}.\n\n", opinions::names(claim.id));
    if claim.id == TIMER {
        text += "- Explorer, with a clock: all states of 2 threads while the switch interval changes at any \
                 moment, and of 3 threads in the full profile.\n";
    } else if TIME.contains(&claim.id) {
        text += "- Explorer, with a clock: all states of 2 threads at four switch intervals, and of \
                 3 threads in the full profile.\n";
    } else if is_explored(claim) {
        text +=
            "- Explorer: all states of 2, 3 and 4 threads that loop forever, in each program.\n";
    }
    if spin::SAFETY.contains(&claim.id) || spin::LIVENESS.contains(&claim.id) {
        text += "- Spin: all states of 2, 3 and 4 threads, in models of the four main protocols that \
                 are written by hand ([independent checkers](../second-opinions.md#spin)).\n";
    }
    let finds = |suite: &&Suite| suite.work.must_find().is_some();
    for suite in suites_of(claim.id).filter(finds) {
        let _ = writeln!(text, "- Loom: the suite `{}` must find a counterexample.", suite.name);
    }
    let judges: Vec<_> = suites_of(claim.id).filter(|suite| !finds(suite)).collect();
    if !judges.is_empty() {
        let names: Vec<_> = judges.iter().map(|suite| format!("`{}`", suite.name)).collect();
        let all: u64 = judges.iter().map(|suite| executions(suite)).sum();
        let _ = writeln!(
            text,
            "- Loom: {all} executions of the default protocol, in the [suites](../suites.md) {}.",
            names.join(", ")
        );
    }
    let Claim { id, judge: place, test, .. } = claim;
    let _ = write!(
        text,
        "\nBy hand: `cargo verify --claim {id} -v`. Judged by `{place}`, run by `{test}`:\n\n\
         ```rust\n{judge}```\n"
    );
    text
}

fn leaves_out(claim: &Claim) -> String {
    let mut text = "The [limits](../limits.md) apply to every claim.\n".to_owned();
    if let Some((_, why)) = opinions::SINGLE.iter().find(|(id, _)| *id == claim.id) {
        let _ = writeln!(text, "\nWhy no other engine judges it: {why}.");
    }
    text
}

fn mutants(claim: &Claim, root: &Path) -> std::io::Result<String> {
    let read = |file: &str| std::fs::read_to_string(root.join(file));
    let of_protocols = read("gil-verify/src/mutants/protocol/twist.rs")?;
    let of_the_mechanism = read("gil-core/src/sync/mutants.rs")?;
    let mut text = String::new();
    for mutant in MUTANTS.iter().filter(|mutant| mutant.breaks.contains(&claim.id)) {
        let variant = format!("{:?}", mutant.mutation);
        let variant = variant.split('(').next().unwrap_or_default();
        let what = documentation(&of_protocols, variant);
        let caught = if mutant.equivalent.is_some() { "no bug" } else { "explorer" };
        let _ = writeln!(text, "- `{}` ({caught}){what}", mutant.name);
    }
    for mutant in MECHANISM_MUTANTS.iter().filter(|mutant| mutant.breaks.contains(&claim.id)) {
        let what = documentation(&of_the_mechanism, mutant.name);
        let _ = writeln!(text, "- `{}` (loom, suite `{}`){what}", mutant.name, mutant.suite);
    }
    for mutant in TIME_MUTANTS.iter().filter(|mutant| mutant.breaks == claim.id) {
        let _ = writeln!(text, "- `{}` (search with a clock)", mutant.name);
    }
    Ok(text)
}

/// `: ` and the documentation of an enum's variant, or nothing if it has none.
fn documentation(source: &str, variant: &str) -> String {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let is_variant = |line: &&str| {
        line.strip_prefix(variant).is_some_and(|rest| rest.starts_with([',', '(', ' ']))
    };
    let Some(at) = lines.iter().position(is_variant) else { return String::new() };
    let above = lines[..at].iter().rev().map_while(|line| line.strip_prefix("/// "));
    let mut above: Vec<_> = above.collect();
    above.reverse();
    if above.is_empty() { String::new() } else { format!(": {}", above.join(" ")) }
}

/// Where the claim holds, where it does not apply, and each place where it is false.
fn fails(claim: &Claim) -> String {
    let mut text = "## Where it fails\n\n".to_owned();
    let groups = grouped(|protocol| Some(cell(claim, protocol)));
    for (cell, protocols) in groups.iter().filter(|(cell, _)| !cell.starts_with("**false**")) {
        let what = match cell.as_str() {
            "n/a" => "Does not apply to",
            "–" => "Not judged of",
            "holds" => "Holds of",
            "found" => "Found for",
            other => other,
        };
        let _ = writeln!(text, "- {what}: {}.", protocols.join(", "));
    }
    for known in claim.all_known_false() {
        let variants: Vec<_> = known.variants.iter().map(|name| format!("`{name}`, ")).collect();
        let (protocol, threads) = (known.protocol, known.threads_from);
        let _ = writeln!(
            text,
            "- **False of {protocol}** ({}from {threads} threads): {}.",
            variants.concat(),
            linked(known.why)
        );
        if let Some((run, program)) = counterexample(claim, known) {
            let (threads, variant) = (program.threads, program.variant());
            let summary = format!("A shortest run of {threads} threads, {variant}");
            text += &folded(&summary, &run);
        }
    }
    if let Some(story) = loom_counterexamples::committed().unwrap_or_default().get(claim.id) {
        text += &folded("The counterexample that loom finds", story);
    }
    if claim.id == "LIVE-3" {
        text += &overtaking_page::section();
    }
    let reasons = grouped(|protocol| claim.not_applicable(protocol));
    for (why, protocols) in reasons {
        let _ = writeln!(text, "\nWhy it does not apply to {}: {why}.", protocols.join(", "));
    }
    text + "\n[How to read a counterexample](../counterexamples.md).\n"
}

/// The protocols of which the same is said, in the order of the protocols.
fn grouped<T: PartialEq>(said: impl Fn(&str) -> Option<T>) -> Vec<(T, Vec<&'static str>)> {
    let mut groups: Vec<(T, Vec<&str>)> = Vec::new();
    for protocol in PROTOCOLS {
        let Some(said) = said(protocol) else { continue };
        match groups.iter_mut().find(|(known, _)| *known == said) {
            Some((_, protocols)) => protocols.push(protocol),
            None => groups.push((said, vec![protocol])),
        }
    }
    groups
}

fn folded(summary: &str, run: &str) -> String {
    format!(
        "\n  <details><summary>{summary}</summary>\n\n  ```text\n{}\n  ```\n\n  </details>\n\n",
        run.lines()
            .map(|line| format!("  {line}").trim_end().to_owned())
            .collect::<Vec<_>>()
            .join("\n")
    )
}

fn sources(claim: &Claim) -> String {
    if claim.article.is_empty() {
        return String::new();
    }
    let ids = claim.article.join(", ");
    format!("\n## Sources\n\nStands for what the [article](../article.md) says: {ids}.\n")
}

/// With links to the public issues that the text names.
fn linked(text: &str) -> String {
    let known = [
        ("gh-", "https://github.com/python/cpython/issues/"),
        ("PR ", "https://github.com/ocaml/ocaml/pull/"),
    ];
    known.iter().fold(text.to_owned(), |text, (mark, address)| {
        let mut parts = text.split(mark);
        let mut linked = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.chars().take_while(char::is_ascii_digit).count();
            let (number, rest) = part.split_at(digits);
            match number {
                "" => linked += &format!("{mark}{rest}"),
                number => linked += &format!("[{mark}{number}]({address}{number}){rest}"),
            }
        }
        linked
    })
}

/// The explorer's shortest counterexample and its program, if the explorer finds it.
fn counterexample(claim: &Claim, known: &KnownFalse) -> Option<(String, Program)> {
    let threads = known.threads_from;
    let program = match known.variants.first() {
        Some(&"hogs") | None => Program::hogs(threads),
        Some(&"blocking") => Program::blocking(threads),
        Some(_) => Program::cancelling(threads),
    };
    let (name, protocol) = protocols::named(known.protocol).ok()?;
    let judged = explored::judged().any(|id| id == claim.id);
    let explored = judged.then(|| Explored::new(&protocol, program, STATES_MAX))?;
    let run = explored.check(claim.id).counterexample?;
    Some((explored.tell(&run, name), program))
}

/// The text of a function, with its documentation, from `file::name`.
fn function(root: &Path, place: &str) -> std::io::Result<String> {
    let missing =
        || std::io::Error::other(format!("the ledger names {place}, which does not exist"));
    let (file, name) = place.split_once("::").ok_or_else(missing)?;
    let text = std::fs::read_to_string(root.join(file))?;
    let lines: Vec<_> = text.lines().collect();
    let head = format!("fn {name}");
    let is_head = |line: &&str| {
        line.find(&head)
            .is_some_and(|at| !line[at + head.len()..].starts_with(char::is_alphanumeric))
    };
    let begins = lines.iter().position(is_head).ok_or_else(missing)?;
    let indent = lines[begins].len() - lines[begins].trim_start().len();
    let closes = format!("{}}}", " ".repeat(indent));
    let ends = lines[begins..].iter().position(|line| *line == closes).ok_or_else(missing)?;
    let above =
        |line: &&&str| line.trim_start().starts_with("//") || line.trim_start().starts_with("#[");
    let comments = lines[..begins].iter().rev().take_while(above).count();
    let body = &lines[begins - comments..=begins + ends];
    Ok(body.iter().map(|line| format!("{}\n", line.get(indent..).unwrap_or_default())).collect())
}
