//! Builtins that block or take long: they detach, so that the other threads run.

use std::fmt::Write;
use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sha2::{Digest, Sha256};

use crate::call::{Answer, Call};
use crate::object::Object;
use crate::value::Value;

/// Largest message that [`receive`] accepts.
const MESSAGE_MAX: usize = 65_536;

pub(crate) fn write(call: &Call<'_>) -> Answer {
    let bytes = call.bytes(1)?;
    let printed = call.detach(|| crate::output::print(&call.shared.output, bytes));
    printed.map(|()| Vec::new()).map_err(|error| format!("cannot print: {error}"))
}

fn milliseconds(call: &Call<'_>, number: i32) -> Result<Duration, String> {
    match u32::try_from(call.int(number)?) {
        Ok(milliseconds) => Ok(Duration::from_millis(milliseconds.into())),
        Err(_) => Err("a time is 0 to 4294967295 milliseconds".to_owned()),
    }
}

/// `sleep(milliseconds)`, with the lock detached.
pub(crate) fn sleep(call: &Call<'_>) -> Answer {
    let time = milliseconds(call, 1)?;
    call.detach(|| std::thread::sleep(time));
    Ok(Vec::new())
}

pub(crate) fn socket(call: &Call<'_>, number: i32) -> Result<Arc<UdpSocket>, String> {
    match call.object(number, "a socket")? {
        Object::Socket(socket) => Ok(socket),
        Object::Thread(_) => Err(format!("argument {number} is a thread and not a socket")),
    }
}

/// `wait_readable(milliseconds, socket, ...)`: whether each socket can be read.
pub(crate) fn wait_readable(call: &Call<'_>) -> Answer {
    let time = milliseconds(call, 1)?;
    let sockets = (2..=call.count()).map(|number| socket(call, number));
    let sockets = sockets.collect::<Result<Vec<_>, _>>()?;
    let ready = call.detach(|| readable(&sockets, time));
    let ready = ready.map_err(|error| format!("select: {error}"))?;
    Ok(ready.into_iter().map(Value::Bool).collect())
}

/// Which sockets can be read, as soon as one can or the time has passed.
fn readable(sockets: &[Arc<UdpSocket>], time: Duration) -> io::Result<Vec<bool>> {
    let over = Instant::now() + time;
    let polled = sockets.iter().map(|socket| PollFd::new(&**socket, PollFlags::IN));
    let mut polled: Vec<_> = polled.collect();
    loop {
        let left = over.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut polled, Some(&left)) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(polled.iter().map(|one| !one.revents().is_empty()).collect()),
        }
    }
}

/// SHA-256 of a string, in hexadecimal.
pub(crate) fn sha256(call: &Call<'_>) -> Answer {
    let bytes = call.bytes(1)?;
    let digest = call.detach(|| Sha256::digest(bytes));
    let mut text = String::new();
    for byte in digest {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
    }
    Ok(vec![Value::Bytes(text.into_bytes())])
}

pub(crate) fn read_file(call: &Call<'_>) -> Answer {
    let path = call.text(1)?;
    let bytes = call.detach(|| std::fs::read(path));
    let bytes = bytes.map_err(|error| format!("cannot read {path:?}: {error}"))?;
    Ok(vec![Value::Bytes(bytes)])
}

pub(crate) fn write_file(call: &Call<'_>) -> Answer {
    let (path, bytes) = (call.text(1)?, call.bytes(2)?);
    let written = call.detach(|| std::fs::write(path, bytes));
    written.map(|()| Vec::new()).map_err(|error| format!("cannot write {path:?}: {error}"))
}

pub(crate) fn port_number(number: i64) -> Result<u16, String> {
    number.try_into().map_err(|_| format!("a port is 0 to 65535, not {number}"))
}

pub(crate) fn send(call: &Call<'_>) -> Answer {
    let (socket, port) = (socket(call, 1)?, port_number(call.int(2)?)?);
    let bytes = call.bytes(3)?;
    let sent = call.detach(|| socket.send_to(bytes, (Ipv4Addr::LOCALHOST, port)));
    sent.map(|_| Vec::new()).map_err(|error| format!("cannot send: {error}"))
}

/// The next message, and the port it came from.
pub(crate) fn receive(call: &Call<'_>) -> Answer {
    let socket = socket(call, 1)?;
    let mut bytes = vec![0; MESSAGE_MAX];
    let received = call.detach(|| socket.recv_from(&mut bytes));
    let (length, from) = received.map_err(|error| format!("cannot receive: {error}"))?;
    bytes.truncate(length);
    Ok(vec![Value::Bytes(bytes), Value::Int(from.port().into())])
}
