//! The control: no lock, and a separate state for each thread.
//!
//! As with processes, a thread loads the program again (`is_main()` is false there) and calls a
//! function by its name; arguments and results are copied.

use std::os::raw::{c_int, c_void};
use std::sync::Arc;

use mlua_sys as lua;
use mlua_sys::lua_State;

use crate::call::{Answer, Call};
use crate::error::LuaError;
use crate::lock::Alone;
use crate::object::Object;
use crate::state::{self, Shared};
use crate::threads::Thread;
use crate::value::{self, Value};

/// `start_separate(name, ...)`: a thread that calls the function of this name in its own state.
pub(crate) fn start(call: &Call<'_>) -> Answer {
    let name = call.bytes(1)?.to_vec();
    let arguments = (2..=call.count()).map(|number| call.value(number));
    let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
    let parent = call.shared;
    let shared = Arc::new(Shared {
        lock: Arc::new(Alone::default()),
        program: parent.program.clone(),
        options: parent.options.clone(),
        output: parent.output.clone(),
        began: parent.began,
        is_main: false,
        stopped: parent.stopped.clone(),
        waits: parent.waits.clone(),
    });
    let run = move || work(shared, name, arguments).map_err(|error| error.to_string());
    Ok(vec![Value::Object(Object::Thread(Thread::start(parent, run)?))])
}

/// The work of [`call_by_name`], kept by the frame below the protected call.
struct Work {
    name: Vec<u8>,
    arguments: Vec<Value>,
    results: Vec<Value>,
    wrong: Option<&'static str>,
}

fn work(shared: Arc<Shared>, name: Vec<u8>, arguments: Vec<Value>) -> Result<Vec<Value>, LuaError> {
    state::with_state(shared, |state| {
        let mut work = Work { name, arguments, results: Vec::new(), wrong: None };
        // SAFETY: attached without a lock, in a state that only this thread knows. The pointer is
        // valid while the protected call runs.
        unsafe {
            state::load(state)?;
            state::call(state, 0)?;
            lua::lua_pushcfunction(state, call_by_name);
            lua::lua_pushlightuserdata(state, (&raw mut work).cast());
            state::call(state, 1)?;
        }
        match work.wrong {
            None => Ok(work.results),
            Some(kind) => {
                Err(LuaError::Runtime(format!("{kind} cannot be copied out of a thread's state")))
            }
        }
    })
}

unsafe extern "C-unwind" fn call_by_name(state: *mut lua_State) -> c_int {
    // SAFETY: `work` calls this protected with a pointer to its Work; nothing in this frame is
    // dropped.
    unsafe {
        let work: *mut c_void = lua::lua_touserdata(state, 1);
        let work: *mut Work = work.cast();
        let (name, arguments) = (&raw const (*work).name, &raw mut (*work).arguments);
        lua::lua_rawgeti(state, lua::LUA_REGISTRYINDEX, lua::LUA_RIDX_GLOBALS);
        lua::lua_pushlstring(state, (*name).as_ptr().cast(), (*name).len());
        lua::lua_gettable(state, -2);
        let (first, count) = ((*arguments).as_mut_ptr(), (*arguments).len());
        lua::luaL_checkstack(state, count as c_int + 4, c"arguments".as_ptr());
        (0..count).for_each(|i| value::push(state, first.add(i)));
        let below = lua::lua_gettop(state) - count as c_int - 1;
        lua::lua_callk(state, count as c_int, lua::LUA_MULTRET, 0, None);
        take(state, below, work);
    }
    0
}

/// Copies the results. `extern "C"`: raises no error, and a panic ends the process here.
unsafe extern "C" fn take(state: *mut lua_State, below: c_int, work: *mut Work) {
    // SAFETY: comes from `call_by_name`.
    let work = unsafe { &mut *work };
    // SAFETY: attached; the indices are those of the results.
    for index in below + 1..=unsafe { lua::lua_gettop(state) } {
        // SAFETY: as above.
        match unsafe { value::read(state, index) } {
            Ok(result) => work.results.push(result),
            Err(kind) => work.wrong = Some(kind),
        }
    }
}
