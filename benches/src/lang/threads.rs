//! The shared state of a program's threads, and how they begin and end.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::code::Program;
use super::error::ScriptError;
use super::machine::{Done, Machine, check_arity, constants};
use super::value::Value;
use super::world::World;
use super::{Options, Output};

/// One running program.
pub(super) struct Shared<W: World> {
    pub(super) program: Program,
    pub(super) constants: Vec<Value<W>>,
    pub(super) globals: Vec<W::Cell<Value<W>>>,
    pub(super) options: Options,
    pub(super) began: Instant,
    output: Mutex<Output>,
    threads: Mutex<Vec<Arc<Thread<W>>>>,
}

/// A thread that the program started. Its end can be waited for once.
pub(super) struct Thread<W: World>(Mutex<Option<Running<W>>>);

/// A thread that runs a function, and its future result.
type Running<W> = JoinHandle<Result<Value<W>, ScriptError>>;

impl<W: World> Thread<W> {
    fn take(&self) -> Option<Running<W>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn is_waited_for(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

impl<W: World> Shared<W> {
    pub(super) fn new(program: Program, options: Options, output: Output) -> Self {
        let constants = constants(&program);
        let globals = (0..program.globals).map(|_| W::cell(Value::Nil)).collect();
        let (output, threads) = (Mutex::new(output), Mutex::new(Vec::new()));
        let began = Instant::now();
        Self { program, constants, globals, options, began, output, threads }
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

    fn all_threads(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Thread<W>>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
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
    let run = move || Machine::attach(shared).run(function, arguments);
    let handle = std::thread::Builder::new().spawn(run);
    let handle = handle.map_err(|error| format!("the thread cannot be started: {error}"))?;
    let thread = Arc::new(Thread(Mutex::new(Some(handle))));
    let mut threads = machine.shared.all_threads();
    threads.retain(|thread| !thread.is_waited_for());
    threads.push(thread.clone());
    Ok(Value::Thread(W::make(thread)))
}

/// Waits detached for a thread's end; returns the result of its function.
pub(super) fn join<W: World>(machine: &mut Machine<W>, thread: &Thread<W>) -> Done<Value<W>> {
    let Some(handle) = thread.take() else {
        return Err("this thread has been joined already".to_owned());
    };
    match machine.detached(|| handle.join()) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(format!("the thread failed: {error}")),
        Err(_) => Err("the thread panicked, which is a bug of the interpreter".to_owned()),
    }
}

/// Waits for all threads that were not joined, and drops the program's objects.
pub(super) fn finish<W: World>(machine: &mut Machine<W>) -> Result<(), ScriptError> {
    let mut result = Ok(());
    loop {
        let next = machine.shared.all_threads().pop();
        let Some(thread) = next else { break };
        if let Some(handle) = thread.take()
            && let Ok(Err(error)) = machine.detached(|| handle.join())
        {
            result = Err(error);
        }
    }
    machine.stack.clear();
    for global in &machine.shared.globals {
        drop(W::write(global, &mut machine.token, |v| std::mem::replace(v, Value::Nil)));
    }
    result
}
