//! Several threads in one Lua state, under each protocol. Shared data is shared, counts are exact,
//! and no test depends on a clock except for the lock's own switch interval.

#![cfg(not(loom))]

#[path = "../../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::sync::Arc;

use gil_lua::{Lock, LuaError, Options, Output, Program, protocols};

use watchdog::Watchdog;

/// The protocols with a lock.
fn locks() -> impl Iterator<Item = &'static str> {
    protocols::names().filter(|name| *name != protocols::SEPARATE)
}

/// Runs a program, with its lock known to a watchdog.
fn run(program: &Program, lock: Arc<dyn Lock>, options: Options) -> (Result<(), LuaError>, String) {
    let dog = Watchdog::new();
    let seen = lock.clone();
    dog.view("the lock", move || seen.counters().map(|counters| format!("{counters:?}")));
    let output = Output::memory();
    let run = || gil_lua::run(program, options, lock, output.clone());
    let result = dog.waits("the end of the Lua program", run);
    (result, output.text())
}

fn run_under(protocol: &str, source: &str, options: Options) -> (Result<(), LuaError>, String) {
    let lock = protocols::lock(protocol).expect("a protocol");
    lock.set_switch_interval(std::time::Duration::from_micros(50)); // many switches
    run(&Program::new("test", source), lock, options)
}

/// Runs it and returns its output.
#[track_caller]
fn printed(protocol: &str, source: &str) -> String {
    let (result, text) = run_under(protocol, source, Options::default());
    result.unwrap_or_else(|error| panic!("under {protocol}: {error}\n{text}"));
    text
}

/// The message it fails with.
#[track_caller]
fn refused(source: &str) -> String {
    let (result, text) = run_under("handoff", source, Options::default());
    result.expect_err(&text).to_string()
}

#[test]
fn count_between_safepoints_of_a_shared_table_is_exact() {
    // `table.insert` is one C function: no safepoint inside. Each thread adds its own numbers.
    let source = "
        local all = {}
        local function add(n) for i = 1, 5000 do table.insert(all, n) end end
        local started = {}
        for n = 1, 4 do started[n] = spawn(add, n) end
        for n = 1, 4 do join(started[n]) end
        local counts = { 0, 0, 0, 0 }
        for _, n in ipairs(all) do counts[n] = counts[n] + 1 end
        print(#all, counts[1], counts[2], counts[3], counts[4])";
    for protocol in locks() {
        assert_eq!(
            printed(protocol, source),
            "20000\t5000\t5000\t5000\t5000\n",
            "under {protocol}"
        );
    }
}

/// Waits for another thread inside `count = count + 1`, so that an update is lost as in CPython.
#[test]
fn count_across_a_safepoint_loses_updates() {
    let source = "
        local count, inside, done = 0, false, false
        local function slow()
            local before = count
            inside = true
            while not done do end -- safepoints: the other thread counts
            count = before + 1
        end
        local function quick()
            while not inside do end
            count = count + 1
            done = true
        end
        local a, b = spawn(slow), spawn(quick)
        join(a) join(b)
        print(count)";
    for protocol in locks() {
        assert_eq!(printed(protocol, source), "1\n", "under {protocol}");
    }
}

#[test]
fn loop_without_the_hook_has_no_safepoint() {
    let source = "
        local seen = false
        local other = spawn(function() seen = true end)
        local saw = false
        for i = 1, 2000000 do if seen then saw = true break end end
        join(other)
        print(saw, seen)";
    let plain = Options { hook_count: None, ..Options::default() };
    let (result, text) = run_under("handoff", source, plain);
    result.expect("it runs");
    assert_eq!(text, "false\ttrue\n");
    // With it the loop may be endless.
    let source = source.replace("for i = 1, 2000000 do", "while true do");
    assert_eq!(printed("handoff", &source), "true\ttrue\n");
}

#[test]
fn loop_inside_a_coroutine_reaches_safepoints() {
    let source = "
        local seen = false
        local function hog()
            local inner = coroutine.wrap(function()
                local innermost = coroutine.create(function() while not seen do end return 'seen' end)
                coroutine.yield(select(2, coroutine.resume(innermost)))
            end)
            return inner()
        end
        local thread = spawn(hog)
        local other = spawn(function() seen = true end)
        print(join(thread), join(other))";
    for protocol in locks() {
        assert_eq!(printed(protocol, source), "seen\n", "under {protocol}");
    }
}

#[test]
fn coroutine_that_changes_threads_never_runs_in_two() {
    let source = "
        local co = coroutine.create(function(a)
            while true do a = a + coroutine.yield(a) end
        end)
        local function step(n) return select(2, coroutine.resume(co, n)) end
        print(join(spawn(step, 1)), join(spawn(step, 10)), join(spawn(step, 100)))
        local running, go = nil, false
        local busy = spawn(function()
            running = coroutine.running()
            while not go do end
            return 'unharmed'
        end)
        while not running do end
        print(coroutine.resume(running, 1, 2, 3))
        print(pcall(coroutine.close, running))
        print(coroutine.status(running))
        go = true
        print(join(busy))
        print(coroutine.status(running))";
    let expected = "1\t11\t111\n\
        false\tcannot resume non-suspended coroutine\n\
        false\tcannot close a normal coroutine\n\
        normal\nunharmed\ndead\n";
    for protocol in locks() {
        assert_eq!(printed(protocol, source), expected, "under {protocol}");
    }
}

#[test]
fn collector_runs_in_every_thread() {
    // Every kind of garbage, steps and whole collections, and each thread's own list stays whole.
    let source = "
        local finalized = 0
        local function churn(n, mode)
            local list = nil
            for i = 1, 2000 do
                list = { i, tostring(i) .. n, function() return list end, next = list }
                local co = coroutine.wrap(function(x) coroutine.yield(x) end)
                if co(i) ~= i then error('another value') end
                setmetatable({}, { __gc = function() finalized = finalized + 1 end })
                if i % 50 == 0 then
                    if n == 1 then collectgarbage(mode) else collectgarbage('step') end
                    list.next = nil
                end
            end
            local count = 0
            while list do
                if list[2] ~= tostring(list[1]) .. n then error('not mine') end
                count, list = count + 1, list.next
            end
            return count
        end
        for _, mode in ipairs { 'incremental', 'generational' } do
            collectgarbage(mode)
            local started = {}
            for n = 1, 4 do started[n] = spawn(churn, n, 'collect') end
            for n = 1, 4 do print(join(started[n])) end
        end
        collectgarbage()
        collectgarbage()
        print(finalized)";
    for protocol in ["handoff", "python3", "python2"] {
        assert_eq!(printed(protocol, source), "1\n".repeat(8) + "16000\n", "under {protocol}");
    }
}

#[test]
fn finalizer_that_blocks_lets_others_collect() {
    let source = "
        local socket, client = udp(0), udp(0)
        local got
        setmetatable({}, { __gc = function() got = receive(socket) end }) -- detaches
        local other = spawn(function()
            local list = {}
            for i = 1, 20000 do list[i % 100] = { i } end
            collectgarbage() -- refused: a finalizer is running
            send(client, port(socket), 'finalized')
        end)
        while not got do collectgarbage() end
        join(other)
        print(got)";
    for protocol in locks() {
        assert_eq!(printed(protocol, source), "finalized\n", "under {protocol}");
    }
}

#[test]
fn blocking_builtins_detach() {
    // If one of them kept the lock, no thread could send the message that it waits for.
    let source = "
        local asked, answered, client = udp(0), udp(0), udp(0)
        local receiver = spawn(function() return (receive(asked)) end)
        local selector = spawn(function() return #select_readable({ answered }, 1000000000) end)
        send(client, port(answered), 'x')
        print(join(selector))
        send(client, port(asked), 'hello')
        print(join(receiver))";
    for protocol in locks() {
        assert_eq!(printed(protocol, source), "1\nhello\n", "under {protocol}");
    }
}

#[test]
fn errors_reach_the_joining_thread() {
    let source = "
        local function fail() error('first') end
        local ok, message = pcall(join, spawn(function() fail() end))
        print(ok, message:match('^[^\\n]*'), message:find('upvalue \\'fail\\'') ~= nil)
        local thread = spawn(function() error({ code = 7 }) end)
        for i = 1, 2 do
            local ok, object = pcall(join, thread)
            print(ok, object.code)
        end
        local function deep() return deep() + 1 end
        print((pcall(join, spawn(deep))))
        local function nest() return string.gsub('x', 'x', nest) end
        print(select(2, pcall(join, spawn(nest))):match('C stack overflow'))
        print(join(spawn(function(...) return select('#', ...), ... end, nil, 2, nil)))
        print(pcall(join, 5))
        local own
        own = spawn(function() while not own do end return pcall(join, own) end)
        print(select(2, join(own)))";
    let expected = "false\tthe thread failed: test:2: first\ttrue\n\
        false\t7\nfalse\t7\nfalse\nC stack overflow\n3\tnil\t2\tnil\n\
        false\tjoin: a thread\n";
    for protocol in ["handoff", "python3"] {
        let text = printed(protocol, source);
        let (said, last) = text.split_at(expected.len().min(text.len()));
        assert_eq!(said, expected, "under {protocol}: {text}");
        assert!(last.contains("joins itself, and would wait forever"), "{last}");
    }
}

#[test]
fn threads_that_join_in_a_circle_get_an_error() {
    let source = "
        local threads, ready = {}, false
        local function wait_for(number)
            while not ready do end
            return pcall(join, threads[number])
        end
        threads[1] = spawn(wait_for, 2)
        threads[2] = spawn(wait_for, 1)
        ready = true
        local first, why_first = join(threads[1])
        local second, why_second = join(threads[2])
        print(first ~= second, first and why_second or why_first)";
    for protocol in ["handoff", "python3"] {
        let said = printed(protocol, source);
        let circle = "true\tjoin: threads join each other in a circle: thread";
        assert!(said.starts_with(circle), "under {protocol}: {said}");
    }
}

#[test]
fn errors_are_reported_with_their_cause() {
    assert!(refused("x = = 1").starts_with("test:1: unexpected symbol near '='"));
    let said = refused("local function f()\n error('no') end\nf()");
    assert!(
        said.starts_with("test:2: no\nstack traceback:") && said.contains("local 'f'"),
        "{said}"
    );
    let said = refused("spawn(error, 'alone')");
    assert!(said.starts_with("a thread that was not joined failed: alone"), "{said}");
    assert!(refused("error({})").starts_with("table: "));
    assert!(
        refused("error(setmetatable({}, {__tostring = function() return 'own' end}))")
            .starts_with("own")
    );
    assert!(refused("spawn(1)").contains("test:1: spawn: a function"));
    assert!(
        refused("join(spawn(function() return string.rep('x', 1 << 40) end))")
            .contains("too large")
    );
    for call in
        ["sleep()", "sleep(-1)", "udp(-1)", "send(1, 1, '')", "sha256({})", "receive(spawn)"]
    {
        let said = refused(call);
        assert!(said.starts_with("test:1: "), "{call}: {said}");
    }
    assert!(refused("assert(load('\\27Lua'))").contains("binary chunk"));
    for gone in ["io", "os", "debug", "require", "dofile", "loadfile"] {
        assert_eq!(printed("handoff", &format!("print({gone})")), "nil\n");
    }
}

#[test]
fn lock_guards_one_state_at_a_time_and_is_reusable() {
    let lock = protocols::lock("handoff").expect("a protocol");
    let left = Program::new("left", "spawn(function() receive(udp(0)) end) error('left')");
    let ok = Program::new("ok", "join(spawn(print, 'ok'))");
    for _ in 0..3 {
        let (result, text) = run(&ok, lock.clone(), Options::default());
        result.expect("it runs");
        assert_eq!(text, "ok\n");
    }
    let (result, _) = run(&left, lock.clone(), Options::default());
    assert!(matches!(result, Err(LuaError::Runtime(_))), "{result:?}");
    let (result, _) = run(&ok, lock, Options::default());
    assert!(matches!(result, Err(LuaError::LockInUse)), "{result:?}");
}

#[test]
fn finalizers_of_a_closing_state_start_no_thread() {
    let source = "
        local function last()
            print('closing', (select(2, pcall(spawn, print, 1)):gsub('^.-: ', '')))
        end
        kept = setmetatable({}, { __gc = last })
        spawn(function() alsokept = setmetatable({}, { __gc = function() print('too') end }) end)";
    for protocol in locks() {
        let text = printed(protocol, source);
        let mut lines: Vec<_> = text.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines.len(), 2, "under {protocol}: {text}");
        assert!(
            lines[0].starts_with("closing\t") && lines[0].contains("state is being closed"),
            "{text}"
        );
        assert_eq!(lines[1], "too");
    }
}

#[test]
fn unjoined_threads_are_waited_for() {
    let source = "
        local function child(n)
            if n > 0 then spawn(child, n - 1) end
            print(n)
        end
        spawn(child, 5)";
    for protocol in locks() {
        let text = printed(protocol, source);
        let mut lines: Vec<_> = text.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["0", "1", "2", "3", "4", "5"], "under {protocol}");
    }
}

#[test]
fn separate_states_share_nothing() {
    let options = || Options { hook_count: None, ..Options::default() };
    let source = "
        shared = 0
        function add(n, text, yes) shared = shared + n return shared, text, yes, 1.5, nil end
        function fail() error('mine') end
        if is_main() then
            shared = 100
            print(join(spawn(add, 1, 'a', true)))
            print(join(spawn(add, 2, 'b', false)))
            print(shared, (select(2, pcall(join, spawn(fail))):match('mine')))
            print(pcall(spawn, function() end))
            print(pcall(spawn, add, {}))
        end";
    let (result, text) = run_under(protocols::SEPARATE, source, options());
    result.unwrap_or_else(|error| panic!("{error}"));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[..3],
        ["1\ta\ttrue\t1.5\tnil", "2\tb\tfalse\t1.5\tnil", "100\tmine"],
        "{text}"
    );
    assert!(lines[3].contains("a state of its own needs a global function"), "{text}");
    assert!(lines[4].contains("a table cannot be copied"), "{text}");
}
