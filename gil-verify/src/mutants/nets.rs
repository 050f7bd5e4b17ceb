//! The nets of a mutant: the independent checks that catch it.
//!
//! A net is an engine. Different claims of one engine are one net, because they share its states
//! and its judge. A comparison of loom with the explorer is loom's. An exact count is no net: it
//! says that something changed, not what is wrong.
//!
//! A mutant with one net needs a reason, which is written once for each kind.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::mutants::matrix::{ENGINES, Fate, Matrix};
use crate::report::Engine;

/// The mutants that a reason is about.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Those with these names.
    Named(&'static [&'static str]),
    /// Those of these protocols or programs.
    Of(&'static [&'static str]),
    /// Those of which each claim, found broken or named in advance, is one of these.
    Breaks(&'static [&'static str]),
}

/// Why one net has to do.
#[derive(Clone, Copy, Debug)]
pub struct Reason {
    /// The only engine that catches these mutants.
    pub engine: Engine,
    kind: Kind,
    /// The reason, in a sentence.
    pub why: &'static str,
}

/// The claims that no finite run breaks, and the invariants and the comparison that belong to the
/// explorer's states.
const OF_ENDLESS_RUNS: &[&str] = &["LIVE-1", "LIVE-2", "LIVE-3", "SAFE-9", "HAND", "FAST-PATH"];

const fn reason(engine: Engine, kind: Kind, why: &'static str) -> Reason {
    Reason { engine, kind, why }
}

/// The reasons. The first that fits counts.
pub const REASONS: &[Reason] = &[
    reason(
        Engine::Loom,
        Kind::Named(&[
            "AttachRelaxed",
            "DetachRelaxed",
            "FreezeRelaxed",
            "UnfreezeRelaxed",
            "LeaveRelaxed",
        ]),
        "A memory order shows only in a checker that has weak memory, which is loom alone.",
    ),
    reason(
        Engine::Loom,
        Kind::Breaks(&["HEAP-1", "SAFE-8", "NEED-1", "NEED-2", "NEED-3"]),
        "The programs with a heap, a last release, objects or a mutex run under loom alone.",
    ),
    reason(
        Engine::Loom,
        Kind::Named(&["RequestNeverPublished", "DeferralOutlivesWaiter"]),
        "A request is deferred only by a choice that loom's suites have; shuttle's courses have no \
         such choice.",
    ),
    reason(
        Engine::Loom,
        Kind::Breaks(&["ID-1", "ID-2", "ID-3"]),
        "The mutants exist under loom alone. The tests on real threads run the same programs, but \
         without mutants.",
    ),
    reason(
        Engine::Loom,
        Kind::Named(&["GrantedLeaves"]),
        "It is in the Monitor, which the explorer shares. A unit test of the explorer's judge sees \
         the wrong answer.",
    ),
    reason(
        Engine::Loom,
        Kind::Named(&["ReturnIsTimeout"]),
        "A spurious return is a choice of loom's suites; the other engines have none.",
    ),
    reason(
        Engine::Loom,
        Kind::Named(&["BitsArmedTooEarly"]),
        "It is a bug of loom's free choices, which shuttle replaces by random ones.",
    ),
    reason(
        Engine::Loom,
        Kind::Named(&["NotificationKept"]),
        "The thread spins instead of sleeping. A random schedule is fair, so it still gets the lock.",
    ),
    reason(
        Engine::Loom,
        Kind::Named(&["StaleRequestAnswered"]),
        "Only the comparison with the explorer shows it, and only loom makes that comparison.",
    ),
    reason(
        Engine::Loom,
        Kind::Named(&["OnlyFirstUnparked"]),
        "The lost wake-up needs a rare schedule, which none of shuttle's courses draws.",
    ),
    reason(
        Engine::Explorer,
        Kind::Of(&["pacing"]),
        "A delay needs a clock, which the explorer's search with a discrete clock alone has.",
    ),
    reason(
        Engine::Spin,
        Kind::Named(&["BUDGETS_ALWAYS_COME_BACK"]),
        "The budgets are inside the default protocol, where a wrapper of its calls does not reach.",
    ),
    reason(
        Engine::Explorer,
        Kind::Of(&["pypy"]),
        "PyPy's waiters return only because of a timer, so it has no finite run without a deadlock.",
    ),
    reason(
        Engine::Explorer,
        Kind::Named(&["final-release-frees", "last-task-keeps-it"]),
        "No suite and no course of the mechanism makes a thread's final release.",
    ),
    reason(
        Engine::Explorer,
        Kind::Named(&[
            "model-gives-to-who-left",
            "model-request-lost",
            "model-stale-record",
            "model-cancel-keeps-wake-up",
        ]),
        "It needs a third thread, or a second round. The other GILs run with two threads and one \
         round under loom.",
    ),
    reason(
        Engine::Explorer,
        Kind::Named(&["fast-path-differs", "model-fast-path-differs"]),
        "A wait without its timer takes longer, and ends in every finite run.",
    ),
    reason(
        Engine::Explorer,
        Kind::Named(&[
            "serves-last",
            "model-serves-last",
            "returning-served-after-work",
            "last-unseen",
            "stale-record",
            "boosted-served-last",
            "interrupted-served-last",
        ]),
        "The order of service is about endless runs. loom and shuttle run programs that end, and \
         the models for Spin have no such bug.",
    ),
    reason(
        Engine::Explorer,
        Kind::Breaks(OF_ENDLESS_RUNS),
        "Its claims are about endless runs, or about the explorer's own states. loom and shuttle \
         run programs that end, and the models for Spin have no such bug.",
    ),
];

impl Reason {
    fn fits(&self, name: &str, fate: &Fate) -> bool {
        let (of, mutant) = name.split_once('/').unwrap_or(("", name));
        let claims = || {
            let caught = fate.caught_by.iter().map(|by| by.claim.as_str());
            caught.chain(fate.breaks.iter().map(String::as_str))
        };
        nets(fate) == [self.engine]
            && match self.kind {
                Kind::Named(names) => names.contains(&mutant),
                Kind::Of(all) => all.contains(&of),
                Kind::Breaks(ids) => claims().all(|claim| ids.contains(&claim)),
            }
    }
}

/// The engines that catch a mutant, in the order of [`ENGINES`].
#[must_use]
pub fn nets(fate: &Fate) -> Vec<Engine> {
    let catches = |engine: &Engine| fate.caught_by.iter().any(|by| by.engine == *engine);
    ENGINES.iter().map(|(engine, ..)| *engine).filter(catches).collect()
}

/// The mutants with one net, by the number of their reason; `None`: there is none.
#[must_use]
pub fn single(matrix: &Matrix) -> BTreeMap<Option<usize>, Vec<&str>> {
    let mut single = BTreeMap::<_, Vec<_>>::new();
    for (name, fate) in matrix.iter().filter(|(_, fate)| nets(fate).len() == 1) {
        let reason = REASONS.iter().position(|reason| reason.fits(name, fate));
        single.entry(reason).or_default().push(name.as_str());
    }
    single
}

/// What is wrong with the reasons, in words: a mutant without one, or one without a mutant.
#[must_use]
pub fn problems(matrix: &Matrix) -> Vec<String> {
    let single = single(matrix);
    let without = single.get(&None).into_iter().flatten();
    let without = without.map(|name| format!("mutant {name} has one net and no reason"));
    let stale =
        REASONS.iter().enumerate().filter(|(number, _)| !single.contains_key(&Some(*number)));
    without.chain(stale.map(|(_, it)| format!("no mutant has the reason: {}", it.why))).collect()
}

/// How many mutants have at least two nets, and how many have one.
#[must_use]
pub fn numbers(matrix: &Matrix) -> (usize, usize) {
    let with =
        |wanted: fn(usize) -> bool| matrix.values().filter(|fate| wanted(nets(fate).len())).count();
    (with(|nets| nets >= 2), with(|nets| nets == 1))
}

fn name_of(engine: Engine) -> &'static str {
    ENGINES.iter().find(|(known, ..)| *known == engine).map_or("", |(_, name, _)| name)
}

/// The section of the page.
#[must_use]
pub fn section(matrix: &Matrix) -> String {
    let (two, one) = numbers(matrix);
    let mut text = format!(
        "\n## One net\n\nA net is an engine that catches the mutant: the claims of one engine are one net. {two} \
         mutants have two nets or more, {one} have one, for these reasons.\n\n\
         | the net | why there is one | mutants |\n|---|---|---|\n"
    );
    for (reason, names) in single(matrix) {
        let Some(reason) = reason.and_then(|number| REASONS.get(number)) else { continue };
        let names: Vec<_> = names.iter().map(|name| name.replace('/', ": ")).collect();
        let net = name_of(reason.engine);
        let _ = writeln!(text, "| {net} | {} | {} |", reason.why, names.join(", "));
    }
    text
}

/// The same for a terminal.
#[must_use]
pub fn text(matrix: &Matrix) -> String {
    let mut text = "one net\n".to_owned();
    for (reason, names) in single(matrix) {
        let reason = reason.and_then(|number| REASONS.get(number));
        let _ = match reason {
            Some(reason) => writeln!(text, "  {}: {}", name_of(reason.engine), reason.why),
            None => writeln!(text, "  without a reason:"),
        };
        for name in names {
            let _ = writeln!(text, "    {name}");
        }
    }
    let (two, one) = numbers(matrix);
    text + &format!("{two} mutants with two nets or more, {one} with one\n")
}

/// A mutant in the machine output.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    fate: &'a Fate,
    nets: Vec<Engine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    one_net: Option<&'static str>,
}

/// The matrix as JSON, with the nets of each mutant, and the reason where there is one net.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn json(matrix: &Matrix) -> Result<String, serde_json::Error> {
    let mut lines = BTreeMap::new();
    for (name, fate) in matrix {
        let one_net = REASONS.iter().find(|reason| reason.fits(name, fate)).map(|it| it.why);
        lines.insert(name, Line { fate, nets: nets(fate), one_net });
    }
    Ok(serde_json::to_string_pretty(&lines)? + "\n")
}
