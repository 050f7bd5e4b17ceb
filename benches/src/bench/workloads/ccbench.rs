//! `ccbench`: throughput, latency and bandwidth as CPython's `Tools/ccbench` (in its tree until
//! 3.12) defines them.
//!
//! The same: throughput is the turns of all threads divided by the time of the slowest, relative to
//! one thread. Latency is the time from the sending of a ping in another process until the main
//! thread of the runtime sees it. Bandwidth is the number of packets of 1,024 bytes that the main
//! thread sends back, one after the other without a pause.
//! the other without a pause.
//!
//! Different: the threads count, while ccbench computes digits of pi, matches regular expressions
//! and compresses. The client is this program, not Python, so that it costs every runtime the same,
//! and it takes the rate of the packets itself. The threads start with the server, not with the
//! first ping. Pings arrive more often than every 0.1 s and a run is shorter than 2 s, because
//! there are many rounds. The latency is given as the median and as the mean.

use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::client::{Client, served};
use super::counted;
use super::pass::Pass;
use super::workload::Workload;
use crate::bench::runtimes::program;
use crate::bench::samples::median;
use crate::bench::targets::Judge;
use crate::bench::targets::Limit;

/// The workload.
pub const WORKLOAD: Workload = Workload {
    name: "ccbench",
    about: "throughput, latency and bandwidth, as CPython's ccbench defines them",
    program: program!("ccbench", python: "py"),
    native: None,
    pass,
    targets,
};

/// Of a packet.
const PACKET_BYTES: usize = 1_024;

fn pass(pass: &mut Pass<'_>) -> Result<(), String> {
    throughput(pass)?;
    let hogs: &[u32] = pass.scale.pick(&[0, 1, 2, 4], &[0, 1, 2], &[0, 1]);
    latency(pass, hogs)?;
    bandwidth(pass, hogs)
}

fn throughput(pass: &mut Pass<'_>) -> Result<(), String> {
    let milliseconds = pass.scale.pick(400, 100, 5);
    let mut alone = None;
    for threads in 1..=pass.scale.pick(4, 2, 2) {
        let case = format!("ccbench throughput, {}", counted(threads, "thread"));
        let settings = [("test", 0), ("threads", threads), ("milliseconds", milliseconds)];
        let speed = pass.sample(&case, &settings)?.one("turns_per_s")?;
        pass.figure(&case, "turns_per_s", speed);
        pass.figure(&case, "of_one_thread", speed / *alone.get_or_insert(speed));
    }
    Ok(())
}

fn latency(pass: &mut Pass<'_>, hogs: &[u32]) -> Result<(), String> {
    let pings = pass.scale.pick(40, 10, 2);
    let pause = Duration::from_millis(pass.scale.pick(20, 10, 1));
    let talk = |client: &Client| {
        for _ in 0..pings {
            std::thread::sleep(pause); // the workload's own pause
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
            client.tell(now.as_micros().to_string().as_bytes())?;
        }
        Ok(())
    };
    for &hogs in hogs {
        let case = format!("ccbench latency, {}", counted(hogs, "hog"));
        let ((), sample) = served(pass, &[("test", 1), ("hogs", hogs)], talk)?;
        let latencies = sample.all("latency_us");
        if latencies.is_empty() {
            return Err(format!("{case}: no ping has reached {}", pass.runtime.name));
        }
        pass.figure(&case, "median_us", median(&latencies));
        pass.figure(&case, "mean_us", latencies.iter().sum::<f64>() / latencies.len() as f64);
        pass.used(&case, &sample);
    }
    Ok(())
}

fn bandwidth(pass: &mut Pass<'_>, hogs: &[u32]) -> Result<(), String> {
    let time = Duration::from_millis(pass.scale.pick(500, 100, 5));
    let talk = |client: &Client| {
        let (begin, mut packets) = (Instant::now(), 0_u32);
        while packets == 0 || begin.elapsed() < time {
            client.ask(format!("{packets:>PACKET_BYTES$}").as_bytes())?;
            packets += 1;
        }
        Ok(f64::from(packets) / begin.elapsed().as_secs_f64())
    };
    let mut alone = None;
    for &hogs in hogs {
        let case = format!("ccbench bandwidth, {}", counted(hogs, "hog"));
        let (speed, sample) = served(pass, &[("test", 2), ("hogs", hogs)], talk)?;
        pass.figure(&case, "packets_per_s", speed);
        pass.figure(&case, "packets_kept", speed / *alone.get_or_insert(speed));
        pass.used(&case, &sample);
    }
    Ok(())
}

fn targets(judge: &mut Judge<'_>) {
    for (hogs, least) in [(1, 0.8), (2, 0.6)] {
        let case = format!("ccbench bandwidth, {}", counted(hogs, "hog"));
        let kept = judge.own(&case, "packets_kept");
        judge.target(format!("{case}: packets kept"), Limit::AtLeast(least), kept);
        let again = judge.control(&case, "packets_kept");
        judge.target(format!("{case}: packets kept by the control"), Limit::AtLeast(least), again);
    }
}
