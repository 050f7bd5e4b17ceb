//! `cargo verify replay`: a counterexample from its line.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::screen::{Format, Screen, fail, print};
use super::simulate::{Failure, Output};
use crate::loom::Sought;
use crate::loom::process::ProcessError;
use crate::replay::mechanism::{self, MechanismError, Place};
use crate::replay::replay_line::{Explored, Line};
use crate::replay::{self, Replayed};
use crate::report::judge::{
    EXIT_AS_EXPECTED, EXIT_HARNESS_BROKEN, EXIT_NOT_AS_EXPECTED, EXIT_USAGE,
};
use crate::report::verify::Listen;

/// The arguments of `replay`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The line that a counterexample ends with, or - to read it from standard input.
    line: String,
    /// Replay in the explorer and do not look for the run on the mechanism, under loom.
    #[arg(long)]
    explorer_only: bool,
    /// Draw the run of the explorer as lanes into this file.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Text, or JSON of the schema gil-replay/1.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// The text to print, and whether the counterexample is one.
struct Outcome {
    reproduced: bool,
    text: String,
    json: Value,
}

/// Replays.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let mut screen = Screen::new(arguments.format == Format::Human);
    let outcome = read(&arguments.line).and_then(|line| replay(&line, arguments, &mut screen));
    screen.bar.finish_and_clear();
    let Outcome { reproduced, text, mut json } = match outcome {
        Ok(outcome) => outcome,
        Err((why, code)) => return fail(&why, code),
    };
    json["schema"] = "gil-replay/1".into();
    json["reproduced"] = reproduced.into();
    print(&match arguments.format {
        Format::Human => text,
        Format::Json => format!("{json:#}\n"),
    });
    ExitCode::from(if reproduced { EXIT_AS_EXPECTED } else { EXIT_NOT_AS_EXPECTED })
}

fn read(argument: &str) -> Result<Line, Failure> {
    let mut text = argument.to_owned();
    if argument == "-" {
        text.clear();
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(|error| (format!("cannot read the line: {error}"), EXIT_USAGE))?;
    }
    Line::parse(&text).map_err(|error| (error.to_string(), EXIT_USAGE))
}

fn replay(line: &Line, arguments: &Arguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    if arguments.svg.is_some() && !matches!(line, Line::Explorer(_)) {
        let why = "only a run of the explorer can be drawn (explorer:...)".to_owned();
        return Err((why, EXIT_USAGE));
    }
    let again = mechanism::again(line, &mut |what| screen.progress(what));
    match (line, again.map_err(mechanism_failure)?) {
        (Line::Explorer(explored), _) => explorer(explored, arguments, screen),
        (_, Some(again)) => {
            let verdict = if again.reproduced { "reproduced" } else { "NOT reproduced" };
            let text = format!("{}\n{verdict}\n", again.message);
            let json = json!({ "line": line.text(), "message": again.message });
            Ok(Outcome { reproduced: again.reproduced, text, json })
        }
        (_, None) => Err(("there is nothing to replay".to_owned(), EXIT_USAGE)),
    }
}

fn mechanism_failure(error: MechanismError) -> Failure {
    let code = match error {
        MechanismError::Process(ProcessError::Refused { .. }) => EXIT_USAGE,
        MechanismError::Process(_) => EXIT_HARNESS_BROKEN,
        _ => EXIT_USAGE,
    };
    (error.to_string(), code)
}

fn explorer(
    line: &Explored,
    arguments: &Arguments,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let replayed = replay::explored(line).map_err(|error| (error.to_string(), EXIT_USAGE))?;
    if let Some(path) = &arguments.svg {
        Output::begin(path)?.finish(&replay::lanes::lanes(&replayed, &line.name()).svg())?;
    }
    let Replayed { run, text: told, differs, .. } = &replayed;
    let reproduced = differs.is_none();
    let (claim, protocol, threads) = (run.claim, line.name(), run.program.threads);
    let variant = run.program.variant();
    let mut text = match reproduced {
        true => format!("{claim} is false of {protocol}, {threads} threads, {variant}\n{told}\n"),
        false => format!("{claim}, {protocol}, {threads} threads, {variant}\n{told}\n"),
    };
    let _ = match differs {
        None => writeln!(text, "reproduced in the explorer"),
        Some(why) => writeln!(text, "NOT reproduced in the explorer: {why}"),
    };
    let place = match reproduced && !arguments.explorer_only {
        false => None,
        true => {
            let place = mechanism::look(line, &mut |what| screen.progress(what));
            Some(place.map_err(|error| (error.to_string(), EXIT_HARNESS_BROKEN))?)
        }
    };
    if let Some(place) = &place {
        let _ = writeln!(text, "{}", place.text());
    }
    let json = json!({
        "line": Line::Explorer(line.clone()).text(),
        "protocol": protocol,
        "program": variant,
        "threads": threads,
        "claim": claim,
        "fairness": run.tail.as_ref().map(|tail| tail.fairness.name()),
        "message": run.message,
        "why": differs.as_ref().map(ToString::to_string),
        "steps": run.stem.len(),
        "loop": run.tail.as_ref().map(|tail| tail.circle.len()),
        "text": told,
        "mechanism": place.as_ref().map(|place| json!({
            "reached": matches!(place, Place::Looked(_, Sought::Reached { .. })),
            "text": place.text(),
        })),
    });
    Ok(Outcome { reproduced, text, json })
}
