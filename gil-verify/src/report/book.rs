//! The pages of the book that are generated from the ledger, and the README's table.
//!
//! A test compares them with the committed ones, and writes them with `GIL_BLESS=1`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use crate::ledger::article::ARTICLE;
use crate::ledger::{CLAIMS, Claim};
use crate::mutants;
use crate::mutants::judges::{JUDGE_MUTANTS, JudgeMutant};
use crate::mutants::matrix;
use crate::mutants::mechanism::MECHANISM_MUTANTS;
use crate::mutants::protocol::MUTANTS;
use crate::mutants::time::TIME_MUTANTS;
use crate::protocols::{MAIN, PROTOCOLS};
use crate::report::cells::{cell, is_checked};
use crate::report::{claim_page, suites_page};

/// The mutants that a claim has to catch.
#[must_use]
pub fn mutants_of(claim: &str) -> Vec<String> {
    let protocols = MUTANTS.iter().filter(|mutant| mutant.breaks.contains(&claim));
    let mechanism = MECHANISM_MUTANTS.iter().filter(|mutant| mutant.breaks.contains(&claim));
    let time = TIME_MUTANTS.iter().filter(|mutant| mutant.breaks == claim);
    let names = protocols.map(|mutant| mutant.name).chain(mechanism.map(|mutant| mutant.name));
    let mut names: Vec<_> =
        names.chain(time.map(|mutant| mutant.name)).map(str::to_owned).collect();
    let mut known = BTreeSet::new();
    names.retain(|name| known.insert(name.clone()));
    names
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
    pages.push(("suites.md".to_owned(), suites_page::page()));
    for claim in CLAIMS {
        pages.push((format!("claims/{}.md", claim.id), claim_page::page(claim, root)?));
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
    text += "\n## Of the judges\n\nA judge that looks at nothing finds nothing wrong. Each mutant answers in place of \
             a judge, or alters its input. A check with known answers passes with the judge and fails with the \
             mutant.\n\n| mutant | what is broken | what notices it |\n|---|---|---|\n";
    for JudgeMutant { name, bug, noticed_by, .. } in JUDGE_MUTANTS {
        let _ = writeln!(text, "| {name} | {bug} | {noticed_by} |");
    }
    text
}
