//! Where the claims do not hold of the models of other GILs, and why: most of it is the reason why
//! those GILs were changed, or why their users complain.

use super::claim::{
    ALWAYS, BLOCKING, CANCEL, HOGS, KnownFalse, SPURIOUS, SPURIOUS_SWITCH, known_false,
};

const RELEASING: &[&str] = &[BLOCKING, CANCEL];
/// The tick's flag can be seen to outlive its thread in every suite of loom's.
const RELEASING_AND_SUITES: &[&str] =
    &[BLOCKING, CANCEL, "two", "two-timeouts", "two-fast", "two-cancel", "hog"];
const PROGRAMS: &[&str] = &[HOGS, BLOCKING, CANCEL];
const HOGGING: &[&str] = &[HOGS];
const CANCELLING: &[&str] = &[CANCEL];
const FORCED_BY_A_CALL: &str = "a blocking call made while a switch is requested is a voluntary release like any other, and the caller may be back before the woken thread";

/// By claim.
pub const OF_MODELS: &[(&str, KnownFalse)] = &[
    ("SAFE-1", known_false("no-lock", 2, ALWAYS, "there is no lock")),
    // A forced switch that is none.
    (
        "SAFE-3",
        known_false(
            "python3-no-forced-switch",
            2,
            ALWAYS,
            "the dropper does not wait for the switch: it is back before the woken thread",
        ),
    ),
    (
        "SAFE-3",
        known_false(
            "python3-no-switch-check",
            3,
            CANCELLING,
            "as python3: a waiter that gives up has to signal the thread in its forced switch",
        ),
    ),
    ("SAFE-3", known_false("python3-no-switch-check", 2, SPURIOUS, SPURIOUS_SWITCH)),
    (
        "SAFE-3",
        known_false(
            "ocaml-old-yield",
            2,
            ALWAYS,
            "the yield is a release, then an acquire: it wins the race against the thread it has woken (PR 2112)",
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
            "the hot thread may take the lock back from a successor that has not started, also where it was asked to release",
        ),
    ),
    (
        "SAFE-3",
        known_false(
            "ruby19",
            3,
            CANCELLING,
            "a yield is a release, then an acquire: if the first of the list gives up in between, the list may look empty while another thread is between the two as well",
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
            "a waiter that has just seen a switch asks again: the article's spin lock",
        ),
    ),
    (
        "SAFE-4",
        known_false(
            "ocaml",
            2,
            ALWAYS,
            "a tick is not aligned to the start of a slice: it may hit a thread that has just begun",
        ),
    ),
    (
        "SAFE-4",
        known_false(
            "ocaml-old-yield",
            3,
            PROGRAMS,
            "a tick is not aligned to the start of a slice: it may hit a thread that has just begun",
        ),
    ),
    ("SAFE-4", known_false("priority", 2, ALWAYS, "the I/O class asks at once, without a budget")),
    ("SAFE-4", known_false("qemu", 2, ALWAYS, "whoever comes from outside asks at once")),
    (
        "SAFE-5",
        known_false(
            "python3-no-forced-switch",
            3,
            CANCELLING,
            "as python3: a waiter that gives up also resets the requests of others (gh-96387)",
        ),
    ),
    (
        "SAFE-5",
        known_false(
            "python3-no-switch-check",
            3,
            CANCELLING,
            "as python3: a waiter that gives up also resets the requests of others (gh-96387)",
        ),
    ),
    (
        "SAFE-5",
        known_false(
            "ocaml",
            2,
            RELEASING_AND_SUITES,
            "the tick's flag is the domain's: it outlives the thread that it was raised for",
        ),
    ),
    (
        "SAFE-5",
        known_false(
            "ocaml-old-yield",
            2,
            RELEASING_AND_SUITES,
            "the tick's flag is the domain's: it outlives the thread that it was raised for",
        ),
    ),
    (
        "SAFE-5",
        known_false(
            "qemu",
            2,
            RELEASING,
            "the request is a count of those that want the lock: whoever holds it meanwhile answers again",
        ),
    ),
    (
        "SAFE-5",
        known_false(
            "qemu",
            3,
            HOGGING,
            "the request is a count of those that want the lock: whoever holds it meanwhile answers again",
        ),
    ),
    (
        "SAFE-5",
        known_false(
            "ruby19",
            3,
            CANCELLING,
            "the last of the list gives up while a yielding thread is in no list, and takes the request with it",
        ),
    ),
    (
        "SAFE-9",
        known_false(
            "python3-no-forced-switch",
            2,
            ALWAYS,
            "the dropper does not wait for the switch: it is back before the woken thread",
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
            "a yield is a release, then an acquire: who comes in between the two is behind in the list",
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
        known_false(
            "qemu",
            3,
            ALWAYS,
            "a condition variable wakes any of those that were switched out",
        ),
    ),
    // Liveness.
    (
        "LIVE-1",
        known_false(
            "python3-no-forced-switch",
            3,
            CANCELLING,
            "as python3: waiters that come and give up reset the request again and again",
        ),
    ),
    (
        "LIVE-1",
        known_false(
            "python3-no-switch-check",
            3,
            CANCELLING,
            "as python3: waiters that come and give up reset the request again and again",
        ),
    ),
    (
        "LIVE-1",
        known_false(
            "ocaml-old-yield",
            3,
            CANCELLING,
            "OCaml cannot give up. Here the last counted waiter that does takes the request with it, though a yielding thread is between its release and its acquire, and waiters that come and give up then pass the tick round",
        ),
    ),
    (
        "LIVE-1",
        known_false(
            "qemu",
            3,
            CANCELLING,
            "the request goes with whoever gives up, and a thread that was switched out does not ask",
        ),
    ),
    (
        "LIVE-2",
        known_false("python3-no-forced-switch", 2, ALWAYS, "nothing makes the dropper lose"),
    ),
    (
        "LIVE-2",
        known_false(
            "python3-no-switch-check",
            2,
            RELEASING,
            "after a voluntary release anybody may take the lock before the woken thread",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "python3-no-switch-check",
            3,
            HOGGING,
            "a forced switch goes to any waiter, so two threads can pass the lock to each other for ever",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "pypy",
            2,
            RELEASING,
            "a thread that makes short calls takes the lock back before the stealer comes by, every time",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "ruby",
            2,
            RELEASING,
            "the hot thread steals the lock back before its successor has started, every time",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "ocaml",
            2,
            RELEASING,
            "after a voluntary release anybody may take the lock before the woken thread",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "ocaml",
            3,
            HOGGING,
            "a yield goes to any waiter, so two threads can pass the lock to each other for ever",
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
            "a thread that computes and now and then makes a call is of the I/O class every time it comes back: the pathological case",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "qemu",
            2,
            ALWAYS,
            "who was switched out does not ask: the thread that has proceeded may compute for ever",
        ),
    ),
    (
        "LIVE-2",
        known_false(
            "ghc",
            3,
            RELEASING,
            "two tasks that return from foreign calls by turns are served before a task with work, every time",
        ),
    ),
    (
        "LIVE-4",
        known_false(
            "pypy",
            2,
            RELEASING,
            "by design: a release wakes nobody, the stealer comes by every 0.1 ms",
        ),
    ),
    (
        "LIVE-6",
        known_false(
            "ocaml",
            2,
            RELEASING_AND_SUITES,
            "the tick's flag stays up when the last waiter takes the lock, until the next poll",
        ),
    ),
    (
        "LIVE-6",
        known_false(
            "ocaml-old-yield",
            2,
            RELEASING_AND_SUITES,
            "the tick's flag stays up when the last waiter takes the lock, until the next poll",
        ),
    ),
];

const NO_REQUESTS: &str =
    "PyPy has no requests: the bytecode counter runs out, and the holder yields if anybody waits";
const NOT_ITS_OWN: &str = "they are the default protocol's";
const NO_DELAYS: &str = "its wake-ups and requests are never delayed";
const NO_LOCK: &str = "what is no lock can break no other promise of one";

/// Why a claim does not apply to a model.
#[must_use]
pub fn not_applicable(claim: &str, protocol: &str) -> Option<&'static str> {
    match (protocol, claim) {
        ("pypy", "SAFE-4" | "SAFE-5" | "SAFE-9" | "LIVE-1") => Some(NO_REQUESTS),
        ("no-lock", _) if claim != "SAFE-1" => Some(NO_LOCK),
        (other, "HAND") if !other.starts_with("handoff") => Some(NOT_ITS_OWN),
        (other, "TIME-1" | "TIME-2") if !other.starts_with("handoff") => Some(NO_DELAYS),
        _ => None,
    }
}
