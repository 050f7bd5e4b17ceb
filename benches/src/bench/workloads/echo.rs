//! `echo`: a server in one thread of the runtime, CPU-bound threads alongside it, and a client in
//! another process that pauses a millisecond before each message.
//!
//! Without the pause the answer and the next message fit into the start time of a woken thread, and
//! the server keeps the lock: the result would be luck.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::client::{Client, served};
use super::native;
use super::pass::Pass;
use super::workload::Workload;
use super::{INTERVAL_US, counted};
use crate::bench::runtimes::program;
use crate::bench::samples::ratios;
use crate::bench::targets::Judge;
use crate::bench::targets::Limit;

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "echo",
    about: "a server alongside computing threads, and a client in another process",
    program: program!("echo-server", python: "py", ruby: "rb", ocaml: "ml"),
    native: Some(native::echo),
    pass,
    targets,
};

/// The pause before each message.
const PAUSE: Duration = Duration::from_millis(1);

/// Longer latencies are counted as this.
const LATENCY_MAX_US: u64 = 60_000_000;

fn case(hogs: u32) -> String {
    format!("echo, {}", counted(hogs, "hog"))
}

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    let hogs: &[u32] = pass.scale.pick(&[0, 1, 2, 4], &[1], &[1, 2]);
    let messages = pass.scale.pick(200, 60, 5);
    let time = Duration::from_millis(pass.scale.pick(1_000, 160, 50));
    // The throughput of one CPU-bound thread without messages.
    let (_, alone) = served(pass, &[("hogs", 1)], |_| {
        std::thread::sleep(time / 2); // the workload's own pause
        Ok(())
    })?;
    let solo = alone.sum("hog").max(1.0);
    for &hogs in hogs {
        let talk = |client: &Client| talk(client, messages, time);
        let (latencies, sample) = served(pass, &[("hogs", hogs)], talk)?;
        let case = case(hogs);
        pass.figure(&case, "p50_us", latencies.value_at_quantile(0.5) as f64);
        pass.figure(&case, "p99_us", latencies.value_at_quantile(0.99) as f64);
        pass.figure(&case, "mean_us", latencies.mean());
        if hogs > 0 {
            let progress = sample.all("hog");
            pass.figure(&case, "hogs_per_ms", progress.iter().sum());
            pass.figure(&case, "hogs_kept", progress.iter().sum::<f64>() / solo);
            if hogs > 1 {
                let most = progress.iter().copied().fold(0.0, f64::max);
                let least = progress.iter().copied().fold(f64::INFINITY, f64::min);
                pass.figure(&case, "most_by_least", most / least.max(1.0));
            }
        }
        pass.used(&case, &sample);
    }
    Ok(())
}

fn talk(client: &Client, messages: u64, time: Duration) -> std::io::Result<Histogram<u64>> {
    let latencies = Histogram::new_with_bounds(1, LATENCY_MAX_US, 3);
    let mut latencies = latencies.map_err(std::io::Error::other)?;
    let begin = Instant::now();
    while latencies.is_empty() || latencies.len() < messages && begin.elapsed() < time {
        std::thread::sleep(PAUSE); // the workload's own pause
        let took = client.ask(format!("message {}", latencies.len()).as_bytes())?;
        latencies.saturating_record(took.as_micros() as u64);
    }
    Ok(latencies)
}

fn targets(judge: &mut Judge<'_>) {
    for (hogs, most) in [(1, 2.0), (4, 4.0)] {
        let case = case(hogs);
        let own = judge.own(&case, "p50_us");
        let native = judge.native(&case, "p50_us");
        judge.target(format!("{case}: p50 / native"), Limit::AtMost(most), ratios(&own, &native));
        judge.compare_with_control(&case, "p50_us", Limit::AtMost(most));
        if let Some((name, theirs)) = judge.cpython(&case, "p50_us") {
            let what = format!("{case}: p50 / {name}'s");
            judge.target(what, Limit::AtMost(0.02), ratios(&own, &theirs));
        }
        let (own, native) = (judge.own(&case, "p99_us"), judge.native(&case, "p99_us"));
        let beyond = own.iter().zip(native).map(|(own, native)| (own - native) / INTERVAL_US);
        let what = format!("{case}: p99 beyond native's, in switch intervals");
        judge.target(what, Limit::AtMost(1.0), beyond.collect());
    }
    let (one, four) = (judge.own(&case(1), "p50_us"), judge.own(&case(4), "p50_us"));
    judge.target("echo: p50 with 4 hogs / with 1", Limit::AtMost(2.0), ratios(&four, &one));
    for hogs in [1, 2, 4] {
        let case = case(hogs);
        let kept = judge.own(&case, "hogs_kept");
        judge.target(format!("{case}: the hogs' share of one alone"), Limit::AtLeast(0.3), kept);
        let fair = judge.own(&case, "most_by_least");
        let what = format!("{case}: the luckiest hog / the unluckiest");
        judge.target(what, Limit::AtMost(1.5), fair);
    }
}
