//! Where the claims do not hold of the models of other GILs, and why. Most of these failures are
//! the reason why those GILs were changed, or why their users complain.

use super::claim::{
    ALWAYS, BLOCKING, CANCEL, HOGS, KnownFalse, SPURIOUS, SPURIOUS_SWITCH, known_false,
};

const RELEASING: &[&str] = &[BLOCKING, CANCEL];
/// In every loom suite the tick's flag can outlive its thread.
const RELEASING_AND_SUITES: &[&str] =
    &[BLOCKING, CANCEL, "two", "two-timeouts", "two-fast", "two-cancel", "hog"];
const PROGRAMS: &[&str] = &[HOGS, BLOCKING, CANCEL];
const HOGGING: &[&str] = &[HOGS];
const CANCELLING: &[&str] = &[CANCEL];
const FORCED_BY_A_CALL: &str = "a blocking call made while a switch is requested is a voluntary release like any other, so the caller may return before the woken thread";

/// By claim.
pub const OF_MODELS: &[(&str, KnownFalse)] = &[
    ("SAFE-1", known_false("no-lock", 2, ALWAYS, "there is no lock")),
    // A forced switch that does not force a switch.
    (
        "SAFE-3",
        known_false(
            "python3-no-forced-switch",
            2,
            ALWAYS,
            "the releasing thread does not wait for the switch: it returns before the woken thread",
        ),
    ),
    (
        "SAFE-3",
        known_false(
            "python3-no-switch-check",
            3,
            CANCELLING,
            "as python3: a waiter that gives up must signal the thread in its forced switch",
        ),
    ),
    ("SAFE-3", known_false("python3-no-switch-check", 2, SPURIOUS, SPURIOUS_SWITCH)),
    (
        "SAFE-3",
        known_false(
            "ocaml-old-yield",
            2,
            ALWAYS,
            "the yield is a release followed by an acquire, which wins the race against the woken thread (PR 2112)",
        ),
    ),
    ("SAFE-3", known_false("ocaml", 2, RELEASING, FORCED_BY_A_CALL)),
    ("SAFE-3", known_false("priority", 2, RELEASING, FORCED_BY_A_CALL)),
    ("SAFE-3", known_false("qemu", 2, RELEASING, FORCED_BY_A_CALL)),
    (
        "SAFE-3",
        known_false(
            "ruby",
            2,
            RELEASING,
            "the hot thread may retake the lock from a successor that has not started, also after a request",
        ),
    ),
    (
        "SAFE-3",
        known_false(
            "ruby19",
            3,
            CANCELLING,
            "a yield is a release followed by an acquire: if the first of the list gives up meanwhile, the list may be empty while another thread also yields",
        ),
    ),
    (
        "SAFE-3F",
        known_false("python3-no-forced-switch", 2, ALWAYS, "SAFE-3 is false of it already"),
    ),
    (
        "SAFE-3F",
        known_false(
            "python3-no-switch-check",
            2,
            RELEASING,
            "as python3: the final release skips the forced switch (gh-104341)",
        ),
    ),
    ("SAFE-3F", known_false("ocaml-old-yield", 2, ALWAYS, "SAFE-3 is false of it already")),
    ("SAFE-3F", known_false("ocaml", 2, RELEASING, FORCED_BY_A_CALL)),
    ("SAFE-3F", known_false("priority", 2, RELEASING, FORCED_BY_A_CALL)),
    ("SAFE-3F", known_false("qemu", 2, RELEASING, FORCED_BY_A_CALL)),
    ("SAFE-3F", known_false("ruby", 2, RELEASING, "SAFE-3 is false of it already")),
    ("SAFE-3F", known_false("ruby19", 3, CANCELLING, "SAFE-3 is false of it already")),
    // Requests.
    (
        "SAFE-4",
        known_false(
            "python3-no-switch-check",
            3,
            PROGRAMS,
            "a waiter that has just seen a switch requests again: the article's spin lock",
        ),
    ),
    (
        "SAFE-4",
        known_false(
            "ocaml",
            2,
            ALWAYS,
            "a tick is not aligned to the start of a slice: it may hit a thread whose slice has just begun",
        ),
    ),
    (
        "SAFE-4",
        known_false(
            "ocaml-old-yield",
            3,
            PROGRAMS,
            "a tick is not aligned to the start of a slice: it may hit a thread whose slice has just begun",
        ),
    ),
    (
        "SAFE-4",
        known_false("priority", 2, ALWAYS, "the I/O class requests at once, without a budget"),
    ),
    ("SAFE-4", known_false("qemu", 2, ALWAYS, "a thread that attaches requests at once")),
    (
        "SAFE-5",
        known_false(
            "python3-no-forced-switch",
            3,
            CANCELLING,
            "as python3: a waiter that gives up also resets the requests of other waiters (gh-96387)",
        ),
    ),
    (
        "SAFE-5",
        known_false(
            "python3-no-switch-check",
            3,
            CANCELLING,
            "as python3: a waiter that gives up also resets the requests of other waiters (gh-96387)",
        ),
    ),
    (
        "SAFE-5",
        known_false(
            "ocaml",
            2,
            RELEASING_AND_SUITES,
            "the tick's flag belongs to the domain: it outlives the run for which it was set",
        ),
    ),
    (
        "SAFE-5",
        known_false(
            "ocaml-old-yield",
            2,
            RELEASING_AND_SUITES,
            "the tick's flag belongs to the domain: it outlives the run for which it was set",
        ),
    ),
    (
        "SAFE-5",
        known_false(
            "qemu",
            2,
            RELEASING,
            "the request is a count of the acquiring threads: each holder until they own the lock answers it again",
        ),
    ),
    (
        "SAFE-5",
        known_false(
            "qemu",
            3,
            HOGGING,
            "the request is a count of the acquiring threads: each holder until they own the lock answers it again",
        ),
    ),
    (
        "SAFE-5",
        known_false(
            "ruby19",
            3,
            CANCELLING,
            "the last thread of the list gives up while a yielding thread is in no list, and clears the request",
        ),
    ),
    (
        "SAFE-9",
        known_false(
            "python3-no-forced-switch",
            2,
            ALWAYS,
            "the releasing thread does not wait for the switch: it returns before the woken thread",
        ),
    ),
    (
        "SAFE-9",
        known_false(
            "python3-no-switch-check",
            3,
            ALWAYS,
            "as python3: a forced switch goes to any waiter",
        ),
    ),
    (
        "SAFE-9",
        known_false(
            "ruby19",
            3,
            ALWAYS,
            "a yield is a release followed by an acquire: a thread that arrives between the two is behind it in the list",
        ),
    ),
    ("SAFE-9", known_false("ocaml", 3, ALWAYS, "a yield goes to any waiter, not to all of them")),
    (
        "SAFE-9",
        known_false(
            "ocaml-old-yield",
            2,
            ALWAYS,
            "the yielding thread wins the race against the thread it has woken (PR 2112)",
        ),
    ),
    (
        "SAFE-9",
        known_false("qemu", 3, ALWAYS, "a condition variable wakes any of the preempted threads"),
    ),
    // Liveness.
    (
        "LIVE-1",
        known_false(
            "python3-no-forced-switch",
            3,
            CANCELLING,
            "as python3: waiters that arrive and give up reset the request repeatedly",
        ),
    ),
    (
        "LIVE-1",
        known_false(
            "python3-no-switch-check",
            3,
            CANCELLING,
            "as python3: waiters that arrive and give up reset the request repeatedly",
        ),
    ),
    (
        "LIVE-1",
        known_false(
            "ocaml-old-yield",
            3,
            CANCELLING,
            "OCaml cannot give up. In the model the last counted waiter that gives up clears the request, although a yielding thread is between its release and its acquire. Waiters that arrive and give up then repeat this",
        ),
    ),
    (
        "LIVE-1",
        known_false(
            "qemu",
            3,
            CANCELLING,
            "a waiter that gives up clears its request, and a preempted thread does not request",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "python3-no-forced-switch",
            2,
            ALWAYS,
            "nothing makes the releasing thread lose the race",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "python3-no-switch-check",
            2,
            RELEASING,
            "after a voluntary release any thread may acquire the lock before the woken thread",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "python3-no-switch-check",
            3,
            HOGGING,
            "a forced switch goes to any waiter, so two threads can pass the lock to each other forever",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "pypy",
            2,
            RELEASING,
            "a thread that makes short calls reacquires the lock every time before the stealer polls",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "ruby",
            2,
            RELEASING,
            "the hot thread retakes the lock every time before its successor has started",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "ocaml",
            2,
            RELEASING,
            "after a voluntary release any thread may acquire the lock before the woken thread",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "ocaml",
            3,
            HOGGING,
            "a yield goes to any waiter, so two threads can pass the lock to each other forever",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "ocaml-old-yield",
            2,
            ALWAYS,
            "the yielding thread wins the race every time: tens of thousands of iterations, measured (PR 2112)",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "priority",
            2,
            RELEASING,
            "a CPU-bound thread that makes an occasional call is in the I/O class each time it reacquires: the pathological case",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "qemu",
            2,
            ALWAYS,
            "a preempted thread does not request: the thread that runs may compute forever",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "ghc",
            3,
            RELEASING,
            "two tasks that return from foreign calls in turn are served every time before a task with work",
        ),
    ),
    (
        "LIVE-4",
        known_false(
            "pypy",
            2,
            RELEASING,
            "by design: a release wakes no thread, and the stealer polls every 0.1 ms",
        ),
    ),
    (
        "LIVE-6",
        known_false(
            "ocaml",
            2,
            RELEASING_AND_SUITES,
            "the tick's flag stays set until the next poll when the last waiter acquires the lock",
        ),
    ),
    (
        "LIVE-6",
        known_false(
            "ocaml-old-yield",
            2,
            RELEASING_AND_SUITES,
            "the tick's flag stays set until the next poll when the last waiter acquires the lock",
        ),
    ),
];

const NO_REQUESTS: &str =
    "PyPy has no requests: the holder yields to waiters when its bytecode counter runs out";
const NOT_ITS_OWN: &str = "the invariants belong to the default protocol";
const NO_DELAYS: &str = "the delays belong to the default protocol";
const NO_SEARCH: &str = "the search with a clock has the default protocol alone";
const NO_LOCK: &str = "without a lock the other claims have no meaning";

/// Why a claim does not apply to a model.
#[must_use]
pub fn not_applicable(claim: &str, protocol: &str) -> Option<&'static str> {
    match (protocol, claim) {
        ("pypy", "SAFE-4" | "SAFE-5" | "SAFE-9" | "LIVE-1") => Some(NO_REQUESTS),
        ("no-lock", _) if claim != "SAFE-1" => Some(NO_LOCK),
        (other, "HAND") if !other.starts_with("handoff") => Some(NOT_ITS_OWN),
        (other, "TIME-3") if !other.starts_with("handoff") => Some(NO_SEARCH),
        (other, "TIME-1" | "TIME-2") if !other.starts_with("handoff") => Some(NO_DELAYS),
        _ => None,
    }
}
