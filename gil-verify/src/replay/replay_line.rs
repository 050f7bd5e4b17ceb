//! The one line that replays a counterexample.
//!
//! ```text
//! explorer:PROTOCOL[+MUTANT]:PROGRAM:THREADS:CLAIM[+strong]:STEM[~LOOP]:CHECK
//! loom:SUITE:PROTOCOL:MUTANT:CLAIM:CHECK
//! shuttle:COURSE:PROTOCOL:MUTANT:CLAIM:SCHEDULE:CHECK
//! ```
//!
//! An action is the thread's number, a letter, and the wake choice if there is one: `a` acquire,
//! `b` release for a blocking call, `f` final release, `s` safepoint, `n` run after a wake-up, `e`
//! run after the timer, `r` retry, `c` give up. A capital letter takes the fast path. A loop is one
//! under weak fairness unless the claim says `+strong`. The check at the end is a hash of
//! everything before it: a line that was cut or altered is refused.

use std::fmt::Write;

use gil_core::engine::Operation;
use gil_core::protocol::{Release, ThreadId, Wake};

use crate::claims::ghost::{PANICKED, REFUSED};
use crate::explorer::counterexample::Counterexample;
use crate::explorer::fair::Fairness;
use crate::explorer::model::{Action, Program};
use crate::ledger;

/// A parsed line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// A run of the explorer.
    Explorer(Explored),
    /// A suite under loom, which explores in the same order every time.
    Loom {
        /// The suite.
        suite: String,
        /// The protocol.
        protocol: String,
        /// The mutant, or `-`.
        mutant: String,
        /// The broken claim.
        claim: &'static str,
    },
    /// One schedule of a course under shuttle.
    Shuttle {
        /// The course.
        course: String,
        /// The protocol.
        protocol: String,
        /// The mutant, or `-`.
        mutant: String,
        /// The broken claim.
        claim: &'static str,
        /// The schedule that shuttle printed.
        schedule: String,
    },
}

/// A run of the explorer, as in a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explored {
    /// The protocol.
    pub protocol: String,
    /// The mutant of it, if any.
    pub mutant: Option<String>,
    /// The program.
    pub program: Program,
    /// The broken claim.
    pub claim: &'static str,
    /// The actions from the start, up to the loop.
    pub stem: Vec<Action>,
    /// The loop, for a broken liveness claim.
    pub circle: Option<Vec<Action>>,
    /// The fairness under which it is a loop; weak if there is no loop.
    pub fairness: Fairness,
}

impl Explored {
    /// The line of a run of a protocol, or of `PROTOCOL+MUTANT`.
    #[must_use]
    pub fn of(run: &Counterexample, protocol: &str) -> Self {
        let (protocol, mutant) = with_mutant(protocol);
        Self {
            protocol,
            mutant,
            program: run.program,
            claim: run.claim,
            stem: run.stem.clone(),
            circle: run.tail.as_ref().map(|tail| tail.circle.clone()),
            fairness: run.tail.as_ref().map_or(Fairness::Weak, |tail| tail.fairness),
        }
    }

    /// The protocol, with its mutant.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.mutant {
            Some(mutant) => format!("{}+{mutant}", self.protocol),
            None => self.protocol.clone(),
        }
    }
}

/// A protocol's name and its mutant's, from `PROTOCOL[+MUTANT]`.
#[must_use]
pub fn with_mutant(name: &str) -> (String, Option<String>) {
    match name.split_once('+') {
        Some((protocol, mutant)) => (protocol.to_owned(), Some(mutant.to_owned())),
        None => (name.to_owned(), None),
    }
}

/// The suffix of a claim whose loop holds under strong fairness.
const STRONG: &str = "+strong";

/// Why a text is not a replay line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// It ends early, or a part was changed.
    #[error(
        "the line was cut or altered: its check is `{found}`, and what comes before it gives `{wanted}`; copy the whole line"
    )]
    Check {
        /// The check in the line.
        found: String,
        /// The computed check.
        wanted: String,
    },
    /// It has no check.
    #[error(
        "`{0}` is not a replay line: it should look like explorer:python2:hogs:2:LIVE-2:0a,1a,0s~0r:4f2e11aa"
    )]
    NoLine(String),
    /// It is valid, but not in the printed form.
    #[error("the line is not as it is printed, which would be {0}")]
    Form(String),
    /// A part is unknown.
    #[error("the {what} `{found}` in the line is not known; {known}")]
    Unknown {
        /// The part.
        what: &'static str,
        /// The part's text.
        found: String,
        /// The known ones.
        known: String,
    },
}

/// FNV-1a of 32 bits: enough to notice a slip, and the same forever.
fn check(text: &str) -> String {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    format!("{:08x}", text.bytes().fold(0x811c_9dc5, step))
}

/// A line with its check; [`Line::text`] ends with it.
///
/// ```
/// use gil_verify::replay::replay_line::checked;
/// assert_eq!(checked("loom:two:handoff:-:SAFE-1"), "loom:two:handoff:-:SAFE-1:085b7f56");
/// ```
#[must_use]
pub fn checked(text: &str) -> String {
    format!("{text}:{}", check(text))
}

const LETTERS: [(char, Operation); 8] = [
    ('a', Operation::Acquire),
    ('b', Operation::Release(Release::Blocking)),
    ('f', Operation::Release(Release::Final)),
    ('s', Operation::Safepoint),
    ('n', Operation::Resume(Wake::Notified)),
    ('e', Operation::Resume(Wake::TimedOut)),
    ('r', Operation::Retry),
    ('c', Operation::Cancel),
];

const PROGRAMS: [&str; 3] = ["hogs", "blocking", "blocking+cancel"];

fn actions_text(actions: &[Action]) -> String {
    let mut text = String::new();
    for action in actions {
        let letter = LETTERS.iter().find(|(_, entry)| *entry == action.entry).map_or('?', |l| l.0);
        let letter = if action.fast { letter.to_ascii_uppercase() } else { letter };
        let comma = if text.is_empty() { "" } else { "," };
        let _ = write!(text, "{comma}{}{letter}", action.thread.index());
        if action.choice > 0 {
            let _ = write!(text, "{}", action.choice);
        }
    }
    text
}

fn parse_action(text: &str) -> Option<Action> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (thread, rest) = text.split_at(at);
    let letter = rest.chars().next()?;
    let entry = LETTERS.iter().find(|(known, _)| *known == letter.to_ascii_lowercase())?.1;
    let choice = match &rest[1..] {
        "" => 0,
        number => number.parse().ok()?,
    };
    let thread = ThreadId::from_index(thread.parse::<u16>().ok()?.into());
    // Whether it is fair depends on its state.
    Some(Action { thread, entry, choice, fair: false, fast: letter.is_ascii_uppercase() })
}

fn parse_actions(text: &str) -> Result<Vec<Action>, LineError> {
    let action = |part: &str| {
        parse_action(part).ok_or_else(|| LineError::Unknown {
            what: "action",
            found: part.to_owned(),
            known: "an action is like 0a: a thread and one of a b f s n e r c".to_owned(),
        })
    };
    text.split(',').filter(|_| !text.is_empty()).map(action).collect()
}

impl Line {
    /// The line as text.
    #[must_use]
    pub fn text(&self) -> String {
        checked(&match self {
            Self::Explorer(run) => {
                let stem = actions_text(&run.stem);
                let circle = run
                    .circle
                    .as_deref()
                    .map_or(String::new(), |circle| format!("~{}", actions_text(circle)));
                let (variant, threads) = (run.program.variant(), run.program.threads);
                let strong = if run.fairness == Fairness::Strong { STRONG } else { "" };
                let (protocol, claim) = (run.name(), run.claim);
                format!("explorer:{protocol}:{variant}:{threads}:{claim}{strong}:{stem}{circle}")
            }
            Self::Loom { suite, protocol, mutant, claim } => {
                format!("loom:{suite}:{protocol}:{mutant}:{claim}")
            }
            Self::Shuttle { course, protocol, mutant, claim, schedule } => {
                format!("shuttle:{course}:{protocol}:{mutant}:{claim}:{schedule}")
            }
        })
    }

    /// Parses a line.
    ///
    /// ```
    /// use gil_verify::replay::replay_line::{Line, LineError};
    /// let line = Line::Loom {
    ///     suite: "two".to_owned(),
    ///     protocol: "handoff".to_owned(),
    ///     mutant: "-".to_owned(),
    ///     claim: "SAFE-1",
    /// };
    /// assert_eq!(Line::parse(&line.text()), Ok(line.clone()));
    /// let cut = &line.text()[..20];
    /// assert!(matches!(Line::parse(cut), Err(LineError::Check { .. })));
    /// ```
    ///
    /// # Errors
    /// A [`LineError`] with the reason.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        let text = text.trim();
        let no_line = || LineError::NoLine(text.to_owned());
        let (body, found) = text.rsplit_once(':').ok_or_else(no_line)?;
        let kinds = ["explorer:", "loom:", "shuttle:"];
        if !kinds.iter().any(|kind| text.starts_with(kind)) {
            return Err(no_line());
        }
        let wanted = check(body);
        if found != wanted {
            return Err(LineError::Check { found: found.to_owned(), wanted });
        }
        let line = Self::parse_body(body)?.ok_or_else(no_line)?;
        match line.text() {
            printed if printed == text => Ok(line),
            printed => Err(LineError::Form(printed)),
        }
    }

    /// The parts of a complete line; `None` if their number is wrong.
    fn parse_body(body: &str) -> Result<Option<Self>, LineError> {
        let parts: Vec<&str> = body.split(':').collect();
        let line = match parts[..] {
            ["explorer", protocol, variant, threads, id, actions] => {
                let program = parse_program(variant, threads)?;
                let (stem, circle) = match actions.split_once('~') {
                    Some((stem, circle)) => (stem, Some(parse_actions(circle)?)),
                    None => (actions, None),
                };
                let (protocol, mutant) = with_mutant(protocol);
                let (id, fairness) = match id.strip_suffix(STRONG) {
                    Some(id) => (id, Fairness::Strong),
                    None => (id, Fairness::Weak),
                };
                let (stem, claim) = (parse_actions(stem)?, claim(id)?);
                let run = Explored { protocol, mutant, program, claim, stem, circle, fairness };
                Self::Explorer(run)
            }
            ["loom", suite, protocol, mutant, id] => Self::Loom {
                suite: suite.to_owned(),
                protocol: protocol.to_owned(),
                mutant: mutant.to_owned(),
                claim: claim(id)?,
            },
            ["shuttle", course, protocol, mutant, id, schedule] => Self::Shuttle {
                course: course.to_owned(),
                protocol: protocol.to_owned(),
                mutant: mutant.to_owned(),
                claim: claim(id)?,
                schedule: schedule.to_owned(),
            },
            _ => return Ok(None),
        };
        Ok(Some(line))
    }
}

fn claim(id: &str) -> Result<&'static str, LineError> {
    let known = || ledger::CLAIMS.iter().map(|claim| claim.id).chain([PANICKED, REFUSED]);
    known().find(|claim| *claim == id).ok_or_else(|| LineError::Unknown {
        what: "claim",
        found: id.to_owned(),
        known: format!("there are {}", known().collect::<Vec<_>>().join(", ")),
    })
}

fn parse_program(variant: &str, threads: &str) -> Result<Program, LineError> {
    let count = threads.parse().ok().filter(|count| (1..=8).contains(count));
    let count = count.ok_or_else(|| LineError::Unknown {
        what: "number of threads",
        found: threads.to_owned(),
        known: "it is from 1 to 8".to_owned(),
    })?;
    match variant {
        "hogs" => Ok(Program::hogs(count)),
        "blocking" => Ok(Program::blocking(count)),
        "blocking+cancel" => Ok(Program::cancelling(count)),
        _ => Err(LineError::Unknown {
            what: "program",
            found: variant.to_owned(),
            known: format!("there are {}", PROGRAMS.join(", ")),
        }),
    }
}
