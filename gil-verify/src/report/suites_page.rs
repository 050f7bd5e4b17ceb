//! The page of the loom suites.

use std::fmt::Write;

use crate::loom::{SUITES, Suite, compares, judged};
use crate::mutants::mechanism::{SUITES_WITHOUT_MUTANT, planted_in};
use crate::protocols::PROTOCOLS;
use crate::report::counts;

/// How many executions of the default protocol a suite explores, as committed.
pub(super) fn executions(suite: &Suite) -> u64 {
    let counts = counts::committed().unwrap_or_default();
    counts.get(&format!("loom {} {}", PROTOCOLS[0], suite.name)).copied().unwrap_or_default()
}

/// The page.
pub(super) fn page() -> String {
    let mut text = "# The loom suites\n\n\
        Each suite is a finite program and its bounds. *Preemptions* is the largest number of\n\
        preemptions in one execution; *all* means that every interleaving is explored. The\n\
        executions are those of the default protocol. The mutants are those that this suite itself\n\
        must catch.\n\n\
        | suite | threads | preemptions | fast path | profile | executions | claims | mutants |\n\
        |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for suite in SUITES {
        let links = |ids: &[&str]| -> Vec<_> {
            ids.iter().map(|id| format!("[{id}](claims/{id}.md)")).collect()
        };
        let mut claims = links(judged(suite, PROTOCOLS[0]));
        claims.extend(links(compares(suite, PROTOCOLS[0])));
        let mut mutants = planted_in(suite.name);
        mutants.sort_unstable();
        mutants.dedup();
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} | {} | {} |",
            suite.name,
            suite.threads,
            suite.preemptions.map_or("all".to_owned(), |most| most.to_string()),
            if suite.fast_path { "yes" } else { "no" },
            format!("{:?}", suite.profile).to_lowercase(),
            executions(suite),
            claims.join(", "),
            mutants.join(", ")
        );
    }
    text += "\nWithout a mutant:\n\n";
    for (suite, why) in SUITES_WITHOUT_MUTANT {
        let _ = writeln!(text, "- `{suite}`: {why}");
    }
    text
}
