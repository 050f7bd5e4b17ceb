//! The stack machine: one for each thread of a program.

use std::mem::forget;
use std::sync::Arc;

use super::code::{Constant, Op, Program};
use super::error::ScriptError;
use super::operations;
use super::semaphore::{Semaphore, WakeUp};
use super::threads::Shared;
use super::value::Value;
use super::waits::Number;
use super::world::World;

/// The limit of open calls in one thread.
const FRAMES_MAX: usize = 10_000;

/// An open call.
#[derive(Clone, Copy)]
struct Frame {
    function: u32,
    /// The next instruction.
    next: usize,
    /// Where its locals begin on the stack.
    base: usize,
    /// Values below the base that belong to the call: the callee of a dynamic one.
    below: usize,
}

/// A thread that runs a program.
pub(super) struct Machine<W: World> {
    pub(super) stack: Vec<Value<W>>,
    frames: Vec<Frame>,
    pub(super) shared: Arc<Shared<W>>,
    /// Of this thread.
    pub(super) number: Number,
    /// Semaphores that this thread has released and whose waiters it has not woken yet.
    wake_ups: Vec<(W::Ref<Semaphore>, WakeUp)>,
    /// It has reached a safepoint since the first of them.
    wakes_next: bool,
    /// The last field, so that everything else is dropped attached.
    pub(super) token: W::Token,
}

/// The error of an instruction; the machine knows the line.
pub(super) type Done<T = ()> = Result<T, String>;

/// The values of a program's constants.
pub(super) fn constants<W: World>(program: &Program) -> Vec<Value<W>> {
    let value = |constant: &Constant| match constant {
        Constant::Int(value) => Value::Int(*value),
        Constant::Text(text) => Value::text(text.as_str()),
    };
    program.constants.iter().map(value).collect()
}

impl<W: World> Machine<W> {
    /// Attaches the running thread, which has this number in the program.
    pub(super) fn attach(shared: Arc<Shared<W>>, number: Number) -> Self {
        let (stack, frames, wake_ups) = (Vec::new(), Vec::new(), Vec::new());
        Self { token: W::attach(), shared, number, stack, frames, wake_ups, wakes_next: false }
    }

    /// Runs one function to its end.
    pub(super) fn run(
        &mut self,
        function: u32,
        arguments: Vec<Value<W>>,
    ) -> Result<Value<W>, ScriptError> {
        let (base, below) = (self.stack.len(), 0);
        self.stack.extend(arguments);
        self.frames.push(Frame { function, next: 0, base, below });
        let result = self.execute();
        self.wake();
        result.map_err(|message| ScriptError::new(self.line().unwrap_or_default(), message))
    }

    /// The line of the present instruction, after an error and in a builtin that waits; `None`
    /// outside all functions.
    pub(super) fn line(&self) -> Option<u32> {
        let frame = self.frames.last()?;
        let function = &self.shared.program.functions[frame.function as usize];
        Some(function.lines[frame.next.saturating_sub(1)])
    }

    /// Runs a blocking call detached.
    pub(super) fn detached<R>(&mut self, call: impl FnOnce() -> R) -> R {
        let Self { token, wake_ups, .. } = self;
        let result = W::detach(token, || {
            wake_ups.iter().for_each(|(semaphore, whom)| semaphore.wake(*whom));
            call()
        });
        self.wake_ups.clear();
        result
    }

    /// Wakes the waiters of the semaphore when this thread detaches or sees a request, and at the
    /// latest at its second safepoint from now: there is one between the end of a loop and its
    /// beginning.
    pub(super) fn wake_later(&mut self, semaphore: W::Ref<Semaphore>, whom: WakeUp) {
        if self.wake_ups.is_empty() {
            self.wakes_next = false;
        }
        self.wake_ups.push((semaphore, whom));
    }

    fn wake(&mut self) {
        self.wake_ups.drain(..).for_each(|(semaphore, whom)| semaphore.wake(whom));
    }

    #[inline]
    fn safepoint(&mut self) {
        if !self.wake_ups.is_empty() {
            let second = std::mem::replace(&mut self.wakes_next, true);
            if second || W::switch_requested(&self.token) {
                self.wake();
            }
        }
        W::safepoint(&mut self.token);
    }

    #[inline(never)]
    fn push_shared(&mut self, place: usize) {
        let value = self.stack[place].share(&self.token);
        self.stack.push(value);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Value<W> {
        self.stack.pop().expect("compiled code leaves what it takes")
    }

    /// Runs until the first frame returns. After an error the frames are as before.
    fn execute(&mut self) -> Done<Value<W>> {
        let shared = self.shared.clone();
        let functions = &shared.program.functions;
        let mut frame = self.frames[self.frames.len() - 1];
        let mut code = &functions[frame.function as usize].code[..];
        macro_rules! attempt {
            ($what:expr) => {
                match $what {
                    Ok(value) => value,
                    Err(message) => {
                        if let Some(last) = self.frames.last_mut() {
                            *last = frame;
                        }
                        return Err(message);
                    }
                }
            };
        }
        // Programs mostly compute with two ints: every other case is a call. Ints have nothing to
        // drop, and forgetting them saves the check of their kind.
        macro_rules! ints {
            ($op:expr, $checked:path) => {
                match &mut self.stack[..] {
                    [.., Value::Int(left), Value::Int(right)]
                        if let Some(number) = $checked(*left, *right) =>
                    {
                        *left = number;
                        forget(self.stack.pop());
                    }
                    _ => attempt!(operations::binary($op, self)),
                }
            };
        }
        macro_rules! order {
            ($op:expr, $holds:path) => {
                if let [.., Value::Int(left), Value::Int(right)] = self.stack[..] {
                    forget((self.stack.pop(), self.stack.pop()));
                    self.stack.push(Value::bool($holds(&left, &right)));
                } else {
                    attempt!(operations::binary($op, self))
                }
            };
        }
        loop {
            let op = code[frame.next];
            frame.next += 1;
            match op {
                Op::Local(place) => {
                    // A separate function, so that an int stays in registers.
                    if let Value::Int(number) = self.stack[frame.base + place as usize] {
                        self.stack.push(Value::Int(number));
                    } else {
                        self.push_shared(frame.base + place as usize);
                    }
                }
                Op::SetLocal(place) => {
                    let value = self.pop();
                    match (&mut self.stack[frame.base + place as usize], value) {
                        (Value::Int(number), Value::Int(new)) => *number = new,
                        (local, value) => *local = value,
                    }
                }
                Op::Int(value) => self.stack.push(Value::Int(value.into())),
                Op::Constant(number) => {
                    self.stack.push(shared.constants[number as usize].share(&self.token));
                }
                Op::Nil => self.stack.push(Value::Nil),
                Op::Bool(value) => self.stack.push(Value::bool(value)),
                Op::Function(number) => self.stack.push(Value::Function(number as usize)),
                Op::Pop => drop(self.pop()),
                Op::Global(number) => {
                    let cell = &shared.globals[number as usize];
                    let value = W::read(cell, &self.token, |value, token| value.share(token));
                    self.stack.push(value);
                }
                Op::SetGlobal(number) => {
                    let value = self.pop();
                    let cell = &shared.globals[number as usize];
                    let before = W::write(cell, &mut self.token, |v| std::mem::replace(v, value));
                    drop(before);
                }
                Op::Add => ints!(op, i64::checked_add),
                Op::Subtract => ints!(op, i64::checked_sub),
                Op::Multiply => ints!(op, i64::checked_mul),
                Op::Divide => ints!(op, i64::checked_div_euclid),
                Op::Remainder => ints!(op, i64::checked_rem_euclid),
                Op::Less => order!(op, i64::lt),
                Op::LessEqual => order!(op, i64::le),
                Op::Greater => order!(op, i64::gt),
                Op::GreaterEqual => order!(op, i64::ge),
                Op::Equal | Op::NotEqual => {
                    let (right, left) = (self.pop(), self.pop());
                    let equal = left.equals(&right, &self.token);
                    self.stack.push(Value::bool(equal == (op == Op::Equal)));
                }
                Op::Negate => attempt!(operations::negate(self)),
                Op::Not => attempt!(operations::not(self)),
                Op::Jump(target) => frame.next = target as usize,
                Op::JumpIfFalse(target) => match self.pop() {
                    Value::True => {}
                    Value::False => frame.next = target as usize,
                    other => drop(attempt!(operations::truth(&other))),
                },
                Op::JumpIfFalseOrPop(target) | Op::JumpIfTrueOrPop(target) => {
                    let jumps = matches!(op, Op::JumpIfTrueOrPop(_));
                    let value = self.pop();
                    if attempt!(operations::truth(&value)) == jumps {
                        self.stack.push(value);
                        frame.next = target as usize;
                    }
                }
                Op::Loop(target) => {
                    frame.next = target as usize;
                    self.safepoint();
                }
                Op::ForNext(target) => {
                    if !attempt!(operations::for_next(self)) {
                        frame.next = target as usize;
                    }
                }
                Op::ForRange(target) => {
                    if !attempt!(operations::for_range(self)) {
                        frame.next = target as usize;
                    }
                }
                Op::List(count) => {
                    let values = self.stack.split_off(self.stack.len() - count as usize);
                    self.stack.push(Value::list(values));
                }
                Op::Dict(count) => attempt!(operations::dict(self, count as usize)),
                Op::Index => attempt!(operations::index(self)),
                Op::SetIndex => attempt!(operations::set_index(self)),
                Op::CallBuiltin { builtin, arguments } => {
                    if let (true, Some(last)) = (builtin.waits(), self.frames.last_mut()) {
                        *last = frame; // for its line
                    }
                    attempt!(builtin.call(self, arguments));
                    // Another thread may have run; this one's values are on its stack.
                }
                Op::Call { function, arguments } => {
                    let base = self.stack.len() - usize::from(arguments);
                    attempt!(self.enter(&mut frame, Frame { function, next: 0, base, below: 0 }));
                    code = &functions[function as usize].code;
                }
                Op::CallValue(arguments) => {
                    let base = self.stack.len() - usize::from(arguments);
                    match self.stack[base - 1] {
                        Value::Function(function) => {
                            let function = function as u32;
                            attempt!(check_arity(&shared.program, function, arguments));
                            let inner = Frame { function, next: 0, base, below: 1 };
                            attempt!(self.enter(&mut frame, inner));
                            code = &functions[function as usize].code;
                        }
                        ref other => {
                            attempt!(Err(format!("{} cannot be called", other.kind())));
                        }
                    }
                }
                Op::Return => {
                    let value = self.pop();
                    self.stack.truncate(frame.base - frame.below);
                    self.frames.pop();
                    let Some(outer) = self.frames.last() else { return Ok(value) };
                    frame = *outer;
                    code = &functions[frame.function as usize].code;
                    self.stack.push(value);
                }
            }
        }
    }

    /// Opens a call, at a safepoint.
    fn enter(&mut self, frame: &mut Frame, inner: Frame) -> Done {
        if self.frames.len() == FRAMES_MAX {
            return Err(format!("more than {FRAMES_MAX} calls are open: does the recursion end?"));
        }
        self.safepoint();
        let last = self.frames.len() - 1;
        self.frames[last] = *frame;
        self.frames.push(inner);
        *frame = inner;
        Ok(())
    }
}

/// Whether a function takes N arguments.
pub(super) fn check_arity(program: &Program, function: u32, arguments: u8) -> Done {
    let function = &program.functions[function as usize];
    if function.parameters == arguments {
        return Ok(());
    }
    let (name, wanted) = (&function.name, function.parameters);
    Err(format!("`{name}` takes {wanted} arguments, not {arguments}"))
}
