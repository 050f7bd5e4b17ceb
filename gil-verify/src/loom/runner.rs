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
use crate::protocols::{self, Visit};

const USAGE: &str = "usage (loom build): gil-loom SUITE PROTOCOL [MUTANT]\n                    gil-loom seek LINE\n                    gil-loom litmus TEST";

struct Run(Suite);

impl Visit for Run {
    type Output = Found;
    fn visit<P: Protocol + Send + Sync + 'static>(self, name: &'static str, protocol: P) -> Found {
        harness::run(name, protocol, self.0)
    }
}

/// Runs a suite of a protocol, `None` if the protocol is unknown.
///
/// # Panics
/// With the name of the claim that is broken.
pub fn run(suite: &Suite, protocol: &str, cure: Option<Cure>) -> Option<Found> {
    match suite.work {
        Work::Rounds(_) | Work::Hog => protocols::with_few_types(protocol, Run(*suite)),
        _ => programs::run(protocol, *suite, cure),
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
    if let Some(mutant) = mutant.filter(|_| cure.is_none()) {
        let Some(mutant) = Mutant::ALL.iter().find(|known| known.name() == mutant) else {
            return usage(&format!("there is no mutant `{mutant}`"));
        };
        Mutant::set(Some(*mutant));
    }
    match run(suite, protocol, cure) {
        None => usage(&format!("there is no protocol `{protocol}`")),
        Some(found) => say(&found),
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
