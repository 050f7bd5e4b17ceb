//! Pictures are well-formed, and they show exactly the events that happened.

#![cfg(not(loom))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::ops::Range;
use std::time::Duration;

use gil_core::protocol::{Handoff, Protocol};
use gil_core::raw::RawGil;
use gil_models::picture::{Kind, Lanes, Step};
use gil_models::sim::{self, Setup};
use gil_models::trace::Recorder;
use gil_models::{Python2, Python3};
use serde_json::Value;

use watchdog::Watchdog;

fn lanes<P: Protocol>(protocol: P, workload: &str, us: Range<u64>) -> Lanes {
    let until = Duration::from_micros(us.end);
    let setup = Setup {
        workload: workload.parse().expect("a workload"),
        duration: until,
        record_until: until,
        ..Setup::default()
    };
    let run = sim::run(P::NAME, protocol, &setup);
    Lanes::new(&run.record, setup.workload.threads(), us.start * 1_000..us.end * 1_000)
        .named("a <title> & more")
}

fn battle() -> Lanes {
    lanes(Python2::new(), "cpu:2", 1_000..1_200)
}

fn convoy() -> Lanes {
    lanes(Python3::new(), "cpu:1+echo:1", 20_000..60_000)
}

#[test]
fn spans_are_contiguous_and_one_thread_runs_at_a_time() {
    for (lanes, window) in [(battle(), 1_000_000..1_200_000), (convoy(), 20_000_000..60_000_000)] {
        let mut running = Vec::new();
        for spans in lanes.spans() {
            assert_eq!(spans.first().map(|span| span.ns.start), Some(window.start));
            assert_eq!(spans.last().map(|span| span.ns.end), Some(window.end));
            assert!(spans.windows(2).all(|two| two[0].ns.end == two[1].ns.start), "no gaps");
            assert!(spans.iter().all(|span| !span.ns.is_empty()));
            let runs = spans.iter().filter(|span| span.kind == Kind::Runs);
            running.extend(runs.map(|span| span.ns.clone()));
        }
        running.sort_unstable_by_key(|ns| ns.start);
        assert!(running.len() > 5);
        assert!(running.windows(2).all(|two| two[0].end <= two[1].start), "SAFE-1, in the picture");
    }
}

#[test]
fn handshake_steps_are_marked_in_order() {
    let lanes = lanes(Handoff::new(), "cpu:2", 20_000..60_000);
    let mut all: Vec<_> = lanes.marks().iter().flatten().collect();
    all.sort_by_key(|mark| (mark.at_ns, mark.step));
    let steps: Vec<_> = all.iter().map(|mark| mark.step).collect();
    assert!(steps.len() >= 20);
    for four in steps.chunks_exact(4) {
        assert_eq!(four, Step::ALL, "requested, answered, granted, confirmed");
    }
}

#[test]
fn figures_distinguish_the_battle_from_the_convoy() {
    let (battle, convoy) = (battle(), convoy());
    assert!(battle.wasted_wake_ups() > 20 && battle.idle_share() > 0.3, "{}", battle.summary());
    assert!(convoy.wasted_wake_ups() == 0 && convoy.idle_share() < 0.05, "{}", convoy.summary());
    assert!((5_000_000..6_000_000).contains(&convoy.longest_wait_ns()), "{}", convoy.summary());
    let handed = lanes(Handoff::new(), "cpu:2", 20_000..60_000);
    assert_eq!(handed.wasted_wake_ups(), 0, "{}", handed.summary());
}

#[test]
fn terminal_has_one_line_per_thread() {
    let text = battle().terminal(60);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    for lane in &lines[1..3] {
        assert_eq!(lane.chars().count(), "T0 │".chars().count() + 60 + 1, "{text}");
        assert!(lane.contains('!') && lane.contains('█'), "{text}");
    }
    assert!(lines[3].contains("! wasted wake-up"), "{text}");
    assert!(battle().terminal(0).contains("T1"), "no width is one column");
}

#[test]
fn svg_is_well_formed_and_has_a_legend() {
    for lanes in [battle(), convoy()] {
        let svg = lanes.svg();
        assert!(svg.contains("a &lt;title&gt; &amp; more"), "texts are escaped");
        assert_eq!(svg.matches('<').count(), svg.matches('>').count());
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
        assert!(svg.contains("prefers-color-scheme:dark"));
        for kind in [Kind::Runs, Kind::Waits] {
            assert!(svg.contains(kind.label()));
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
    let legend = format!(">{}</text>", Kind::Wasted.label());
    assert!(battle().svg().contains(&legend));
    assert!(!convoy().svg().contains(&legend), "only what occurs");
}

/// The requirements of Perfetto's importer of the trace-event format: an array of events with a
/// phase, a process and a thread; complete events with a start and a length, in order in each
/// thread.
fn check_trace(text: &str, lanes: &Lanes) {
    let document: Value = serde_json::from_str(text).expect("JSON");
    let events = document["traceEvents"].as_array().expect("an array of events");
    let mut ends = std::collections::BTreeMap::new();
    let (mut spans, mut marks, mut names) = (0, 0, 0);
    for event in events {
        assert!(event["pid"].is_u64() && event["tid"].is_u64(), "{event}");
        let name = event["name"].as_str().expect("a name");
        let thread = event["tid"].as_u64().expect("a number");
        let number = |key: &str| event[key].as_f64().unwrap_or_else(|| panic!("{key}: {event}"));
        match event["ph"].as_str() {
            Some("M") => {
                names += 1;
                assert!(matches!(name, "process_name" | "thread_name"));
                assert!(event["args"]["name"].is_string(), "{event}");
            }
            Some("X") => {
                spans += 1;
                assert!(number("dur") > 0.0, "{event}");
                let last = ends.insert(thread, number("ts") + number("dur"));
                assert!(last.is_none_or(|last| last <= number("ts") + 1e-6), "{event}");
            }
            Some("i") => {
                marks += 1;
                assert!(number("ts") >= 0.0 && event["s"] == "t", "{event}");
                assert!(Step::ALL.iter().any(|step| step.label() == name), "{event}");
            }
            other => panic!("phase {other:?}: {event}"),
        }
    }
    let outside = |kind: Kind| kind != Kind::Outside;
    let shown = lanes.spans().iter().flatten().filter(|span| outside(span.kind)).count();
    assert_eq!((spans, marks), (shown, lanes.marks().iter().map(Vec::len).sum::<usize>()));
    assert_eq!(names, 1 + lanes.spans().len());
}

#[test]
fn trace_has_the_format_of_perfetto() {
    for lanes in [battle(), convoy()] {
        check_trace(&lanes.chrome_trace(), &lanes);
    }
    let broken = battle().chrome_trace().replacen("\"dur\":", "\"length\":", 1);
    let rejected = std::panic::catch_unwind(|| check_trace(&broken, &battle()));
    assert!(rejected.is_err(), "the check notices a span without a length");
}

#[test]
fn recorded_real_run_is_drawn_the_same_way() {
    let dog = Watchdog::new();
    let lock = dog.lock(RawGil::with_observer(Handoff::new(), Recorder::new(100_000)));
    lock.set_switch_interval(Duration::from_micros(200));
    let turns = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|threads| {
        for number in 0..2 {
            let (lock, turns, thread) = (&lock, &turns, dog.thread(format!("thread {number}")));
            threads.spawn(move || {
                let member = lock.register();
                thread.waits("attach", || lock.attach(&member)).expect("it is outside");
                // Both run until the lock has changed hands often enough.
                while turns.load(std::sync::atomic::Ordering::Relaxed) < 20 {
                    let switched = thread.waits("safepoint", || lock.safepoint(&member));
                    if switched.expect("it holds the lock") {
                        turns.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    }
                }
                thread.waits("detach", || lock.detach(&member)).expect("it holds the lock");
            });
        }
    });
    let (record, dropped) = lock.inspect_observer(|recorder| (recorder.take(), recorder.dropped()));
    assert_eq!(dropped, 0);
    let end = record.last().expect("something happened").at_ns;
    let lanes = Lanes::new(&record, 2, 0..end + 1).named("two real threads");
    check_trace(&lanes.chrome_trace(), &lanes);
    let steps: Vec<_> = lanes.marks().iter().flatten().map(|mark| mark.step).collect();
    for step in Step::ALL {
        assert!(steps.contains(&step), "{step:?} in {steps:?}");
    }
    assert!(lanes.svg().contains("granted, not running yet"));
}
