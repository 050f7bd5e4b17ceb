//! The pages of the book that are generated from the ledger, and the README's table.
//!
//! A test compares them with the committed ones, and writes them with `GIL_BLESS=1`.

use std::fmt::Write;
use std::path::Path;

use gil_core::protocol::Protocol;

use crate::claims::explored::{self, Explored, STATES_MAX};
use crate::claims::time::TIME;
use crate::explorer::model::Program;
use crate::ledger::article::ARTICLE;
use crate::ledger::{CLAIMS, Claim, KnownFalse, opinions};
use crate::loom::{SUITES, Suite, compares, judged};
use crate::mutants::matrix;
use crate::mutants::mechanism::MECHANISM_MUTANTS;
use crate::mutants::protocol::MUTANTS;
use crate::mutants::time::TIME_MUTANTS;
use crate::protocols::{self, MAIN, PROTOCOLS, Visit};
use crate::{mutants, spin};

/// The mutants that a claim has to catch.
#[must_use]
pub fn mutants_of(claim: &str) -> Vec<String> {
    let protocols = MUTANTS.iter().filter(|mutant| mutant.breaks.contains(&claim));
    let mechanism = MECHANISM_MUTANTS.iter().filter(|mutant| mutant.breaks.contains(&claim));
    let time = TIME_MUTANTS.iter().filter(|mutant| mutant.breaks == claim);
    let names = protocols.map(|mutant| mutant.name).chain(mechanism.map(|mutant| mutant.name));
    let names = names.chain(time.map(|mutant| mutant.name));
    names.map(str::to_owned).collect()
}

/// The generated pages: path below `docs/src`, text. `root` is the workspace's folder, from which
/// the sources are included.
///
/// # Errors
/// When a source or the results of the mutation run cannot be read, or a source does not have the
/// function that the ledger names.
pub fn pages(root: &Path) -> std::io::Result<Vec<(String, String)>> {
    let mut pages = vec![
        ("claims.md".to_owned(), index()),
        ("article.md".to_owned(), article()),
        ("mutants.md".to_owned(), mutants()),
        ("kills.md".to_owned(), matrix::page(&matrix::committed()?)),
    ];
    #[cfg(not(loom))]
    {
        let results = mutants::source::committed()?;
        pages.push(("rules.md".to_owned(), mutants::source::rules::page(&results)));
    }
    for claim in CLAIMS {
        let judge = function(root, claim.judge)?;
        pages.push((format!("claims/{}.md", claim.id), page(claim, &judge)));
    }
    Ok(pages)
}

/// The table of expected verdicts on the main protocols, for the README and the index of claims;
/// `link` comes before a claim's page.
#[must_use]
pub fn table(link: &str) -> String {
    let mut text = format!("| claim | | {} |\n|---|---|", MAIN.join(" | "));
    text += &"---|".repeat(MAIN.len());
    for claim in CLAIMS {
        let cells: Vec<_> = MAIN.iter().map(|protocol| cell(claim, protocol)).collect();
        let id = claim.id;
        let _ =
            write!(text, "\n| [{id}]({link}{id}.md) | {} | {} |", claim.title, cells.join(" | "));
    }
    text + "\n"
}

/// The other protocols down, the claims across: where a claim breaks, and the smallest number of
/// threads.
fn models() -> String {
    let models = || PROTOCOLS.iter().filter(|protocol| !MAIN.contains(protocol));
    let judged = |claim: &&Claim| {
        claim.id != "WITNESS" && models().any(|protocol| is_checked(claim, protocol))
    };
    let claims: Vec<_> = CLAIMS.iter().filter(judged).collect();
    let heads = claims.iter().map(|claim| format!("[{0}](claims/{0}.md)", claim.id));
    let mut text = format!("| | {} |\n|---|", heads.collect::<Vec<_>>().join(" | "));
    text += &"---|".repeat(claims.len());
    for protocol in models() {
        let cells = claims.iter().map(|claim| {
            let cell = cell(claim, protocol);
            let from = claim.all_known_false().filter(|known| known.protocol == *protocol);
            match from.map(|known| known.threads_from).min() {
                Some(from) => format!("**{from}**"),
                None if cell.starts_with("at most 0") => "0 with 2".to_owned(),
                None => match cell.as_str() {
                    "holds" => "✓".to_owned(),
                    "unbounded" => "∞".to_owned(),
                    other => other.to_owned(),
                },
            }
        });
        let _ = write!(text, "\n| {protocol} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    text + "\n"
}

/// Whether the explorer judges a claim.
fn is_explored(claim: &Claim) -> bool {
    explored::judged().chain(["LIVE-3", "FAST-PATH"]).chain(TIME).any(|id| id == claim.id)
}

/// Whether any engine judges a claim of a protocol.
fn is_checked(claim: &Claim, protocol: &str) -> bool {
    let explored = is_explored(claim);
    let by_loom = |suite: &Suite| {
        judged(suite, protocol).contains(&claim.id) || compares(suite, protocol).contains(&claim.id)
    };
    explored
        || claim.id.starts_with("NEED-") && MAIN.contains(&protocol)
        || SUITES.iter().any(by_loom)
}

fn cell(claim: &Claim, protocol: &str) -> String {
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
        let bound = |threads| crate::ledger::overtakes_max(protocol, threads);
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

fn index() -> String {
    format!(
        "# Claims\n\nMade from the ledger, `gil-verify/src/ledger`. A claim that is false \
         somewhere is as much a result as one that holds: each has a counterexample, which \
         `cargo verify -v` prints.\n\n{}\n## The other GILs\n\n✓ holds; a number: false from so \
         many threads on, in some program; ∞: unbounded; –: no engine judges it. The claim's page says where and \
         why, [the models](models.md) what is modelled.\n\n{}\nPrograms of the explorer: *hogs* never release by \
         themselves; *blocking* adds blocking calls, threads that end and ids that are used \
         again; *blocking+cancel* adds waiters that give up. LIVE-3 is for 2 / 3 / 4 threads. \
         What a green result does not mean: [limits](limits.md).\n",
        table("claims/"),
        models()
    )
}

/// The explorer's shortest counterexample and its program, if the explorer finds it.
fn counterexample(claim: &Claim, known: &KnownFalse) -> Option<(String, Program)> {
    struct Find<'a>(&'a Claim, Program);
    impl Visit for Find<'_> {
        type Output = Option<(String, Program)>;
        fn visit<P: Protocol + Send + Sync + 'static>(
            self,
            name: &'static str,
            protocol: P,
        ) -> Self::Output {
            let judged = explored::judged().any(|id| id == self.0.id);
            let explored = judged.then(|| Explored::new(&protocol, self.1, STATES_MAX))?;
            let run = explored.check(self.0.id).counterexample?;
            Some((explored.tell(&run, name), self.1))
        }
    }
    let threads = known.threads_from;
    let program = match known.variants.first() {
        Some(&"hogs") | None => Program::hogs(threads),
        Some(&"blocking") => Program::blocking(threads),
        Some(_) => Program::cancelling(threads),
    };
    protocols::with(known.protocol, Find(claim, program)).flatten()
}

fn page(claim: &Claim, judge: &str) -> String {
    let counts = crate::report::counts::committed().unwrap_or_default();
    let mut text =
        format!("# {}: {}\n\n> {}\n\n{}\n", claim.id, claim.title, claim.sentence, claim.meaning);
    let _ = write!(text, "\n## Where it holds\n\n| protocol | |\n|---|---|\n");
    for protocol in PROTOCOLS {
        let _ = writeln!(text, "| {protocol} | {} |", cell(claim, protocol));
    }
    for known in claim.all_known_false() {
        let _ = writeln!(text, "\nFalse of {}: {}.", known.protocol, known.why);
        if let Some((run, program)) = counterexample(claim, known) {
            let (threads, variant) = (program.threads, program.variant());
            let _ = writeln!(
                text,
                "A [shortest run](../counterexamples.md) of {threads} threads, *{variant}*:\n\n```text\n{run}\n```"
            );
        }
    }
    if let Some(story) =
        crate::report::loom_counterexamples::committed().unwrap_or_default().get(claim.id)
    {
        let _ = writeln!(text, "\nFound under loom:\n\n```text\n{story}\n```");
    }
    if claim.id == "LIVE-3" {
        text += &crate::report::overtaking_page::section();
    }
    for protocol in PROTOCOLS {
        if let Some(why) = claim.not_applicable(protocol) {
            let _ = writeln!(text, "\nNot applicable to {protocol}: {why}.");
        }
    }
    text +=
        "\n## How much is checked\n\nSee the [limits](../limits.md) for what that leaves out.\n\n";
    if is_explored(claim) {
        text += "- explorer: all states of 2, 3 and 4 threads that loop forever, in each program\n";
    }
    if spin::SAFETY.contains(&claim.id) || spin::LIVENESS.contains(&claim.id) {
        text += "- Spin: all states of 2, 3 and 4 threads of models of the four main protocols, written \
                 by hand ([second opinions](../second-opinions.md#spin))\n";
    }
    let judges = |suite: &&Suite| {
        judged(suite, PROTOCOLS[0]).contains(&claim.id)
            || compares(suite, PROTOCOLS[0]).contains(&claim.id)
    };
    for suite in SUITES.iter().filter(judges) {
        if let Some(found) = suite.work.must_find() {
            let _ = writeln!(text, "- loom, suite `{}`: must find {found}", suite.name);
            continue;
        }
        let path = if suite.fast_path { ", with the fast path" } else { "" };
        let executions = counts.get(&format!("loom {} {}", PROTOCOLS[0], suite.name));
        let _ = writeln!(
            text,
            "- loom, suite `{}`: {} threads, {}{path}; {} executions of the default protocol",
            suite.name,
            suite.threads,
            suite.bound(),
            executions.copied().unwrap_or_default()
        );
    }
    let _ = write!(
        text,
        "\nBy hand: `cargo verify --claim {} -v`.\n\n\
         ## Seen red\n\nMutants that this claim has to catch: {}.\n\n## The check itself\n\n\
         Judged by `{}`, run by `{}`.\n\n```rust\n{judge}```\n",
        claim.id,
        mutants_of(claim.id).iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        claim.judge,
        claim.test
    );
    let alone = opinions::SINGLE.iter().find(|(id, _)| *id == claim.id);
    let _ = writeln!(text, "\nEngines: {}.", opinions::names(claim.id));
    if let Some((_, why)) = alone {
        let _ = writeln!(text, "\nWhy no other: {why}.");
    }
    if !claim.article.is_empty() {
        let _ = writeln!(
            text,
            "\nStands for the [article](../article.md): {}.",
            claim.article.join(", ")
        );
    }
    text
}

fn article() -> String {
    let mut text = "# The article, claim by claim\n\nWhat *The Python GIL* (6 February 2019) says, and \
                    what in this project runs for it.\n\n| | the article says | stands for it |\n|---|---|---|\n"
        .to_owned();
    for (id, says, also) in ARTICLE {
        let claims = CLAIMS.iter().filter(|claim| claim.article.contains(id));
        let links = claims.map(|claim| format!("[{0}](claims/{0}.md)", claim.id));
        let stands: Vec<_> = links.chain((!also.is_empty()).then(|| (*also).to_owned())).collect();
        let _ = writeln!(text, "| {id} | {says} | {} |", stands.join("; "));
    }
    text
}

fn mutants() -> String {
    let mut text = "# Mutants\n\nA green check proves nothing until it has been seen red. Each of these \
                    bugs is part of the suite, and must be caught by one of the claims named for it in advance.\n\n\
                    ## Of protocols, by the explorer\n\n| mutant | of | caught by |\n|---|---|---|\n"
        .to_owned();
    for mutant in MUTANTS {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            mutant.name,
            mutant.of.join(", "),
            mutant.breaks.join(" or ")
        );
    }
    text += "\n## Of the mechanism and of small programs, under loom\n\n| mutant | suite | caught by |\n|---|---|---|\n";
    for mutant in MECHANISM_MUTANTS {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            mutant.name,
            mutant.suite,
            mutant.breaks.join(" or ")
        );
    }
    text += "\n## Of the Promela models, by Spin\n\nThe macro of the model, and the mutant above that is \
             the same bug: both are [asked](second-opinions.md#spin), and the claim fails in both.\n\n\
             | macro | of | program | caught by | the explorer's |\n|---|---|---|---|---|\n";
    for mutant in mutants::spin::MUTANTS {
        let _ = writeln!(
            text,
            "| {} | {} | {} threads, {} | {} | {} |",
            mutant.name,
            mutant.of,
            mutant.program.threads,
            mutant.program.variant(),
            mutant.breaks,
            mutant.pair.unwrap_or("–")
        );
    }
    text
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
