//! The loom suites.
//!
//! In an ordinary build this starts the loom build itself and runs everything that `cargo verify`
//! runs: a loom suite that did not run cannot look green here. In a build with `--cfg loom` it runs
//! the suites in this process.

#[cfg(not(loom))]
mod outside {
    use std::io::Write;

    use gil_verify::engines::Selection;
    use gil_verify::report::{Engine, Profile, Row};
    use gil_verify::verify::{self, EXIT_AS_EXPECTED, Listen};

    /// Written past the capture of the test harness: a build of a minute should not look hung.
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
    fn every_suite_is_as_expected() {
        let found = verify::run(&Selection::all(Profile::Quick), &mut Stream);
        let (report, _) = found.unwrap_or_else(|error| panic!("{error}"));
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
    use gil_core::Protocol;
    use gil_verify::looms::{SUITES, Suite, harness, judged, missing};
    use gil_verify::report::Profile;
    use gil_verify::zoo::{self, PROTOCOLS, Visit};

    struct Run(Suite);

    impl Visit for Run {
        type Output = ();
        fn visit<P: Protocol + Send + Sync + 'static>(self, name: &'static str, protocol: P) {
            let suite = self.0;
            let found = harness::run(protocol, suite);
            let committed = gil_verify::counts::committed().expect("counts.json is valid");
            let key = format!("loom {name} {}", suite.name);
            assert_eq!(committed.get(&key), Some(&found.executions), "executions of {key}");
            assert_eq!(missing(name, &suite, &found), Vec::<&str>::new(), "events of {key}");
            assert!(found.one_sided.is_empty(), "{key}: {:?}", found.one_sided);
            let compared = found.compared.unwrap_or_default();
            assert_eq!((compared.only_loom, compared.only_explorer), (0, 0), "traces of {key}");
        }
    }

    #[test]
    fn every_suite_is_as_expected() {
        let mut ran = 0;
        for suite in SUITES.iter().filter(|suite| suite.profile == Profile::Quick) {
            for protocol in PROTOCOLS {
                if !judged(suite, protocol).is_empty() {
                    zoo::with(protocol, Run(*suite)).expect("the protocol is known");
                    ran += 1;
                }
            }
        }
        assert!(ran >= 50, "only {ran} suites ran");
    }
}
