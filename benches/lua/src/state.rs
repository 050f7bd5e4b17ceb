//! One Lua state: made, run and closed by the thread that calls [`run`].
//!
//! # Invariants
//! - OWNER: every thread that uses the state or any coroutine of it is attached to its lock.
//! - WHOLE: a thread that releases the lock is in a hook or a C function, where Lua's core is
//!   unlocked.
//! - PROTECTED: every call that may raise an error runs inside a `lua_pcall` of its own thread. An
//!   error without one would go to the handler of the *main* coroutine (`luaD_throw`, ldo.c), on
//!   another thread's stack.
//! - ONE: a coroutine is run by one thread at a time: Lua resumes no running coroutine
//!   (`lua_resume`, ldo.c).
//! - PLAIN: no frame that an error skips has a destructor to run.

use std::os::raw::c_int;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use gil_bench::lang::waits::Waits;
use mlua_sys as lua;
use mlua_sys::lua_State;

use crate::builtins::BUILTINS;
use crate::error::LuaError;
use crate::lock::Lock;
use crate::output::Output;
use crate::program::{Options, Program};
use crate::{call, hook, object, threads};

/// The shared state of the threads. Every coroutine's extra space points to it.
pub(crate) struct Shared {
    pub(crate) lock: Arc<dyn Lock>,
    pub(crate) program: Program,
    pub(crate) options: Options,
    pub(crate) output: Output,
    pub(crate) began: Instant,
    /// Not a state that `spawn` made.
    pub(crate) is_main: bool,
    /// `stop()` was called, in any state of the program.
    pub(crate) stopped: Arc<AtomicBool>,
    /// The threads of the program, and which of them wait.
    pub(crate) waits: Arc<Waits>,
}

/// The shared state of a coroutine.
///
/// # Safety
/// The state was set up by [`with_state`], which keeps what it shares until after the end.
pub(crate) unsafe fn shared<'a>(state: *mut lua_State) -> &'a Shared {
    // SAFETY: `with_state` stores the pointer before there is a second coroutine, and
    // `lua_newthread` (lstate.c) copies the main coroutine's extra space. Each thread keeps an Arc
    // while it runs.
    unsafe { &**lua::lua_getextraspace(state).cast::<*const Shared>() }
}

/// One more owner of the shared state of a coroutine.
///
/// # Safety
/// As [`shared`].
pub(crate) unsafe fn share(state: *mut lua_State) -> Arc<Shared> {
    // SAFETY: as in `shared`; the pointer comes from `Arc::as_ptr`, of an Arc that is alive.
    unsafe {
        let shared = lua::lua_getextraspace(state).cast::<*const Shared>().read();
        Arc::increment_strong_count(shared);
        Arc::from_raw(shared)
    }
}

/// Runs a program in a new state under a lock, on the calling thread and those that it starts, and
/// closes the state.
///
/// If the program fails at its top level while threads run, they keep running with the state, which
/// is never closed.
///
/// ```
/// use gil_lua::{LuaError, Options, Output, Program, protocols, run};
/// let lock = protocols::lock("python3").unwrap();
/// let result = run(&Program::new("bad", "x = "), Options::default(), lock, Output::memory());
/// assert!(matches!(result, Err(LuaError::Syntax(message)) if message.starts_with("bad:1:")));
/// ```
///
/// # Errors
/// With file and line if the text is not a program, and with a traceback if the program fails.
pub fn run(
    program: &Program,
    options: Options,
    lock: Arc<dyn Lock>,
    output: Output,
) -> Result<(), LuaError> {
    let shared = Shared {
        lock,
        program: program.clone(),
        options,
        output,
        began: Instant::now(),
        is_main: true,
        stopped: Arc::default(),
        waits: Arc::default(),
    };
    with_state(Arc::new(shared), |state| {
        // SAFETY: `with_state` calls this attached; the loaded text is on top of the stack.
        unsafe { load(state).and_then(|()| call(state, 0)) }
    })
}

/// Makes a state, runs `work` in it, waits for its threads and closes it.
pub(crate) fn with_state<R>(
    shared: Arc<Shared>,
    work: impl FnOnce(*mut lua_State) -> Result<R, LuaError>,
) -> Result<R, LuaError> {
    let (mut work, mut result) = (Some(work), Err(LuaError::Memory));
    shared.lock.clone().attach(&mut || {
        if let Some(work) = work.take() {
            result = attached(&shared, work);
        }
    })?;
    result
}

fn attached<R>(
    shared: &Arc<Shared>,
    work: impl FnOnce(*mut lua_State) -> Result<R, LuaError>,
) -> Result<R, LuaError> {
    let mut in_use = false;
    shared.lock.with(&mut |guarded| in_use = std::mem::replace(&mut guarded.in_use, true));
    if in_use {
        return Err(LuaError::LockInUse);
    }
    // SAFETY: makes a state that no other thread knows.
    let state = unsafe { lua::luaL_newstate() };
    if state.is_null() {
        shared.lock.with(&mut |guarded| guarded.in_use = false);
        return Err(LuaError::Memory);
    }
    // SAFETY: attached, and the state is new; its extra space is as large as a pointer.
    let ran = unsafe {
        lua::lua_getextraspace(state).cast::<*const Shared>().write(Arc::as_ptr(shared));
        lua::lua_pushcfunction(state, set_up);
        call(state, 0).and_then(|()| {
            if let Some(count) = shared.options.hook_count {
                hook::install(state, count);
            }
            work(state)
        })
    };
    let finished = match ran {
        // SAFETY: attached; the state is not closed yet.
        Ok(result) => unsafe { finish(shared, state) }.map(|()| result),
        Err(error) => Err(error),
    };
    // SAFETY: as above; no thread uses the state after this.
    unsafe { close(shared, state) };
    finished
}

/// Waits for all threads, then reports one that failed and was not joined.
///
/// # Safety
/// The thread is attached, outside of all calls of Lua.
unsafe fn finish(shared: &Shared, state: *mut lua_State) -> Result<(), LuaError> {
    threads::wait_for_all(shared);
    // SAFETY: the caller's promise; reading the registry by a pointer raises no error.
    unsafe {
        lua::lua_rawgetp(state, lua::LUA_REGISTRYINDEX, (&raw const REPORT).cast());
        call(state, 0).map_err(|error| match error {
            LuaError::Runtime(message) => LuaError::Thread(message),
            other => other,
        })
    }
}

/// Closes the state, unless threads still run in it.
///
/// # Safety
/// The thread is attached, outside of all calls of Lua, and does not use the state after.
unsafe fn close(shared: &Shared, state: *mut lua_State) {
    let mut deserted = false;
    shared.lock.with(&mut |guarded| {
        deserted = guarded.threads.iter().any(|thread| !thread.is_finished());
        guarded.closing = !deserted;
    });
    if deserted {
        return; // the threads keep the state forever
    }
    // A finalizer may have started one before `closing` was set.
    threads::wait_for_all(shared);
    // SAFETY: no other thread is left and none can start; finalizers run attached, here.
    unsafe { lua::lua_close(state) };
    shared.lock.with(&mut |guarded| {
        (guarded.in_use, guarded.closing) = (false, false);
    });
}

/// Pushes the program as a function.
///
/// # Safety
/// The thread is attached to the lock of `state`, whose stack has room.
pub(crate) unsafe fn load(state: *mut lua_State) -> Result<(), LuaError> {
    // SAFETY: the caller's promise. `lua_load` is protected itself, and leaves the function or a
    // message.
    unsafe {
        let program = &shared(state).program;
        let (source, name) = (&program.source, program.chunk_name());
        let (first, length) = (source.as_ptr().cast(), source.len());
        let mode = c"t".as_ptr(); // text only: Lua does not check compiled code
        match lua::luaL_loadbufferx(state, first, length, name.as_ptr(), mode) {
            lua::LUA_OK => Ok(()),
            _ => Err(LuaError::Syntax(message(state))),
        }
    }
}

/// Calls the function under `arguments` values, protected, for no result.
///
/// # Safety
/// The thread is attached to the lock of `state`, and the values are there.
pub(crate) unsafe fn call(state: *mut lua_State, arguments: c_int) -> Result<(), LuaError> {
    // SAFETY: the caller's promise; a C function without upvalues is pushed without an allocation.
    unsafe {
        let place = lua::lua_gettop(state) - arguments;
        lua::lua_pushcfunction(state, add_traceback);
        lua::lua_rotate(state, place, 1);
        let status = lua::lua_pcall(state, arguments, 0, place);
        let result = match status {
            lua::LUA_OK => Ok(()),
            _ => Err(LuaError::Runtime(message(state))),
        };
        lua::lua_settop(state, place - 1);
        result
    }
}

/// Takes the message off the stack.
///
/// # Safety
/// The thread is attached and a value is on top of the stack.
unsafe fn message(state: *mut lua_State) -> String {
    // SAFETY: the caller's promise.
    unsafe {
        let bytes = crate::value::bytes(state, lua::lua_gettop(state));
        let message = bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        lua::lua_pop(state, 1);
        message.unwrap_or_else(|| "the error is not a string".to_owned())
    }
}

/// The message with a traceback: Lua's `msghandler` (lua.c).
unsafe extern "C-unwind" fn add_traceback(state: *mut lua_State) -> c_int {
    // SAFETY: Lua calls this attached and protected; there is nothing in this frame to drop.
    unsafe {
        if lua::lua_type(state, 1) != lua::LUA_TSTRING {
            lua::luaL_tolstring(state, 1, std::ptr::null_mut());
            lua::lua_replace(state, 1);
        }
        lua::luaL_traceback(state, state, lua::lua_tostring(state, 1), 1);
    }
    1
}

/// As [`add_traceback`], but an error that is not a string stays what it is.
unsafe extern "C-unwind" fn traceback(state: *mut lua_State) -> c_int {
    // SAFETY: as above.
    unsafe {
        if lua::lua_type(state, 1) == lua::LUA_TSTRING {
            lua::luaL_traceback(state, state, lua::lua_tostring(state, 1), 1);
        } else {
            lua::lua_settop(state, 1);
        }
    }
    1
}

/// The libraries of a program. Not `io`, which blocks without detaching; not `os`, whose `exit`
/// closes the state under the other threads; not `debug`, which reaches the registry and can remove
/// the hook; and not `package`, which loads C code that does not know the lock.
static LIBRARIES: &[(&std::ffi::CStr, lua::lua_CFunction)] = &[
    (c"_G", lua::luaopen_base),
    (c"coroutine", lua::luaopen_coroutine),
    (c"table", lua::luaopen_table),
    (c"string", lua::luaopen_string),
    (c"math", lua::luaopen_math),
    (c"utf8", lua::luaopen_utf8),
];

static PRELUDE: &str = include_str!("prelude.lua");

/// Its address is the key of the prelude's `report` in the registry.
static REPORT: u8 = 0;

/// Sets up a new state: libraries, builtins, prelude.
unsafe extern "C-unwind" fn set_up(state: *mut lua_State) -> c_int {
    // SAFETY: `attached` calls this protected, in a new state; nothing in this frame has a
    // destructor.
    unsafe {
        for (name, open) in LIBRARIES {
            lua::luaL_requiref(state, name.as_ptr(), *open, 1);
            lua::lua_settop(state, 0);
        }
        object::install(state);
        let (first, length) = (PRELUDE.as_ptr().cast(), PRELUDE.len());
        if lua::luaL_loadbufferx(state, first, length, c"=prelude".as_ptr(), c"t".as_ptr()) != 0 {
            lua::lua_error(state);
        }
        lua::lua_createtable(state, 0, BUILTINS.len() as c_int + 2);
        for builtin in BUILTINS {
            call::install(state, builtin);
        }
        lua::lua_pushcfunction(state, threads::start);
        lua::lua_setfield(state, -2, c"start".as_ptr());
        lua::lua_pushcfunction(state, traceback);
        lua::lua_setfield(state, -2, c"traceback".as_ptr());
        lua::lua_callk(state, 1, 1, 0, None);
        lua::lua_rawsetp(state, lua::LUA_REGISTRYINDEX, (&raw const REPORT).cast());
    }
    0
}
