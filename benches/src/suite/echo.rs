//! `echo`: a server in one thread of the runtime, threads that compute beside it, and a client in
//! another process that pauses a millisecond before each message.
//!
//! Without the pause the answer and the next message fit into the time in which a woken thread starts,
//! and the server keeps the lock: that measures luck.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::report::{Row, Target, ratios, samples};
use super::runtime::{CONTROL, CONTROL_AGAIN, Files, Program, Runtime, named, printed};
use super::verdict::Limit;

/// The server.
pub const PROGRAM: Program = Program {
    name: "echo",
    source: include_str!("../../programs/echo-server.gil"),
    python: include_str!("../../programs/echo-server.py"),
};

/// So many threads compute beside the server.
pub const HOGS: &[u32] = &[0, 1, 2, 4];

/// The pause before each message.
const PAUSE: Duration = Duration::from_millis(1);

/// Longer latencies are counted as this.
const LATENCY_MAX_US: u64 = 60_000_000;

/// A message that gets no answer for so long is a failure of the server, and ends the sample.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much of the workload.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// How many messages a sample has at most.
    pub messages: u32,
    /// No message is sent after so long.
    pub time: Duration,
}

/// One sample: latencies in microseconds, and how far each hog came in a millisecond.
#[derive(Debug)]
pub struct Sample {
    /// Of all messages.
    pub latencies_us: Histogram<u64>,
    /// One for each hog.
    pub hogs: Vec<f64>,
}

/// Takes one sample.
///
/// # Errors
/// When the server cannot be started, fails, or does not answer.
pub fn sample(files: &Files, runtime: &Runtime, hogs: u32, size: Size) -> Result<Sample, String> {
    let wrong = |error: std::io::Error| format!("echo under {}: {error}", runtime.name);
    let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(wrong)?;
    client.set_read_timeout(Some(PATIENCE)).map_err(wrong)?;
    // A port that was free a moment ago.
    let free = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(wrong)?;
    let port = free.local_addr().map_err(wrong)?.port();
    drop(free);
    let mut server = files.start(runtime, &[("port", port.into()), ("hogs", hogs)])?;
    let talked = talk(&client, port, size).map_err(wrong);
    if talked.is_err() {
        let _ = server.kill().and_then(|()| server.wait()); // it does not answer
    }
    let latencies_us = talked?;
    Ok(Sample { latencies_us, hogs: named(&printed(server, runtime)?, "hog") })
}

fn talk(client: &UdpSocket, port: u16, size: Size) -> std::io::Result<Histogram<u64>> {
    client.connect((Ipv4Addr::LOCALHOST, port))?;
    let mut buffer = [0; 32];
    // The server is there when it answers; a refusal says that it is not there yet.
    let begin = Instant::now();
    while client.send(b"ready").and_then(|_| client.recv(&mut buffer)).is_err() {
        if begin.elapsed() > PATIENCE {
            return Err(std::io::Error::other("the server does not answer"));
        }
        std::thread::sleep(PAUSE);
    }
    let mut latencies =
        Histogram::new_with_bounds(1, LATENCY_MAX_US, 3).map_err(std::io::Error::other)?;
    let begin = Instant::now();
    while latencies.len() < size.messages.into() && begin.elapsed() < size.time {
        std::thread::sleep(PAUSE); // the workload's own
        let message = format!("message {}", latencies.len());
        let sent = Instant::now();
        client.send(message.as_bytes())?;
        // An answer to an earlier message is none to this one.
        while client.recv(&mut buffer).map(|length| &buffer[..length])? != message.as_bytes() {}
        latencies.saturating_record(sent.elapsed().as_micros() as u64);
    }
    client.send(b"stop")?;
    Ok(latencies)
}

fn case(hogs: u32) -> String {
    match hogs {
        1 => "echo, 1 hog".to_owned(),
        hogs => format!("echo, {hogs} hogs"),
    }
}

/// All samples, round by round.
///
/// # Errors
/// As [`sample`].
pub fn run(
    runtimes: &[Runtime],
    hogs: &[u32],
    rounds: u32,
    size: Size,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Row>, String> {
    let files = Files::new(PROGRAM)?;
    let mut rows = Vec::new();
    for &hogs in hogs {
        let case = case(hogs);
        let mut of: Vec<Vec<Sample>> = runtimes.iter().map(|_| Vec::new()).collect();
        for round in 0..rounds as usize {
            progress(&format!("{case}: round {} of {rounds}", round + 1));
            // Each round begins elsewhere: to come first costs something.
            for place in 0..runtimes.len() {
                let place = (round + place) % runtimes.len();
                of[place].push(sample(&files, &runtimes[place], hogs, size)?);
            }
        }
        for (runtime, taken) in runtimes.iter().zip(&of) {
            let quantile = |q: f64| move |s: &Sample| s.latencies_us.value_at_quantile(q) as f64;
            let mut row = |what, figure: &dyn Fn(&Sample) -> f64| {
                let samples = taken.iter().map(figure).collect();
                rows.push(Row { case: case.clone(), runtime: runtime.name.clone(), what, samples });
            };
            row("p50_us", &quantile(0.5));
            row("p99_us", &quantile(0.99));
            row("mean_us", &|s| s.latencies_us.mean());
            if hogs > 0 {
                row("hogs_per_ms", &|s| s.hogs.iter().sum());
            }
            if hogs > 1 {
                row("most_by_least", &|s| {
                    let most = s.hogs.iter().copied().fold(0.0, f64::max);
                    let least = s.hogs.iter().copied().fold(f64::INFINITY, f64::min);
                    most / least.max(1.0)
                });
            }
        }
    }
    Ok(rows)
}

/// What the project wants of it, of `runtime` beside the control and a CPython of this name.
#[must_use]
pub fn targets(rows: &[Row], runtime: &str, cpython: Option<&str>) -> Vec<Target> {
    let of = |hogs, runtime: &str, what| samples(rows, &case(hogs), runtime, what);
    let mut targets = Vec::new();
    let mut target = |what: String, limit, samples: Vec<f64>| {
        if !samples.is_empty() {
            targets.push(Target::new(what, limit, samples));
        }
    };
    for (hogs, most) in [(1, 2.0), (4, 4.0)] {
        let control = of(hogs, CONTROL, "p50_us");
        let what = format!("{}: p50 / the control's", case(hogs));
        target(what, Limit::AtMost(most), ratios(&of(hogs, runtime, "p50_us"), &control));
        let again = ratios(&of(hogs, CONTROL_AGAIN, "p50_us"), &control);
        target(format!("{}: A/A, the control / itself", case(hogs)), Limit::AtMost(most), again);
        if let Some(cpython) = cpython {
            let theirs = of(hogs, cpython, "p50_us");
            let what = format!("{}: p50 / {cpython}'s", case(hogs));
            target(what, Limit::AtMost(0.02), ratios(&of(hogs, runtime, "p50_us"), &theirs));
        }
        let beyond: Vec<f64> = of(hogs, runtime, "p99_us")
            .iter()
            .zip(of(hogs, CONTROL, "p99_us"))
            .map(|(mine, control)| (mine - control) / 1_000.0)
            .collect();
        let what = format!("{}: p99 beyond the control's, ms", case(hogs));
        target(what, Limit::AtMost(5.0), beyond);
        let fair = of(hogs, runtime, "most_by_least");
        target(
            format!("{}: the luckiest hog / the unluckiest", case(hogs)),
            Limit::AtMost(1.5),
            fair,
        );
    }
    let growth = ratios(&of(4, runtime, "p50_us"), &of(1, runtime, "p50_us"));
    target("echo: p50 with 4 hogs / with 1".to_owned(), Limit::AtMost(2.0), growth);
    targets
}
