//! The builtins that do not block, and the list of all.

use std::sync::Arc;

use crate::blocking;
use crate::call::{Answer, Builtin, Call};
use crate::object::Object;
use crate::separate;
use crate::threads;
use crate::value::Value;

/// All of them. `prelude.lua` makes the program's functions from them; those that take or return
/// tables are written there.
pub(crate) static BUILTINS: &[Builtin] = &[
    Builtin { name: c"clock_us", body: clock_us },
    Builtin { name: c"threads", body: |call| int(call.shared.options.threads.into()) },
    Builtin { name: c"is_main", body: |call| Ok(vec![Value::Bool(call.shared.is_main)]) },
    Builtin {
        name: c"is_separate",
        body: |call| Ok(vec![Value::Bool(call.shared.lock.is_none())]),
    },
    Builtin { name: c"setting", body: setting },
    Builtin { name: c"stop", body: stop },
    Builtin { name: c"stopped", body: stopped },
    Builtin { name: c"udp", body: udp },
    Builtin { name: c"port", body: port },
    Builtin { name: c"write", body: blocking::write },
    Builtin { name: c"sleep", body: blocking::sleep },
    Builtin { name: c"wait_readable", body: blocking::wait_readable },
    Builtin { name: c"sha256", body: blocking::sha256 },
    Builtin { name: c"send", body: blocking::send },
    Builtin { name: c"receive", body: blocking::receive },
    Builtin { name: c"read_file", body: blocking::read_file },
    Builtin { name: c"write_file", body: blocking::write_file },
    Builtin { name: c"wait", body: threads::wait },
    Builtin { name: c"start_separate", body: separate::start },
];

fn int(value: i64) -> Answer {
    Ok(vec![Value::Int(value)])
}

fn clock_us(call: &Call<'_>) -> Answer {
    int(i64::try_from(call.shared.began.elapsed().as_micros()).unwrap_or(i64::MAX))
}

fn setting(call: &Call<'_>) -> Answer {
    let (name, default) = (call.text(1)?, call.int(2)?);
    int(call.shared.options.settings.get(name).copied().unwrap_or(default))
}

/// One flag for all states of a program, since separate states share nothing else.
fn stop(call: &Call<'_>) -> Answer {
    call.shared.stopped.store(true, std::sync::atomic::Ordering::Relaxed); // ordered with nothing
    Ok(Vec::new())
}

fn stopped(call: &Call<'_>) -> Answer {
    Ok(vec![Value::Bool(call.shared.stopped.load(std::sync::atomic::Ordering::Relaxed))])
}

fn udp(call: &Call<'_>) -> Answer {
    let port = blocking::port_number(call.int(1)?)?;
    let socket = std::net::UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, port));
    let socket = socket.map_err(|error| format!("cannot open port {port}: {error}"))?;
    Ok(vec![Value::Object(Object::Socket(Arc::new(socket)))])
}

fn port(call: &Call<'_>) -> Answer {
    let address = blocking::socket(call, 1)?.local_addr().map_err(|error| error.to_string())?;
    int(address.port().into())
}
