//! Rust's objects in Lua: sockets and threads, dropped by Lua's collector.

use std::net::UdpSocket;
use std::os::raw::{c_int, c_void};
use std::sync::Arc;

use mlua_sys as lua;
use mlua_sys::lua_State;

use crate::threads::Thread;

/// A Rust object that Lua holds.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    Socket(Arc<UdpSocket>),
    Thread(Arc<Thread>),
}

/// A userdata's block: null until [`fill`], and after the finalizer.
pub(crate) type Place = *mut *mut Object;

/// Its address is the metatable's key in the registry.
static METATABLE: u8 = 0;

fn key() -> *const c_void {
    (&raw const METATABLE).cast()
}

/// Makes the metatable. The program cannot reach it, so no other value has it.
///
/// # Safety
/// As [`crate::value::push`].
pub(crate) unsafe fn install(state: *mut lua_State) {
    // SAFETY: the caller's promise.
    unsafe {
        lua::lua_createtable(state, 0, 3);
        lua::lua_pushcfunction(state, collect);
        lua::lua_setfield(state, -2, c"__gc".as_ptr());
        lua::lua_pushboolean(state, 0);
        lua::lua_setfield(state, -2, c"__metatable".as_ptr());
        lua::lua_pushstring(state, c"object".as_ptr());
        lua::lua_setfield(state, -2, c"__name".as_ptr());
        lua::lua_rawsetp(state, lua::LUA_REGISTRYINDEX, key());
    }
}

/// Pushes an object without anything in it.
///
/// # Safety
/// As [`crate::value::push`].
pub(crate) unsafe fn push_empty(state: *mut lua_State) -> Place {
    // SAFETY: the caller's promise; the block is as large as a pointer and aligned for one.
    unsafe {
        let place: Place = lua::lua_newuserdatauv(state, size_of::<*mut Object>(), 0).cast();
        place.write(std::ptr::null_mut());
        lua::lua_rawgetp(state, lua::LUA_REGISTRYINDEX, key());
        lua::lua_setmetatable(state, -2);
        place
    }
}

/// Puts an object into an empty place. Raises no error.
///
/// # Safety
/// `place` is of [`push_empty`], still on a stack, and empty; the thread is attached.
pub(crate) unsafe fn fill(place: Place, object: Object) {
    // SAFETY: the caller's promise.
    unsafe { place.write(Box::into_raw(Box::new(object))) };
}

/// The object at an index of the stack, if it is one of ours. Raises no error.
///
/// # Safety
/// The thread is attached, the stack has room for two, and the index is an absolute one.
pub(crate) unsafe fn get(state: *mut lua_State, index: c_int) -> Option<Object> {
    // SAFETY: the caller's promise; a userdata with the metatable that only this file knows was
    // made by `push_empty`. Cloned, because the program may drop it meanwhile.
    unsafe {
        if lua::lua_type(state, index) != lua::LUA_TUSERDATA
            || lua::lua_getmetatable(state, index) == 0
        {
            return None;
        }
        lua::lua_rawgetp(state, lua::LUA_REGISTRYINDEX, key());
        let ours = lua::lua_rawequal(state, -1, -2) != 0;
        lua::lua_pop(state, 2);
        let place: Place = lua::lua_touserdata(state, index).cast();
        if ours { place.read().as_ref().cloned() } else { None }
    }
}

/// The finalizer. A second call finds nothing.
unsafe extern "C-unwind" fn collect(state: *mut lua_State) -> c_int {
    // SAFETY: Lua calls this, attached, with a userdata of `push_empty`.
    unsafe { drop_at(lua::lua_touserdata(state, 1).cast()) };
    0
}

/// `extern "C"`: a panic ends the process here instead of unwinding through Lua.
unsafe extern "C" fn drop_at(place: Place) {
    // SAFETY: a pointer that is not null comes from `fill`, and is dropped once.
    unsafe {
        if !place.is_null() {
            let object = place.replace(std::ptr::null_mut());
            if !object.is_null() {
                drop(Box::from_raw(object));
            }
        }
    }
}
