//! The `python3` model against recordings of CPython 3.13.15's own lock, and our own lock against
//! its protocols.

#![cfg(not(loom))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gil_core::protocol::Protocol;
use gil_core::raw::RawGil;
use gil_verify::protocols::{self, PROTOCOLS, Visit};
use gil_verify::replay::conform::{
    self, Kind, Line, Reason, SectionRecorder, replay, replay_recorded, variant,
};

use watchdog::Watchdog;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces");
    let files = std::fs::read_dir(folder).expect("the traces are here");
    let files = files.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|e| e == "csv")).collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_stem().expect("a name").to_string_lossy().into_owned()
}

fn lines(path: &Path) -> Vec<Line> {
    conform::read(std::fs::File::open(path).expect("it can be read")).expect("a trace")
}

fn interval_us(name: &str) -> u64 {
    if name == "cpu2_fast" { 100 } else { 5_000 }
}

fn judge(model: &str, name: &str, lines: &[Line]) -> Result<conform::Accepted, conform::Rejection> {
    replay(variant(model).expect("it is known"), lines, interval_us(name))
}

#[test]
fn model_accepts_every_trace() {
    let mut all = BTreeMap::new();
    for path in files() {
        let (name, lines) = (name(&path), lines(&path));
        let seen = judge("python3", &name, &lines).unwrap_or_else(|no| panic!("{name}: {no}"));
        all.insert(name, seen);
    }
    let sum = |of: fn(&conform::Accepted) -> usize| all.values().map(of).sum::<usize>();
    // The figures of the traces' own index.
    assert_eq!((all.len(), sum(|seen| seen.events)), (16, 89_526));
    assert_eq!((sum(|seen| seen.takes), sum(|seen| seen.requests)), (17_344, 6_768));
    let foreign = all["foreign"];
    assert_eq!(foreign.retaken, 243, "final drops with a request, retaken by the same thread");
}

/// Whether a trace shows that a variant would act differently: a wait for the switch, or a timeout
/// without a request because the switch number has moved.
fn distinguishes(variant: &str, lines: &[Line]) -> bool {
    match variant {
        "python3-no-forced-switch" => lines.iter().any(|line| line.event == Kind::SwitchWaitBegin),
        _ => lines.iter().any(|line| {
            let late = line.timed_out == Some(1) && line.locked == Some(1);
            late && line.switch_before != line.switch_after
        }),
    }
}

#[test]
fn variants_are_rejected_where_the_trace_shows_it() {
    let mut told = BTreeMap::new();
    for path in files() {
        let (name, lines) = (name(&path), lines(&path));
        for variant in conform::VARIANTS.iter().filter(|variant| **variant != "python3") {
            let rejected = judge(variant, &name, &lines).is_err();
            assert_eq!(rejected, distinguishes(variant, &lines), "{variant}, {name}");
            if rejected {
                *told.entry(*variant).or_insert(0) += 1;
            }
        }
    }
    let told: Vec<_> = told.into_iter().collect();
    assert_eq!(told, [("python3-no-forced-switch", 14), ("python3-no-switch-check", 7)]);
}

/// Renumbers the lines, as if they had always been these.
fn renumbered(lines: impl IntoIterator<Item = Line>) -> Vec<Line> {
    (0..).zip(lines).map(|(seq, line)| Line { seq, ..line }).collect()
}

/// Positions of events of a kind, spread over the file, not too near its end.
fn places(lines: &[Line], is: impl Fn(&Line) -> bool) -> Vec<usize> {
    let end = lines.len() - lines.len() / 20;
    let all: Vec<_> = (1..end).filter(|place| is(&lines[*place])).collect();
    all.iter().step_by(all.len().div_ceil(40).max(1)).copied().collect()
}

/// Alters a trace at each of some positions; returns the alterations that the model did not reject.
fn unnoticed(
    name: &str,
    lines: &[Line],
    at: &[usize],
    alter: impl Fn(&mut Vec<Line>, usize),
) -> usize {
    let rejected = |place: &&usize| {
        let mut altered = lines.to_vec();
        alter(&mut altered, **place);
        judge("python3", name, &renumbered(altered)).is_err()
    };
    at.len() - at.iter().filter(rejected).count()
}

fn remove(lines: &mut Vec<Line>, place: usize) {
    lines.remove(place);
}

#[test]
fn altered_traces_are_rejected() {
    let mut tried = BTreeMap::new();
    for path in files().iter().filter(|path| lines(path).len() < 4_000) {
        let (name, lines) = (name(path), lines(path));
        let mut check = |what: &'static str, at: Vec<usize>, alter: fn(&mut Vec<Line>, usize)| {
            *tried.entry(what).or_insert(0) += at.len();
            assert_eq!(unnoticed(&name, &lines, &at, alter), 0, "{what}, {name}");
        };
        let of = |kind: Kind| places(&lines, move |line| line.event == kind);
        for kind in [Kind::Take, Kind::Drop, Kind::Request, Kind::WantLocked, Kind::WaitEnd] {
            check("an event removed", of(kind), remove);
        }
        for kind in [Kind::SwitchWaitBegin, Kind::SwitchWaitEnd, Kind::SwitchSkip] {
            check("an event removed", of(kind), remove);
        }
        check("a request without a timeout", of(Kind::Request), |lines, place| {
            lines[place - 1].timed_out = Some(0);
        });
        check("an acquire with another switch number", of(Kind::Take), |lines, place| {
            lines[place].switch_after = lines[place].switch_after.map(|number| number + 1);
        });
        let quiet =
            |line: &Line| line.event == Kind::WaitAgain && line.switch_before == line.switch_after;
        let moved = places(&lines, quiet);
        let moved: Vec<_> = moved
            .into_iter()
            .filter(|place| {
                let end = &lines[place - 1];
                end.event == Kind::WaitEnd && end.switch_before != end.switch_after
            })
            .collect();
        check("a request after a switch", moved, |lines, place| {
            let request =
                Line { event: Kind::Request, requested: Some(0), ..lines[place - 1].clone() };
            lines.insert(place, Line { timed_out: None, ..request });
        });
        check("a wait for the switch as a skip", of(Kind::SwitchWaitBegin), |lines, place| {
            lines[place].event = Kind::SwitchSkip;
            let thread = lines[place].thread;
            let end = (place..lines.len()).find(|end| {
                lines[*end].thread == thread && lines[*end].event == Kind::SwitchWaitEnd
            });
            end.map(|end| lines.remove(end));
        });
        check("a skip as a wait for the switch", of(Kind::SwitchSkip), |lines, place| {
            lines[place].event = Kind::SwitchWaitBegin;
        });
        let asked = places(&lines, |line| {
            line.event == Kind::Drop
                && line.requested == Some(1)
                && line.reason != Some(Reason::Final)
        });
        check("the preempted thread acquires next", asked, |lines, place| {
            let thread = lines[place].thread;
            let next = (place..lines.len()).find(|next| lines[*next].event == Kind::Take);
            if let Some(next) = next {
                lines[next].thread = thread;
            }
        });
        let after_drop = places(&lines, |line| line.event == Kind::Take);
        let after_drop = after_drop.into_iter().filter(|p| lines[p - 1].event == Kind::Drop);
        check("an acquire and the drop before it swapped", after_drop.collect(), |lines, place| {
            lines.swap(place, place - 1);
        });
    }
    println!("{tried:#?}");
    assert!(tried.len() == 8 && tried.values().all(|places| *places > 10), "{tried:?}");
}

#[test]
fn switch_interval_is_enforced() {
    let path = files().into_iter().find(|path| name(path) == "cpu2_fast").expect("it is here");
    let rejection = replay(variant("python3").expect("it is known"), &lines(&path), 5_000);
    let why = rejection.expect_err("it was recorded with 100 us").to_string();
    assert!(why.contains("before the switch interval was over"), "{why}");
}

struct OnThreads;

impl Visit for OnThreads {
    type Output = ();
    fn visit<P: Protocol + Send + Sync + 'static>(self, name: &'static str, protocol: P) {
        let dog = Watchdog::new();
        let lock = dog.lock(RawGil::with_observer(protocol.clone(), SectionRecorder::default()));
        lock.set_switch_interval(std::time::Duration::from_micros(50));
        // A thread that runs alone has many sections under a protocol that counts ticks, and none
        // of them decides anything.
        let is_enough = |recorder: &mut SectionRecorder| {
            let sections = &recorder.0;
            sections.len() > 300 && sections.iter().any(|section| !section.events.is_empty())
        };
        std::thread::scope(|threads| {
            for number in 0..4 {
                let (lock, thread) = (&lock, dog.thread(format!("thread {number} of {name}")));
                threads.spawn(move || {
                    let member = lock.register();
                    let attach = || thread.waits("attach", || lock.attach(&member));
                    attach().expect("it is outside");
                    // All four run until enough has happened.
                    for round in 0.. {
                        let safepoint = thread.waits("safepoint", || lock.safepoint(&member));
                        safepoint.expect("it holds the lock");
                        if round % (500 + number) == 0 {
                            let detach = thread.waits("detach", || lock.detach(&member));
                            detach.expect("it holds the lock");
                            if lock.inspect_observer(is_enough) {
                                break;
                            }
                            attach().expect("it is outside");
                        }
                    }
                });
            }
        });
        let sections = lock.inspect_observer(|recorder| std::mem::take(&mut recorder.0));
        let accepted = replay_recorded(protocol.clone(), &sections);
        assert_eq!(accepted, Ok(sections.len()), "{name}");
        assert!(sections.len() > 300, "{name}: only {} sections", sections.len());
        // An altered recording is rejected.
        let decided = sections.iter().rposition(|section| !section.events.is_empty());
        let mut altered = sections;
        altered.remove(decided.expect("something was decided"));
        if let Some(last) = altered.last_mut() {
            last.events.clear();
            last.outcome = gil_core::engine::Outcome::Retry;
        }
        assert!(replay_recorded(protocol, &altered).is_err(), "{name}");
    }
}

#[test]
fn recorded_runs_of_gil_core_are_accepted() {
    for protocol in PROTOCOLS.iter().filter(|protocol| **protocol != "no-lock") {
        protocols::with(protocol, OnThreads).expect("the protocol is known");
    }
}

#[test]
fn malformed_trace_is_reported_with_its_line() {
    let said = |text: &str| conform::read(text.as_bytes()).unwrap_err().to_string();
    let header = "seq,t_ns,thread,event,timed_out,locked,holder,switch_before,switch_after,\
                  holder_changed,requested,reason,waits\n";
    let begin = "0,0,0,begin,,1,0,1,1,,0,,\n";
    assert!(said("").contains("no events"));
    assert!(said(&format!("{header}0,0,0,fly,,,,,,,,,\n")).contains("line: 2"));
    assert!(
        said(&format!("{header}0,0,0,take,,1,0,1,1,0,,,0\n")).contains("begins with a `begin`")
    );
    assert!(said(&format!("{header}{begin}2,0,0,drop,,0,0,1,1,,0,blocking,\n")).contains("line 3"));
}
