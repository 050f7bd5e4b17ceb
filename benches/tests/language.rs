//! The language: the results of programs in every runtime, and the errors of bad ones.

#![cfg(not(loom))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use gil_bench::bench::runtimes::{Visit, WORLDS, with};
use gil_bench::lang::{self, Free, Options, Output, ScriptError, World};

use watchdog::Watchdog;

struct Run<'a>(&'a str);

impl Visit for Run<'_> {
    type Output = Result<String, ScriptError>;
    fn visit<W: World>(self) -> Self::Output {
        let output = Output::memory();
        let options = Options { threads: 3, ..Options::default() };
        let dog = Watchdog::new();
        dog.view("the lock", || W::counters().map(|counters| format!("{counters:?}")));
        let run = || lang::run::<W>(self.0, options, output.clone());
        dog.waits(format!("the end of {}", self.0), run).map(|()| output.text())
    }
}

/// The output of a program, the same in every runtime.
fn prints(program: &str, expected: &str) {
    for runtime in WORLDS {
        let printed = with(runtime, Run(program)).expect("the runtime is known");
        assert_eq!(printed.as_deref(), Ok(expected), "under {runtime}: {program}");
    }
}

/// The error of a bad program.
fn fails(program: &str, line: u32, with: &str) {
    let dog = Watchdog::new();
    let run = || lang::run::<Free>(program, Options::default(), Output::memory());
    let error = dog.waits(format!("the end of {program}"), run).unwrap_err();
    assert!(error.line == line && error.message.contains(with), "{program}\n{error}");
}

#[test]
fn values_and_operators_evaluate_as_documented() {
    prints("print(1 + 2 * 3 - 4, 7 / 2, 7 % 3, -7 % 3, 2 - -3)", "3 3 1 2 5\n");
    prints(
        "print((1 + 2) * 3 == 9, 1 < 2 and not 2 <= 1, 1 != 1 or \"a\" < \"b\")",
        "true true true\n",
    );
    prints(
        "print(\"a\" + \"b\", \"tab\\t\\\"quoted\\\"\", [1, \"x\", nil, true])",
        "ab tab\t\"quoted\" [1, \"x\", nil, true]\n",
    );
    prints(
        "print([1, [2]] + [{\"k\": 1, 2: \"v\"}], 9_000_000_000 * 2)",
        "[1, [2], {\"k\": 1, 2: \"v\"}] 18000000000\n",
    );
    prints(
        "print([1, [2]] == [1, [2]], {1: 2} == {1: 3}, [] == {}, len(\"äö\"), \"äö\"[1])",
        "true false false 2 ö\n",
    );
    prints(
        "\u{feff}print(-9223372036854775808, - 9_223_372_036_854_775_807)",
        "-9223372036854775808 -9223372036854775807\n",
    );
}

#[test]
fn variables_loops_and_scopes_behave_as_documented() {
    prints("let n = 3\nlet sum = 0\nwhile n > 0 { sum = sum + n; n = n - 1 }\nprint(sum)", "6\n");
    prints(
        "for i in 0..10 { if i % 2 == 0 { continue }\n if i > 6 { break }\n let twice = 2 * i\n print(twice) }",
        "2\n6\n10\n",
    );
    prints(
        "let all = []\nfor a in [1, 2] { for b in [10, 20] { if b == 20 { break }\n push(all, a * b) } }\nprint(all)",
        "[10, 20]\n",
    );
    prints("let x = 1\nfn f(x) { x = x + 1; return x }\nprint(f(10), x)", "11 1\n");
    prints(
        "fn fib(n) { if n < 2 { return n } else { return fib(n - 1) + fib(n - 2) } }\nprint(fib(20))",
        "6765\n",
    );
    prints(
        "fn kind(n) { if n < 0 { return \"-\" } else if n == 0 { return \"0\" } else { return \"+\" } }\nprint(kind(-1) + kind(0) + kind(1))",
        "-0+\n",
    );
    prints(
        "fn twice(f, x) { return f(f(x)) }\nfn add(x) { return x + 3 }\nprint(twice(add, 1))",
        "7\n",
    );
    prints("fn nothing() { }\nprint(nothing())", "nil\n");
}

#[test]
fn builtins_return_their_documented_values() {
    prints("let l = [3]\npush(l, 4)\nprint(pop(l), l, len(l))", "4 [3] 1\n");
    prints(
        "let d = {}\nd[\"b\"] = 1\nd[7] = 2\nprint(keys(d), has(d, 7), remove(d, 7), remove(d, 7), d)",
        "[\"b\", 7] true 2 nil {\"b\": 1}\n",
    );
    prints(
        "print(text(12) + \"!\", int(\" -5 \"), type([]), threads(), part(), parts())",
        "12! -5 a list 3 0 1\n",
    );
    prints(
        "print(hash(bytes(\"abc\")))",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n",
    );
    prints("print(len(buffer(5, 255)), buffer(5, 255)[4], setting(\"n\", 8))", "5 255 8\n");
    prints("print(clock_us() >= 0, select([], 1), sleep(1))", "true [] nil\n");
}

#[test]
fn usage_and_counters_are_dictionaries_that_grow() {
    prints(
        "let used = usage()
        print(keys(used), used[\"cpu_us\"] > 0, usage()[\"voluntary\"] >= used[\"voluntary\"])",
        "[\"cpu_us\", \"voluntary\", \"involuntary\"] true true\n",
    );
    prints("print(time_us() > 1_700_000_000_000_000, type(counters()))", "true a dict\n");
    // The second thread must get the lock from the first, which never releases it by itself.
    let program = "
        let seen = false
        fn see() { seen = true }
        let before = counters()
        let seeing = spawn(see)
        while not seen { }
        let after = counters()
        join(seeing)
        print(len(after), after[\"forced_releases\"] > before[\"forced_releases\"], after[\"switches\"] > before[\"switches\"])";
    for runtime in ["handoff", "python3"] {
        let counted = with(runtime, Run(program)).expect("known");
        assert_eq!(counted.as_deref(), Ok("9 true true\n"), "under {runtime}");
    }
    let counted = with("free", Run("print(len(counters()))")).expect("known");
    assert_eq!(counted.as_deref(), Ok("0\n"), "without a lock there is nothing to count");
}

#[test]
fn semaphore_admits_as_many_threads_as_its_count() {
    prints(
        "let s = semaphore(2)\nacquire(s)\nacquire(s)\nrelease(s)\nacquire(s)\nprint(s)",
        "<semaphore>\n",
    );
    let program = "
        let gate = semaphore(0)
        fn pass() { acquire(gate); return 1 }
        let all = [spawn(pass), spawn(pass), spawn(pass)]
        release(gate, 0)
        release(gate, 3)
        let passed = 0
        for thread in all { passed = passed + join(thread) }
        print(passed)";
    prints(program, "3\n");
    // Neither side can run ahead of the other.
    let program = "
        let all = []
        let ping = semaphore(0)
        let pong = semaphore(0)
        fn answer() { for i in 0..20 { acquire(ping); push(all, 2 * i + 1); release(pong) } }
        let answering = spawn(answer)
        for i in 0..20 { push(all, 2 * i); release(ping); acquire(pong) }
        join(answering)
        let right = len(all) == 40
        for i in 0..40 { if all[i] != i { right = false } }
        print(right)";
    prints(program, "true\n");
}

/// A waiter of a semaphore is woken even if the releasing thread goes on computing, or ends.
#[test]
fn semaphore_waiter_is_eventually_woken() {
    let program = "
        let ready = semaphore(0)
        let gate = semaphore(0)
        let passed = [0]
        fn pass() { release(ready); acquire(gate); passed[0] = passed[0] + 1 }
        fn open() { release(gate) }
        for i in 0..20 {
            let passing = spawn(pass)
            acquire(ready)
            release(gate)
            while passed[0] == 2 * i { }
            join(passing)
            passing = spawn(pass)
            acquire(ready)
            join(spawn(open))
            join(passing)
        }
        print(passed[0])";
    prints(program, "40\n");
    let program = "let gate = semaphore(0)\nfn open() {\nrelease(gate)\nfail(\"after it\")\n}
        let opening = spawn(open)\nacquire(gate)\njoin(opening)";
    fails(program, 8, "the thread failed: line 4: after it");
}

#[test]
fn lists_are_packed() {
    prints(
        "let l = [0, -1, 9_000_000_000_000]\nprint(len(pack(l)), unpack(pack(l)) == l, pack([1])[0], unpack(pack([])))",
        "24 true 1 []\n",
    );
}

#[test]
fn list_may_contain_itself() {
    prints("let l = [1]\npush(l, l)\nprint(len(text(l)) < 1000, l == l)", "true true\n");
}

#[test]
fn threads_share_their_arguments() {
    let program = "
        let all = []
        fn work(list, from) { for i in from..from + 100 { push(list, i) }; return from }
        let started = []
        for t in 0..threads() { push(started, spawn(work, all, 100 * t)) }
        let sum = 0
        for thread in started { sum = sum + join(thread) }
        let total = 0
        for i in all { total = total + i }
        print(len(all), sum, total)";
    prints(program, "300 300 44850\n");
}

#[test]
fn program_ends_after_its_threads() {
    prints(
        "fn late() { sleep(20)\n print(\"late\") }\nspawn(late)\nprint(\"main\")",
        "main\nlate\n",
    );
}

#[test]
fn sockets_and_files_are_read_and_written() {
    let path = std::env::temp_dir().join(format!("gil-language-{}", std::process::id()));
    let program = format!(
        "let a = udp(0)
        let b = udp(0)
        send(a, port(b), \"hello\")
        let ready = select([a, b], 5000)
        let message = receive(ready[0])
        print(len(ready), message[0], message[1] == port(a))
        write_file({path:?}, \"on disk\")
        print(len(read_file({path:?})), hash(read_file({path:?})) == hash(bytes(\"on disk\")))
        let file = open({path:?})
        print(write(file, bytes(\"abc\")), write(file, buffer(2, 0)), len(read_file({path:?})), file)"
    );
    prints(&program, "1 hello true\n7 true\n3 2 5 <file>\n");
    std::fs::remove_file(path).expect("the program wrote it");
}

#[test]
fn blocked_thread_lets_the_others_run() {
    let program = "
        let socket = udp(0)
        fn wait() { return receive(socket)[0] }
        let waiting = spawn(wait)
        let sum = 0
        for i in 0..1000 { sum = sum + i }
        send(udp(0), port(socket), text(sum))
        print(join(waiting))";
    prints(program, "499500\n");
}

#[test]
fn long_chains_are_freed() {
    prints("let l = nil\nfor i in 0..300000 { l = [l] }\nl = nil\nprint(\"freed\")", "freed\n");
}

#[test]
fn syntax_error_is_reported_with_its_position() {
    fails("let a = 1\nlet b = a +", 2, "the program ends where a value should be");
    fails("let a = 1\nlet b a", 2, "`=` should be here");
    fails("fn f( {", 1, "a parameter's name or `)` should be here");
    fails("while true {\nprint(1)\n", 2, "`}` is missing");
    fails("print(1) print(2)", 1, "the statement should end here");
    fails("let a = \"open\nprint(a)", 1, "no closing quote");
    fails("let a = 1 $ 2", 1, "`$` means nothing here");
    fails("let a = 99999999999999999999", 1, "does not fit into 64 bits");
    fails("let a = 9223372036854775808", 1, "does not fit into 64 bits");
    fails("let a = -9223372036854775809", 1, "does not fit into 64 bits");
    fails("\n\nprint(b)", 3, "there is no variable or function `b`");
    fails("b = 1", 1, "make it with `let`");
    fails("break", 1, "`break` outside a loop");
    fails("let a = 1\nlet a = 2", 2, "there is a `a` already");
    fails("fn f(a) { }\nf(1, 2)", 2, "`f` takes 1 arguments, not 2");
    fails("len()", 1, "`len` takes 1 arguments, not 0");
    fails("if true { fn f() { } }", 1, "can only be at the top level");
    fails("1 = 2", 1, "only a variable or an element can be assigned to");
    fails(&"(".repeat(1000), 1, "levels of nesting");
    fails(&"-".repeat(1000), 1, "levels of nesting");
    fails("let f = len", 1, "it can only be called");
}

#[test]
fn runtime_error_is_reported_with_its_position() {
    fails("let a = 1\n\nprint(a + \"b\")", 3, "`+` does not take an int and a text");
    fails("let l = [1]\nprint(l[1])", 2, "there is no element 1: the length is 1");
    fails("print({}[\"k\"])", 1, "there is no entry k");
    fails("let d = {[]: 1}", 1, "a list cannot be a key");
    fails("print(1 / 0)", 1, "division by zero");
    fails("print(9223372036854775807 + 1)", 1, "does not fit into 64 bits");
    fails("if 1 { }", 1, "a condition is true or false, not an int");
    fails("let f = 3\nf(1)", 2, "an int cannot be called");
    fails("fn f() {\n  return f()\n}\nf()", 2, "does the recursion end?");
    fails("for i in 5 { }", 1, "`for` goes over a list or a range");
    fails("for i in 0..\"x\" { }", 1, "a range goes from an int to an int");
    fails("read_file(\"/nonexistent/file\")", 1, "cannot read \"/nonexistent/file\"");
    fails("fail(\"on purpose\")", 1, "on purpose");
    fails(
        "fn f() {\n  fail(\"inside\")\n}\njoin(spawn(f))",
        4,
        "the thread failed: line 2: inside",
    );
    fails("fn f() {\n  fail(\"alone\")\n}\nspawn(f)", 2, "alone");
    fails("fn f() { }\nlet t = spawn(f)\njoin(t)\njoin(t)", 4, "joined already");
    fails("fn f(a) { }\nspawn(f)", 2, "`f` takes 1 arguments, not 0");
    fails("int(\"x\")", 1, "\"x\" is not a number");
    fails("sleep(-1)", 1, "a time is 0 to 4294967295 milliseconds");
    fails("select([1], 0)", 1, "takes a list of sockets, not an int");
    fails("udp(70000)", 1, "a port is 0 to 65535");
    fails("pop([])", 1, "from an empty list");
    fails("semaphore(-1)", 1, "a semaphore's count is 0 to");
    fails("release(semaphore(0), -1)", 1, "a semaphore's count is 0 to");
    fails("acquire(1)", 1, "`acquire` takes a semaphore, not an int");
    fails("open(\"/nonexistent/file\")", 1, "cannot open \"/nonexistent/file\"");
    fails("write(1, bytes(\"a\"))", 1, "`write` takes a file, not an int");
    fails("write(open(\"/dev/null\"), \"a\")", 1, "`write` takes a buffer, not a text");
    fails("pack([1, \"a\"])", 1, "`pack` takes a list of ints, not a text");
    fails("unpack(buffer(7, 0))", 1, "7 bytes are no packed list");
}

/// The error of a program whose threads wait for each other, the same in every runtime.
fn blocks(program: &str, with_text: &str) -> ScriptError {
    let mut last = None;
    for runtime in WORLDS {
        let printed = with(runtime, Run(program)).expect("the runtime is known");
        let error = printed.expect_err("it cannot go on");
        assert!(error.message.contains(with_text), "under {runtime}: {program}\n{error}");
        last = Some(error);
    }
    last.expect("there are runtimes")
}

#[test]
fn thread_that_joins_itself_gets_an_error() {
    let program = "
        let me = []
        let go = semaphore(0)
        fn own() {
            acquire(go)
            return join(me[0])
        }
        push(me, spawn(own))
        release(go)";
    let error = blocks(program, "thread 1 joins itself, and would wait forever");
    assert_eq!(error.line, 6);
}

#[test]
fn threads_that_join_in_a_circle_get_an_error() {
    let program = "
        let threads = []
        let go = semaphore(0)
        fn wait_for(number) {
            acquire(go)
            return join(threads[number])
        }
        push(threads, spawn(wait_for, 1))
        push(threads, spawn(wait_for, 0))
        release(go, 2)";
    let error = blocks(program, "threads join each other in a circle: thread");
    assert_eq!(error.line, 6);
}

#[test]
fn program_whose_threads_are_all_blocked_ends_with_an_error() {
    let alone = "let m = semaphore(1)\nacquire(m)\nacquire(m)\nprint(\"never\")";
    let said = "every thread is blocked for good: the main thread waits in line 3 for a semaphore";
    assert_eq!(blocks(alone, said).line, 3);
    let opposite_order = "
        let first = semaphore(1)
        let second = semaphore(1)
        let a_goes = semaphore(0)
        let b_goes = semaphore(0)
        fn a() {
            acquire(first)
            release(b_goes)
            acquire(a_goes)
            acquire(second)
        }
        fn b() {
            acquire(second)
            release(a_goes)
            acquire(b_goes)
            acquire(first)
        }
        let t = spawn(a)
        join(spawn(b))";
    let said = "every thread is blocked for good: the main thread waits in line 19 for thread 2; \
        thread 1 waits in line 10 for a semaphore; thread 2 waits in line 16 for a semaphore";
    assert_eq!(blocks(opposite_order, said).line, 19);
}

#[test]
fn thread_that_blocks_the_end_of_its_program_is_an_error() {
    let program = "let none = semaphore(0)\nfn f() {\n  acquire(none)\n}\nspawn(f)\nprint(1)";
    let said =
        "the main thread waits at its end for thread 1; thread 1 waits in line 3 for a semaphore";
    blocks(program, said);
}

#[test]
fn blocked_threads_go_on_when_the_last_running_one_releases() {
    let program = "
        let gate = semaphore(0)
        fn wait() {
            acquire(gate)
            return 1
        }
        fn open() {
            sleep(1)
            release(gate, 3)
        }
        let threads = [spawn(wait), spawn(wait), spawn(wait), spawn(open)]
        print(join(threads[0]) + join(threads[1]) + join(threads[2]))";
    prints(program, "3\n");
}

/// The page that teaches the language.
const PAGE: &str = include_str!("../../docs/src/language.md");

#[test]
fn program_of_the_page_runs() {
    let program = PAGE.split("## A program").nth(1).expect("the heading");
    let program = program.split("```text\n").nth(1).expect("a block");
    prints(program.split("```").next().expect("its end"), "the sum is 499500\n");
}

#[test]
fn page_names_every_builtin() {
    for (name, _) in lang::BUILTINS {
        assert!(PAGE.contains(&format!("`{name}(")), "{name} is not on the page");
    }
}
