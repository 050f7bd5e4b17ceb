//! The article's claims in our own words, and what checks each one in addition to the ledger's
//! claims.

/// Id, what the article says, and what else checks it.
pub const ARTICLE: &[(&str, &str, &str)] = &[
    ("A1", "One lock around the interpreter: at most one thread executes bytecode.", ""),
    (
        "A2",
        "The holder releases it voluntarily, or is forced to after an interval.",
        "the two kinds of release in [the protocol](protocol.md)",
    ),
    (
        "A3",
        "It exists because of reference counting: unsynchronised counts lose updates.",
        "`GilRc`: a plain integer for a count, 16 times cheaper than Arc; `cargo run --release -p gil-bench -- micro counts`",
    ),
    (
        "A4",
        "Locking every object instead costs more and invites deadlock.",
        "`cargo run --release -p gil-bench -- micro objects`: moving between two objects costs about 9 times as much with a lock for each; the free control of `-- story` takes 1.7 times as long in one thread",
    ),
    (
        "A5",
        "Other implementations have no GIL and other trade-offs.",
        "the runtime `free` in every benchmark: the same interpreter with atomic counts and a lock for every cell",
    ),
    (
        "A6",
        "Time per user, split over 8 threads, is no faster than sequential.",
        "`cargo run --release -p gil-bench -- story`, in an interpreter under each protocol, CPython alongside; `cargo run --release -p gil-core --example time_per_user` on the bare lock",
    ),
    (
        "A7",
        "Two count-downs take 1.53 s in sequence and 1.57 s on two threads.",
        "`cargo compare countdown`",
    ),
    (
        "A8",
        "Blocking I/O drops the lock and takes it again.",
        "`cargo compare select`: two blocking calls in two threads take half as long, under every protocol",
    ),
    (
        "A9",
        "CPU-bound threads have to be preempted.",
        "the program `hogs`, and the mutants `request-dropped` and `safepoint-ignored`; `cargo verify simulate --protocol qemu --workload cpu:2`, where nothing forces a switch between CPU-bound threads",
    ),
    (
        "A10",
        "Python 2: every 100 ticks. Python 3: every 5 ms. Both can be set.",
        "`Python2`, `Python3`: same defaults, `set_check_interval`, `set_switch_interval`; `cargo verify simulate` with `--check-interval` and `--switch-interval-us`",
    ),
    (
        "A11",
        "Processes are about twice as fast, but cost more to start and to communicate with.",
        "`cargo run --release -p gil-bench -- story`, its workload `processes`: one interpreter in each process, with start-up reported separately",
    ),
    (
        "A12",
        "C extensions release the lock around long work.",
        "`Attached::detach`; `cargo compare hash`: SHA-256 without the lock",
    ),
    (
        "A13",
        "A waiting thread requests a switch only if the lock was not released in its interval.",
        "",
    ),
    ("A14", "The holder finishes its instruction, drops the lock and signals.", ""),
    (
        "A15",
        "It waits until another thread has actually acquired the lock.",
        "mutants `gives-by-freeing`, `no-forced-switch`; the model `python3-no-forced-switch`, which [recorded runs](conformance.md) distinguish",
    ),
    (
        "A16",
        "Python 2 did not wait, which caused starvation and wasted wake-ups: the GIL battle.",
        "[pictured](pictures.md#the-gil-battle-a16); `cargo run --example gil_battle`; python2's loop, `cargo verify --protocol python2 -v`; on real threads `Gil::counters` and `cargo run --release -p gil-models --example record`",
    ),
    (
        "A17",
        "The thread that requested need not be the one that gets the lock.",
        "[pictured](pictures.md#several-threads-a17); python3's loop at 3 threads is an instance: T0 requests, and T2 gets the lock",
    ),
    (
        "A18",
        "The switch check prevents a waiter from requesting repeatedly.",
        "[pictured](pictures.md#asking-again-and-again-a18); mutant `no-switch-number-check`; the model `python3-no-switch-check`, which [recorded runs](conformance.md) distinguish",
    ),
    (
        "A19",
        "The convoy: every short I/O call costs a whole interval.",
        "[pictured](pictures.md#the-convoy-a19), and [simulated](simulator.md) with figures; unbounded for python3, bounded for the default protocol, and [measured](benchmarks.md#a-server-next-to-cpu-bound-threads)",
    ),
];
