//! The exact table of the bound on waiting: every budget from 0 to 3 with 2, 3 and 4 threads.
//!
//! The explorer computes each number as the longest path of overtakings, and the rank proves each
//! one on every edge. The table is committed as `gil-verify/golden/bounds.json` and compared like
//! the counts of states. A value or a number of edges that differs fails until it is blessed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

use gil_core::protocol::{Budgets, Handoff};
use serde::{Deserialize, Serialize};

use crate::claims::explored::STATES_MAX;
use crate::claims::overtake::{self, NoProof, Overtaking};
use crate::claims::promise::{budgets, overtakes_max, rank};
use crate::explorer::graph::Graph;
use crate::explorer::model::{Program, State};
use crate::report::{BoundRow, Row};

/// The largest budget of the table.
pub const BUDGET_MAX: u8 = 3;

/// The numbers of threads of the table.
pub const THREADS: [usize; 3] = [2, 3, 4];

/// One cell of the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Point {
    /// K: barges in a regular turn.
    pub barges: u8,
    /// B: boosts in a regular turn.
    pub boosts: u8,
    /// N.
    pub threads: usize,
}

/// The result for a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// The largest number of overtakings of one waiter, with blocking calls and threads that end.
    pub overtakes_max: u64,
    /// The number of edges on which the rank was checked, with waiters that also give up.
    pub proved_edges: u64,
    /// The number of states that those edges connect.
    pub states: u64,
}

/// The table: the cell in words (`handoff K=1 B=3 N=4`), and its result.
pub type Bounds = BTreeMap<String, Bound>;

/// The table in the repository.
pub const COMMITTED: &str = include_str!("../../../golden/bounds.json");

/// How to accept a new table.
pub const BLESS: &str = "if that is meant: cargo verify --profile full --bless";

/// The committed table.
///
/// # Errors
/// When the file is not a table.
pub fn committed() -> Result<Bounds, serde_json::Error> {
    serde_json::from_str(COMMITTED)
}

/// What a cell costs: its committed number of states, 0 if it has none yet.
#[must_use]
pub fn cost(point: Point) -> u64 {
    static TABLE: LazyLock<Bounds> = LazyLock::new(|| committed().unwrap_or_default());
    TABLE.get(&point.key()).map_or(0, |bound| bound.states)
}

/// All cells of the table.
pub fn points() -> impl Iterator<Item = Point> {
    let budgets = (0..=BUDGET_MAX).flat_map(|k| (0..=BUDGET_MAX).map(move |b| (k, b)));
    THREADS.into_iter().flat_map(move |threads| {
        let point = move |(barges, boosts)| Point { barges, boosts, threads };
        budgets.clone().map(point)
    })
}

impl Point {
    /// The protocol's name in rows.
    ///
    /// ```
    /// use gil_verify::claims::promise;
    /// use gil_verify::claims::promise::bounds::Point;
    /// let name = Point { barges: 3, boosts: 1, threads: 4 }.protocol();
    /// assert_eq!((name.as_str(), promise::budgets(&name)), ("handoff K=3 B=1", Some((3, 1))));
    /// ```
    #[must_use]
    pub fn protocol(self) -> String {
        format!("handoff K={} B={}", self.barges, self.boosts)
    }

    /// The cell in words: the key of the table.
    #[must_use]
    pub fn key(self) -> String {
        format!("{} N={}", self.protocol(), self.threads)
    }

    /// The value of the formula.
    #[must_use]
    pub const fn formula(self) -> u64 {
        overtakes_max(self.barges, self.boosts, self.threads)
    }

    /// The largest number of overtakings, and a run that attains it, with blocking calls.
    #[must_use]
    pub fn longest(self) -> Overtaking {
        overtake::longest(&self.explore(Program::blocking(self.threads)))
    }

    /// Checks the rank, with waiters that also give up: the rank at the beginning of a wait, the
    /// edges and the states.
    ///
    /// # Errors
    /// The first edge on which the rank proves nothing.
    pub fn prove(self) -> Result<(u64, u64, u64), Box<NoProof>> {
        let graph = self.explore(Program::cancelling(self.threads));
        let rank = |state: &_, waiter, free| rank((self.barges, self.boosts), state, waiter, free);
        let (begins, edges) = overtake::proves(&graph, &rank)?;
        Ok((begins, edges as u64, graph.len() as u64))
    }

    /// The whole result as a row of the report.
    #[must_use]
    pub fn row(self) -> BoundRow {
        let found = self.longest();
        let proof = self.prove().ok().filter(|(begins, ..)| *begins <= self.formula());
        let start = State::initial(self.handoff(), found.witness.program, false);
        BoundRow {
            protocol: self.protocol(),
            threads: self.threads,
            overtakes_max: found.max,
            proved_edges: proof.map(|(_, edges, _)| edges),
            states: proof.map(|(.., states)| states),
            witness: found.witness.text(&start),
        }
    }

    const fn handoff(self) -> Handoff {
        Handoff::with_budgets(Budgets { barges: self.barges, boosts: self.boosts })
    }

    fn explore(self, program: Program) -> Graph<Handoff> {
        Graph::explore(self.handoff(), program, false, STATES_MAX)
    }
}

/// Checks the rank on every edge of a protocol with `threads` threads that make blocking calls,
/// end, return and give up. Returns the number of edges if it proves the bound.
#[must_use]
pub fn proved(protocol: &str, threads: usize) -> Option<u64> {
    let (barges, boosts) = budgets(protocol)?;
    let point = Point { barges, boosts, threads };
    let (begins, edges, _) = point.prove().ok()?;
    (begins <= point.formula()).then_some(edges)
}

/// The table, from the rows of the engines.
#[must_use]
pub fn of(rows: &[Row]) -> Bounds {
    let bound = |row: &Row| match row {
        Row::Bound(BoundRow { protocol, threads, overtakes_max, proved_edges, states, .. }) => {
            let key = format!("{protocol} N={threads}");
            let (overtakes_max, proved_edges, states) =
                ((*overtakes_max)?, (*proved_edges)?, (*states)?);
            Some((key, Bound { overtakes_max, proved_edges, states }))
        }
        _ => None,
    };
    rows.iter().filter_map(bound).collect()
}

/// The differences between the computed and the committed table, in words. With `all`, a committed
/// cell that was not computed is a difference too.
#[must_use]
pub fn differences(committed: &Bounds, found: &Bounds, all: bool) -> Vec<String> {
    let mut differences = Vec::new();
    for (key, found) in found {
        match committed.get(key) {
            Some(committed) if committed == found => {}
            Some(committed) => differences.push(format!(
                "`{key}`: {found:?}, committed in gil-verify/golden/bounds.json {committed:?}; {BLESS}"
            )),
            None => differences
                .push(format!("`{key}`: {found:?}, not in gil-verify/golden/bounds.json; {BLESS}")),
        }
    }
    for key in committed.keys().filter(|key| all && !found.contains_key(*key)) {
        differences
            .push(format!("`{key}`: committed in gil-verify/golden/bounds.json, but not computed"));
    }
    differences
}

/// The table as Markdown: K and B down, N across.
#[must_use]
pub fn table(bounds: &Bounds) -> String {
    let mut text = "| K | B |".to_owned();
    for threads in THREADS {
        let _ = write!(text, " N = {threads} |");
    }
    text += " edges proved |\n|---:|---:|";
    text += &"---:|".repeat(THREADS.len() + 1);
    for point in points().filter(|point| point.threads == THREADS[0]) {
        let _ = write!(text, "\n| {} | {} |", point.barges, point.boosts);
        let row = THREADS.map(|threads| bounds.get(&Point { threads, ..point }.key()));
        for bound in row {
            let value = bound.map_or("–".to_owned(), |bound| bound.overtakes_max.to_string());
            let _ = write!(text, " {value} |");
        }
        let edges: u64 = row.iter().flatten().map(|bound| bound.proved_edges).sum();
        let _ = write!(text, " {edges} |");
    }
    let sum = |of: fn(&Bound) -> u64| bounds.values().map(of).sum::<u64>();
    let (edges, states) = (sum(|bound| bound.proved_edges), sum(|bound| bound.states));
    let places = bounds.len();
    text + &format!(
        "\n\n{places} places, {states} states, {edges} edges on which the rank was checked.\n"
    )
}
