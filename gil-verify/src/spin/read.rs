//! The output of pan, the checker that Spin writes, and of Spin itself, and its meaning.

use super::question::{Answer, LIVENESS, SpinError, Verdict};

/// The name of the formula, where the claims are one liveness claim.
pub(super) fn formula(claims: &[&str]) -> Option<String> {
    let live = claims.iter().find(|claim| LIVENESS.contains(claim))?;
    Some(live.replace('-', "_").to_lowercase())
}

/// The meaning of pan's output: all of the safety claims, or the one liveness claim, hold; or one
/// of them fails, with an empty trail; or nothing, because the search must go deeper.
///
/// # Errors
/// A [`SpinError`] if the output is not a verdict.
pub fn read(output: &str, claims: &[&str]) -> Result<Option<Vec<Answer>>, SpinError> {
    let says = |text: &str| output.contains(text);
    let before = |what: &str| output.split_once(what)?.0.split_whitespace().last()?.parse().ok();
    let after = |what: &str| -> Option<u64> {
        output.split_once(what)?.1.split([',', '\n']).next()?.parse().ok()
    };
    let formula = formula(claims);
    let searched = says("Full statespace search for:")
        && match &formula {
            Some(name) => says(&format!("+ ({name})\n")) && says("+ (fairness enabled)"),
            None => says("- (none specified)") && says("assertion violations\t+\n"),
        };
    let counts = (before(" states, stored"), before(" transitions (="), after("depth reached "));
    let ((Some(states), Some(moves), Some(depth)), true) = (counts, searched) else {
        return Err(SpinError::NoVerdict { output: output.to_owned() });
    };
    let answer = |claim: &&str, verdict| Answer {
        claim: (*claim).to_owned(),
        verdict,
        states,
        moves: moves - u64::from(moves > 0), // Spin counts the step into the first state
        depth,
        untaken: untaken(output),
        trail: Vec::new(),
    };
    if after("errors: ") == Some(0) {
        if says("max search depth too small") {
            return Ok(None);
        }
        if ["Search not completed", "MEMLIM", "out of memory"].iter().any(|text| says(text)) {
            return Err(SpinError::Incomplete { output: output.to_owned() });
        }
        let of_claim = output.split_once("unreached in claim").map_or("", |(_, rest)| rest);
        if of_claim.lines().any(|line| line.contains(", state ") && !line.ends_with("\"-end-\"")) {
            return Err(SpinError::Vacuous { claim: claims.join(", ") });
        }
        return Ok(Some(claims.iter().map(|claim| answer(claim, Verdict::Holds)).collect()));
    }
    let broken = claims.iter().find(|claim| {
        let name = claim.replace('-', "_").to_lowercase();
        match formula {
            Some(_) => says("pan:1: acceptance cycle"),
            None => says(&format!("pan:1: assertion violated  !({name}_is_broken)")),
        }
    });
    match broken {
        Some(claim) => Ok(Some(vec![answer(claim, Verdict::Fails)])),
        None => Err(SpinError::NoVerdict { output: output.to_owned() }),
    }
}

/// The actions whose first line was never printed.
fn untaken(output: &str) -> Vec<String> {
    let words =
        |line: &str| Some(line.split_once("\"printf('T%d ")?.1.split_once("\\n'")?.0.to_owned());
    output.lines().filter_map(words).collect()
}

/// The output of the replay of an error, one line per section. `found` is pan's output.
///
/// # Errors
/// [`SpinError::NoVerdict`] if nothing was replayed: an error without a run is not a verdict.
pub fn trail(replayed: &str, found: &str) -> Result<Vec<String>, SpinError> {
    let trail = story(replayed);
    match trail.as_slice() {
        [] => Err(SpinError::NoVerdict { output: format!("{found}{replayed}") }),
        _ => Ok(trail),
    }
}

fn story(output: &str) -> Vec<String> {
    let mut lines = Vec::<String>::new();
    for line in output.lines() {
        if line.starts_with("<<<<<START OF CYCLE") {
            lines.push("for ever:".to_owned());
        } else if line.starts_with('T') {
            lines.push(line.to_owned());
        } else if let (Some(event), Some(last)) = (line.strip_prefix("    "), lines.last_mut()) {
            *last += if last.contains(": ") { ", " } else { ": " };
            *last += event;
        }
    }
    lines
}
