//! The first failure in the output of `cargo test`.

use crate::loom::process::claim_of;

/// The first check that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The test, and what its panic said.
    pub by: String,
    /// The claim that the panic names, if any.
    pub claim: Option<String>,
}

/// The longest message that is kept.
const MESSAGE_MAX: usize = 100;

/// The first test that failed and its panic message; without one, how the run ended.
#[must_use]
pub fn first(log: &str) -> Failure {
    let Some(test) = first_failed(log) else { return Failure { by: ended(log), claim: None } };
    let message = message(log, test);
    // The explorer lists all broken claims, one per line. The first one has the shortest run.
    let line = message.lines().next().unwrap_or_default();
    let claim = claim_of(line).or_else(|| claim_of(&message)).map(str::to_owned);
    let said: String = line.chars().take(MESSAGE_MAX).collect();
    let by = if said.is_empty() { test.to_owned() } else { format!("{test}: {said}") };
    Failure { by, claim }
}

/// The first test that failed, also in a run that did not end.
#[must_use]
pub fn first_failed(log: &str) -> Option<&str> {
    log.lines().find_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
}

/// The message of a thread that loom ends with its execution: not a failure.
const ENDED_BY_LOOM: &str = "Box<dyn Any>";

/// The panic message of a test, from the block that the test harness wrote. A loom suite of a
/// program reports panics in its own format. If there is a plain panic too, it is the test's.
fn message(log: &str, test: &str) -> String {
    let head = format!("---- {test} stdout ----");
    let block = log.lines().skip_while(|line| *line != head).skip(1);
    let block: Vec<_> =
        block.take_while(|line| !line.starts_with("---- ") && *line != "failures:").collect();
    let panics = |at: &usize| block[*at].contains("panicked at");
    let said = |at: usize| {
        let rest = (at + 1..block.len()).take_while(|at| !panics(at)).map(|at| block[at]);
        let said: Vec<_> = rest.take_while(|line| !line.starts_with("note: ")).collect();
        said.join("\n").trim().to_owned()
    };
    let plain = |at: &usize| block[*at].starts_with("thread '") && said(*at) != ENDED_BY_LOOM;
    let all = || (0..block.len()).filter(panics);
    all().find(plain).or_else(|| all().next()).map(said).unwrap_or_default()
}

/// How a run without a failed test ended: the process was killed or did not start.
fn ended(log: &str) -> String {
    let running =
        log.lines().rev().find_map(|line| line.strip_prefix("test ")?.split_once(" ... "));
    let during = match running {
        Some((test, result)) if !result.starts_with("ok") => format!(" in {test}"),
        _ => String::new(),
    };
    let target = log.lines().find_map(|line| line.split_once("to rerun pass `"));
    let target = target.and_then(|(_, rest)| rest.split('`').next()).unwrap_or("no target");
    match log.lines().any(|line| line.contains("(signal: ")) {
        true => format!("aborted{during}: {target}"),
        false => format!("failed: {target}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
running 3 tests
test a_fine_one ... ok
test suite_two ... FAILED
test other ... FAILED

failures:

---- other stdout ----

thread 'other' (2) panicked at other.rs:1:1:
HEAP-1: not this one

---- suite_two stdout ----
panicked at a step of the program
HEAP-1: not that of the test

thread 'suite_two' (1) panicked at generator.rs:1:1:
Box<dyn Any>

thread 'suite_two' (1) panicked at harness.rs:1:1:
SAFE-5: handoff, 2 threads
SAFE-3: handoff, 2 threads
note: run with `RUST_BACKTRACE=1`


failures:
    other
    suite_two
";

    #[test]
    fn first_failed_test_is_reported_with_its_claim() {
        let failure = first(LOG);
        assert_eq!(failure.by, "suite_two: SAFE-5: handoff, 2 threads");
        assert_eq!(failure.claim.as_deref(), Some("SAFE-5"));
    }

    #[test]
    fn failure_without_a_claim_id_has_no_claim() {
        let failure = first(&LOG.replace("SAFE-", "state "));
        assert_eq!(failure.by, "suite_two: state 5: handoff, 2 threads");
        assert_eq!(failure.claim, None);
    }

    #[test]
    fn abort_is_reported_with_its_test_if_known() {
        let log = "test one ... ok\ntest two ... \nerror: test failed, to rerun pass `-p x --lib`\n\
                   (signal: 6, SIGABRT)";
        assert_eq!(first(log).by, "aborted in two: -p x --lib");
    }
}
