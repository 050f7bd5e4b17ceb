//! The page of the rule lines: each line of the default protocol's rules, and the claim that breaks
//! first when it is deleted.

use std::fmt::Write;

use super::list::LEAVE_OUT;
use super::{Outcome, Results, Verdict, done};

/// Lines that are there for speed, and why every claim holds without them. A test of `gil-core`
/// fails without them.
pub const FOR_SPEED: &[(&str, &str)] = &[(
    "self.may_retake = Some(cx.me());",
    "for speed: a thread that retakes its own lock is charged a barge, so short calls lead to \
         hand-offs; the bound holds all the more",
)];

/// Why the claims hold without this line, if it is there for speed.
#[must_use]
pub fn for_speed(outcome: &Outcome) -> Option<&'static str> {
    let known = FOR_SPEED.iter().find(|(line, _)| outcome.name.contains(line));
    let by_a_test_alone = outcome.verdict == Verdict::Caught && outcome.claim.is_none();
    known.filter(|_| by_a_test_alone).map(|(_, why)| *why)
}

/// The outcomes of the deleted lines of the rules.
pub fn lines(results: &Results) -> impl Iterator<Item = &Outcome> {
    results.mutants.iter().filter(|outcome| done(&outcome.name).starts_with(LEAVE_OUT))
}

/// The lines without which the rules compile and every claim holds, except those for speed. A count
/// or a test may notice them, but their purpose would be unknown.
#[must_use]
pub fn without_claim(results: &Results) -> Vec<&Outcome> {
    let viable = lines(results).filter(|outcome| outcome.verdict != Verdict::Unviable);
    let viable = viable.filter(|outcome| for_speed(outcome).is_none());
    viable.filter(|outcome| outcome.verdict != Verdict::Caught || outcome.claim.is_none()).collect()
}

/// `docs/src/rules.md`.
#[must_use]
pub fn page(results: &Results) -> String {
    let (unviable, viable): (Vec<_>, Vec<_>) =
        lines(results).partition(|outcome| outcome.verdict == Verdict::Unviable);
    if viable.is_empty() && unviable.is_empty() {
        return "# The rules, line by line\n\n\
                The rules changed after the last mutation run, so no result of theirs is committed. \
                `cargo verify mutation` leaves out each line of the default protocol, one at a time, \
                and says which claim breaks first.\n"
            .to_owned();
    }
    let mut text = format!(
        "# The rules, line by line\n\n\
         Is each line of the default protocol there for a reason? The mutation run leaves out each, one \
         at a time (of an arm what it does), and checks what is left: 2 threads of every protocol, and 3 \
         of the default one, in the explorer; then the loom suites. Here is the first claim that is \
         broken. A line that nothing but a count misses would be no rule, and a test would fail; what \
         is there for speed is missed by a test of what it is for.\n\n\
         {} lines; {} more cannot be left out, because nothing compiles without them. Made from \
         `gil-verify/golden/mutation.json`; by hand, for one line: `cargo verify mutation --only \
         'handoff.rs:NUMBER: leave out'`.\n\n| line | left out | breaks first |\n|---|---|---|\n",
        viable.len(),
        unviable.len(),
    );
    for outcome in viable {
        let (place, _) = outcome.name.split_once(": ").unwrap_or_default();
        let place = place.strip_prefix("gil-core/src/").unwrap_or(place);
        let line = done(&outcome.name).strip_prefix(LEAVE_OUT).unwrap_or_default();
        let line = line.replace('|', "\\|"); // in a table, also inside code
        let claim = match &outcome.claim {
            Some(claim) => format!("[{claim}](claims/{claim}.md)"),
            None => for_speed(outcome).unwrap_or("no claim").to_owned(),
        };
        let _ = writeln!(text, "| {place} | {line} | {claim} |");
    }
    text
}
