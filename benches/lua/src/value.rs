//! Values between Lua and Rust: those without tables.

use std::os::raw::c_int;

use mlua_sys as lua;
use mlua_sys::lua_State;

use crate::object::{self, Object};

/// A value that can be copied from a Lua state, into the same one or into another.
#[derive(Debug)]
pub(crate) enum Value {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Bytes(Vec<u8>),
    Object(Object),
}

/// Reads the value at an index. `Err` is the kind of another value. Raises no error.
///
/// # Safety
/// The thread is attached to the lock of `state`, and the index is one of its stack.
pub(crate) unsafe fn read(state: *mut lua_State, index: c_int) -> Result<Value, &'static str> {
    // SAFETY: the caller's promise. None of these raises an error or changes the stack: the bytes
    // are read only if the value is already a text.
    unsafe {
        Ok(match lua::lua_type(state, index) {
            lua::LUA_TNIL | lua::LUA_TNONE => Value::Nil,
            lua::LUA_TBOOLEAN => Value::Bool(lua::lua_toboolean(state, index) != 0),
            lua::LUA_TNUMBER if lua::lua_isinteger(state, index) != 0 => {
                Value::Int(lua::lua_tointeger(state, index))
            }
            lua::LUA_TNUMBER => Value::Float(lua::lua_tonumber(state, index)),
            lua::LUA_TSTRING => Value::Bytes(bytes(state, index).unwrap_or_default().to_vec()),
            lua::LUA_TTABLE => return Err("a table"),
            lua::LUA_TFUNCTION => return Err("a function"),
            lua::LUA_TTHREAD => return Err("a coroutine"),
            _ => return Err("an object"),
        })
    }
}

/// The bytes of a text. `None`: there is none at this index. Raises no error.
///
/// # Safety
/// As [`read`]; the text stays at its index while the bytes are used. They may be used detached:
/// texts never change and never move, and the garbage collector marks the stack that they are on.
pub(crate) unsafe fn bytes<'a>(state: *mut lua_State, index: c_int) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise; `lua_tolstring` of a text neither allocates nor fails, and
    // returns as many bytes as it says.
    unsafe {
        if lua::lua_type(state, index) != lua::LUA_TSTRING {
            return None;
        }
        let mut length = 0;
        let first = lua::lua_tolstring(state, index, &mut length);
        Some(std::slice::from_raw_parts(first.cast::<u8>(), length))
    }
}

/// Pushes a value; an object is moved into Lua and leaves `Nil` behind.
///
/// # Safety
/// The thread is attached to the lock of `state`. This runs inside a protected call, with room on
/// the stack for two. No frame between here and there has a destructor to run: it may raise a
/// memory error.
pub(crate) unsafe fn push(state: *mut lua_State, value: *mut Value) {
    // SAFETY: the caller's promise; `value` is a valid place.
    unsafe {
        match &mut *value {
            Value::Nil => lua::lua_pushnil(state),
            Value::Bool(value) => lua::lua_pushboolean(state, c_int::from(*value)),
            Value::Int(value) => lua::lua_pushinteger(state, *value),
            Value::Float(value) => lua::lua_pushnumber(state, *value),
            Value::Bytes(bytes) => {
                lua::lua_pushlstring(state, bytes.as_ptr().cast(), bytes.len());
            }
            Value::Object(_) => {
                let place = object::push_empty(state);
                if let Value::Object(object) = value.replace(Value::Nil) {
                    object::fill(place, object);
                }
            }
        }
    }
}
