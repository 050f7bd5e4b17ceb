//! Runs the loom suites, one process each, and turns their output into rows.

use std::path::Path;
use std::time::Instant;

use super::process::{self, ProcessError, Said, execution_of, say};

use super::found::{Compared, Found, missing};
use super::suites::{SUITES, Suite, compares, judged};
use crate::ledger;
use crate::mutants::mechanism::{MECHANISM_MUTANTS, MechanismMutant};
use crate::mutants::protocol::{ON_LOOM, OnLoom};
use crate::protocols::PROTOCOLS;
use crate::replay::replay_line::Line;
use crate::report::counts;
use crate::report::job::{self, Sink};
use crate::report::selection::Selection;
use crate::report::{
    AgreementRow, CaughtBy, ClaimRow, Engine, MutantRow, MutantVerdict, Profile, Row, Verdict,
};

/// One check: a process of its own.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// A suite of a protocol.
    Suite(&'static Suite, &'static str),
    /// A mutant of the mechanism, in the suite that must catch it.
    Mutant(&'static MechanismMutant, &'static Suite),
    /// A mutant of this protocol, in the suite that must catch it.
    OfProtocol(&'static OnLoom, &'static str, &'static Suite),
}

/// Builds, then runs the suites and the mechanism's mutants, one on each core.
///
/// # Errors
/// A [`ProcessError`] if a process could not run.
pub fn run(selection: &Selection, sink: &mut dyn Sink) -> Result<(), ProcessError> {
    let checks = checks(selection);
    if job::of_shard(selection, &checks).is_empty() {
        return Ok(());
    }
    let binary = process::LOOM.make(&mut |what| sink.progress(what))?;
    job::perform(selection, &checks, |check| check.perform(&binary), sink)
}

impl job::Job for Check {
    fn name(&self) -> String {
        format!("loom: {}", self.test_name())
    }

    fn cost(&self) -> u64 {
        match self {
            Self::Suite(suite, protocol) => {
                let of = if suite.work.is_without_lock() { NO_LOCK } else { protocol };
                counts::cost(&format!("loom {of} {}", suite.name))
            }
            Self::Mutant(..) | Self::OfProtocol(..) => 0, // most end at the first broken execution
        }
    }
}

impl Check {
    /// Its name as a test: the suite and the protocol; and the mutant if there is one, with the
    /// claims of which one must catch it.
    #[must_use]
    pub fn test_name(&self) -> String {
        match self {
            Self::Suite(suite, protocol) => format!("{}/{protocol}", suite.name),
            Self::Mutant(mutant, suite) => {
                let (claims, under) = (mutant.breaks.join("+"), mutant.under);
                format!("{}/{under}/mutant-{}/{claims}", suite.name, mutant.name)
            }
            Self::OfProtocol(mutant, of, suite) => {
                format!("{}/{of}/mutant-{}/{}", suite.name, mutant.name, mutant.breaks.join("+"))
            }
        }
    }

    /// Runs the check with the program of the loom build.
    ///
    /// # Errors
    /// A [`ProcessError`] if the process could not run.
    pub fn perform(&self, binary: &Path) -> Result<Vec<Row>, ProcessError> {
        let began = Instant::now();
        match self {
            Self::Suite(suite, protocol) => {
                let said = say(binary, suite.name, protocol, &[])?;
                Ok(rows(suite, protocol, &said, began.elapsed().as_secs_f64()))
            }
            Self::Mutant(mutant, suite) => {
                Ok(vec![Row::Mutant(try_mutant(binary, mutant, suite)?)])
            }
            Self::OfProtocol(mutant, of, suite) => {
                let OnLoom { name, breaks, .. } = **mutant;
                let run = MechanismMutant { name, suite: suite.name, under: of, breaks };
                let row = try_mutant(binary, &run, suite)?;
                let id = format!("{name}/loom");
                Ok(vec![Row::Mutant(MutantRow { id, of: (*of).to_owned(), ..row })])
            }
        }
    }
}

/// The selected checks.
#[must_use]
pub fn checks(selection: &Selection) -> Vec<Check> {
    let mut checks = Vec::new();
    for suite in SUITES.iter().filter(|suite| suite.profile <= selection.profile) {
        for protocol in PROTOCOLS.iter().filter(|protocol| selection.has_protocol(protocol)) {
            let claims = claims(suite, protocol);
            if claims.iter().any(|(id, _)| selection.has_claim(id))
                || compares(suite, protocol).iter().any(|id| selection.has_claim(id))
            {
                checks.push(Check::Suite(suite, protocol));
            }
        }
    }
    for mutant in MECHANISM_MUTANTS.iter().filter(|_| selection.has_protocol("handoff")) {
        if mutant.breaks.iter().any(|claim| selection.has_claim(claim)) {
            let suite = super::suites::suite(mutant.suite);
            let suite = suite.filter(|suite| suite.profile <= selection.profile);
            checks.extend(suite.map(|suite| Check::Mutant(mutant, suite)));
        }
    }
    if selection.profile == Profile::Full {
        checks.extend(of_protocols(selection));
    }
    checks
}

/// The mutants of protocols that are selected.
fn of_protocols(selection: &Selection) -> impl Iterator<Item = Check> {
    let selected = |mutant: &&OnLoom| mutant.breaks.iter().any(|claim| selection.has_claim(claim));
    ON_LOOM.iter().filter(selected).flat_map(|mutant| {
        let of = mutant.of.iter().filter(|of| selection.has_protocol(of));
        let suite = super::suites::suite(mutant.suite);
        of.filter_map(move |of| Some(Check::OfProtocol(mutant, of, suite?)))
    })
}

/// The claims that a suite judges, with the verdict to expect.
fn claims(suite: &Suite, protocol: &str) -> Vec<(&'static str, Verdict)> {
    let expected = |id| ledger::expected(id, protocol, suite.threads, suite.name);
    judged(suite, protocol).iter().filter_map(|id| Some((*id, expected(id)?))).collect()
}

fn rows(suite: &Suite, protocol: &str, said: &Said, seconds: f64) -> Vec<Row> {
    let none = Found::default();
    let found = match said {
        Said::Found(found) => found,
        Said::Broke { .. } => &none,
    };
    let explored = match said {
        Said::Found(found) => found.executions,
        Said::Broke { message, .. } => execution_of(message),
    };
    let mut rows = Vec::new();
    let mut judged = claims(suite, protocol);
    if let Said::Broke { claim, .. } = said
        && suite.work.must_find().is_none()
        && !judged.iter().any(|(id, _)| id == claim)
    {
        // The claim's row fails, whether the suite lists the claim or not.
        judged.push((claim, Verdict::Holds));
    }
    for (id, expected) in judged {
        let (verdict, counterexample) = match suite.work.must_find() {
            Some(wanted) => find(wanted, said),
            None => judge(id, suite, protocol, said),
        };
        let line = || Line::Loom {
            suite: suite.name.to_owned(),
            protocol: protocol.to_owned(),
            mutant: "-".to_owned(),
            claim: id,
        };
        let counterexample =
            counterexample.map(|text| format!("{text}\n  cargo verify replay {}", line().text()));
        let of = if suite.work.is_without_lock() { NO_LOCK } else { protocol };
        rows.push(Row::Claim(ClaimRow {
            id: id.to_owned(),
            protocol: of.to_owned(),
            engine: Engine::Loom,
            threads: suite.threads,
            bound: suite.bound(),
            fairness: None,
            variant: Some(suite.name.to_owned()),
            verdict,
            expected,
            explored,
            unit: "executions".to_owned(),
            seconds,
            test: "gil-verify/tests/loom.rs::suites_are_as_expected".to_owned(),
            counterexample,
        }));
    }
    for id in compares(suite, protocol) {
        let Some(finite) = suite.finite() else { continue };
        let compared = if *id == "TRACES" { found.compared } else { found.moved };
        // A suite that ended early has compared nothing.
        let compared = compared.unwrap_or(Compared { only_loom: 1, ..Compared::default() });
        rows.push(Row::Agreement(AgreementRow {
            id: (*id).to_owned(),
            protocol: protocol.to_owned(),
            suite: suite.name.to_owned(),
            threads: finite.threads,
            acquisitions: finite.rounds,
            timeouts: finite.timeouts,
            give_ups: finite.give_ups,
            bound: suite.bound(),
            loom: compared.loom,
            explorer: compared.explorer,
            only_loom: compared.only_loom,
            only_explorer: compared.only_explorer,
        }));
    }
    rows
}

/// The protocol of a row about a program without a lock.
pub const NO_LOCK: &str = "no lock";

/// The verdict on a program that must find something: the claim holds if it is found.
fn find(wanted: &str, said: &Said) -> (Verdict, Option<String>) {
    match said {
        Said::Broke { claim, message, .. } if *claim == wanted => {
            (Verdict::Holds, Some(message.clone()))
        }
        Said::Broke { .. } => (Verdict::Inconclusive, None),
        Said::Found(found) => {
            let text = format!("not found in {} executions, which are all", found.executions);
            (Verdict::Fails, Some(text))
        }
    }
}

fn judge(id: &str, suite: &Suite, protocol: &str, said: &Said) -> (Verdict, Option<String>) {
    match said {
        Said::Broke { claim, message, .. } if *claim == id => {
            (Verdict::Fails, Some(message.clone()))
        }
        // Another claim ended the run, so this one has no verdict.
        Said::Broke { .. } => (Verdict::Inconclusive, None),
        Said::Found(found) if id == "WITNESS" => {
            let missing = missing(protocol, suite, found);
            if missing.is_empty() && found.one_sided.is_empty() {
                return (Verdict::Holds, None);
            }
            let text = format!("never seen: {missing:?}; one-sided choices: {:?}", found.one_sided);
            (Verdict::Fails, Some(text))
        }
        Said::Found(found) => match found.broken.get(id) {
            Some(executions) => {
                let text = format!("in {executions} of {} executions", found.executions);
                (Verdict::Fails, Some(text))
            }
            None => (Verdict::Holds, None),
        },
    }
}

/// Runs the suite of a mutant with the mutant.
///
/// # Errors
/// A [`ProcessError`] if the process could not run.
pub fn try_mutant(
    binary: &Path,
    mutant: &MechanismMutant,
    suite: &Suite,
) -> Result<MutantRow, ProcessError> {
    let said = say(binary, suite.name, mutant.under, &[mutant.name])?;
    Ok(judge_mutant(mutant, suite, said))
}

/// What a suite reports about a claim that it breaks.
pub(crate) fn breaks(suite: &Suite, protocol: &str, said: &Said, claim: &str) -> Option<String> {
    match said {
        Said::Broke { claim: broken, message, .. } => (*broken == claim).then(|| message.clone()),
        Said::Found(found) => {
            let compared = match claim {
                "TRACES" => found.compared,
                "REFINES" => found.moved,
                _ => {
                    let (verdict, text) = judge(claim, suite, protocol, said);
                    return text.filter(|_| verdict == Verdict::Fails);
                }
            };
            compared.filter(|compared| differs(suite, compared)).map(|c| format!("{c:?}"))
        }
    }
}

/// Whether loom and the explorer disagree.
fn differs(suite: &Suite, compared: &Compared) -> bool {
    let bounded = suite.preemptions.is_some();
    compared.only_loom > 0 || compared.only_explorer > 0 && !bounded
}

pub(crate) fn judge_mutant(mutant: &MechanismMutant, suite: &Suite, said: Said) -> MutantRow {
    let (claim, explored) = match said {
        // A cure is caught by the claim that there is something to find.
        said if suite.work.must_find().is_some() => {
            let (verdict, _) = find(suite.work.must_find().unwrap_or_default(), &said);
            let claim = (verdict == Verdict::Fails).then(|| suite.work.must_find()).flatten();
            (claim, if let Said::Found(found) = said { found.executions } else { 0 })
        }
        Said::Broke { claim, message, .. } => (Some(claim), execution_of(&message)),
        Said::Found(found) => {
            let one_sided = (!found.one_sided.is_empty()).then_some("WITNESS");
            let differ = [("TRACES", found.compared), ("REFINES", found.moved)];
            let differs = |compared: &Option<Compared>| {
                compared.as_ref().is_some_and(|compared| differs(suite, compared))
            };
            let differ = differ.into_iter().filter(|(_, compared)| differs(compared));
            let claims: Vec<_> = one_sided.into_iter().chain(differ.map(|(id, _)| id)).collect();
            let named = claims.iter().find(|claim| mutant.breaks.contains(claim));
            (named.or(claims.first()).copied(), found.executions)
        }
    };
    let caught = claim.filter(|claim| mutant.breaks.contains(claim));
    MutantRow {
        id: format!("{}/{}", mutant.name, mutant.suite),
        of: if suite.work.must_find().is_some() { "program" } else { "mechanism" }.to_owned(),
        breaks: mutant.breaks.iter().map(|claim| (*claim).to_owned()).collect(),
        argument: None,
        verdict: caught.map_or(MutantVerdict::Survived, |_| MutantVerdict::Caught),
        caught_by: caught
            .map(|claim| CaughtBy { claim: claim.to_owned(), engine: Engine::Loom, explored })
            .into_iter()
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::process::UNNAMED;
    use super::super::suites::suite;
    use super::*;
    use crate::report::judge;

    #[test]
    fn suite_that_breaks_what_it_does_not_list_has_a_failing_row_for_it() {
        let two = suite("two").expect("it is listed");
        for claim in ["SAFE-8", UNNAMED] {
            let said = Said::Broke { claim, message: "a story".to_owned(), schedule: None };
            let report = judge::judge(Profile::Quick, rows(two, "handoff", &said, 0.0), Vec::new());
            let verdict_on = |id: &str| {
                let row = report.claims.iter().find(|row| row.id == id);
                row.map(|row| (row.verdict, row.expected))
            };
            assert_eq!(verdict_on(claim), Some((Verdict::Fails, Verdict::Holds)));
            // What ended the run has left the others without a verdict.
            assert_eq!(verdict_on("SAFE-1"), Some((Verdict::Inconclusive, Verdict::Holds)));
            assert_eq!(judge::exit_code(&report), judge::EXIT_NOT_AS_EXPECTED);
            assert!(report.problems.iter().any(|problem| problem.starts_with(claim)));
        }
    }
}
