//! The command of the loom build: one suite of one protocol per process.

use std::process::ExitCode;

use gil_core::engine::mutants::Mutant;
use gil_core::protocol::Protocol;

use super::found::Found;
use super::litmus;
use super::process::SEEK;
use super::suites::{Suite, Work, suite};
use super::{harness, programs, seek};
use crate::mutants::mechanism::Cure;
use crate::protocols::{self, Unknown, Visit};

const USAGE: &str = "usage (loom build): gil-loom SUITE PROTOCOL [MUTANT]\n                    gil-loom seek LINE\n                    gil-loom litmus TEST";

struct Run(Suite);

impl Visit for Run {
    type Output = Found;
    fn visit<P: Protocol + Send + Sync + 'static>(self, name: &'static str, protocol: P) -> Found {
        harness::run(name, protocol, self.0)
    }
}

/// Runs a suite of a protocol, perhaps with a bug of the protocol or a cure of the program.
///
/// # Errors
/// [`Unknown`], if a name is unknown.
///
/// # Panics
/// With the name of the claim that is broken.
pub fn run(
    suite: &Suite,
    protocol: &str,
    bug: Option<&str>,
    cure: Option<Cure>,
) -> Result<Found, Unknown> {
    let unknown = || Unknown::Protocol { protocol: protocol.to_owned() };
    match suite.work {
        Work::Rounds(_) | Work::Hog => protocols::with_mutant(protocol, bug, Run(*suite)),
        _ if let Some(mutant) = bug => {
            let (protocol, mutant) = (protocol.to_owned(), mutant.to_owned());
            Err(Unknown::Mutant { protocol, mutant })
        }
        _ => programs::run(protocol, *suite, cure).ok_or_else(unknown),
    }
}

/// Runs the suite that the arguments name; prints a line of JSON, or panics with the broken claim.
///
/// # Panics
/// With the name of the claim that is broken.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, name] = arguments.as_slice()
        && first == "litmus"
    {
        return litmus(name);
    }
    let (name, protocol, mutant) = match arguments.as_slice() {
        [name, line] if name == SEEK => {
            return match seek::run(line) {
                Ok(found) => say(&found),
                Err(error) => usage(&error.to_string()),
            };
        }
        [name, protocol] => (name, protocol, None),
        [name, protocol, mutant] => (name, protocol, Some(mutant)),
        _ => return usage("one suite and one protocol are needed"),
    };
    let Some(suite) = suite(name) else {
        return usage(&format!("there is no suite `{name}`"));
    };
    let cure = mutant.and_then(|mutant| Cure::named(mutant));
    let mechanism =
        Mutant::ALL.iter().find(|known| Some(known.name()) == mutant.map(String::as_str));
    Mutant::set(mechanism.copied());
    let bug = mutant.filter(|_| cure.is_none() && mechanism.is_none());
    match run(suite, protocol, bug.map(String::as_str), cure) {
        Err(unknown) => usage(&unknown.to_string()),
        Ok(found) => say(&found),
    }
}

/// Prints every outcome of a litmus test.
fn litmus(name: &str) -> ExitCode {
    let Some(litmus) = litmus::named(name) else {
        return usage(&format!("there is no litmus test `{name}`"));
    };
    let outcomes = litmus::run::outcomes(&litmus);
    say(&outcomes)
}

fn say(found: &impl serde::Serialize) -> ExitCode {
    println!("{}", serde_json::to_string(found).expect("plain data"));
    ExitCode::SUCCESS
}

fn usage(what: &str) -> ExitCode {
    eprintln!("{what}\n{USAGE}");
    ExitCode::from(2)
}
