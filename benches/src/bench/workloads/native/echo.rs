//! The echo server as Rust: a thread that answers, and CPU-bound threads without any lock.

use std::hint::black_box;
use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::bench::runtimes::Settings;

/// Largest message.
const MESSAGE_MAX: usize = 65_536;

/// Serves, and prints how far each of the other threads got in a millisecond.
///
/// # Errors
/// When the settings are wrong, or messages cannot be received or sent.
pub fn echo(settings: &Settings) -> Result<(), String> {
    let setting = |name| settings.get(name).copied().unwrap_or(0);
    let port = u16::try_from(setting("port")).map_err(|_| "`port` is 0 to 65535")?;
    let hogs = u32::try_from(setting("hogs")).map_err(|_| "`hogs` is a number of threads")?;
    let wrong = |error: io::Error| format!("cannot serve: {error}");
    let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).map_err(wrong)?;
    // Relaxed: it says when to end and orders no other memory.
    let done = AtomicBool::new(false);
    let compute = || {
        let mut turns = 0_u64;
        while !done.load(Ordering::Relaxed) {
            turns = black_box(turns + 1);
        }
        turns
    };
    let (served, took, turns) = std::thread::scope(|scope| {
        let hogs: Vec<_> = (0..hogs).map(|_| scope.spawn(compute)).collect();
        let begin = Instant::now();
        let served = serve(&server);
        let took = begin.elapsed();
        done.store(true, Ordering::Relaxed);
        let turns: Vec<_> = hogs.into_iter().map(|hog| hog.join().unwrap_or(0)).collect();
        (served, took, turns)
    });
    served.map_err(wrong)?;
    for turns in turns {
        println!("hog {:.0}", turns as f64 / (took.as_secs_f64() * 1e3));
    }
    Ok(())
}

fn serve(server: &UdpSocket) -> io::Result<()> {
    let mut buffer = vec![0; MESSAGE_MAX];
    loop {
        let (length, client) = server.recv_from(&mut buffer)?;
        let message = &buffer[..length];
        if message == b"stop" {
            return Ok(());
        }
        server.send_to(message, client)?;
    }
}
