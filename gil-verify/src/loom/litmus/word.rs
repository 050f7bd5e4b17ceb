//! The tests of the lock word (`gil-core/src/raw/word.rs`).
//!
//! Thread 0 is the holder with id 1 (the word is 2), thread 1 has id 2 (the word is 4); a frozen
//! word is 1. A word biased to thread 0 is 11, or 27 while the thread has the lock. `data` stands
//! for everything that the lock guards. It is atomic, so a race on it is an outcome and not
//! undefined behaviour.

use super::program::Order::{Acquire, Relaxed, Release};
use super::program::{Litmus, Op, Order, Result};

const FREE: u32 = 0;
const FIRST: u32 = 2;
const SECOND: u32 = 4;
const FROZEN: u32 = 1;
const BIASED: u32 = 8 | FIRST | FROZEN;
const BIASED_AND_HELD: u32 = 16 | BIASED;

/// A guarantee: a name, a sentence, and the outcome that must never happen.
struct Family {
    name: &'static str,
    says: &'static str,
    memory: Vec<(&'static str, u32)>,
    asks: Vec<(&'static str, u32)>,
    last: Vec<&'static str>,
    good: Vec<&'static str>,
    bad: Vec<&'static str>,
}

impl Family {
    /// As in the lock, or weakened and still strong enough.
    fn never(&self, weaker: &str, threads: [Vec<Op>; 2]) -> Litmus {
        self.test(weaker, threads, Result::Never, &[])
    }

    /// Weakened too much.
    fn sometimes(&self, weaker: &str, threads: [Vec<Op>; 2]) -> Litmus {
        self.test(weaker, threads, Result::Sometimes, &self.bad)
    }

    fn test(
        &self,
        weaker: &str,
        threads: [Vec<Op>; 2],
        result: Result,
        bad: &[&'static str],
    ) -> Litmus {
        Litmus {
            name: format!("{}{weaker}", self.name),
            says: self.says,
            memory: self.memory.clone(),
            threads: threads.to_vec(),
            asks: self.asks.clone(),
            last: self.last.clone(),
            result,
            outcomes: self.good.iter().chain(bad).copied().collect(),
            beyond_loom: Vec::new(),
            only_loom: Vec::new(),
        }
    }
}

fn write(at: &'static str, value: u32) -> Op {
    Op::Store { at, value, order: Relaxed }
}

fn read(at: &'static str, into: &'static str) -> Op {
    Op::Load { at, order: Relaxed, into }
}

fn when(register: &'static str, is: u32, then: Vec<Op>) -> Op {
    Op::If { register, is, then }
}

fn attach(id: u32, order: Order, into: &'static str) -> Op {
    Op::Swap { at: "word", from: FREE, to: id, order, into }
}

fn detach(order: Order) -> Op {
    Op::Swap { at: "word", from: FIRST, to: FREE, order, into: "gave" }
}

/// The lock is biased to the thread.
fn take_back() -> Op {
    let (from, to) = (BIASED, BIASED_AND_HELD);
    Op::Swap { at: "word", from, to, order: Relaxed, into: "took" }
}

fn leave(order: Order) -> Op {
    Op::Swap { at: "word", from: BIASED_AND_HELD, to: BIASED, order, into: "left" }
}

fn freeze(order: Order, into: &'static str) -> Op {
    Op::Exchange { at: "word", value: FROZEN, order, into }
}

fn unfreeze(order: Order) -> Op {
    Op::Store { at: "word", value: FREE, order }
}

/// A freeze by a load and a store.
fn freeze_in_two(into: &'static str) -> Vec<Op> {
    vec![Op::Load { at: "word", order: Acquire, into }, write("word", FROZEN)]
}

/// An attach by a load and a store.
fn attach_in_two(id: u32, into: &'static str) -> Vec<Op> {
    let take = when(into, FREE, vec![write("word", id)]);
    vec![Op::Load { at: "word", order: Acquire, into }, take]
}

/// A step, and further steps if it succeeds.
fn got(by: Op, register: &'static str, is: u32, then: Vec<Op>) -> Vec<Op> {
    vec![by, when(register, is, then)]
}

pub(super) fn tests() -> Vec<Litmus> {
    let tests = [
        detach_attach(),
        detach_freeze(),
        unfreeze_attach(),
        unfreeze_freeze(),
        lost_freeze(),
        lost_detach(),
        two_freezes(),
        attach_freeze(),
        two_attaches(),
        flag_before_word(),
        leave_freeze(),
        take_back_freeze(),
    ];
    tests.into_iter().flatten().collect()
}

fn detach_attach() -> Vec<Litmus> {
    let family = Family {
        name: "detach-attach",
        says: "Holder to holder by the fast path: a thread that attaches after a detach sees the writes of\nthe last holder.",
        memory: vec![("word", FIRST), ("data", 0)],
        asks: vec![("took", 1), ("r", 0)],
        last: vec![],
        good: vec!["gave=1 took=0", "gave=1 took=1 r=1"],
        bad: vec!["gave=1 took=1 r=0"],
    };
    let threads = |release, acquire| {
        let takes = attach(SECOND, acquire, "took");
        [vec![write("data", 1), detach(release)], got(takes, "took", 1, vec![read("data", "r")])]
    };
    vec![
        family.never("", threads(Release, Acquire)),
        family.sometimes("+relaxed-detach", threads(Relaxed, Acquire)),
        family.sometimes("+relaxed-attach", threads(Release, Relaxed)),
    ]
}

fn detach_freeze() -> Vec<Litmus> {
    let family = Family {
        name: "detach-freeze",
        says: "Holder to holder from the fast path to the slow path: a thread that freezes a word that a\ndetach left free may take the lock, and sees the writes of the last holder. An earlier freeze\nmakes the detach fail.",
        memory: vec![("word", FIRST), ("data", 0)],
        asks: vec![("old", FREE), ("r", 0)],
        last: vec![],
        good: vec!["gave=1 old=0 r=1", "gave=0 old=2"],
        bad: vec!["gave=1 old=0 r=0"],
    };
    let threads = |release, acquire| {
        let takes = freeze(acquire, "old");
        [vec![write("data", 1), detach(release)], got(takes, "old", FREE, vec![read("data", "r")])]
    };
    vec![
        family.never("", threads(Release, Acquire)),
        family.sometimes("+relaxed-detach", threads(Relaxed, Acquire)),
        family.sometimes("+relaxed-freeze", threads(Release, Relaxed)),
    ]
}

fn unfreeze_attach() -> Vec<Litmus> {
    let family = Family {
        name: "unfreeze-attach",
        says: "Holder to holder from the slow path to the fast path: a thread that attaches to a word that a\nsection has thawed sees the writes of that section.",
        memory: vec![("word", FROZEN), ("data", 0)],
        asks: vec![("took", 1), ("r", 0)],
        last: vec![],
        good: vec!["took=0", "took=1 r=1"],
        bad: vec!["took=1 r=0"],
    };
    let threads = |release, acquire| {
        let takes = attach(SECOND, acquire, "took");
        [vec![write("data", 1), unfreeze(release)], got(takes, "took", 1, vec![read("data", "r")])]
    };
    vec![
        family.never("", threads(Release, Acquire)),
        family.sometimes("+relaxed-unfreeze", threads(Relaxed, Acquire)),
        family.sometimes("+relaxed-attach", threads(Release, Relaxed)),
    ]
}

fn unfreeze_freeze() -> Vec<Litmus> {
    let family = Family {
        name: "unfreeze-freeze",
        says: "Holder to holder by the slow path: one section after another, under the mutex. The mutex\norders them, whatever the orders on the word.",
        memory: vec![("word", FROZEN), ("data", 0), ("mutex", 1)],
        asks: vec![("locked", 1), ("r", 0)],
        last: vec![],
        good: vec!["locked=0", "locked=1 old=0 r=1"],
        bad: vec!["locked=1 old=0 r=0"],
    };
    let threads = |release, acquire, unlock| {
        let lock = Op::Swap { at: "mutex", from: 0, to: 1, order: Acquire, into: "locked" };
        let section = vec![freeze(acquire, "old"), read("data", "r")];
        let unlocks = Op::Store { at: "mutex", value: 0, order: unlock };
        let ends = vec![write("data", 1), unfreeze(release), unlocks];
        [ends, got(lock, "locked", 1, section)]
    };
    let relaxed = threads(Relaxed, Relaxed, Relaxed);
    let mut without = family.sometimes("+relaxed-word+relaxed-mutex", relaxed);
    // The second section's freeze may precede the first one's store in the order of the word's
    // values, and be overwritten. loom's read-modify-writes read the newest value.
    without.beyond_loom = vec!["locked=1 old=1 r=0", "locked=1 old=1 r=1"];
    without.outcomes.extend(&without.beyond_loom);
    vec![
        family.never("", threads(Release, Acquire, Release)),
        family.never("+relaxed-word", threads(Relaxed, Relaxed, Release)),
        without,
    ]
}

fn lost_freeze() -> Vec<Litmus> {
    let family = Family {
        name: "lost-freeze",
        says: "WORD-1: a release must not overwrite a freeze that it has not seen. The word is frozen at the\nend, because one thread froze it and none has thawed it.",
        memory: vec![("word", FIRST)],
        asks: vec![("old", FIRST), ("word", FREE)],
        last: vec!["word"],
        good: vec!["gave=1 old=0 word=1", "gave=0 old=2 word=1"],
        bad: vec![],
    };
    let threads = |releases| [releases, vec![freeze(Acquire, "old")]];
    let by_store = got(read("word", "saw"), "saw", FIRST, vec![unfreeze(Release)]);
    vec![
        family.never("", threads(vec![detach(Release)])),
        Litmus {
            outcomes: vec!["saw=2 old=0 word=1", "saw=1 old=2 word=1", "saw=2 old=2 word=0"],
            only_loom: vec!["saw=2 old=2 word=1"],
            ..family.sometimes("+detach-by-store", threads(by_store))
        },
    ]
}

fn lost_detach() -> Vec<Litmus> {
    let family = Family {
        name: "lost-detach",
        says: "WORD-2: a freeze must not overwrite a release that it has not seen. Otherwise the holder has\nreleased, and the freezing thread reads that the lock is held.",
        memory: vec![("word", FIRST)],
        asks: vec![("gave", 1), ("old", FIRST)],
        last: vec!["word"],
        good: vec!["gave=1 old=0 word=1", "gave=0 old=2 word=1"],
        bad: vec!["gave=1 old=2 word=1"],
    };
    let threads = |freezes| [vec![detach(Release)], freezes];
    vec![
        family.never("", threads(vec![freeze(Acquire, "old")])),
        Litmus {
            only_loom: vec!["gave=1 old=2 word=0"],
            ..family.sometimes("+freeze-by-store", threads(freeze_in_two("old")))
        },
    ]
}

fn two_freezes() -> Vec<Litmus> {
    let family = Family {
        name: "two-freezes",
        says: "WORD-2: of two freezes one finds the word frozen. In the lock the mutex keeps sections apart\nas well; the word does not depend on it.",
        memory: vec![("word", FIRST)],
        asks: vec![("first", FIRST), ("second", FIRST)],
        last: vec!["word"],
        good: vec!["first=2 second=1 word=1", "first=1 second=2 word=1"],
        bad: vec!["first=2 second=2 word=1"],
    };
    vec![
        family.never("", [vec![freeze(Acquire, "first")], vec![freeze(Acquire, "second")]]),
        Litmus {
            beyond_loom: vec!["first=1 second=2 word=1"],
            ..family
                .sometimes("+freeze-by-store", [freeze_in_two("first"), freeze_in_two("second")])
        },
    ]
}

fn attach_freeze() -> Vec<Litmus> {
    let family = Family {
        name: "attach-freeze",
        says: "WORD-2: a thread that finds the word free in a section may take the lock there, so no thread\nmay take it by the fast path at the same time.",
        memory: vec![("word", FREE)],
        asks: vec![("took", 1), ("old", FREE)],
        last: vec![],
        good: vec!["took=0 old=0", "took=1 old=2"],
        bad: vec![],
    };
    let threads = |looks| [vec![attach(FIRST, Acquire, "took")], vec![looks]];
    let load = Op::Load { at: "word", order: Acquire, into: "old" };
    vec![
        family.never("", threads(freeze(Acquire, "old"))),
        Litmus {
            outcomes: vec!["took=1 old=2", "took=1 old=0"],
            ..family.sometimes("+freeze-by-load", threads(load))
        },
    ]
}

fn two_attaches() -> Vec<Litmus> {
    let family = Family {
        name: "two-attaches",
        says: "Of two attaches one succeeds.",
        memory: vec![("word", FREE)],
        asks: vec![("first", 1), ("second", 1)],
        last: vec!["word"],
        good: vec!["first=1 second=0 word=2", "first=0 second=1 word=4"],
        bad: vec![],
    };
    let (first, second) = (attach(FIRST, Acquire, "first"), attach(SECOND, Acquire, "second"));
    vec![
        family.never("", [vec![first], vec![second]]),
        Litmus {
            asks: vec![("first", FREE), ("second", FREE)],
            outcomes: vec![
                "first=0 second=2 word=2",
                "first=4 second=0 word=4",
                "first=0 second=0 word=2",
                "first=0 second=0 word=4",
            ],
            beyond_loom: vec!["first=4 second=0 word=4"],
            ..family.sometimes(
                "+attach-by-store",
                [attach_in_two(FIRST, "first"), attach_in_two(SECOND, "second")],
            )
        },
    ]
}

fn flag_before_word() -> Vec<Litmus> {
    let family = Family {
        name: "flag-before-word",
        says: "WORD-3: a section clears the request flag, and then thaws the word. A thread that takes the\nlock through the word sees the cleared flag, and answers no request that is gone.",
        memory: vec![("word", FROZEN), ("flag", 1)],
        asks: vec![("took", 1), ("asked", 1)],
        last: vec![],
        good: vec!["took=0", "took=1 asked=0"],
        bad: vec!["took=1 asked=1"],
    };
    let takes = || got(attach(SECOND, Acquire, "took"), "took", 1, vec![read("flag", "asked")]);
    let ends = |order| vec![write("flag", 0), unfreeze(order)];
    vec![
        family.never("", [ends(Release), takes()]),
        family.sometimes("+relaxed-unfreeze", [ends(Relaxed), takes()]),
        family.sometimes("+word-first", [vec![unfreeze(Release), write("flag", 0)], takes()]),
    ]
}

fn leave_freeze() -> Vec<Litmus> {
    let family = Family {
        name: "leave-freeze",
        says: "From the thread that the lock is biased to, to the slow path: a thread that freezes the word\nthat it left free may take the lock, and sees its writes. An earlier freeze makes its detach\nfail.",
        memory: vec![("word", BIASED_AND_HELD), ("data", 0)],
        asks: vec![("old", BIASED), ("r", 0)],
        last: vec![],
        good: vec!["left=1 old=11 r=1", "left=0 old=27"],
        bad: vec!["left=1 old=11 r=0"],
    };
    let threads = |release, acquire| {
        let takes = freeze(acquire, "old");
        [vec![write("data", 1), leave(release)], got(takes, "old", BIASED, vec![read("data", "r")])]
    };
    vec![
        family.never("", threads(Release, Acquire)),
        family.sometimes("+relaxed-leave", threads(Relaxed, Acquire)),
        family.sometimes("+relaxed-freeze", threads(Release, Relaxed)),
    ]
}

fn take_back_freeze() -> Vec<Litmus> {
    let family = Family {
        name: "take-back-freeze",
        says: "WORD-2 for the bias: a thread that finds the lock free in a section may take it there, so the\nthread that it was biased to may not retake it at the same time.",
        memory: vec![("word", BIASED)],
        asks: vec![("took", 1), ("old", BIASED)],
        last: vec![],
        good: vec!["took=0 old=11", "took=1 old=27"],
        bad: vec![],
    };
    let threads = |looks| [vec![take_back()], vec![looks]];
    let load = Op::Load { at: "word", order: Acquire, into: "old" };
    vec![
        family.never("", threads(freeze(Acquire, "old"))),
        Litmus {
            outcomes: vec!["took=1 old=27", "took=1 old=11"],
            ..family.sometimes("+freeze-by-load", threads(load))
        },
    ]
}
