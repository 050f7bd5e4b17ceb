//! The simulator reproduces published and measured results of real GILs, within the tolerances
//! given here. The measurements are in `docs/src/simulator.md`.

#![cfg(not(loom))]

use std::time::Duration;

use gil_core::protocol::{Handoff, Protocol};
use gil_models::sim::{self, Control, Report, Setup, Workload};
use gil_models::{OCaml, Priority, PyPy, Python2, Python3, Ruby};

fn setup(workload: &str, cores: usize, seconds: u64) -> Setup {
    let workload: Workload = workload.parse().expect("a workload");
    Setup { workload, cores, duration: Duration::from_secs(seconds), ..Setup::default() }
}

fn run<P: Protocol>(protocol: P, setup: &Setup) -> Report {
    sim::run(P::NAME, protocol, setup).report
}

/// The time of a count-down that is split over `threads` threads.
fn count_down<P: Protocol>(protocol: P, threads: usize, cores: usize) -> Report {
    let work = 4_000 / threads;
    run(protocol, &setup(&format!("cpu:{threads}@work={work}ms"), cores, 60))
}

#[track_caller]
fn within(what: &str, found: f64, range: std::ops::RangeInclusive<f64>) {
    println!("{what}: {found:.3}, expected {range:?}");
    assert!(range.contains(&found), "{what}: {found:.3} is not in {range:?}");
}

#[test]
fn python2_is_slower_on_two_cores_than_on_one() {
    // Beazley, 2010: 7.8 s in sequence, 15.4 s in two threads, 11.3 s with one core off.
    let sequential = count_down(Python2::new(), 1, 2).seconds;
    let two_cores = count_down(Python2::new(), 2, 2);
    let one_core = count_down(Python2::new(), 2, 1);
    within("two threads on two cores / sequential", two_cores.seconds / sequential, 1.6..=2.4);
    within("two threads on one core / sequential", one_core.seconds / sequential, 1.01..=1.6);
    // Most wake-ups find the lock held: the battle.
    let in_vain = two_cores.wasted_wake_ups as f64 / two_cores.wake_ups as f64;
    within("share of wasted wake-ups", in_vain, 0.7..=1.0);
    assert!(two_cores.wake_ups > 100 * one_core.wake_ups, "{} wake-ups", two_cores.wake_ups);
}

#[test]
fn python3_and_handoff_slow_down_little_on_two_cores() {
    for (name, sequential, two, eight) in [
        ("python3", 1, count_down(Python3::new(), 2, 2), count_down(Python3::new(), 8, 2)),
        ("handoff", 1, count_down(Handoff::new(), 2, 2), count_down(Handoff::new(), 8, 2)),
    ] {
        let sequential = 4.0 * f64::from(sequential);
        within(&format!("{name}, 2 threads"), two.seconds / sequential, 1.0..=1.01);
        within(&format!("{name}, 8 threads"), eight.seconds / sequential, 1.0..=1.01);
        assert!(two.switches < 1_000, "{name}: {} switches", two.switches);
    }
}

/// The median answer of an echo server alongside CPU-bound threads, in milliseconds.
fn echo<P: Protocol>(protocol: P, hogs: usize, interval: Option<Duration>) -> f64 {
    let setup = setup(&format!("cpu:{hogs}+echo:1"), 2, 60);
    let report = run(protocol, &Setup { switch_interval: interval, ..setup });
    assert!(report.groups[1].operations > 50, "{report:?}");
    report.groups[1].latency_us.p50 / 1_000.0
}

#[test]
fn python3_answer_takes_an_interval_per_cpu_thread() {
    // CPython 3.11 / 3.13 here: 5.1 / 5.3, 11.2 / 10.9 and 16.5 / 20.6 ms, minus the pause of 1 ms,
    // which overlaps with the waiting.
    within("1 CPU-bound thread, ms", echo(Python3::new(), 1, None), 3.5..=5.5);
    within("2 CPU-bound threads, ms", echo(Python3::new(), 2, None), 8.0..=12.0);
    within("4 CPU-bound threads, ms", echo(Python3::new(), 4, None), 13.0..=22.0);
}

#[test]
fn answer_time_follows_the_switch_interval() {
    // Measured with 3.11 / 3.13: 0.246 / 0.260, 1.161 / 1.168, 4.239 / 4.270, 49.36 / 50.32 ms.
    for (us, low, high) in
        [(100, 0.20, 0.33), (1_000, 0.95, 1.4), (5_000, 3.4, 5.1), (50_000, 42.0, 59.0)]
    {
        let interval = Some(Duration::from_micros(us));
        within(&format!("{us} us"), echo(Python3::new(), 1, interval), low..=high);
    }
}

#[test]
fn ruby_waits_100_ms_per_cpu_thread_and_ocaml_50() {
    // Ruby 3.1 here: 100, 102 and 700 ms; first come, first served says 100, 200 and 400.
    for hogs in [1, 2, 4] {
        let expected = 100.0 * hogs as f64;
        within("ruby, ms", echo(Ruby::new(), hogs, None), expected * 0.95 - 2.0..=expected * 1.05);
    }
    // OCaml 4.13 here: 49, 99 and 200 ms. In the model the timekeeper loses a place at the tick, so
    // alongside several CPU-bound threads it is one tick less.
    for hogs in [1, 2, 4] {
        let (fewest, most) = (50 * (hogs - 1).max(1), 50 * hogs);
        let range = fewest as f64 - 3.0..=most as f64 * 1.05;
        within("ocaml, ms", echo(OCaml::new(), hogs, None), range);
    }
}

#[test]
fn pypy_answers_within_ms_and_later_with_more_cpu_threads() {
    // PyPy here: 0.31, 0.73 and 4.1 ms. The last is not reached: on a real machine the stealer also
    // waits for a core that four CPU-bound threads and the system share.
    let [one, two, four] = [1, 2, 4].map(|hogs| echo(PyPy::new(), hogs, None));
    within("1 CPU-bound thread, ms", one, 0.2..=0.4);
    assert!(one < two && two < four, "{one} {two} {four}");
}

#[test]
fn pypy_polls_at_most_10_000_times_a_second() {
    let report = run(PyPy::new(), &setup("cpu:8", 2, 10));
    let each_second = (report.timeouts + report.wake_ups) as f64 / report.seconds;
    within("wake-ups a second", each_second, 1_000.0..=10_000.0);
    // Without a CPU-bound thread that yields, all are polls.
    let polls =
        run(PyPy::new(), &Setup { check_interval_ticks: Some(u32::MAX), ..setup("cpu:2", 2, 10) });
    within("polls a second", polls.timeouts as f64 / polls.seconds, 3_000.0..=10_000.0);
}

#[test]
fn ocaml_new_yield_takes_turns_and_old_yield_does_not() {
    // testyield.ml asserts run lengths of at most 3; the old yield ran ten thousand iterations and
    // more.
    for cores in [1, 2] {
        let report = run(OCaml::new(), &setup("yields:4", cores, 2));
        assert!(report.longest_run <= 3, "{} on {cores} cores", report.longest_run);
        assert!(report.switches > 100_000, "it does take turns");
    }
    let old = run(OCaml::old_yield(), &setup("yields:4", 1, 2));
    within("longest run of the old yield on one core", old.longest_run as f64, 1_000.0..=1e6);
}

#[test]
fn two_classes_has_its_pathological_case() {
    // Threads that compute for two milliseconds and then make a call look like threads that do I/O.
    let workload = "mixed:2@service=2ms,think=1ms+cpu:2";
    let report = run(Priority::new(), &setup(workload, 2, 10));
    within("share of the two that make calls", report.groups[0].cpu_share, 0.9..=1.0);
    within("share of the two that only compute", report.groups[1].cpu_share, 0.0..=0.01);
    let fair = run(Handoff::new(), &setup(workload, 2, 10));
    within("under the default protocol", fair.groups[1].cpu_share, 0.3..=1.0);
}

#[test]
fn cpu_threads_alongside_a_server_share_equally() {
    // It makes two calls for each message, so one thread could always be interrupted at once and
    // the other never. The threads take turns, but not for the same time.
    for hogs in 1..=4 {
        let report = run(Handoff::new(), &setup(&format!("cpu:{hogs}+echo:1"), 2, 5));
        within("fairness", report.groups[0].fairness, 0.99..=1.0);
        within("share of those that compute", report.groups[0].cpu_share, 0.85..=1.0);
        within("latency", report.groups[1].latency_us.p50, 30.0..=60.0);
    }
}

#[test]
fn zero_ticks_cause_a_storm_of_switches() {
    // Python 2 with a signal pending for a main thread that sleeps.
    let storm = Setup { check_interval_ticks: Some(0), ..setup("cpu:2", 2, 1) };
    let (storm, calm) = (run(Python2::new(), &storm), run(Python2::new(), &setup("cpu:2", 2, 1)));
    let [storm, calm] = [storm, calm].map(|report| report.groups[0].cpu_share);
    within("work done at 100 ticks", calm, 0.4..=0.6);
    within("work done in the storm", storm, 0.1..=0.35);
}

#[test]
fn controls_have_no_waiting() {
    let none = sim::without_lock(Control::NoLock, &setup("cpu:2@work=2s", 2, 60)).report;
    let object = sim::without_lock(Control::PerObject, &setup("cpu:2@work=2s", 2, 60)).report;
    within("no lock", none.seconds, 2.0..=2.01);
    within("a lock for every object", object.seconds, 3.39..=3.41);
    assert_eq!((none.sections, none.wake_ups), (0, 0));
    let echo = sim::without_lock(Control::NoLock, &setup("cpu:1+echo:1", 2, 10)).report;
    within("echo without a lock, us", echo.groups[1].latency_us.p50, 20.0..=60.0);
}

fn json(seed: u64) -> String {
    let setup = Setup { seed, ..setup("cpu:2+echo:1+io:20@think=5ms+calls:1", 2, 5) };
    serde_json::to_string_pretty(&run(Python3::new(), &setup)).expect("plain data")
}

#[test]
fn same_seed_gives_the_same_bytes() {
    assert_eq!(json(7), json(7));
    assert_ne!(json(7), json(8));
}

#[test]
fn recording_changes_no_figure() {
    let plain = setup("cpu:2+echo:1", 2, 2);
    let recorded = Setup { record_until: Duration::from_secs(1), ..plain.clone() };
    let run = sim::run("python3", Python3::new(), &recorded);
    assert_eq!(run.report, sim::run("python3", Python3::new(), &plain).report);
    assert!(run.record.len() > 1_000 && run.record.is_sorted_by_key(|happened| happened.at_ns));
    assert!(run.record.last().is_some_and(|last| last.at_ns < 1_000_000_000));
}

#[test]
fn ten_thousand_threads_are_simulated() {
    let report = run(Handoff::new(), &setup("cpu:2+io:10000@think=1s", 2, 3));
    assert!(report.groups[1].operations > 20_000, "{} operations", report.groups[1].operations);
    within("fairness of the CPU-bound threads", report.groups[0].fairness, 0.99..=1.0);
}

#[test]
fn interval_can_change_during_a_run() {
    let change = vec![(Duration::from_secs(5), Duration::from_millis(1))];
    let changed = Setup { interval_changes: change, ..setup("cpu:2", 2, 10) };
    let (changed, same) =
        (run(Python3::new(), &changed), run(Python3::new(), &setup("cpu:2", 2, 10)));
    within("switches, changed / same", changed.switches as f64 / same.switches as f64, 2.0..=4.0);
}
