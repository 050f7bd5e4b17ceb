//! How Lua calls a builtin that is written in Rust.
//!
//! Lua raises an error with `longjmp`, which must not skip a frame that has destructors to run. So
//! a builtin's body ([`Builtin::body`]) is plain Rust and calls no Lua function that can raise an
//! error: it reads its arguments and returns its answer. Then [`enter`], whose frame has only plain
//! numbers and pointers, pushes the answer or raises the error. A memory error there leaks the
//! answer.

use std::ffi::CStr;
use std::os::raw::c_int;

use mlua_sys as lua;
use mlua_sys::lua_State;

use crate::object::{self, Object};
use crate::state::{self, Shared};
use crate::value::{self, Value};

/// What a builtin returns: its values, or the message of an error.
pub(crate) type Answer = Result<Vec<Value>, String>;

/// A builtin.
pub(crate) struct Builtin {
    pub(crate) name: &'static CStr,
    pub(crate) body: fn(&Call<'_>) -> Answer,
}

/// A call of a builtin: its arguments, and the way to the lock.
pub(crate) struct Call<'a> {
    state: *mut lua_State,
    name: &'static CStr,
    /// The shared state of the threads.
    pub(crate) shared: &'a Shared,
}

impl<'a> Call<'a> {
    /// The number of arguments.
    pub(crate) fn count(&self) -> c_int {
        // SAFETY: the thread is attached, as long as the body runs and `detach` does not.
        unsafe { lua::lua_gettop(self.state) }
    }

    fn wrong<T>(&self, number: c_int, wanted: &str) -> Result<T, String> {
        Err(format!("{}: argument {number} is not {wanted}", self.name.to_string_lossy()))
    }

    /// An integer.
    pub(crate) fn int(&self, number: c_int) -> Result<i64, String> {
        let mut is_int = 0;
        // SAFETY: attached; raises no error, whatever the value is.
        let int = unsafe { lua::lua_tointegerx(self.state, number, &mut is_int) };
        if is_int != 0 { Ok(int) } else { self.wrong(number, "an integer") }
    }

    /// A text's bytes, also to be read detached.
    pub(crate) fn bytes(&self, number: c_int) -> Result<&'a [u8], String> {
        // SAFETY: attached; a body leaves its arguments in place until it has returned.
        let bytes = unsafe { value::bytes(self.state, number) };
        bytes.map_or_else(|| self.wrong(number, "a string"), Ok)
    }

    /// A text that is UTF-8.
    pub(crate) fn text(&self, number: c_int) -> Result<&'a str, String> {
        let text = std::str::from_utf8(self.bytes(number)?);
        text.or_else(|_| self.wrong(number, "UTF-8"))
    }

    /// An object of ours.
    pub(crate) fn object(&self, number: c_int, wanted: &str) -> Result<Object, String> {
        // SAFETY: attached; a C function has room for twenty values, and a body pushes none.
        match unsafe { object::get(self.state, number) } {
            Some(object) => Ok(object),
            None => self.wrong(number, wanted),
        }
    }

    /// Any value without a table.
    pub(crate) fn value(&self, number: c_int) -> Result<Value, String> {
        // SAFETY: attached.
        let value = unsafe { value::read(self.state, number) };
        value.map_err(|kind| {
            let name = self.name.to_string_lossy();
            format!("{name}: {kind} cannot be copied into another state")
        })
    }

    /// Runs `call` detached: other threads may run Lua meanwhile, this one must not.
    pub(crate) fn detach<R>(&self, call: impl FnOnce() -> R) -> R {
        let (mut call, mut result) = (Some(call), None);
        // INVARIANT (WHOLE): Lua is unlocked in a C function (`precallC`, ldo.c).
        self.shared.lock.detach(&mut || result = call.take().map(|call| call()));
        result.unwrap_or_else(|| unreachable!("every lock runs its closure"))
    }
}

/// Makes a builtin a field of the table on top of the stack.
///
/// # Safety
/// As [`value::push`].
pub(crate) unsafe fn install(state: *mut lua_State, builtin: &'static Builtin) {
    // SAFETY: the caller's promise; `enter` uses the pointer with the same type.
    unsafe {
        lua::lua_pushlightuserdata(state, std::ptr::from_ref(builtin).cast_mut().cast());
        lua::lua_pushcclosure(state, enter, 1);
        lua::lua_setfield(state, -2, builtin.name.as_ptr());
    }
}

/// The function that Lua calls for every builtin.
unsafe extern "C-unwind" fn enter(state: *mut lua_State) -> c_int {
    // SAFETY: Lua calls this attached and protected; the only values in this frame are a pointer
    // and numbers, so an error may skip it.
    unsafe {
        let answer = body(state);
        let pushed = match &mut *answer {
            Ok(values) => {
                let (first, count) = (values.as_mut_ptr(), values.len());
                if lua::lua_checkstack(state, count as c_int + 2) == 0 {
                    lua::lua_pushstring(state, c"there is no room for the answer".as_ptr());
                    None
                } else {
                    (0..count).for_each(|i| value::push(state, first.add(i)));
                    Some(count as c_int)
                }
            }
            Err(message) => {
                let (first, length) = (message.as_ptr(), message.len());
                lua::luaL_where(state, 1);
                lua::lua_pushlstring(state, first.cast(), length);
                lua::lua_concat(state, 2);
                None
            }
        };
        forget(answer);
        match pushed {
            Some(count) => count,
            None => lua::lua_error(state),
        }
    }
}

/// Runs the body. `extern "C"`: a panic ends the process here instead of unwinding through Lua.
unsafe extern "C" fn body(state: *mut lua_State) -> *mut Answer {
    // SAFETY: `enter`'s only upvalue is a builtin, which lives forever; the state was set up by
    // `run`.
    let (builtin, shared) = unsafe {
        let builtin = lua::lua_touserdata(state, lua::lua_upvalueindex(1)).cast::<Builtin>();
        (&*builtin, state::shared(state))
    };
    let answer = (builtin.body)(&Call { state, name: builtin.name, shared });
    Box::into_raw(Box::new(answer))
}

/// Drops the answer.
unsafe extern "C" fn forget(answer: *mut Answer) {
    // SAFETY: comes from `body`, dropped once.
    drop(unsafe { Box::from_raw(answer) });
}
