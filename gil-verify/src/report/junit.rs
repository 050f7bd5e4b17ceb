//! The report as JUnit XML, which CI systems show: one test for each verdict, mutant, comparison
//! and bound.

use std::time::Duration;

use quick_junit::{NonSuccessKind, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::report::judge::{self, Report};
use crate::report::{Row, Verdict};

/// The report as XML.
///
/// # Errors
/// If it cannot be written as XML.
pub fn text(report: &Report) -> Result<String, SerializeError> {
    let mut rest = report.problems.clone();
    rest.extend(report.left_out.iter().map(|claim| format!("partly checked: {claim}")));
    let mut test = |row: Row| {
        let problem = judge::problem(&row);
        rest.retain(|other| Some(other) != problem.as_ref());
        test(&row, problem)
    };
    let mut suites = Vec::new();
    let mut suite = |name: &str, tests: Vec<TestCase>| {
        let mut suite = TestSuite::new(name);
        suite.add_test_cases(tests);
        suites.push(suite);
    };
    suite("claims", report.claims.iter().cloned().map(|row| test(Row::Claim(row))).collect());
    suite("mutants", report.mutants.iter().cloned().map(|row| test(Row::Mutant(row))).collect());
    let agreement = report.agreement.iter().cloned();
    suite("agreement", agreement.map(|row| test(Row::Agreement(row))).collect());
    suite("bounds", report.bounds.iter().cloned().map(|row| test(Row::Bound(row))).collect());
    // What is left concerns no row: counts that differ, for example.
    let rest = rest.into_iter().map(|problem| case("comparison", &problem, Some(problem.clone())));
    suite("comparisons with the committed results", rest.collect());
    let mut xml = quick_junit::Report::new("gil-verify");
    xml.set_time(Duration::from_secs_f64(report.summary.seconds));
    xml.add_test_suites(suites);
    xml.to_string()
}

fn test(row: &Row, problem: Option<String>) -> TestCase {
    match row {
        Row::Claim(row) => {
            let variant = row.variant.as_deref().unwrap_or("-");
            let fairness = row.fairness.as_deref().unwrap_or_default();
            let name =
                format!("{} {} {} threads {variant} {fairness}", row.id, row.protocol, row.threads);
            let engine = format!("{:?}", row.engine).to_lowercase();
            let mut case = case(&engine, name.trim_end(), problem);
            case.set_time(Duration::from_secs_f64(row.seconds));
            if row.verdict == Verdict::Inconclusive && row.verdict != row.expected {
                let status = &mut case.status;
                if let TestCaseStatus::NonSuccess { kind, .. } = status {
                    *kind = NonSuccessKind::Error;
                }
            }
            if let (true, Some(text)) = (row.verdict != row.expected, &row.counterexample) {
                case.status.set_description(text);
            }
            case
        }
        Row::Mutant(row) => case("mutant", &format!("{} of {}", row.id, row.of), problem),
        Row::Agreement(row) => {
            case("agreement", &format!("{} {} {}", row.id, row.protocol, row.suite), problem)
        }
        Row::Bound(row) => {
            case("bound", &format!("LIVE-3 {} {} threads", row.protocol, row.threads), problem)
        }
    }
}

fn case(class: &str, name: &str, problem: Option<String>) -> TestCase {
    let status = match problem {
        None => TestCaseStatus::success(),
        Some(problem) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(problem);
            status
        }
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}
