//! The shared state of a program's threads, and how they begin and end.

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::code::Program;
use super::error::ScriptError;
use super::machine::{Done, Machine, check_arity, constants};
use super::value::Value;
use super::waits::{Number, Waits};
use super::world::World;
use super::{Options, Output};

/// One running program.
pub(super) struct Shared<W: World> {
    pub(super) program: Program,
    pub(super) constants: Vec<Value<W>>,
    pub(super) globals: Vec<W::Cell<Value<W>>>,
    pub(super) options: Options,
    pub(super) began: Instant,
    pub(super) waits: Waits,
    output: Mutex<Output>,
    threads: Mutex<Vec<Arc<Thread<W>>>>,
}

/// A thread that the program started. It can be joined once.
pub(super) struct Thread<W: World> {
    number: Number,
    /// None once it is joined.
    running: Mutex<Option<Running<W>>>,
}

/// A thread that runs a function, and its future result.
type Running<W> = JoinHandle<Result<Value<W>, ScriptError>>;

impl<W: World> Thread<W> {
    fn running(&self) -> MutexGuard<'_, Option<Running<W>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: World> Shared<W> {
    pub(super) fn new(program: Program, options: Options, output: Output) -> Self {
        let constants = constants(&program);
        let globals = (0..program.globals).map(|_| W::cell(Value::Nil)).collect();
        let (output, threads) = (Mutex::new(output), Mutex::new(Vec::new()));
        let (began, waits) = (Instant::now(), Waits::new());
        Self { program, constants, globals, options, began, waits, output, threads }
    }

    /// The names of all functions.
    pub(super) fn names(&self) -> Vec<String> {
        self.program.functions.iter().map(|function| function.name.clone()).collect()
    }

    pub(super) fn print(&self, text: &str) -> std::io::Result<()> {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.write_all(text.as_bytes())?;
        output.flush()
    }

    fn all_threads(&self) -> MutexGuard<'_, Vec<Arc<Thread<W>>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the program when a thread ends, also when it panics.
pub(super) struct Ends<W: World> {
    pub(super) shared: Arc<Shared<W>>,
    pub(super) number: Number,
}

impl<W: World> Drop for Ends<W> {
    fn drop(&mut self) {
        self.shared.waits.end(self.number);
    }
}

/// Starts a thread in a function.
pub(super) fn spawn<W: World>(
    machine: &Machine<W>,
    function: u32,
    arguments: Vec<Value<W>>,
) -> Done<Value<W>> {
    check_arity(&machine.shared.program, function, arguments.len() as u8)?;
    let shared = machine.shared.clone();
    let number = shared.waits.begin();
    // Dropped last in the thread, or here if the thread cannot be started.
    let ends = Ends { shared: shared.clone(), number };
    let run = move || {
        let _ends = ends;
        Machine::attach(shared, number).run(function, arguments)
    };
    let running = std::thread::Builder::new().spawn(run);
    let running = running.map_err(|error| format!("the thread cannot be started: {error}"))?;
    let thread = Arc::new(Thread { number, running: Mutex::new(Some(running)) });
    let mut threads = machine.shared.all_threads();
    threads.retain(|thread| thread.running().is_some());
    threads.push(thread.clone());
    Ok(Value::Thread(W::make(thread)))
}

/// Waits detached for a thread's end; returns the result of its function.
pub(super) fn join<W: World>(machine: &mut Machine<W>, thread: &Thread<W>) -> Done<Value<W>> {
    match wait(machine, thread)? {
        None => Err("this thread has been joined already".to_owned()),
        Some(result) => result.map_err(|error| format!("the thread failed: {error}")),
    }
}

/// Waits detached for a thread's end; `None` if it is joined already.
///
/// # Errors
/// If the wait would last forever.
fn wait<W: World>(
    machine: &mut Machine<W>,
    thread: &Thread<W>,
) -> Done<Option<Result<Value<W>, ScriptError>>> {
    if thread.running().is_none() {
        return Ok(None);
    }
    let (me, line) = (machine.number, machine.line());
    let shared = machine.shared.clone();
    machine.detached(|| {
        shared.waits.join(me, line, thread.number)?;
        let ended = thread.running().take();
        let panicked = |_| "a thread panicked, which is a bug of the interpreter".to_owned();
        ended.map(JoinHandle::join).transpose().map_err(panicked)
    })
}

/// Waits for all threads that were not joined, and drops the program's objects. If one of them
/// failed, so does the program.
pub(super) fn finish<W: World>(machine: &mut Machine<W>) -> Result<(), ScriptError> {
    let mut result = Ok(());
    loop {
        let next = machine.shared.all_threads().pop();
        let Some(thread) = next else { break };
        let ended = match wait(machine, &thread) {
            Ok(Some(Err(error))) => Err(error),
            Ok(_) => Ok(()),
            Err(message) => Err(ScriptError::new(machine.shared.program.last_line(), message)),
        };
        result = result.and(ended);
    }
    machine.stack.clear();
    for global in &machine.shared.globals {
        drop(W::write(global, &mut machine.token, |v| std::mem::replace(v, Value::Nil)));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::compile::compile;
    use crate::lang::waits::MAIN;
    use crate::lang::{Free, Options, Output};
    use crate::watchdog::Watchdog;

    #[test]
    fn thread_that_panics_is_a_failed_thread() {
        let dog = Watchdog::new();
        let program = compile("print(1)").expect("a program");
        let shared = Arc::new(Shared::<Free>::new(program, Options::default(), Output::memory()));
        let mut machine = Machine::attach(shared.clone(), MAIN);
        let number = shared.waits.begin();
        let ends = Ends { shared: shared.clone(), number };
        let run = move || -> Result<Value<Free>, ScriptError> {
            let _ends = ends;
            panic!("as a bug of the interpreter would");
        };
        let thread = Thread { number, running: Mutex::new(Some(std::thread::spawn(run))) };
        let joined = dog.waits("the thread that panics", || join(&mut machine, &thread));
        let error = joined.map(|_| ()).unwrap_err();
        assert!(error.contains("a thread panicked"), "{error}");
    }
}
