//! Builtins that block or take long: they detach, so that the other threads run.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sha2::{Digest, Sha256};

use super::builtins::Arguments;
use super::machine::{Done, Machine};
use super::value::Value;
use super::world::World;

/// Largest message that [`receive`] accepts.
const MESSAGE_MAX: usize = 65_536;

pub(super) fn print<W: World>(machine: &mut Machine<W>, given: Arguments) -> Done<Value<W>> {
    let names = machine.shared.names();
    let shown = given.all(machine).iter().map(|value| value.show(&machine.token, &names));
    let text = shown.collect::<Vec<_>>().join(" ") + "\n";
    let shared = machine.shared.clone();
    let printed = machine.detached(|| shared.print(&text));
    printed.map(|()| Value::Nil).map_err(|error| format!("cannot print: {error}"))
}

fn milliseconds<W: World>(machine: &Machine<W>, given: Arguments, number: usize) -> Done<Duration> {
    match u32::try_from(given.int(machine, number)?) {
        Ok(milliseconds) => Ok(Duration::from_millis(milliseconds.into())),
        Err(_) => Err("a time is 0 to 4294967295 milliseconds".to_owned()),
    }
}

/// `sleep(milliseconds)`, with the lock detached.
pub(super) fn sleep<W: World>(machine: &mut Machine<W>, given: Arguments) -> Done<Value<W>> {
    let time = milliseconds(machine, given, 0)?;
    machine.detached(|| std::thread::sleep(time));
    Ok(Value::Nil)
}

pub(super) fn select<W: World>(machine: &mut Machine<W>, given: Arguments) -> Done<Value<W>> {
    let time = milliseconds(machine, given, 1)?;
    let Value::List(list) = given.value(machine, 0) else {
        return given.wrong("a list of sockets", given.value(machine, 0));
    };
    let mut sockets = Vec::new();
    for value in list.snapshot(&machine.token) {
        match value {
            Value::Socket(socket) => sockets.push(socket),
            other => return given.wrong("a list of sockets", &other),
        }
    }
    let ready = machine.detached(|| readable(&sockets, time));
    let ready = ready.map_err(|error| format!("`select`: {error}"))?;
    let ready = sockets.into_iter().zip(ready).filter(|(_, ready)| *ready);
    Ok(Value::list(ready.map(|(socket, _)| Value::Socket(socket)).collect()))
}

/// Which sockets can be read, as soon as one can or the time has passed.
fn readable<S: std::ops::Deref<Target = UdpSocket>>(
    sockets: &[S],
    time: Duration,
) -> io::Result<Vec<bool>> {
    let over = std::time::Instant::now() + time;
    let mut polled: Vec<_> =
        sockets.iter().map(|socket| PollFd::new(&**socket, PollFlags::IN)).collect();
    loop {
        let left = over.saturating_duration_since(std::time::Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut polled, Some(&left)) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(polled.iter().map(|one| !one.revents().is_empty()).collect()),
        }
    }
}

/// Filling more bytes than this takes longer than to detach and attach.
const FILL_ATTACHED_MAX: usize = 1 << 16;

/// Equal bytes. It reads no object, and long ones are filled detached.
pub(super) fn fill<W: World>(machine: &mut Machine<W>, length: usize, byte: u8) -> Box<[u8]> {
    match length {
        0..=FILL_ATTACHED_MAX => vec![byte; length].into(),
        _ => machine.detached(|| vec![byte; length].into()),
    }
}

pub(super) fn hash<W: World>(machine: &mut Machine<W>, given: Arguments) -> Done<Value<W>> {
    // The handle keeps the bytes alive, and they never change, so they are read without the lock.
    let buffer = given.buffer(machine, 0)?;
    let digest = machine.detached(|| Sha256::digest(&**buffer));
    let mut text = String::new();
    for byte in digest {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
    }
    Ok(Value::text(text))
}

pub(super) fn read_file<W: World>(machine: &mut Machine<W>, given: Arguments) -> Done<Value<W>> {
    let path = given.text(machine, 0)?;
    let bytes = machine.detached(|| std::fs::read(&**path));
    let bytes = bytes.map_err(|error| format!("cannot read {:?}: {error}", &**path))?;
    Ok(Value::Buffer(W::make(bytes.into())))
}

pub(super) fn write_file<W: World>(machine: &mut Machine<W>, given: Arguments) -> Done<Value<W>> {
    let path = given.text(machine, 0)?;
    let written = match given.value(machine, 1) {
        Value::Text(text) => {
            let text = W::share(text, &machine.token);
            machine.detached(|| std::fs::write(&**path, text.as_bytes()))
        }
        Value::Buffer(buffer) => {
            let buffer = W::share(buffer, &machine.token);
            machine.detached(|| std::fs::write(&**path, &**buffer))
        }
        other => return given.wrong("a text or a buffer", other),
    };
    written.map_err(|error| format!("cannot write {:?}: {error}", &**path))?;
    Ok(Value::Nil)
}

pub(super) fn open<W: World>(machine: &mut Machine<W>, given: Arguments) -> Done<Value<W>> {
    let path = given.text(machine, 0)?;
    let file = machine.detached(|| File::create(&**path));
    let file = file.map_err(|error| format!("cannot open {:?}: {error}", &**path))?;
    Ok(Value::File(W::make(file)))
}

pub(super) fn write<W: World>(machine: &mut Machine<W>, given: Arguments) -> Done<Value<W>> {
    let Value::File(file) = given.value(machine, 0) else {
        return given.wrong("a file", given.value(machine, 0));
    };
    let file = W::share(file, &machine.token);
    let buffer = given.buffer(machine, 1)?;
    let written = machine.detached(|| (&*file).write(&buffer));
    written.map(|count| Value::Int(count as i64)).map_err(|error| format!("cannot write: {error}"))
}

fn port_number(number: i64) -> Done<u16> {
    number.try_into().map_err(|_| format!("a port is 0 to 65535, not {number}"))
}

pub(super) fn udp<W: World>(port: i64) -> Done<Value<W>> {
    let port = port_number(port)?;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, port));
    let socket = socket.map_err(|error| format!("cannot open port {port}: {error}"))?;
    Ok(Value::Socket(W::make(socket)))
}

pub(super) fn port<W: World>(socket: &UdpSocket) -> Done<Value<W>> {
    let address = socket.local_addr().map_err(|error| error.to_string())?;
    Ok(Value::Int(address.port().into()))
}

pub(super) fn send<W: World>(machine: &mut Machine<W>, given: Arguments) -> Done<Value<W>> {
    let socket = given.socket(machine, 0)?;
    let port = port_number(given.int(machine, 1)?)?;
    let text = given.text(machine, 2)?;
    let address = (Ipv4Addr::LOCALHOST, port);
    let sent = machine.detached(|| socket.send_to(text.as_bytes(), address));
    sent.map(|_| Value::Nil).map_err(|error| format!("cannot send to port {port}: {error}"))
}

pub(super) fn receive<W: World>(machine: &mut Machine<W>, given: Arguments) -> Done<Value<W>> {
    let socket = given.socket(machine, 0)?;
    let mut buffer = vec![0; MESSAGE_MAX];
    let received = machine.detached(|| socket.recv_from(&mut buffer));
    let (length, from) = received.map_err(|error| format!("cannot receive: {error}"))?;
    let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
    Ok(Value::list(vec![Value::text(text), Value::Int(from.port().into())]))
}
