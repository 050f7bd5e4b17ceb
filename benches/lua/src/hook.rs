//! The count hook: the safepoint between two instructions of Lua's virtual machine.
//!
//! # Why another thread may run here
//! Lua's source is written for a lock of this kind: it calls `lua_unlock` where it leaves its core
//! and `lua_lock` where it returns, both empty by default. `luaD_hook` (ldo.c) unlocks before it
//! calls a hook and locks after it. So the state is whole in a hook, which may collect garbage,
//! resize the stack and run other coroutines. Another thread that runs meanwhile does what the hook
//! itself could do with `lua_resume` on another coroutine, except for the order in which they end.
//! The page `docs/src/lua.md` lists the global parts of the state and says why that order does not
//! matter.
//!
//! # Which coroutines have it
//! `lua_newthread` (lstate.c) copies hook, mask and count from the creating coroutine, so all
//! descendants of the main coroutine have it. A finalizer (`GCTM`, lgc.c) runs with the hooks of
//! its coroutine off: it has no safepoints, like any C function.

use std::os::raw::c_int;

use mlua_sys::{LUA_MASKCOUNT, lua_Debug, lua_State, lua_sethook};

use crate::state;

/// Instructions between two safepoints by default.
///
/// The hook's cost does not depend on it above some hundreds (`gil-lua cost`): with a count hook
/// set, Lua 5.4 counts every instruction. So it is as small as possible without extra cost.
pub const HOOK_COUNT: u32 = 1_000;

/// Installs the hook in a coroutine and in those that it creates.
///
/// # Safety
/// The thread is attached to the lock of `state`, and the state's extra space is set up.
pub(crate) unsafe fn install(state: *mut lua_State, count: u32) {
    let count = c_int::try_from(count).unwrap_or(c_int::MAX).max(1);
    // SAFETY: the caller's promise; `lua_sethook` only stores and cannot fail.
    unsafe { lua_sethook(state, Some(hook), LUA_MASKCOUNT, count) };
}

/// The function that Lua calls. It has no destructors and raises no error.
unsafe extern "C-unwind" fn hook(state: *mut lua_State, _: *mut lua_Debug) {
    // SAFETY: Lua's own call.
    unsafe { safepoint(state) };
}

/// `extern "C"`: a panic ends the process here instead of unwinding through Lua.
unsafe extern "C" fn safepoint(state: *mut lua_State) {
    // SAFETY: Lua called the hook with a coroutine of a state that `run` has set up.
    let shared = unsafe { state::shared(state) };
    // INVARIANT (WHOLE): Lua is unlocked in a hook, see above.
    shared.lock.safepoint();
}
