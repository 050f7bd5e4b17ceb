//! The kill matrix: which claim caught which mutant, by which engine, and at what cost.
//!
//! It is committed as `gil-verify/golden/kills.json`, like the counts: the findings of the full
//! profile must equal the reviewed ones. A mutant that nothing catches any more, or that another
//! claim catches, or that is caught later, is a difference.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::mutants::nets;
use crate::report::counts::BLESS;
use crate::report::{CaughtBy, Engine, MutantRow};

/// The outcome of one mutant, on all engines together.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Fate {
    /// The claims named in advance.
    pub breaks: Vec<String>,
    /// What caught it, sorted by engine and claim.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub caught_by: Vec<CaughtBy>,
    /// For a mutant that is not a bug: the reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub argument: Option<String>,
}

/// Mutants by their protocol and name, like `handoff/serves-last`.
pub type Matrix = BTreeMap<String, Fate>;

/// The matrix in the repository.
pub const COMMITTED: &str = include_str!("../../golden/kills.json");

/// The committed matrix.
///
/// # Errors
/// When the file is not a matrix.
pub fn committed() -> Result<Matrix, serde_json::Error> {
    serde_json::from_str(COMMITTED)
}

/// The matrix of what the engines found. A mutant that runs in several suites is one line.
#[must_use]
pub fn of(rows: &[MutantRow]) -> Matrix {
    let mut matrix = Matrix::new();
    for row in rows {
        let name = row.id.split('/').next().unwrap_or_default();
        let fate = matrix.entry(format!("{}/{name}", row.of)).or_default();
        for claim in &row.breaks {
            if !fate.breaks.contains(claim) {
                fate.breaks.push(claim.clone());
            }
        }
        fate.argument.clone_from(&row.argument);
        let kills = row.caught_by.iter().cloned().map(|by| match by.engine {
            // How deep Spin searches depends on its version.
            Engine::Spin => CaughtBy { explored: 0, ..by },
            _ => by,
        });
        fate.caught_by.extend(kills);
        let key = |by: &CaughtBy| (by.engine, by.claim.clone());
        fate.caught_by.sort_by_key(|by| (key(by), by.explored));
        fate.caught_by.dedup_by_key(|by| key(by));
    }
    matrix
}

impl Fate {
    /// Whether nothing catches it and no argument says that it is not a bug.
    #[must_use]
    pub fn survives(&self) -> bool {
        self.caught_by.is_empty() && self.argument.is_none()
    }
}

/// The matrix without the catches of one engine, for a run without that engine.
#[must_use]
pub fn without(mut matrix: Matrix, engine: Engine) -> Matrix {
    for fate in matrix.values_mut() {
        fate.caught_by.retain(|by| by.engine != engine);
    }
    matrix.retain(|_, fate| !fate.survives());
    matrix
}

/// The differences between the found and the committed matrix, in words.
#[must_use]
pub fn differences(committed: &Matrix, found: &Matrix) -> Vec<String> {
    let mut differences = Vec::new();
    for (mutant, fate) in found {
        match committed.get(mutant) {
            Some(known) if known == fate => {}
            Some(known) => differences.push(format!(
                "mutant {mutant}: {}; in gil-verify/golden/kills.json {}; {BLESS}",
                kills(&fate.caught_by),
                kills(&known.caught_by)
            )),
            None => differences
                .push(format!("mutant {mutant} is not in gil-verify/golden/kills.json; {BLESS}")),
        }
    }
    for mutant in committed.keys().filter(|mutant| !found.contains_key(*mutant)) {
        differences
            .push(format!("mutant {mutant}: in gil-verify/golden/kills.json, but it did not run"));
    }
    differences
}

/// Claims with their cost, like `SAFE-3 in 180`.
#[must_use]
pub fn kills(caught_by: &[CaughtBy]) -> String {
    let kill = |by: &CaughtBy| match by.explored {
        0 => by.claim.clone(),
        explored => format!("{} in {explored}", by.claim),
    };
    caught_by.iter().map(kill).collect::<Vec<_>>().join(", ")
}

/// The engines that catch mutants, with the unit of their cost.
pub const ENGINES: [(Engine, &str, &str); 4] = [
    (Engine::Explorer, "explorer", "states"),
    (Engine::Spin, "Spin", "found"),
    (Engine::Loom, "loom", "executions"),
    (Engine::Shuttle, "shuttle", "schedules"),
];

/// The matrix as a page: mutants down, engines across.
#[must_use]
pub fn page(matrix: &Matrix) -> String {
    let bugs = matrix.values().filter(|fate| fate.argument.is_none()).count();
    let mut text = format!(
        "# The kill matrix\n\nMade by `cargo verify --profile full`, printed by `cargo verify matrix`. {bugs} mutants, \
         {} more that are argued to be no bugs, no survivor. A cell names the claims that catch the mutant, and how \
         many states, executions or schedules it took; a claim in bold was named in advance. An empty cell: the engine \
         does not run that mutant. The explorer asks every claim about every mutant, at 2 and 3 threads, the others \
         the claim that was named.\n\n| mutant | {} |\n|---|---|---|---|---|\n",
        matrix.len() - bugs,
        ENGINES.map(|(_, name, unit)| format!("{name} ({unit})")).join(" | ")
    );
    for (mutant, fate) in matrix.iter().filter(|(_, fate)| fate.argument.is_none()) {
        let cells = ENGINES.map(|(engine, ..)| {
            let kill = |by: &CaughtBy| {
                let claim = match fate.breaks.contains(&by.claim) {
                    true => format!("**{}**", by.claim),
                    false => by.claim.clone(),
                };
                if by.explored == 0 { claim } else { format!("{claim} {}", by.explored) }
            };
            let mine = fate.caught_by.iter().filter(|by| by.engine == engine);
            mine.map(kill).collect::<Vec<_>>().join(", ")
        });
        let _ = writeln!(text, "| {} | {} |", mutant.replace('/', ": "), cells.join(" | "));
    }
    text += &nets::section(matrix);
    text += "\n## No bugs\n\nThey change the code and nothing that can be observed. Nothing may catch them: what did would \
             refute the argument.\n\n| mutant | why it is no bug |\n|---|---|\n";
    for (mutant, fate) in matrix {
        if let Some(why) = &fate.argument {
            let _ = writeln!(text, "| {} | {why} |", mutant.replace('/', ": "));
        }
    }
    text
}

/// The matrix for a terminal: the same lines as the page.
#[must_use]
pub fn text(matrix: &Matrix) -> String {
    let mut text = String::new();
    for (mutant, fate) in matrix {
        let _ = writeln!(text, "{mutant}");
        for (engine, name, unit) in ENGINES {
            let mine: Vec<_> =
                fate.caught_by.iter().filter(|by| by.engine == engine).cloned().collect();
            if !mine.is_empty() {
                let _ = writeln!(text, "  {name:9} {} ({unit})", kills(&mine));
            }
        }
        if let Some(why) = &fate.argument {
            let _ = writeln!(text, "  no bug: {why}");
        }
    }
    text += &nets::text(matrix);
    let survivors = matrix.values().filter(|fate| fate.survives()).count();
    let no_bugs = matrix.values().filter(|fate| fate.argument.is_some()).count();
    text + &format!(
        "{} mutants caught, {no_bugs} no bugs, {survivors} survivors\n",
        matrix.len() - no_bugs - survivors
    )
}
