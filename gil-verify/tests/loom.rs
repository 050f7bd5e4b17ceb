//! The loom suites.
//!
//! An ordinary build starts the loom build itself and runs everything that `cargo verify` runs, so
//! a suite that did not run cannot pass here. A build with `--cfg loom` runs the suites in this
//! process.

#[cfg(not(loom))]
mod outside {
    use std::io::Write;

    use gil_verify::report::selection::Selection;
    use gil_verify::report::verify::{self, EXIT_AS_EXPECTED, Listen};
    use gil_verify::report::{Engine, Profile, Row};

    /// Written past the capture of the test harness: a build of a minute should not look like a
    /// hang.
    struct Stream;

    impl Listen for Stream {
        fn progress(&mut self, what: &str) {
            let _ = writeln!(std::io::stderr(), "{what}");
        }

        fn explored(&mut self, rows: &[Row]) {
            let _ = writeln!(std::io::stderr(), "explorer: {} rows", rows.len());
        }
    }

    #[test]
    fn suites_are_as_expected() {
        let found = verify::run(&Selection::all(Profile::Quick), &mut Stream);
        let (report, ..) = found.unwrap_or_else(|error| panic!("{error}"));
        assert!(report.problems.is_empty(), "{}", report.problems.join("\n"));
        assert_eq!(verify::exit_code(&report), EXIT_AS_EXPECTED);
        let loom = report.claims.iter().filter(|row| row.engine == Engine::Loom);
        let executions: u64 = loom.map(|row| row.explored).sum();
        assert!(executions > 100_000, "only {executions} executions");
        assert!(report.agreement.len() >= 8, "loom was compared with the explorer");
    }
}

#[cfg(loom)]
mod inside {
    use gil_verify::loom::{SUITES, Suite, Work, judged, known_false, missing, runner, suite};
    use gil_verify::protocols::PROTOCOLS;
    use gil_verify::report::Profile;

    fn run(name: &str, suite: &Suite) {
        let found = runner::run(suite, name, None).expect("the protocol is known");
        let committed = gil_verify::report::counts::committed().expect("counts.json is valid");
        let key = format!("loom {name} {}", suite.name);
        assert_eq!(committed.get(&key), Some(&found.executions), "executions of {key}");
        assert_eq!(missing(name, suite, &found), Vec::<&str>::new(), "events of {key}");
        assert!(found.one_sided.is_empty(), "{key}: {:?}", found.one_sided);
        let (compared, moved) =
            (found.compared.unwrap_or_default(), found.moved.unwrap_or_default());
        assert_eq!((compared.only_loom, compared.only_explorer), (0, 0), "traces of {key}");
        assert_eq!(moved.only_loom, 0, "moves of {key}");
    }

    #[test]
    fn suites_are_as_expected() {
        let mut ran = 0;
        let finds = |suite: &&Suite| suite.work.must_find().is_some();
        let quick = SUITES.iter().filter(|suite| suite.profile == Profile::Quick);
        for suite in quick.filter(|suite| !finds(suite)) {
            for protocol in PROTOCOLS {
                // A suite that must find a broken claim has its own test below.
                let ends_early =
                    suite.work == Work::LastRelease && !known_false(protocol, suite).is_empty();
                if !judged(suite, protocol).is_empty() && !ends_early {
                    run(protocol, suite);
                    ran += 1;
                }
            }
        }
        assert!(ran >= 60, "only {ran} suites ran");
    }

    fn find(name: &str) {
        find_of(PROTOCOLS[0], name);
    }

    fn find_of(protocol: &str, name: &str) {
        runner::run(suite(name).expect("it is listed"), protocol, None);
    }

    #[test]
    #[should_panic(expected = "Causality violation")]
    fn forced_switch_touches_the_lock_after_the_final_release() {
        find_of("python3", "last-release");
    }

    #[test]
    #[should_panic(expected = "NEED-1: 3 handles, and a count of 2")]
    fn count_without_the_lock_loses_an_update() {
        find("count-without-lock");
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn two_object_locks_deadlock() {
        find("lock-per-object");
    }

    /// In its own process: when loom has found the deadlock its model is over, and objects
    /// destroyed then, such as a thread's registrations, panic again.
    #[test]
    fn mutex_locked_while_attached_deadlocks() {
        const NAME: &str = "inside::mutex_locked_while_attached_deadlocks";
        const INNER: &str = "GIL_TEST_FINDS_THE_DEADLOCK";
        if std::env::var_os(INNER).is_some() {
            find("mutex-while-attached");
            return;
        }
        let this = std::env::current_exe().expect("a test is a program");
        let mut command = std::process::Command::new(this);
        let output = command.args(["--exact", NAME, "--nocapture"]).env(INNER, "").output();
        let output = output.expect("a test can be started");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && told.contains("NEED-3: deadlock"), "{told}");
    }
}
