//! The builtins: names, numbers of arguments, and the functions that do not block.

use super::blocking;
use super::counted;
use super::machine::{Done, Machine};
use super::packed;
use super::semaphore::Semaphore;
use super::threads::{join, spawn};
use super::value::Value;
use super::world::World;

macro_rules! builtins {
    ($($name:ident $text:literal $least:literal..=$most:literal $help:literal,)*) => {
        /// A builtin function.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Builtin { $(#[doc = $help] $name,)* }

        /// All of them: name, and what it does.
        pub const BUILTINS: &[(&str, &str)] = &[$(($text, $help),)*];

        impl Builtin {
            /// The builtin with this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            const fn arguments(self) -> (u8, u8) {
                match self { $(Self::$name => ($least, $most),)* }
            }
        }
    };
}

builtins! {
    Print "print" 0..=255 "`print(value, ...)`: writes the values and a new line",
    Length "len" 1..=1 "`len(value)`: of a text (in characters), list, dict or buffer",
    Push "push" 2..=2 "`push(list, value)`: adds at the end",
    PopLast "pop" 1..=1 "`pop(list)`: takes the last element out",
    Keys "keys" 1..=1 "`keys(dict)`: a list of its keys, in the order they came",
    Has "has" 2..=2 "`has(dict, key)`: whether there is such an entry",
    Remove "remove" 2..=2 "`remove(dict, key)`: takes an entry out; nil if there is none",
    Text "text" 1..=1 "`text(value)`: the value as a text",
    Int "int" 1..=1 "`int(text)`: the number that a text says",
    Type "type" 1..=1 "`type(value)`: a text such as `an int`",
    Fail "fail" 1..=1 "`fail(text)`: ends the program with this error",
    Setting "setting" 2..=2 "`setting(name, default)`: what `--set name=value` says",
    Clock "clock_us" 0..=0 "`clock_us()`: microseconds since the program began",
    Threads "threads" 0..=0 "`threads()`: what `--threads` says",
    Part "part" 0..=0 "`part()`: the number of this process, from 0, of `parts()`",
    Parts "parts" 0..=0 "`parts()`: what `--processes` says",
    Spawn "spawn" 1..=255 "`spawn(function, argument, ...)`: starts a thread",
    Join "join" 1..=1 "`join(thread)`: waits for its end; what its function returned",
    Sleep "sleep" 1..=1 "`sleep(milliseconds)`",
    Select "select" 2..=2 "`select(sockets, milliseconds)`: waits until one can be read, at most this long; a list of those that can",
    Buffer "buffer" 2..=2 "`buffer(length, byte)`: a buffer of equal bytes",
    Bytes "bytes" 1..=1 "`bytes(text)`: a buffer of its bytes",
    Hash "hash" 1..=1 "`hash(buffer)`: its SHA-256 as a text",
    ReadFile "read_file" 1..=1 "`read_file(path)`: a buffer",
    WriteFile "write_file" 2..=2 "`write_file(path, value)`: of a text or buffer",
    Udp "udp" 1..=1 "`udp(port)`: a socket on 127.0.0.1; port 0 is any",
    Port "port" 1..=1 "`port(socket)`: its port",
    Send "send" 3..=3 "`send(socket, port, text)`: to that port on 127.0.0.1",
    Receive "receive" 1..=1 "`receive(socket)`: waits for a message; `[text, port]`",
    Time "time_us" 0..=0 "`time_us()`: microseconds since 1970",
    Usage "usage" 0..=0 "`usage()`: what the process has used so far",
    Counters "counters" 0..=0 "`counters()`: what the lock has done so far; empty without one",
    Open "open" 1..=1 "`open(path)`: a file to write to, from its beginning",
    Write "write" 2..=2 "`write(file, buffer)`: one call of the system; how many bytes it took",
    Semaphore "semaphore" 1..=1 "`semaphore(count)`: can be acquired `count` times",
    Acquire "acquire" 1..=1 "`acquire(semaphore)`: waits until its count is not 0, and takes one",
    Release "release" 1..=2 "`release(semaphore, count)`: adds `count` or 1 to its count; any thread may",
    Pack "pack" 1..=1 "`pack(list)`: its ints as a buffer, 8 bytes each",
    Unpack "unpack" 1..=1 "`unpack(buffer)`: the list that was packed",
}

impl Builtin {
    /// Whether it takes this number of arguments.
    pub(super) fn check_count(self, given: u8) -> Done {
        let (least, most) = self.arguments();
        if (least..=most).contains(&given) {
            return Ok(());
        }
        let wanted = if least == most { least.to_string() } else { format!("at least {least}") };
        Err(format!("`{}` takes {wanted} arguments, not {given}", self.name()))
    }

    /// Calls it with the arguments on top of the stack, and leaves the result in their place.
    /// Whether it waits for another thread of the program.
    pub(super) const fn waits(self) -> bool {
        matches!(self, Self::Join | Self::Acquire)
    }

    pub(super) fn call<W: World>(self, machine: &mut Machine<W>, arguments: u8) -> Done {
        let base = machine.stack.len() - usize::from(arguments);
        let value = self.result(machine, Arguments { of: self, base })?;
        machine.stack.truncate(base);
        machine.stack.push(value);
        Ok(())
    }

    fn result<W: World>(self, machine: &mut Machine<W>, given: Arguments) -> Done<Value<W>> {
        Ok(match self {
            Self::Print => blocking::print(machine, given)?,
            Self::Length => Value::Int(length(machine, given)?),
            Self::Push => {
                let value = machine.pop();
                match machine.pop() {
                    Value::List(list) => W::write(&list.0, &mut machine.token, |v| v.push(value)),
                    other => return given.wrong("a list", &other),
                }
                Value::Nil
            }
            Self::PopLast => match machine.pop() {
                Value::List(list) => {
                    let last = W::write(&list.0, &mut machine.token, Vec::pop);
                    last.ok_or("`pop` from an empty list")?
                }
                other => return given.wrong("a list", &other),
            },
            Self::Keys | Self::Has | Self::Remove => self.of_dict(machine, given)?,
            Self::Text => {
                let names = machine.shared.names();
                Value::text(given.value(machine, 0).show(&machine.token, &names))
            }
            Self::Int => {
                let text = given.text(machine, 0)?;
                match text.trim().parse() {
                    Ok(number) => Value::Int(number),
                    Err(_) => return Err(format!("{:?} is not a number", &**text)),
                }
            }
            Self::Type => Value::text(given.value(machine, 0).kind()),
            Self::Fail => return Err(given.text(machine, 0)?.to_string()),
            Self::Setting => {
                let (name, default) = (given.text(machine, 0)?, given.int(machine, 1)?);
                let settings = &machine.shared.options.settings;
                Value::Int(settings.get(&**name).copied().unwrap_or(default))
            }
            Self::Clock => Value::Int(machine.shared.began.elapsed().as_micros() as i64),
            Self::Threads => Value::Int(machine.shared.options.threads.into()),
            Self::Part => Value::Int(machine.shared.options.part.into()),
            Self::Parts => Value::Int(machine.shared.options.parts.into()),
            Self::Spawn => {
                let arguments = machine.stack.split_off(given.base + 1);
                match machine.pop() {
                    Value::Function(function) => spawn(machine, function as u32, arguments)?,
                    other => return given.wrong("a function of the program", &other),
                }
            }
            Self::Join => match machine.pop() {
                Value::Thread(thread) => join(machine, &thread)?,
                other => return given.wrong("a thread", &other),
            },
            Self::Buffer => {
                let (length, byte) = (given.int(machine, 0)?, given.int(machine, 1)?);
                match (usize::try_from(length), u8::try_from(byte)) {
                    (Ok(length), Ok(byte)) if length <= BUFFER_MAX => {
                        Value::Buffer(W::make(blocking::fill(machine, length, byte)))
                    }
                    (_, Ok(_)) => return Err(format!("a buffer has 0 to {BUFFER_MAX} bytes")),
                    _ => return Err(format!("a byte is 0 to 255, not {byte}")),
                }
            }
            Self::Bytes => {
                let text = given.text(machine, 0)?;
                Value::Buffer(W::make(text.as_bytes().into()))
            }
            Self::Sleep => blocking::sleep(machine, given)?,
            Self::Select => blocking::select(machine, given)?,
            Self::Hash => blocking::hash(machine, given)?,
            Self::ReadFile => blocking::read_file(machine, given)?,
            Self::WriteFile => blocking::write_file(machine, given)?,
            Self::Udp => blocking::udp(given.int(machine, 0)?)?,
            Self::Port => blocking::port(&*given.socket(machine, 0)?)?,
            Self::Send => blocking::send(machine, given)?,
            Self::Receive => blocking::receive(machine, given)?,
            Self::Time => Value::Int(counted::time_us()),
            Self::Usage => counted::usage()?,
            Self::Counters => counted::counters(),
            Self::Open => blocking::open(machine, given)?,
            Self::Write => blocking::write(machine, given)?,
            Self::Semaphore => Semaphore::make(given.int(machine, 0)?)?,
            Self::Acquire => {
                given.semaphore(machine, 0)?.acquire(machine)?;
                Value::Nil
            }
            Self::Release => {
                let count = if given.all(machine).len() == 2 { given.int(machine, 1)? } else { 1 };
                let semaphore = given.semaphore(machine, 0)?;
                if let Some(whom) = semaphore.release(count)? {
                    machine.wake_later(semaphore, whom);
                }
                Value::Nil
            }
            Self::Pack => packed::pack(machine, given)?,
            Self::Unpack => packed::unpack(machine, given)?,
        })
    }

    fn of_dict<W: World>(self, machine: &mut Machine<W>, given: Arguments) -> Done<Value<W>> {
        let Value::Dict(dict) = given.value(machine, 0).share(&machine.token) else {
            return given.wrong("a dict", given.value(machine, 0));
        };
        if self == Self::Keys {
            let key = |(key, _)| match key {
                super::value::Key::Int(key) => Value::Int(key),
                super::value::Key::Text(key) => Value::text(key),
            };
            return Ok(Value::list(dict.snapshot(&machine.token).into_iter().map(key).collect()));
        }
        let Machine { stack, token, .. } = machine;
        let key = stack[given.base + 1].key()?;
        Ok(match self {
            Self::Has => {
                Value::bool(W::read(&dict.0, token, |entries, _| entries.contains_key(&key)))
            }
            _ => W::write(&dict.0, token, |e| e.shift_remove(&key)).unwrap_or(Value::Nil),
        })
    }
}

/// Largest buffer.
const BUFFER_MAX: usize = 1 << 32;

fn length<W: World>(machine: &Machine<W>, given: Arguments) -> Done<i64> {
    let length = match given.value(machine, 0) {
        Value::Text(text) => text.chars().count(),
        Value::List(list) => W::read(&list.0, &machine.token, |values, _| values.len()),
        Value::Dict(dict) => W::read(&dict.0, &machine.token, |entries, _| entries.len()),
        Value::Buffer(buffer) => buffer.len(),
        other => return given.wrong("a text, list, dict or buffer", other),
    };
    Ok(length as i64)
}

/// The arguments of a builtin, on the stack.
#[derive(Clone, Copy)]
pub(super) struct Arguments {
    of: Builtin,
    base: usize,
}

impl Arguments {
    /// All remaining ones on the stack.
    pub(super) fn all<W: World>(self, machine: &Machine<W>) -> &[Value<W>] {
        &machine.stack[self.base..]
    }

    pub(super) fn value<W: World>(self, machine: &Machine<W>, number: usize) -> &Value<W> {
        &machine.stack[self.base + number]
    }

    /// The error for a value of another kind.
    pub(super) fn wrong<W: World, T>(self, wanted: &str, given: &Value<W>) -> Done<T> {
        Err(format!("`{}` takes {wanted}, not {}", self.of.name(), given.kind()))
    }

    pub(super) fn int<W: World>(self, machine: &Machine<W>, number: usize) -> Done<i64> {
        match self.value(machine, number) {
            Value::Int(value) => Ok(*value),
            other => self.wrong("an int", other),
        }
    }

    pub(super) fn text<W: World>(
        self,
        machine: &Machine<W>,
        number: usize,
    ) -> Done<W::Ref<Box<str>>> {
        match self.value(machine, number) {
            Value::Text(text) => Ok(W::share(text, &machine.token)),
            other => self.wrong("a text", other),
        }
    }

    pub(super) fn socket<W: World>(
        self,
        machine: &Machine<W>,
        number: usize,
    ) -> Done<W::Ref<std::net::UdpSocket>> {
        match self.value(machine, number) {
            Value::Socket(socket) => Ok(W::share(socket, &machine.token)),
            other => self.wrong("a socket", other),
        }
    }

    pub(super) fn semaphore<W: World>(
        self,
        machine: &Machine<W>,
        number: usize,
    ) -> Done<W::Ref<Semaphore>> {
        match self.value(machine, number) {
            Value::Semaphore(semaphore) => Ok(W::share(semaphore, &machine.token)),
            other => self.wrong("a semaphore", other),
        }
    }

    pub(super) fn buffer<W: World>(
        self,
        machine: &Machine<W>,
        number: usize,
    ) -> Done<W::Ref<Box<[u8]>>> {
        match self.value(machine, number) {
            Value::Buffer(buffer) => Ok(W::share(buffer, &machine.token)),
            other => self.wrong("a buffer", other),
        }
    }
}
