//! A server in one thread alongside CPU-bound threads; the client pauses before each message.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use comfy_table::{Table, presets};
use gil_bench::bench::samples::Range;

use crate::compare::Row;
use crate::output::Output;
use crate::program::{Options, Program};
use crate::protocols;
use crate::python;
use crate::state::run;

const LUA: &str = include_str!("../programs/echo-server.lua");
const PYTHON: &str = include_str!("../../programs/echo-server.py");

/// Without a pause the answer and the next message fit into the start time of a woken thread.
const PAUSE: Duration = Duration::from_millis(1);

/// No answer for this long is a failure of the server. Python 2's protocol delays one for seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Latencies in microseconds, and how far each CPU-bound thread got in a millisecond.
struct Sample {
    latencies: Vec<f64>,
    hogs: Vec<f64>,
}

fn hogs_in(text: &str) -> Vec<f64> {
    let hog = |line: &str| line.strip_prefix("hog")?.trim().parse().ok();
    text.lines().filter_map(hog).collect()
}

fn in_lua(row: &Row, hogs: u32, messages: u32) -> Result<Sample, String> {
    let lock = protocols::lock(row.protocol);
    let lock = lock.ok_or_else(|| format!("there is no protocol `{}`", row.protocol))?;
    let (client, port) = sockets().map_err(|error| error.to_string())?;
    let settings = [("port".to_owned(), port.into()), ("hogs".to_owned(), hogs.into())].into();
    let options = Options { threads: 1, settings, hook_count: row.hook_count };
    let output = Output::memory();
    let printed = output.clone();
    let server =
        std::thread::spawn(move || run(&Program::new("echo-server", LUA), options, lock, output));
    // A server that does not answer keeps running; the caller gives up.
    let latencies =
        talk(&client, port, messages).map_err(|error| format!("{}: {error}", row.name))?;
    match server.join() {
        Ok(Ok(())) => Ok(Sample { latencies, hogs: hogs_in(&printed.text()) }),
        Ok(Err(error)) => Err(format!("echo under {}: {error}", row.name)),
        Err(_) => Err(format!("echo under {}: the server's thread panicked", row.name)),
    }
}

fn in_python(hogs: u32, messages: u32) -> Result<Sample, String> {
    let (client, port) = sockets().map_err(|error| error.to_string())?;
    let mut server = python::start(PYTHON, &[("port", port.into()), ("hogs", hogs.into())])?;
    match talk(&client, port, messages) {
        Ok(latencies) => Ok(Sample { latencies, hogs: hogs_in(&python::output(server)?) }),
        Err(error) => {
            let _ = server.kill().and_then(|()| server.wait()); // it does not answer
            Err(format!("CPython: {error}"))
        }
    }
}

/// The client's socket, and a port that was free a moment ago.
fn sockets() -> std::io::Result<(UdpSocket, u16)> {
    let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    client.set_read_timeout(Some(PATIENCE))?;
    let port = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    client.connect((Ipv4Addr::LOCALHOST, port))?;
    Ok((client, port))
}

fn talk(client: &UdpSocket, port: u16, messages: u32) -> std::io::Result<Vec<f64>> {
    let mut buffer = [0; 32];
    // The server is ready when it answers; a refusal says that it is not ready yet.
    let begin = Instant::now();
    while client.send(b"ready").and_then(|_| client.recv(&mut buffer)).is_err() {
        if begin.elapsed() > PATIENCE {
            return Err(std::io::Error::other(format!("no answer on port {port}")));
        }
        std::thread::sleep(PAUSE); // a refusal returns at once: do not spin on the socket
    }
    let mut latencies = Vec::new();
    for number in 0..messages {
        std::thread::sleep(PAUSE); // the workload's own pause
        let (message, sent) = (format!("message {number}"), Instant::now());
        client.send(message.as_bytes())?;
        while client.recv(&mut buffer).map(|length| &buffer[..length])? != message.as_bytes() {}
        latencies.push(sent.elapsed().as_secs_f64() * 1e6);
    }
    client.send(b"stop")?;
    Ok(latencies)
}

/// The workload in some rows and in CPython, as a table.
///
/// # Errors
/// When a run fails.
pub fn table(rows: &[Row], hogs: u32, messages: u32, rounds: u32) -> Result<String, String> {
    let version = python::version();
    let mut measured: Vec<Vec<Sample>> = Vec::new();
    measured.resize_with(rows.len() + usize::from(version.is_some()), Vec::new);
    for _ in 0..rounds {
        for (place, measured) in measured.iter_mut().enumerate() {
            measured.push(match rows.get(place) {
                Some(row) => in_lua(row, hogs, messages)?,
                None => in_python(hogs, messages)?,
            });
        }
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "middle, us", "slowest of a round, us", "turns of a hog in 1 ms"]);
    for (name, samples) in rows.iter().map(|row| row.name).chain(version.as_deref()).zip(&measured)
    {
        let middle = samples.iter().map(|one| Range::of(one.latencies.iter().copied()).median);
        let slowest = samples.iter().map(|one| Range::of(one.latencies.iter().copied()).most);
        let hogs: Vec<f64> = samples.iter().flat_map(|one| one.hogs.iter().copied()).collect();
        let hogs = if hogs.is_empty() { "-".to_owned() } else { format!("{:.0}", Range::of(hogs)) };
        let cells =
            [format!("{:.0}", Range::of(middle)), format!("{:.0}", Range::of(slowest)), hogs];
        table.add_row([name.to_owned()].into_iter().chain(cells));
    }
    Ok(format!(
        "\necho, {hogs} hogs, {messages} messages, {rounds} interleaved rounds, median [range]\n{table}\n"
    ))
}
