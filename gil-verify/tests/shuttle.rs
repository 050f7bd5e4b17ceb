//! The second opinion on the mechanism: shuttle's random schedules, in a separate build that this
//! test starts.

#![cfg(not(loom))]

use gil_verify::loom::process::{SHUTTLE, Said, say};
use gil_verify::mutants::shuttle::MUTANTS;
use gil_verify::report::selection::Selection;
use gil_verify::report::{MutantVerdict, Profile, Row};
use gil_verify::shuttle::engine;

#[test]
fn courses_are_as_expected() {
    let mut rows = Vec::new();
    let selection = Selection::all(Profile::Full);
    engine::run(&selection, &mut rows).expect("it can be built");
    let (mut claims, mut caught, mut schedules) = (0, 0, 0);
    for row in rows {
        match row {
            Row::Claim(row) => {
                assert_eq!(row.verdict, row.expected, "{row:?}");
                claims += 1;
                schedules = schedules.max(row.explored);
            }
            Row::Mutant(row) => {
                assert_eq!(row.verdict, MutantVerdict::Caught, "{row:?}");
                caught += 1;
            }
            Row::Agreement(_) | Row::Bound(_) => {}
        }
    }
    assert!(claims >= 150 && schedules >= 4_000, "{claims} claims, {schedules} schedules");
    assert_eq!(caught, MUTANTS.len());
}

#[test]
fn printed_shuttle_schedule_reproduces_its_finding() {
    let binary = SHUTTLE.make(&mut |_| {}).expect("it can be built");
    let (mutant, course, _) = MUTANTS.iter().find(|mutant| mutant.0 == "StaleRunTimer").unwrap();
    let found = say(&binary, course, "handoff", &[mutant]).expect("it says something");
    let Said::Broke { claim, message, schedule: Some(schedule) } = found else {
        panic!("{found:?}")
    };
    assert_eq!(claim, "SAFE-4");
    let again = say(&binary, course, "handoff", &[mutant, &schedule]).expect("it says something");
    assert!(
        matches!(&again, Said::Broke { claim: "SAFE-4", message: said, .. } if *said == message),
        "{again:?}"
    );
    let cured = say(&binary, course, "handoff", &["-", &schedule]).expect("it says something");
    assert!(matches!(cured, Said::Found(_)), "without the mutant nothing is wrong: {cured:?}");

    let cut = &schedule[..schedule.len() / 2];
    let cut = say(&binary, course, "handoff", &[mutant, &format!("x{cut}")]);
    let cut = cut.expect_err("that is no schedule").to_string();
    assert!(
        cut.contains("exit status: 2") && cut.contains("not one that shuttle printed"),
        "{cut}"
    );
}
