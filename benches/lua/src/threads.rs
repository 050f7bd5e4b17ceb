//! Operating system threads, each with a coroutine of the state to run in.

use std::cell::Cell;
use std::ffi::CStr;
use std::os::raw::c_int;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use gil_bench::lang::waits::{MAIN, Number};
use mlua_sys as lua;
use mlua_sys::lua_State;

use crate::call::{Answer, Call};
use crate::object::{self, Object, Place};
use crate::state::{self, Shared};
use crate::value::Value;

/// Lua allows 200 nested calls of C functions in a coroutine (`LUAI_MAXCCALLS`), the largest of
/// which have buffers of some kilobytes.
const STACK_BYTES: usize = 4 << 20;

thread_local! {
    /// The number of this thread in its program.
    static NUMBER: Cell<Number> = const { Cell::new(MAIN) };
}

/// A thread of a program.
#[derive(Debug)]
pub(crate) struct Thread {
    number: Number,
    /// Its result, from its end on.
    result: Mutex<Option<Answer>>,
}

impl Thread {
    /// The result of a thread that has ended, for the first thread that takes it.
    fn take(&self) -> Answer {
        let mut result = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        result.take().unwrap_or_else(|| Ok(Vec::new()))
    }

    /// Starts `run` in a thread that `wait` can wait for. The state is not closed before it ends.
    pub(crate) fn start(
        shared: &Shared,
        run: impl FnOnce() -> Answer + Send + 'static,
    ) -> Result<Arc<Self>, String> {
        let mut closing = false;
        shared.lock.with(&mut |guarded| closing = guarded.closing);
        if closing {
            return Err("no thread can start any more: the state is being closed".to_owned());
        }
        let waits = shared.waits.clone();
        let number = waits.begin();
        let thread = Arc::new(Self { number, result: Mutex::new(None) });
        let inside = thread.clone();
        let started = thread::Builder::new().stack_size(STACK_BYTES).spawn(move || {
            NUMBER.set(number);
            let result = run();
            *inside.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            waits.end(number);
        });
        let handle = started.map_err(|error| {
            shared.waits.end(number);
            format!("the thread cannot be started: {error}")
        })?;
        let mut handle = Some(handle);
        shared.lock.with(&mut |guarded| {
            guarded.threads.retain(|thread| !thread.is_finished());
            guarded.threads.extend(handle.take());
        });
        Ok(thread)
    }
}

/// `wait(thread)`: waits detached for its end. Returns true and its answer, or false and the reason
/// why the wait would last forever.
pub(crate) fn wait(call: &Call<'_>) -> Answer {
    let Object::Thread(thread) = call.object(1, "a thread")? else {
        return Err("join: a socket is not a thread".to_owned());
    };
    let waits = &call.shared.waits;
    if let Err(refused) = call.detach(|| waits.join(NUMBER.get(), None, thread.number)) {
        return Ok(vec![Value::Bool(false), Value::Bytes(format!("join: {refused}").into_bytes())]);
    }
    let mut answer = thread.take()?;
    answer.insert(0, Value::Bool(true));
    Ok(answer)
}

/// Waits detached until the running thread is the only one.
pub(crate) fn wait_for_all(shared: &Shared) {
    loop {
        let mut next: Option<JoinHandle<()>> = None;
        shared.lock.with(&mut |guarded| next = guarded.threads.pop());
        let Some(thread) = next else { break };
        let mut thread = Some(thread);
        shared.lock.detach(&mut || {
            // It cannot have panicked: a panic in it ends the process.
            let _ = thread.take().map(JoinHandle::join);
        });
    }
}

/// `start(function, ...)`: a thread that calls the function, as an object.
///
/// # Safety
/// For Lua to call: attached and protected. There is nothing in this frame to drop.
pub(crate) unsafe extern "C-unwind" fn start(state: *mut lua_State) -> c_int {
    // SAFETY: as above. Values are pushed within the twenty that a C function has room for.
    unsafe {
        let count = lua::lua_gettop(state);
        lua::luaL_checktype(state, 1, lua::LUA_TFUNCTION);
        let place = object::push_empty(state);
        let coroutine = lua::lua_newthread(state);
        if lua::lua_checkstack(coroutine, count + lua::LUA_MINSTACK) == 0 {
            return fail(state, c"too many arguments for a thread");
        }
        // Until its end the registry keeps it from being collected.
        lua::lua_rawsetp(state, lua::LUA_REGISTRYINDEX, coroutine.cast());
        lua::lua_rotate(state, 1, 1); // the object below the function and its arguments
        lua::lua_xmove(state, coroutine, count);
        let mut message: *mut String = std::ptr::null_mut();
        if !start_in(state, coroutine, count - 1, place, &mut message) {
            lua::lua_pushnil(state);
            lua::lua_rawsetp(state, lua::LUA_REGISTRYINDEX, coroutine.cast());
            let text = &*message;
            lua::lua_pushlstring(state, text.as_ptr().cast(), text.len());
            forget(message);
            lua::lua_error(state);
        }
    }
    1
}

unsafe fn fail(state: *mut lua_State, message: &CStr) -> c_int {
    // SAFETY: called by `start`, with nothing to drop.
    unsafe { lua::luaL_error(state, message.as_ptr()) }
}

unsafe extern "C" fn forget(message: *mut String) {
    // SAFETY: comes from `start_in`, dropped once.
    drop(unsafe { Box::from_raw(message) });
}

/// A coroutine that moves to the thread that will run it.
struct Sent(*mut lua_State);

// SAFETY: each thread attaches before it uses it (OWNER), and no other thread runs it (ONE).
unsafe impl Send for Sent {}

/// Starts the thread. `extern "C"`: a panic ends the process here instead of unwinding through Lua.
unsafe extern "C" fn start_in(
    state: *mut lua_State,
    coroutine: *mut lua_State,
    arguments: c_int,
    place: Place,
    message: &mut *mut String,
) -> bool {
    // SAFETY: the state was set up by `with_state`.
    let shared = unsafe { state::share(state) };
    if shared.lock.is_none() {
        // The prelude never requests this; it would be two threads in a state without a lock.
        *message = Box::into_raw(Box::new("this state is for one thread".to_owned()));
        return false;
    }
    let (inside, sent) = (shared.clone(), Sent(coroutine));
    match Thread::start(&shared, move || run(inside, sent, arguments)) {
        Ok(thread) => {
            // SAFETY: attached, and `start` keeps the place on its stack.
            unsafe { object::fill(place, Object::Thread(thread)) };
            true
        }
        Err(error) => {
            *message = Box::into_raw(Box::new(error));
            false
        }
    }
}

/// The life of a thread.
fn run(shared: Arc<Shared>, coroutine: Sent, arguments: c_int) -> Answer {
    let coroutine = { coroutine }.0;
    let mut answer = Ok(Vec::<Value>::new());
    let attached = shared.lock.attach(&mut || {
        // SAFETY: attached until the end of this block (OWNER). The function and its arguments are
        // on the coroutine's stack, and it is called protected (PROTECTED). After that the
        // registry's entry exists, and writing nil into an entry raises no error.
        unsafe {
            if let Err(error) = state::call(coroutine, arguments) {
                answer = Err(error.to_string());
            }
            lua::lua_pushnil(coroutine);
            lua::lua_rawsetp(coroutine, lua::LUA_REGISTRYINDEX, coroutine.cast());
        }
    });
    attached.map_err(|error| error.to_string())?;
    answer
}
