//! Judges results: each row against the ledger, the counts against the committed ones, and the
//! whole by an exit code.

use serde::{Deserialize, Serialize};

use crate::claims::promise;
use crate::ledger;
use crate::report::counts;
use crate::report::{
    AgreementRow, BoundRow, ClaimRow, MutantRow, MutantVerdict, Profile, Row, SCHEMA, Verdict,
};

/// Everything is as expected.
pub const EXIT_AS_EXPECTED: u8 = 0;
/// A claim, a comparison, a bound or a count is not as expected.
pub const EXIT_NOT_AS_EXPECTED: u8 = 1;
/// The command line is wrong.
pub const EXIT_USAGE: u8 = 2;
/// A mutant survived.
pub const EXIT_MUTANT_SURVIVED: u8 = 3;
/// A check ended before its bound.
pub const EXIT_INCONCLUSIVE: u8 = 4;
/// The harness is broken: nothing ran, or the loom build failed.
pub const EXIT_HARNESS_BROKEN: u8 = 5;
/// A bug of this program.
pub const EXIT_INTERNAL: u8 = 70;

/// All results, in the form of the machine output.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// How much was explored.
    pub profile: Profile,
    /// The seed of random choices: there are none.
    pub seed: u64,
    /// The claims.
    pub claims: Vec<ClaimRow>,
    /// The mutants.
    pub mutants: Vec<MutantRow>,
    /// The comparisons of loom and the explorer.
    pub agreement: Vec<AgreementRow>,
    /// The bounds on waiting.
    pub bounds: Vec<BoundRow>,
    /// The omitted parts, and the reasons.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// What the selection is to run and has not, in words: those claims are partly checked.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub left_out: Vec<String>,
    /// The unexpected results, in words.
    pub problems: Vec<String>,
    /// Numbers.
    pub summary: Summary,
}

/// The report in numbers.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Claims checked.
    pub claims: usize,
    /// Of them, with the verdict of the ledger.
    pub as_expected: usize,
    /// Mutants run.
    pub mutants: usize,
    /// Of them, caught by a claim named in advance.
    pub caught: usize,
    /// Of them, not bugs, with an argument, and not caught.
    pub equivalent: usize,
    /// Checks that ended before their bound.
    pub inconclusive: usize,
    /// Wall-clock time.
    pub seconds: f64,
}

impl Report {
    /// Its rows.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let Self { claims, mutants, agreement, bounds, .. } = self;
        let claims = claims.iter().cloned().map(Row::Claim);
        let mutants = mutants.iter().cloned().map(Row::Mutant);
        let agreement = agreement.iter().cloned().map(Row::Agreement);
        claims
            .chain(mutants)
            .chain(agreement)
            .chain(bounds.iter().cloned().map(Row::Bound))
            .collect()
    }
}

/// What is not as expected in the rows of one check, its count included.
#[must_use]
pub fn problems(rows: Vec<Row>) -> Vec<String> {
    let committed = counts::committed().unwrap_or_default();
    let differences = counts::differences(&committed, &counts::of(&rows), |_| false);
    judge(Profile::Full, rows, differences).problems
}

/// Compares the results with the ledger. `differences` are those of the counts.
#[must_use]
pub fn judge(profile: Profile, rows: Vec<Row>, differences: Vec<String>) -> Report {
    let mut report = Report {
        schema: SCHEMA.to_owned(),
        profile,
        seed: 0,
        claims: Vec::new(),
        mutants: Vec::new(),
        agreement: Vec::new(),
        bounds: Vec::new(),
        notes: Vec::new(),
        left_out: Vec::new(),
        problems: Vec::new(),
        summary: Summary::default(),
    };
    for row in rows {
        report.problems.extend(problem(&row));
        match row {
            Row::Claim(row) => report.claims.push(row),
            Row::Mutant(row) => report.mutants.push(row),
            Row::Agreement(row) => report.agreement.push(row),
            Row::Bound(row) => report.bounds.push(row),
        }
    }
    report.problems.extend(differences);
    let claims = &report.claims;
    report.summary = Summary {
        claims: claims.len(),
        as_expected: claims.iter().filter(|row| row.verdict == row.expected).count(),
        mutants: report.mutants.len(),
        caught: report.mutants.iter().filter(|m| m.verdict == MutantVerdict::Caught).count(),
        equivalent: report
            .mutants
            .iter()
            .filter(|m| m.verdict == MutantVerdict::Equivalent)
            .count(),
        inconclusive: claims.iter().filter(|r| r.verdict == Verdict::Inconclusive).count(),
        seconds: 0.0,
    };
    report
}

/// The problem of a row, if there is one.
pub(crate) fn problem(row: &Row) -> Option<String> {
    match row {
        Row::Claim(row) if row.verdict != row.expected => Some(format!(
            "{} of {} ({:?}, {} threads, {}, {}): {:?}, expected {:?}",
            row.id,
            row.protocol,
            row.engine,
            row.threads,
            row.variant.as_deref().unwrap_or("-"),
            row.bound,
            row.verdict,
            row.expected
        )),
        Row::Mutant(row) if row.argument.is_some() && !row.is_settled() => Some(format!(
            "mutant {} of {} should be no bug, because {}; it is {:?} {:?}",
            row.id,
            row.of,
            row.argument.as_deref().unwrap_or_default(),
            row.verdict,
            row.caught_by.iter().map(|by| &by.claim).collect::<Vec<_>>()
        )),
        Row::Mutant(row) if !row.is_settled() => Some(format!(
            "mutant {} of {}: {:?}; one of {:?} should have caught it",
            row.id, row.of, row.verdict, row.breaks
        )),
        Row::Agreement(row) if !row.agrees() => Some(format!(
            "{} of {}, suite {}: {} only in loom, {} only in the explorer",
            row.id, row.protocol, row.suite, row.only_loom, row.only_explorer
        )),
        Row::Bound(row)
            if promise::budgets(&row.protocol).is_some() && row.proved_edges.is_none() =>
        {
            Some(format!(
                "LIVE-3 of {} at {} threads: the rank does not prove the bound",
                row.protocol, row.threads
            ))
        }
        Row::Bound(row) => {
            let expected = ledger::overtakes_max(&row.protocol, row.threads);
            (row.overtakes_max != expected).then(|| {
                format!(
                    "LIVE-3 of {} at {} threads: {:?}, expected {expected:?}",
                    row.protocol, row.threads, row.overtakes_max
                )
            })
        }
        _ => None,
    }
}

/// The exit code of a report.
#[must_use]
pub fn exit_code(report: &Report) -> u8 {
    let survived = report.mutants.iter().any(|row| !row.is_settled());
    let wrong = report
        .claims
        .iter()
        .any(|row| row.verdict != row.expected && row.verdict != Verdict::Inconclusive);
    let ran = report.claims.len() + report.agreement.len() + report.bounds.len() > 0;
    if !ran {
        EXIT_HARNESS_BROKEN
    } else if wrong {
        EXIT_NOT_AS_EXPECTED
    } else if report.summary.inconclusive > 0 || !report.left_out.is_empty() {
        EXIT_INCONCLUSIVE
    } else if survived {
        EXIT_MUTANT_SURVIVED
    } else if !report.problems.is_empty() {
        EXIT_NOT_AS_EXPECTED
    } else {
        EXIT_AS_EXPECTED
    }
}
