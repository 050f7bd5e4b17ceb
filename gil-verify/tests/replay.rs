//! Counterexamples from their lines: each replays as it was, and no other line is accepted.

#![cfg(not(loom))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::process::{Command, Output};

use gil_core::protocol::Protocol;
use gil_verify::claims::explored::{self, Explored, LIVENESS, STATES_MAX};
use gil_verify::explorer::counterexample::Counterexample;
use gil_verify::explorer::fair::Fairness;
use gil_verify::explorer::model::Program;
use gil_verify::ledger;
use gil_verify::loom::Sought;
use gil_verify::loom::process::{ProcessError, SHUTTLE, Said, say};
use gil_verify::mutants;
use gil_verify::mutants::protocol::MUTANTS;
use gil_verify::parallel;
use gil_verify::protocols::{self, PROTOCOLS, Visit};
use gil_verify::replay::mechanism::{self, Again, MechanismError, Place};
use gil_verify::replay::replay_line::{self, Line};
use gil_verify::replay::{self, Differs, ReplayError};
use gil_verify::report::Verdict;

const FAIRNESS: [Fairness; 2] = [Fairness::Weak, Fairness::Strong];

fn programs(threads: usize) -> [Program; 3] {
    [Program::hogs(threads), Program::blocking(threads), Program::cancelling(threads)]
}

/// The counterexamples of a protocol in a program, to the claims that `wanted` selects.
struct Find<'a>(Program, &'a dyn Fn(&str, Fairness) -> bool);

impl Visit for Find<'_> {
    type Output = Vec<Counterexample>;
    fn visit<P: Protocol + Send + Sync + 'static>(
        self,
        _: &'static str,
        p: P,
    ) -> Vec<Counterexample> {
        let Self(program, wanted) = self;
        let explored = Explored::new(&p, program, STATES_MAX);
        let mut runs = Vec::new();
        for claim in &explored::judged().collect::<Vec<_>>() {
            for fairness in FAIRNESS.into_iter().take(1 + usize::from(LIVENESS.contains(claim))) {
                if wanted(claim, fairness) {
                    runs.extend(explored.check_under(claim, fairness).counterexample);
                }
            }
        }
        runs
    }
}

/// Prints a run, parses it, replays it: it is the same run, and breaks the same claim.
fn round_trip(run: &Counterexample, protocol: &str) -> String {
    let text = Line::Explorer(replay_line::Explored::of(run, protocol)).text();
    let parsed = match Line::parse(&text) {
        Ok(Line::Explorer(parsed)) => parsed,
        other => panic!("{text}: {other:?}"),
    };
    let replayed = replay::explored(&parsed).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(replayed.differs, None, "{text}\n{}", replayed.text);
    assert_eq!(replayed.run, *run, "{text}");
    text
}

/// The lines of all counterexamples to the claims that are expected to be false.
fn expected_lines() -> Vec<String> {
    let programs = || [2, 3].into_iter().flat_map(programs);
    let jobs: Vec<_> = PROTOCOLS.iter().flat_map(|p| programs().map(move |q| (*p, q))).collect();
    let lines = |(protocol, program): &(&str, Program)| {
        let wanted = |claim: &str, fairness| {
            let fairness = LIVENESS.contains(&claim).then_some(fairness);
            let (threads, variant) = (program.threads, program.variant());
            let expected = ledger::expected_under(claim, protocol, threads, variant, fairness);
            expected == Some(Verdict::Fails)
        };
        let runs =
            protocols::with_any(protocol, None, Find(*program, &wanted)).expect("it is listed");
        runs.iter().map(|run| round_trip(run, protocol)).collect::<Vec<_>>()
    };
    let lines = parallel::map(&jobs, |(_, program)| program.threads, lines, |_| ());
    lines.into_iter().flatten().collect()
}

#[test]
fn expected_counterexamples_replay_and_altered_lines_do_not() {
    let lines = expected_lines();
    assert!(lines.len() >= 120, "only {} counterexamples", lines.len());
    let count = |part: &str| lines.iter().filter(|line| line.contains(part)).count();
    assert!(count("~") > 30 && count("+strong") > 5, "{} and {}", count("~"), count("+strong"));
    for line in &lines {
        for length in 0..line.len() {
            assert!(Line::parse(&line[..length]).is_err(), "{length} characters of {line}");
        }
    }
    for line in &lines {
        for at in 0..line.len() {
            for character in ' '..='~' {
                let altered = format!("{}{character}{}", &line[..at], &line[at + 1..]);
                assert!(altered == *line || Line::parse(&altered).is_err(), "{altered}");
            }
        }
    }
}

#[test]
fn counterexamples_of_mutants_replay() {
    let jobs: Vec<_> = MUTANTS.iter().flat_map(|m| m.of.iter().map(move |of| (m, *of))).collect();
    let judged = |claim: &&str| explored::judged().any(|id| id == *claim);
    let bug = |mutant: &mutants::protocol::Mutant| {
        mutant.equivalent.is_none() && mutant.breaks.iter().any(judged)
    };
    let tried = jobs.iter().filter(|(mutant, _)| bug(mutant)).count();
    let found = parallel::map(
        &jobs,
        |_| 1,
        |(mutant, of)| {
            let wanted = |claim: &str, fairness| {
                fairness == Fairness::Weak && mutant.breaks.contains(&claim)
            };
            let mut programs = [2, 3].into_iter().flat_map(programs);
            programs.find_map(|program| {
                let runs = protocols::with_any(of, Some(mutant.name), Find(program, &wanted));
                let runs = runs.expect("it is listed");
                runs.first().map(|run| round_trip(run, &format!("{of}+{}", mutant.name)))
            })
        },
        |_| (),
    );
    let found = found.iter().flatten().count();
    assert!(tried >= 60 && found == tried, "{found} of {tried}");
}

fn explored(body: &str) -> Result<replay::Replayed, ReplayError> {
    match Line::parse(&replay_line::checked(body)).expect("it is a line") {
        Line::Explorer(parsed) => replay::explored(&parsed),
        other => panic!("{other:?}"),
    }
}

fn differs(body: &str) -> Differs {
    let replayed = explored(body).unwrap_or_else(|error| panic!("{body}: {error}"));
    replayed.differs.unwrap_or_else(|| panic!("{body} is reproduced"))
}

#[test]
fn possible_run_that_breaks_nothing_is_not_reproduced() {
    let lasso = "explorer:python2:hogs:2:LIVE-2:1a,0a~1s,1r,0n";
    assert_eq!(explored(lasso).map(|replayed| replayed.differs), Ok(None));
    let open = differs("explorer:python2:hogs:2:LIVE-2:1a,0a~1s,1r");
    assert!(matches!(open, Differs::DoesNotClose { begin: 2, end: 4, .. }), "{open}");
    assert!(open.to_string().contains("state 4 is not state 2"), "{open}");
    let kept = differs("explorer:python2:hogs:2:LIVE-2:1a,0a,1s,0n,1r,0s,1n,0r~1s,0n,1r,0s,1n,0r");
    assert!(matches!(kept, Differs::Kept { claim: "LIVE-2" }), "{kept}");
    let early = differs("explorer:python2:hogs:2:SAFE-3:0a,1a,0s,0r,1n");
    assert_eq!(early, Differs::Earlier { step: 4, claim: "SAFE-3" });
    let not = differs("explorer:python2:hogs:2:SAFE-3:0a,1a,0s,1n");
    assert!(matches!(&not, Differs::NotBroken { step: 4, broken, .. } if broken.is_empty()));
    let other = differs("explorer:python2:hogs:2:SAFE-1:0a,1a,0s,0r").to_string();
    assert!(other.contains("but SAFE-3"), "{other}");
    // The loop is fair to T0 in the weak sense only: T0 is pressed in one state of three.
    let battle = "explorer:python2:hogs:2:LIVE-2+strong:1a,0a~1s,1r,0n";
    assert_eq!(explored(battle).map(|replayed| replayed.differs), Ok(None), "it acts");
    let unfair = differs("explorer:python3:hogs:2:LIVE-1:0a,1a,1e~");
    assert!(matches!(unfair, Differs::Unfair { .. }), "{unfair}");
    // The same line of another protocol, as after a change of the protocol.
    assert!(explored("explorer:python3-no-forced-switch:hogs:2:SAFE-3:0a,1a,1e,0s,0r").is_ok());
}

#[test]
fn impossible_run_is_reported_with_the_possible_steps() {
    for (body, says) in [
        ("explorer:python3:hogs:2:SAFE-3:0a,1a,0s", "step 3 of the line, `T0 reaches a safepoint`"),
        ("explorer:python3:hogs:2:SAFE-3:0a,1a,0s", "T0 can do nothing there"),
        ("explorer:python2:hogs:2:SAFE-3:0a,1a,1e", "cannot happen in state 2"),
        ("explorer:python2:hogs:2:SAFE-3:0a,1a,0b", "there it could be: T0 reaches a safepoint"),
        ("explorer:python2:hogs:2:SAFE-3:0a,7a", "there are 2 threads"),
        ("explorer:python2:hogs:2:SAFE-3:0a,1a,0s1", "cannot happen in state 2"),
        ("explorer:python2:hogs:2:SAFE-3:0a,1A", "by the fast path`, cannot happen in state 1"),
        ("explorer:python4:hogs:2:SAFE-3:0a", "there is no protocol `python4`; there are handoff"),
        ("explorer:handoff+wrong:hogs:2:SAFE-3:0a", "no mutant `wrong` of handoff; it has takes"),
        ("explorer:python2:hogs:2:SAFE-2:0a", "does not judge SAFE-2"),
        ("explorer:python2:hogs:2:LIVE-2:0a", "needs a loop"),
        ("explorer:python2:hogs:2:SAFE-3:0a~0s", "neither a loop"),
        ("explorer:python2:hogs:2:SAFE-3+strong:0a", "neither a loop"),
        ("explorer:handoff+gives-to-itself:blocking:2:SAFE-7:0a,1a,0b,1n", "the line goes on"),
    ] {
        let error = explored(body).expect_err(body).to_string();
        assert!(error.contains(says), "{body}: {error}");
    }
    for (body, says) in [
        ("explorer:python2:cows:2:SAFE-3:0a", "there are hogs, blocking, blocking+cancel"),
        ("explorer:python2:hogs:9:SAFE-3:0a", "it is from 1 to 8"),
        ("explorer:python2:hogs:2:SAFE-99:0a", "there are SAFE-1"),
        ("explorer:python2:hogs:2:SAFE-3:0x", "an action is like 0a"),
        ("explorer:python2:hogs:2:SAFE-3:a0", "an action is like 0a"),
        ("explorer:python2:hogs:2:SAFE-3:0a,,1a", "an action is like 0a"),
        ("explorer:python2:hogs:02:SAFE-3:0a", "not as it is printed"),
        ("explorer:python2:hogs:2:SAFE-3", "not a replay line"),
    ] {
        let error = Line::parse(&replay_line::checked(body)).expect_err(body).to_string();
        assert!(error.contains(says), "{body}: {error}");
    }
}

fn verify(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gil-verify"));
    let output = watchdog::output_of_build(command.args(arguments));
    let Output { status, stdout, stderr } = output.expect("the binary was built for this test");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.code(), text(stdout), text(stderr))
}

const BATTLE: &str = "explorer:python2:hogs:2:SAFE-3:0a,1a,0s,0r:decbfd2c";

#[test]
fn replay_command_replays_and_refuses() {
    let (code, told, error) = verify(&["replay", BATTLE, "--explorer-only"]);
    assert_eq!((code, error.as_str()), (Some(0), ""), "{told}");
    assert!(told.contains("SAFE-3 is false of python2, 2 threads, hogs"), "{told}");
    assert!(told.contains("   4  T0 is back between two sections    T0 has it"), "{told}");

    let strict = replay_line::checked("explorer:python2:hogs:2:SAFE-3:0a,1a,0s,1n");
    let (code, told, _) = verify(&["replay", &strict, "--explorer-only"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("NOT reproduced in the explorer: the last step, 4"), "{told}");

    let impossible = replay_line::checked("explorer:python2:hogs:2:SAFE-3:0a,1e");
    let unknown = replay_line::checked("loom:three-hundred:handoff:-:SAFE-1");
    let mutant = replay_line::checked("loom:two:handoff:Wrong:SAFE-1");
    let course = replay_line::checked("shuttle:random-5:handoff:-:SAFE-1:91");
    for (line, says) in [
        (&BATTLE[..BATTLE.len() - 1], "cut or altered"),
        (&BATTLE[..20], "cut or altered"),
        (&BATTLE[..5], "not a replay line"),
        ("", "not a replay line"),
        (&BATTLE.replace("0a,1a", "1a,0a"), "cut or altered"),
        (&impossible, "step 2 of the line"),
        (&unknown, "no loom suite `three-hundred`; there are two,"),
        (&mutant, "there is no mutant `Wrong`; there are -, AttachRelaxed"),
        (&course, "there is no shuttle course `random-5`"),
    ] {
        let (code, told, error) = verify(&["replay", line]);
        assert_eq!((code, told.as_str()), (Some(2), ""), "{line}: {error}");
        assert!(error.contains(says), "{line}: {error}");
    }
}

#[test]
fn replay_command_prints_json() {
    let arguments = ["replay", BATTLE, "--explorer-only", "--format", "json"];
    let (code, told, _) = verify(&arguments);
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON alone");
    assert_eq!((code, &told["schema"]), (Some(0), &"gil-replay/1".into()));
    assert_eq!((&told["reproduced"], &told["steps"]), (&true.into(), &4.into()), "{told}");
    assert_eq!((&told["claim"], &told["line"]), (&"SAFE-3".into(), &BATTLE.into()), "{told}");
}

fn again(line: &Line) -> Result<Again, MechanismError> {
    // Through its text, as a reader would.
    let line = Line::parse(&line.text()).expect("it was printed");
    let again = mechanism::again(&line, &mut |_| ())?;
    Ok(again.expect("it is a line of the mechanism"))
}

fn loom_line(suite: &str, mutant: &str, claim: &'static str) -> Line {
    let [suite, protocol, mutant] = [suite, "handoff", mutant].map(str::to_owned);
    Line::Loom { suite, protocol, mutant, claim }
}

#[test]
fn loom_line_reproduces_its_finding() {
    for (suite, mutant, claim) in [
        ("two-fast", "AttachRelaxed", "SAFE-2"),
        ("two", "FlagNotMirrored", "TRACES"),
        ("count-without-lock", "-", "NEED-1"),
        ("count-without-lock", "AtomicCount", "NEED-1"),
    ] {
        let found = again(&loom_line(suite, mutant, claim)).expect("it can be built");
        assert!(found.reproduced, "{suite} {mutant} {claim}: {found:?}");
    }
    for (suite, mutant, claim, says) in [
        ("two-fast", "-", "SAFE-2", "SAFE-2 is not broken in any of"),
        ("two-fast", "AttachRelaxed", "SAFE-1", "SAFE-1 is not broken: SAFE-2 is"),
    ] {
        let found = again(&loom_line(suite, mutant, claim)).expect("it can be built");
        assert!(!found.reproduced && found.message.contains(says), "{found:?}");
    }
    let error = again(&loom_line("two-fast", "-", "HEAP-1")).expect_err("it has no heap");
    assert!(error.to_string().contains("`two-fast` of handoff does not judge HEAP-1"), "{error}");
}

#[test]
fn shuttle_line_follows_its_schedule() {
    let (mutant, course, _) =
        mutants::shuttle::MUTANTS.iter().find(|m| m.0 == "StaleRunTimer").unwrap();
    let binary = SHUTTLE.make(&mut |_| {}).expect("it can be built");
    let found = say(&binary, course, "handoff", &[mutant]).expect("it says something");
    let Said::Broke { claim, schedule: Some(schedule), .. } = found else { panic!("{found:?}") };
    let line = |mutant: &str, schedule: &str| {
        let [course, protocol, mutant] = [*course, "handoff", mutant].map(str::to_owned);
        Line::Shuttle { course, protocol, mutant, claim, schedule: schedule.to_owned() }
    };
    let found = again(&line(mutant, &schedule)).expect("it is a schedule");
    assert!(found.reproduced && found.message.contains(claim), "{found:?}");
    let cured = again(&line("-", &schedule)).expect("it is a schedule");
    assert!(!cured.reproduced && cured.message.contains("is not broken"), "{cured:?}");
    let error = again(&line(mutant, "no-schedule")).expect_err("it is none");
    assert!(matches!(error, MechanismError::Process(ProcessError::Refused { .. })), "{error}");
    assert!(error.to_string().contains("not one that shuttle printed"), "{error}");
}

fn place(line: &str) -> Place {
    let Ok(Line::Explorer(line)) = Line::parse(line) else { panic!("{line}") };
    mechanism::look(&line, &mut |_| ()).expect("it can be built")
}

/// The run of a safety claim of a protocol, or a mutant of one, in a program.
fn line_of(protocol: &str, claim: &str, program: Program) -> String {
    let (name, mutant) = replay_line::with_mutant(protocol);
    let wanted = |id: &str, _| id == claim;
    let runs = protocols::with_any(&name, mutant.as_deref(), Find(program, &wanted));
    round_trip(&runs.expect("it is listed")[0], protocol)
}

#[test]
fn bounded_run_is_found_on_the_mechanism_under_loom() {
    for (protocol, claim, program) in [
        ("python2", "SAFE-3", Program::hogs(2)),
        ("handoff+gives-by-freeing", "SAFE-3", Program::blocking(2)),
        ("ruby", "SAFE-3", Program::blocking(2)),
        ("python3", "SAFE-3", Program::cancelling(3)),
    ] {
        let line = line_of(protocol, claim, program);
        let place = place(&line);
        let reached = matches!(place, Place::Looked(_, Sought::Reached { execution: 1.. }));
        assert!(reached, "{line}: {}", place.text());
        // loom explores in the same order every time: the page names the execution.
        let page = include_str!("../../docs/src/counterexamples.md");
        assert!(protocol != "python2" || page.contains(&place.text()), "{}", place.text());
    }
}

#[test]
fn run_without_a_loom_program_is_refused_with_a_reason() {
    for (line, says) in [
        (
            line_of("python3", "SAFE-3F", Program::blocking(2)),
            "in step 4 a thread releases for the last time",
        ),
        (line_of("pypy", "LIVE-4", Program::blocking(2)), "pypy does not run under loom"),
        (line_of("handoff+gives-to-itself", "SAFE-7", Program::hogs(2)), "refuses the last"),
        (replay_line::checked("explorer:python2:hogs:2:LIVE-2:1a,0a~1s,1r,0n"), "goes on forever"),
        (
            replay_line::checked("explorer:python2:hogs:2:SAFE-3:0A,1a,0s,0r"),
            "step 1 goes by the fast",
        ),
        (
            replay_line::checked("explorer:python2:hogs:2:SAFE-3:0a,1a,0s,1n,0r,1s,0n,1r,0s,0r"),
            "the program (attach, one safepoint, detach; the first of a set is woken first) matches",
        ),
        (
            replay_line::checked(
                "explorer:python2:blocking:2:SAFE-3:0a,0b,0a,0b,0a,0b,0a,1a,0s,0r",
            ),
            "it needs 4 rounds of a thread",
        ),
    ] {
        let place = place(&line);
        assert!(matches!(place, Place::Nowhere(_)), "{line}: {place:?}");
        assert!(place.text().contains(says), "{line}: {}", place.text());
    }
}

#[test]
fn run_is_drawn_with_its_loop() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run.svg");
    let svg = path.to_str().expect("a plain path");
    let lasso = replay_line::checked("explorer:python2:hogs:2:LIVE-2:1a,0a~1s,1r,0n");
    let (code, _, error) = verify(&["replay", &lasso, "--explorer-only", "--svg", svg]);
    assert_eq!(code, Some(0), "{error}");
    let drawn = std::fs::read_to_string(&path).expect("it was written");
    for part in ["repeatedly from state 2", "class=\"again\"", "class=\"wasted\"", ">5</text>"] {
        assert!(drawn.contains(part), "{part} in {drawn}");
    }
    let loom = replay_line::checked("loom:two:handoff:-:SAFE-1");
    let nowhere = format!("{svg}/no/such.svg");
    for (line, svg, says) in
        [(&loom, svg, "only a run of the explorer"), (&lasso, &nowhere, "cannot write")]
    {
        let (code, _, error) = verify(&["replay", line, "--explorer-only", "--svg", svg]);
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(says), "{error}");
    }
}

/// LIVE-3's lines too, which are not counterexamples: a run that attains the bound, or a loop if
/// there is none.
#[test]
fn replay_lines_of_the_book_replay() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/src/claims");
    let (mut bounds, mut all) = (0, 0);
    for entry in std::fs::read_dir(folder).expect("the pages are here") {
        let page = std::fs::read_to_string(entry.expect("an entry").path()).expect("a page");
        let lines =
            page.lines().filter_map(|line| line.trim().strip_prefix("cargo verify replay "));
        for line in lines.filter(|line| line.starts_with("explorer:")) {
            let Ok(Line::Explorer(parsed)) = Line::parse(line) else { panic!("{line}") };
            let replayed =
                replay::explored(&parsed).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(replayed.differs, None, "{line}");
            all += 1;
            bounds += usize::from(parsed.claim == "LIVE-3");
        }
    }
    assert!(all >= 60 && bounds >= 14, "{all} lines, {bounds} of LIVE-3");
}

#[test]
fn run_below_the_bound_and_loop_without_gain_are_refused() {
    let short = explored("explorer:handoff:blocking:3:LIVE-3:1a,0a,1b,0n").expect("it is possible");
    assert!(matches!(short.differs, Some(Differs::NotAttained { count: 0, bound: Some(6) })));
    let still = explored("explorer:python3:blocking:2:LIVE-3:1a,0a~0e").expect("it is possible");
    assert!(still.differs.is_some(), "no thread gains in it");
}

/// The page explains a text: it is the present one.
#[test]
fn page_on_counterexamples_shows_the_present_text() {
    let page = include_str!("../../docs/src/counterexamples.md");
    let command = "cargo verify replay ";
    let line = page.lines().find_map(|line| line.trim().strip_prefix(command)).expect("a line");
    let Ok(Line::Explorer(parsed)) = Line::parse(line) else { panic!("{line}") };
    let text = replay::explored(&parsed).expect("it is possible").text;
    assert!(page.contains(&text), "the page does not have:\n{text}");
}
