//! The loom suites as tests.
//!
//! An ordinary build has one test. It starts the loom build itself and runs everything that
//! `cargo verify` runs, so a suite that did not run cannot pass here.
//!
//! A build with `--cfg loom` has one test for each suite and protocol, and one for each mutant of
//! the mechanism. Each runs in its own process. `cargo test` takes a part of a name, for example
//! `two-cancel` or `handoff`, and `cargo nextest run --partition count:1/4` runs a quarter of them.
//! The suites of the full profile are included if `GIL_VERIFY_PROFILE=full` is set.

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), tests::all()).exit_code()
}

#[cfg(not(loom))]
mod tests {
    use std::io::Write;

    use gil_verify::report::judge::{self, EXIT_AS_EXPECTED};
    use gil_verify::report::selection::Selection;
    use gil_verify::report::verify::{self, Listen};
    use gil_verify::report::{Engine, Profile, Row};
    use libtest_mimic::{Failed, Trial};

    pub(crate) fn all() -> Vec<Trial> {
        vec![Trial::test("suites_are_as_expected", suites_are_as_expected)]
    }

    /// Progress at once: a build of a minute should not look like a hang.
    struct Stream;

    impl Listen for Stream {
        fn progress(&mut self, what: &str) {
            let _ = writeln!(std::io::stderr(), "{what}");
        }

        fn explored(&mut self, rows: &[Row]) {
            let _ = writeln!(std::io::stderr(), "explorer: {} rows", rows.len());
        }
    }

    fn suites_are_as_expected() -> Result<(), Failed> {
        let (report, ..) = verify::run(&Selection::all(Profile::Quick), &mut Stream)?;
        assert!(report.problems.is_empty(), "{}", report.problems.join("\n"));
        assert_eq!(judge::exit_code(&report), EXIT_AS_EXPECTED);
        let loom = report.claims.iter().filter(|row| row.engine == Engine::Loom);
        let executions: u64 = loom.map(|row| row.explored).sum();
        assert!(executions > 100_000, "only {executions} executions");
        assert!(report.agreement.len() >= 8, "loom was compared with the explorer");
        Ok(())
    }
}

#[cfg(loom)]
mod tests {
    use std::path::Path;

    use gil_verify::loom::engine::{self, Check};
    use gil_verify::report::selection::Selection;
    use gil_verify::report::{Profile, judge};
    use libtest_mimic::{Failed, Trial};

    pub(crate) fn all() -> Vec<Trial> {
        let full = std::env::var("GIL_VERIFY_PROFILE").is_ok_and(|profile| profile == "full");
        let profile = if full { Profile::Full } else { Profile::Quick };
        let checks = engine::checks(&Selection::all(profile));
        checks
            .into_iter()
            .map(|check| Trial::test(check.test_name(), move || run(&check)))
            .collect()
    }

    fn run(check: &Check) -> Result<(), Failed> {
        let rows = check.perform(Path::new(env!("CARGO_BIN_EXE_gil-loom")))?;
        assert!(!rows.is_empty(), "{} judges nothing", check.test_name());
        let problems = judge::problems(rows);
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
    }
}
