//! Replays what loom and shuttle found on the mechanism: a suite explores in the same order every
//! time, and a schedule is followed.

use super::bounded::{Bounded, Unfit, bounded};
use crate::loom::process::{self, LOOM, ProcessError, SHUTTLE, Said, say};
use crate::loom::{SUITES, Sought, compares, engine, judged, suite};
use crate::mutants::mechanism::MECHANISM_MUTANTS;
use crate::mutants::shuttle::MUTANTS;
use crate::protocols::{PROTOCOLS, Unknown};
use crate::replay::replay_line::{Explored, Line};
use crate::shuttle::{COURSES, JUDGED, course_named};

/// The result of a replay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Again {
    /// Whether the claim is broken again.
    pub reproduced: bool,
    /// The finding in words.
    pub message: String,
}

/// Why a line of the mechanism cannot be replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MechanismError {
    /// It names an unknown protocol.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// There is no such suite, course or mutant.
    #[error("there is no {what} `{name}`; there are {}", known.join(", "))]
    NoSuch {
        /// The kind.
        what: &'static str,
        /// The requested name.
        name: String,
        /// The known names.
        known: Vec<&'static str>,
    },
    /// The program does not judge the claim.
    #[error("`{program}` of {protocol} does not judge {claim}")]
    NotJudged {
        /// The suite or course.
        program: String,
        /// The protocol.
        protocol: String,
        /// The claim.
        claim: &'static str,
    },
    /// The checker could not run.
    #[error(transparent)]
    Process(#[from] ProcessError),
}

fn protocol_known(protocol: &str) -> Result<(), Unknown> {
    match PROTOCOLS.contains(&protocol) {
        true => Ok(()),
        false => Err(Unknown::Protocol { protocol: protocol.to_owned() }),
    }
}

/// The claims of a mutant, none without one.
fn mutant_known(
    all: impl Iterator<Item = (&'static str, &'static [&'static str])>,
    wanted: &str,
) -> Result<Vec<&'static str>, MechanismError> {
    let (mut known, mut claims) = (vec!["-"], Vec::new());
    for (name, breaks) in all {
        known.extend((!known.contains(&name)).then_some(name));
        if name == wanted {
            claims.extend(breaks);
        }
    }
    match known.contains(&wanted) {
        true => Ok(claims),
        false => Err(MechanismError::NoSuch { what: "mutant", name: wanted.to_owned(), known }),
    }
}

/// Runs a suite of loom again, or follows a schedule of shuttle; `None` for a line of the explorer.
/// `progress` is told the current step.
///
/// # Errors
/// A [`MechanismError`], if there is no such program or it could not run.
pub fn again(line: &Line, progress: &mut dyn FnMut(&str)) -> Result<Option<Again>, MechanismError> {
    match line {
        Line::Explorer(_) => Ok(None),
        Line::Loom { suite, protocol, mutant, claim } => {
            loom((suite, protocol, mutant), claim, progress).map(Some)
        }
        Line::Shuttle { course, protocol, mutant, claim, schedule } => {
            shuttle((course, protocol, mutant), claim, schedule, progress).map(Some)
        }
    }
}

/// Where the mechanism has a run of the explorer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// This program was searched.
    Looked(Bounded, Sought),
    /// No program can have it.
    Nowhere(Unfit),
}

impl Place {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        let (bounded, sought) = match self {
            Self::Nowhere(why) => return format!("not looked for under loom: {why}"),
            Self::Looked(bounded, sought) => (bounded, sought),
        };
        let finite = bounded.finite;
        let program = format!(
            "{} threads; for each, rounds: {}, timeouts: {}, give-ups: {}; {}",
            finite.threads,
            finite.rounds,
            finite.timeouts,
            finite.give_ups,
            bounded.bound()
        );
        match sought {
            Sought::Reached { execution } => {
                format!("reached on the mechanism under loom, execution {execution} ({program})")
            }
            Sought::NotReached { executions } => {
                format!("not within the bound under loom, {executions} executions ({program})")
            }
            Sought::Ended { execution } => format!(
                "not reached under loom: execution {execution} ends in a deadlock or a refusal before ({program})"
            ),
        }
    }
}

/// Looks on the mechanism, under loom, for a run of the explorer that was replayed before.
///
/// # Errors
/// A [`ProcessError`], if loom could not run.
pub fn look(line: &Explored, progress: &mut dyn FnMut(&str)) -> Result<Place, ProcessError> {
    let bounded = match bounded(line) {
        Ok(bounded) => bounded,
        Err(why) => return Ok(Place::Nowhere(why)),
    };
    progress("building the loom suites (once, about a minute)");
    let binary = LOOM.make(&mut |_| {})?;
    progress("looking for the run on the mechanism, under loom");
    let sought = process::seek(&binary, &Line::Explorer(line.clone()).text())?;
    Ok(Place::Looked(bounded, sought))
}

type Program<'a> = (&'a str, &'a str, &'a str);

fn loom(
    (name, protocol, mutant): Program<'_>,
    claim: &'static str,
    progress: &mut dyn FnMut(&str),
) -> Result<Again, MechanismError> {
    let suite = suite(name).ok_or_else(|| MechanismError::NoSuch {
        what: "loom suite",
        name: name.to_owned(),
        known: SUITES.iter().map(|suite| suite.name).collect(),
    })?;
    protocol_known(protocol)?;
    let mutants = MECHANISM_MUTANTS.iter().map(|mutant| (mutant.name, mutant.breaks));
    let mut claims = mutant_known(mutants, mutant)?;
    claims.extend(judged(suite, protocol).iter().chain(compares(suite, protocol)));
    if !claims.contains(&claim) {
        let (program, protocol) = (name.to_owned(), protocol.to_owned());
        return Err(MechanismError::NotJudged { program, protocol, claim });
    }
    progress("building the loom suites (once, about a minute)");
    let binary = LOOM.make(&mut |_| {})?;
    progress(&format!("loom: {name} of {protocol}"));
    let more: &[&str] = if mutant == "-" { &[] } else { &[mutant] };
    let said = say(&binary, suite.name, protocol, more)?;
    let is_cured = mutant != "-" && suite.work.must_find() == Some(claim);
    let found = engine::breaks(suite, protocol, &said, claim);
    Ok(Again {
        // A cure is caught if there is nothing to find.
        reproduced: found.is_some() != is_cured,
        message: found.unwrap_or_else(|| other(&said, claim)),
    })
}

fn other(said: &Said, claim: &str) -> String {
    match said {
        Said::Broke { claim: other, message, .. } => {
            format!("{claim} is not broken: {other} is\n{message}")
        }
        Said::Found(found) => {
            format!("{claim} is not broken in any of {} executions", found.executions)
        }
    }
}

fn shuttle(
    (name, protocol, mutant): Program<'_>,
    claim: &'static str,
    schedule: &str,
    progress: &mut dyn FnMut(&str),
) -> Result<Again, MechanismError> {
    let course = course_named(name).ok_or_else(|| MechanismError::NoSuch {
        what: "shuttle course",
        name: name.to_owned(),
        known: COURSES.iter().map(|course| course.name).collect(),
    })?;
    protocol_known(protocol)?;
    let mutants = MUTANTS.iter().map(|(name, _, breaks)| (*name, *breaks));
    let mut claims = mutant_known(mutants, mutant)?;
    claims.extend(JUDGED);
    if !claims.contains(&claim) {
        let (program, protocol) = (name.to_owned(), protocol.to_owned());
        return Err(MechanismError::NotJudged { program, protocol, claim });
    }
    progress("building the shuttle courses (once, about a minute)");
    let binary = SHUTTLE.make(&mut |_| {})?;
    progress(&format!("shuttle: one schedule of {name} of {protocol}"));
    let said = say(&binary, course.name, protocol, &[mutant, schedule])?;
    Ok(match said {
        Said::Broke { claim: found, message, .. } if found == claim => {
            Again { reproduced: true, message }
        }
        said => Again { reproduced: false, message: other(&said, claim) },
    })
}
