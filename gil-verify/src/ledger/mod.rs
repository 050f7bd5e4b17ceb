//! The ledger: every claim, what it means, where it holds and where it is known to be false.
//!
//! This file is the source of truth. The README's table, the book's pages and `explain` are made
//! from it, and the engines compare what they computed with it. What is not compared with anything
//! here fails a test.

mod models;
pub mod opinions;

use crate::fair::Fairness;
use crate::promise;
use crate::report::Verdict;
use crate::robust;

/// One claim.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// For example `SAFE-3`.
    pub id: &'static str,
    /// In a few words.
    pub title: &'static str,
    /// The claim itself.
    pub sentence: &'static str,
    /// What a green result means beyond the sentence, and what it does not.
    pub meaning: &'static str,
    /// The article's claims that it stands for (`A1` ...).
    pub article: &'static [&'static str],
    /// The function that judges it, `file::name`.
    pub judge: &'static str,
    /// The test that runs it, `file::name`.
    pub test: &'static str,
    /// Where it does not hold of the main protocols, and why; see [`Claim::all_known_false`].
    pub known_false: &'static [KnownFalse],
    /// Main protocols to which it does not apply, and why; see [`Claim::not_applicable`].
    pub not_applicable: &'static [(&'static str, &'static str)],
}

/// A place where a claim is known to be false.
#[derive(Clone, Copy, Debug)]
pub struct KnownFalse {
    /// The protocol.
    pub protocol: &'static str,
    /// From so many threads on.
    pub threads_from: usize,
    /// In these programs (`hogs`, `blocking`, `blocking+cancel`, or a loom suite's name).
    pub variants: &'static [&'static str],
    /// Why.
    pub why: &'static str,
}

const EXPLORED: &str = "gil-verify/tests/explorer.rs::every_verdict_is_the_expected_one";
const LOOMED: &str = "gil-verify/tests/loom.rs::every_suite_is_as_expected";
const HOGS: &str = "hogs";
const BLOCKING: &str = "blocking";
const CANCEL: &str = "blocking+cancel";
const ALWAYS: &[&str] = &[];
const SPURIOUS: &[&str] = &[robust::VARIANT];
const SPURIOUS_SWITCH: &str = "the forced switch is one wait on a condition variable, without a loop: a spurious wake-up ends it, and the thread takes the lock back";
const NO_REQUESTS: (&str, &str) =
    ("python2", "Python 2 has no requests: the holder releases whenever its ticks run out");

const fn known_false(
    protocol: &'static str,
    threads_from: usize,
    variants: &'static [&'static str],
    why: &'static str,
) -> KnownFalse {
    KnownFalse { protocol, threads_from, variants, why }
}

/// All claims, in the order of reports.
pub const CLAIMS: &[Claim] = &[
    Claim {
        id: "SAFE-1",
        title: "mutual exclusion",
        sentence: "At most one thread owns the lock at any moment.",
        meaning: "Under loom this is about the code that ships, in every interleaving and memory order within the bound; in the explorer it is about the decisions, in all states.",
        article: &["A1"],
        judge: "gil-verify/src/ghost.rs::judge_ownership",
        test: LOOMED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "SAFE-2",
        title: "data visibility",
        sentence: "What one holder wrote, the next one sees.",
        meaning: "Checked under loom with data that is not atomic, on the fast path and the slow one. It says nothing about data that is touched without the lock.",
        article: &["A1"],
        judge: "gil-verify/src/looms/harness.rs::write",
        test: LOOMED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "SAFE-3",
        title: "no reacquire before hand-off",
        sentence: "After a forced release a thread does not own the lock again before another thread has owned it, unless every thread that waited at that moment has itself given up.",
        meaning: "A forced release is a safepoint, or a release with a request pending, at whose end the thread does not own the lock. Voluntary releases may be followed by a reacquire.",
        article: &["A15", "A16"],
        judge: "gil-verify/src/ghost.rs::judge_forced_switch",
        test: EXPLORED,
        known_false: &[
            known_false(
                "python2",
                2,
                ALWAYS,
                "the release is an announcement: the thread that released runs on and takes the lock back before the other has woken",
            ),
            known_false(
                "python3",
                3,
                &[CANCEL],
                "a waiter that gives up has to signal the thread in its forced switch, which may then be first although others wait",
            ),
            known_false("python3", 2, SPURIOUS, SPURIOUS_SWITCH),
        ],
        not_applicable: &[],
    },
    Claim {
        id: "SAFE-3F",
        title: "no reacquire, also after a final release",
        sentence: "SAFE-3 for a thread's last release too: with a request pending, the same thread (or a new one under its id) does not own the lock before another has.",
        meaning: "CPython's traces show the failure: a thread from outside that enters and leaves retook the lock 243 of 244 times, while a computing thread waited for seconds: `cargo verify conform gil-verify/traces/foreign.csv`. That it can go on for ever is the first loop of python3 in [LIVE-2](LIVE-2.md), which is one final release after another.",
        article: &["A15"],
        judge: "gil-verify/src/ghost.rs::judge_forced_switch",
        test: EXPLORED,
        known_false: &[
            known_false("python2", 2, ALWAYS, "SAFE-3 is false of it already"),
            known_false(
                "python3",
                2,
                &[BLOCKING, CANCEL],
                "the final release skips the forced switch, because the interpreter may be freed after it (gh-104341)",
            ),
        ],
        not_applicable: &[],
    },
    Claim {
        id: "SAFE-4",
        title: "requests come after an interval",
        sentence: "A request that is not paid from a boost budget is made only by a waiter whose timer expired, after a full interval in which the owner has not changed.",
        meaning: "How long an interval is on a clock is not part of it: no checker has a clock.",
        article: &["A13", "A18"],
        judge: "gil-verify/src/ghost.rs::judge_requests",
        test: EXPLORED,
        known_false: &[],
        not_applicable: &[NO_REQUESTS],
    },
    Claim {
        id: "SAFE-5",
        title: "request discipline",
        sentence: "At the end of every section a request implies a waiter; a request that the holder has yet to answer falls only where the owner changes or the last waiter leaves; and a request is answered at most once.",
        meaning: "Under loom also: no holder is asked for nothing, except one under whom the last waiter gave up.",
        article: &["A14", "A15"],
        judge: "gil-verify/src/ghost.rs::judge_requests",
        test: EXPLORED,
        known_false: &[known_false(
            "python3",
            3,
            &[CANCEL, "three-cancel"],
            "a waiter that gives up also resets the requests of others, which have to time out again (gh-96387)",
        )],
        not_applicable: &[NO_REQUESTS],
    },
    Claim {
        id: "SAFE-6",
        title: "detached is detached",
        sentence: "A thread that has left never owns the lock.",
        meaning: "This is what makes it safe to block, or to call foreign code, while detached.",
        article: &["A8", "A12"],
        judge: "gil-verify/src/ghost.rs::judge_ownership",
        test: EXPLORED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "SAFE-7",
        title: "nobody absent is given the lock",
        sentence: "Ownership is never given to a thread that does not wait for it: one that has given up, left or ended.",
        meaning: "The Monitor refuses it as a fault; the claim says that no protocol comes to that.",
        article: &[],
        judge: "gil-core/src/effects.rs::give",
        test: EXPLORED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "SAFE-8",
        title: "the last release is the last touch",
        sentence: "After the section or the step in which a thread gives the lock up, the thread does not touch the lock's memory again: whoever releases last may free it.",
        meaning: "Under loom the lock's memory is a cell that every operation reads, and that the last thread writes. In Rust a reference keeps the lock alive; an embedding runtime that frees it by hand depends on this (CPython crashed, gh-104341). A thread that has to come back to the lock, as CPython's in its forced switch, touches it of course.",
        article: &[],
        judge: "gil-verify/src/looms/programs.rs::last_release",
        test: LOOMED,
        known_false: &[known_false(
            "python3",
            2,
            &["last-release"],
            "a release on request waits in a second section until somebody else has taken the lock; who takes it may be the last",
        )],
        not_applicable: &[],
    },
    Claim {
        id: "SAFE-9",
        title: "equal turns",
        sentence: "A thread that has run for a whole interval while others waited, and is switched out, does not own the lock again before every thread that waited then has owned it, or has given up.",
        meaning: "Computing threads share alike: with nobody else about they take turns. It says nothing about a run that was cut short for a boosted thread, whose rest is still due, nor about voluntary releases. Judged for every thread, as all are alike.",
        article: &["A9"],
        judge: "gil-verify/src/turns.rs::after",
        test: EXPLORED,
        known_false: &[known_false(
            "python3",
            3,
            ALWAYS,
            "a forced switch goes to any waiter, and so does the next one: two threads can pass the lock to each other before a third",
        )],
        not_applicable: &[NO_REQUESTS],
    },
    Claim {
        id: "LIVE-1",
        title: "forced-switch liveness",
        sentence: "When a switch is requested, the owner changes in the end, or nobody waits any more.",
        meaning: "Under weak fairness for each thread: an owner that is asked comes to a safepoint, a timer expires, a woken thread runs. Nothing is promised of an owner that never comes to a safepoint.",
        article: &["A2", "A9", "A14"],
        judge: "gil-verify/src/live.rs::forced_switch",
        test: EXPLORED,
        known_false: &[known_false(
            "python3",
            3,
            &[CANCEL],
            "waiters that come and give up reset the request again and again before the holder sees it",
        )],
        not_applicable: &[NO_REQUESTS],
    },
    Claim {
        id: "LIVE-2",
        title: "no starvation",
        sentence: "Every thread that waits for the lock owns it in the end, or gives up.",
        meaning: "Under weak fairness for each thread. How long it takes is the business of LIVE-3 and of the benchmarks.",
        article: &["A16", "A17"],
        judge: "gil-verify/src/live.rs::no_starvation",
        test: EXPLORED,
        known_false: &[
            known_false(
                "python2",
                2,
                ALWAYS,
                "the releasing thread can win the race back every time: the GIL battle",
            ),
            known_false(
                "python3",
                2,
                &[BLOCKING, CANCEL],
                "after a voluntary release anybody may take the lock before the woken thread, again and again",
            ),
            known_false(
                "python3",
                3,
                &[HOGS],
                "a forced switch goes to any waiter, so two threads can pass the lock to each other for ever",
            ),
        ],
        not_applicable: &[],
    },
    Claim {
        id: "LIVE-3",
        title: "bounded overtaking",
        sentence: "From the section that makes a thread a waiter until it owns, other threads gain the lock at most so many times (not counting the first gain of a thread that was waiting already, nor that a thread takes back what it released itself, with nobody in between, before somebody who was woken has come in vain).",
        meaning: "The default protocol's bound is (K+B)(N-2), with K barges and B boosts in a turn and N threads. It is proved by a rank that is checked on every edge of the explorer's graph and argued for every N on [the page of the promise](../promise.md); it is attained, by a run that is computed for each number of threads.",
        article: &["A17", "A19"],
        judge: "gil-verify/src/overtake/mod.rs::longest",
        test: "gil-verify/tests/explorer.rs::overtaking_is_bounded_as_committed",
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "LIVE-4",
        title: "no lost wake-up",
        sentence: "While the lock is free and a thread sleeps for it, another one has been woken or is on its way; no thread sleeps for ever.",
        meaning: "Under loom a lost wake-up is a deadlock, which loom reports, because the number of time-outs is finite and none can come to the rescue.",
        article: &["A14"],
        judge: "gil-verify/src/ghost.rs::judge_wake_ups",
        test: LOOMED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "LIVE-5",
        title: "a release ends",
        sentence: "A thread that has released the lock gets out of its release in the end, whatever becomes of the waiter that had asked for the switch.",
        meaning: "Under weak fairness for each thread. Only CPython's release waits, for its forced switch; of a lock whose release never waits the claim holds for nothing, and says so: a hand-over takes no time of the releasing thread.",
        article: &["A15"],
        judge: "gil-verify/src/live.rs::release_ends",
        test: EXPLORED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "LIVE-6",
        title: "quiet when alone",
        sentence: "While every slot is idle there is no request and no timer, and the word is not frozen: a lone thread enters no section.",
        meaning: "Python 2 is the exception on real threads: it switches every 100 ticks, alone or not.",
        article: &[],
        judge: "gil-verify/src/ghost.rs::judge_wake_ups",
        test: EXPLORED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "HAND",
        title: "the default protocol's invariants",
        sentence: "While the lock is free the next in line has been woken, and may be barged in front of; while it is held and somebody waits, a switch is requested or somebody keeps the time; with nobody waiting nothing is requested; and a run is taken for expired only while a request is pending.",
        meaning: "HAND-1 to HAND-4 of `gil-core/src/handoff.rs`. They promise its users nothing that another claim does not; they are what its rules rely on, and say which rule went wrong.",
        article: &[],
        judge: "gil-verify/src/invariants.rs::judge",
        test: EXPLORED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "HEAP-1",
        title: "exact counts",
        sentence: "Every counted object is freed exactly once, when its last handle has gone, whoever gives a handle up and whether or not that thread holds the lock.",
        meaning: "A drop while detached is made by the next take, so an object may live longer than its last handle, and never shorter. Cycles are not collected.",
        article: &["A3"],
        judge: "gil-verify/src/looms/programs.rs::heap",
        test: LOOMED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "NEED-1",
        title: "plain counts need the lock",
        sentence: "Without the lock, a reference count that is a plain integer loses updates: the counterexample is found.",
        meaning: "Two threads clone a handle; an increment is a read and a write. The same count under the lock is HEAP-1.",
        article: &["A3"],
        judge: "gil-verify/src/looms/programs.rs::count",
        test: LOOMED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "NEED-2",
        title: "per-object locks deadlock",
        sentence: "Two threads that lock two objects in opposite order deadlock: the counterexample is found. With one lock for both there is none.",
        meaning: "It shows that the order matters, not that every program with a lock for each object gets it wrong.",
        article: &["A4"],
        judge: "gil-verify/src/looms/programs.rs::objects",
        test: LOOMED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "NEED-3",
        title: "another mutex, while attached, deadlocks",
        sentence: "A thread that waits for another mutex while it is attached deadlocks with one that attaches while it has the mutex: the counterexample is found. `Attached::lock` waits detached, and there is none.",
        meaning: "Under loom `lock` always finds the mutex taken, so that its waiting is what is explored. Two such mutexes can still deadlock with each other.",
        article: &["A8"],
        judge: "gil-verify/src/looms/programs.rs::mutex",
        test: LOOMED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "FAST-PATH",
        title: "the fast path is invisible",
        sentence: "Wherever a thread can go by the fast path, its section would have led to the same behaviour.",
        meaning: "Bisimulation of the two ends in the explorer's graph; with it, what is found without the fast path holds with it.",
        article: &[],
        judge: "gil-verify/src/bisim.rs::fast_path",
        test: EXPLORED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "WITNESS",
        title: "the interesting things happened",
        sentence: "In each loom suite every event of the handshake occurs that the protocol has, and every free choice takes both its values.",
        meaning: "A check that never sees a request is green for nothing. This is the check of the checks.",
        article: &[],
        judge: "gil-verify/src/looms/mod.rs::missing",
        test: LOOMED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "TRACES",
        title: "loom and the explorer agree",
        sentence: "At 2 threads the sequences of events that loom reaches on the mechanism are those that the explorer allows.",
        meaning: "It ties the explorer's verdicts to the code that ships. It is blind to a bug of the Monitor, which both sides run.",
        article: &[],
        judge: "gil-verify/src/finite.rs::traces",
        test: LOOMED,
        known_false: &[],
        not_applicable: &[],
    },
    Claim {
        id: "REFINES",
        title: "the mechanism refines the explored states",
        sentence: "Every section that loom reaches on the mechanism is a move of the explorer: from one of its states to another, with the same events, the flag that safepoints read equal to the request, and the word frozen while a slot is not idle. At 2 threads all of the explorer's moves are reached.",
        meaning: "At 3 and 4 threads, where preemptions are bounded, loom's moves are a part of the explorer's; the report says how large. The value of the word while it is not frozen is the business of SAFE-1 and LIVE-4. It is blind to a bug of the Monitor, as TRACES is.",
        article: &[],
        judge: "gil-verify/src/watch.rs::a_move",
        test: LOOMED,
        known_false: &[],
        not_applicable: &[],
    },
];

/// The claim of an id.
#[must_use]
pub fn claim(id: &str) -> Option<&'static Claim> {
    CLAIMS.iter().find(|claim| claim.id == id)
}

/// The three promises that the project is about, with their names.
pub const PROMISES: &[(&str, &str)] = &[
    ("SAFE-1", "mutual exclusion"),
    ("LIVE-1", "forced-switch liveness"),
    ("SAFE-3", "no reacquire before hand-off"),
];

impl Claim {
    /// Everywhere that it does not hold, and why.
    pub fn all_known_false(&self) -> impl Iterator<Item = &'static KnownFalse> + use<> {
        let (id, mine) = (self.id, self.known_false);
        let of_models = models::OF_MODELS.iter().filter(move |(claim, _)| *claim == id);
        mine.iter().chain(of_models.map(|(_, known)| known))
    }

    /// Why it fails there, if it is known to.
    #[must_use]
    pub fn known_false(
        &self,
        protocol: &str,
        threads: usize,
        variant: &str,
    ) -> Option<&'static KnownFalse> {
        self.all_known_false().find(|known| {
            known.protocol == protocol
                && threads >= known.threads_from
                && (known.variants.is_empty()
                    || known.variants.contains(&variant)
                    // Spurious wake-ups only add to what can happen.
                    || variant == robust::VARIANT && known.variants.contains(&BLOCKING))
        })
    }

    /// Why it does not apply to a protocol, if it does not.
    #[must_use]
    pub fn not_applicable(&self, protocol: &str) -> Option<&'static str> {
        let mine = self.not_applicable.iter().find(|(name, _)| *name == protocol);
        mine.map(|(_, why)| *why).or_else(|| models::not_applicable(self.id, protocol))
    }
}

/// The verdict to expect, or `None` where the claim does not apply or is not known.
///
/// ```
/// use gil_verify::{ledger::expected, report::Verdict};
/// assert_eq!(expected("SAFE-3", "handoff", 2, "blocking"), Some(Verdict::Holds));
/// assert_eq!(expected("SAFE-3", "python2", 2, "blocking"), Some(Verdict::Fails));
/// assert_eq!(expected("SAFE-4", "python2", 2, "blocking"), None);
/// ```
#[must_use]
pub fn expected(id: &str, protocol: &str, threads: usize, variant: &str) -> Option<Verdict> {
    let claim = claim(id)?;
    if claim.not_applicable(protocol).is_some() {
        return None;
    }
    match claim.known_false(protocol, threads, variant) {
        Some(_) => Some(Verdict::Fails),
        None => Some(Verdict::Holds),
    }
}

/// As [`expected`], for a liveness claim under a fairness. Strong fairness rules out more runs, so
/// what holds under weak fairness holds under it; where a claim fails only under weak fairness,
/// [`ONLY_WEAKLY_FALSE`] says so.
#[must_use]
pub fn expected_under(
    id: &str,
    protocol: &str,
    threads: usize,
    variant: &str,
    fairness: Option<Fairness>,
) -> Option<Verdict> {
    let strong = fairness == Some(Fairness::Strong);
    let only_weakly = ONLY_WEAKLY_FALSE.iter().any(|(claim, of, program, up_to)| {
        (*claim, *of, *program) == (id, protocol, variant) && threads <= *up_to
    });
    if strong && only_weakly {
        return Some(Verdict::Holds);
    }
    expected(id, protocol, threads, variant)
}

/// Claim, protocol, program, and up to how many threads strong fairness makes true what is false under
/// weak fairness. The others do not need an unfair scheduler at all: their waiters act again and again,
/// and lose every time.
pub const ONLY_WEAKLY_FALSE: &[(&str, &str, &str, usize)] = &[
    ("LIVE-1", "python3", CANCEL, 4),
    ("LIVE-1", "python3-no-forced-switch", CANCEL, 4),
    ("LIVE-1", "python3-no-switch-check", CANCEL, 4),
    ("LIVE-1", "ocaml-old-yield", CANCEL, 3),
    ("LIVE-2", "pypy", BLOCKING, 4),
    ("LIVE-2", "pypy", CANCEL, 4),
];

/// The bound on overtaking to expect (LIVE-3, threads that make blocking calls); `None` where
/// there is none.
#[must_use]
pub fn overtakes_max(protocol: &str, threads: usize) -> Option<u64> {
    if let Some((barges, boosts)) = promise::budgets(protocol) {
        return Some(promise::overtakes_max(barges, boosts, threads));
    }
    // Two tasks: whoever releases gives it to the other.
    (matches!(protocol, "ghc" | "pypy" | "ruby19") && threads == 2).then_some(0)
}
