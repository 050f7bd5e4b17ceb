//! The client of a server that a workload runs: messages over UDP on this machine.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use super::pass::Pass;
use super::sample::Sample;
use crate::bench::runtimes::Start;

/// A message without an answer for this long is a failure of the server, and ends the sample.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two attempts to reach the server.
const RETRY: Duration = Duration::from_millis(1);

/// Of the largest message, with room.
const MESSAGE_MAX: usize = 4_096;

/// A client of one server.
#[derive(Debug)]
pub struct Client(UdpSocket);

impl Client {
    /// Waits until the server answers.
    fn connect(port: u16) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.connect((Ipv4Addr::LOCALHOST, port))?;
        let client = Self(socket);
        let begin = Instant::now();
        // A refusal says that it is not ready yet.
        while let Err(error) = client.ask(b"ready") {
            if begin.elapsed() > PATIENCE {
                return Err(io::Error::other(format!("the server does not answer: {error}")));
            }
            std::thread::sleep(RETRY); // a refusal returns at once: do not spin on the socket
        }
        Ok(client)
    }

    /// Sends a message, and measures the time until the answer.
    ///
    /// # Errors
    /// When it cannot be sent, or has no answer.
    pub fn ask(&self, message: &[u8]) -> io::Result<Duration> {
        let mut buffer = [0; MESSAGE_MAX];
        let sent = Instant::now();
        self.0.send(message)?;
        // An answer to an earlier message does not count.
        while self.0.recv(&mut buffer).map(|length| &buffer[..length])? != message {}
        Ok(sent.elapsed())
    }

    /// Sends a message without an answer.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub fn tell(&self, message: &[u8]) -> io::Result<()> {
        self.0.send(message).map(drop)
    }
}

/// A port that was free a moment ago.
fn free_port() -> io::Result<u16> {
    Ok(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Starts the program as a server with a setting `port`, talks to it as `talk` says, and stops it.
///
/// # Errors
/// When the server cannot be started, fails, or does not answer.
pub fn served<R>(
    pass: &Pass<'_>,
    settings: &[(&str, u32)],
    talk: impl FnOnce(&Client) -> io::Result<R>,
) -> Result<(R, Sample), String> {
    let wrong = |error: io::Error| format!("a server under {}: {error}", pass.runtime.name);
    let port = free_port().map_err(wrong)?;
    let settings = [settings, &[("port", port.into())]].concat();
    let server = pass.start(&Start { settings: &settings, ..Start::default() })?;
    let client = Client::connect(port).map_err(wrong)?;
    let talked = talk(&client).map_err(wrong)?;
    client.tell(b"stop").map_err(wrong)?;
    Ok((talked, server.finish()?))
}
