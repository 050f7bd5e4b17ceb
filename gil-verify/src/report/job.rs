//! The jobs of a run: each engine's work in parts that do not depend on each other. They run on all
//! cores, and [shards](crate::report::selection::Shard) of them on several machines.

use serde::{Deserialize, Serialize};

use crate::parallel;
use crate::report::Row;
use crate::report::selection::Selection;

/// A part of an engine's work.
pub trait Job: Sync {
    /// Its name, unique in a run; it begins with the engine.
    fn name(&self) -> String;
    /// What it costs, compared with the other jobs of the engine. Expensive jobs begin first: one
    /// of them at the end would leave a core idle.
    fn cost(&self) -> u64;
}

/// A finished job.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Done {
    /// [`Job::name`].
    pub job: String,
    /// Its results, as far as their claims are selected.
    pub rows: Vec<Row>,
}

/// What the engines found in a run, before it is judged.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Run {
    /// What was run.
    pub selection: Selection,
    /// The jobs, in order.
    pub jobs: Vec<Done>,
    /// The omitted parts, and the reasons.
    pub notes: Vec<String>,
    /// Wall-clock time.
    pub seconds: f64,
}

/// What the engines report to.
pub trait Sink {
    /// A part begins, or a job is done.
    fn progress(&mut self, what: &str);
    /// A job is done, in the order of the jobs.
    fn done(&mut self, done: Done);
}

/// The rows of a test, which needs no progress.
impl Sink for Vec<Row> {
    fn progress(&mut self, _: &str) {}

    fn done(&mut self, done: Done) {
        self.extend(done.rows);
    }
}

/// Performs those jobs that are in the selection's shard.
///
/// # Errors
/// The first error of a job, after all of them have ended.
pub fn perform<J: Job, E: Send>(
    selection: &Selection,
    jobs: &[J],
    perform: impl Fn(&J) -> Result<Vec<Row>, E> + Sync,
    sink: &mut dyn Sink,
) -> Result<(), E> {
    let mine = of_shard(selection, jobs);
    let mut through = 0;
    let found = parallel::map(
        &mine,
        |job| job.cost(),
        |job| perform(job),
        |job| {
            through += 1;
            sink.progress(&progress(&job.name(), through, mine.len()));
        },
    );
    for (job, rows) in mine.iter().zip(found) {
        let mut rows = rows?;
        rows.retain(|row| is_selected(selection, row));
        sink.done(Done { job: job.name(), rows });
    }
    Ok(())
}

/// The jobs of the selection's shard, in their order.
pub fn of_shard<'a, J: Job>(selection: &Selection, jobs: &'a [J]) -> Vec<&'a J> {
    let Some(shard) = selection.shard else { return jobs.iter().collect() };
    // Dealt out from the most expensive one on, so that no shard gets all of those.
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(jobs[*index].cost()));
    let mut mine: Vec<usize> = order.into_iter().skip(shard.number - 1).step_by(shard.of).collect();
    mine.sort_unstable();
    mine.into_iter().map(|index| &jobs[index]).collect()
}

/// `engine, 3 of 8: rest of the name`.
fn progress(name: &str, through: usize, of: usize) -> String {
    let (engine, rest) = name.split_once(": ").unwrap_or(("", name));
    format!("{engine}, {through} of {of}: {rest}")
}

fn is_selected(selection: &Selection, row: &Row) -> bool {
    match row {
        // A suite that breaks what is not selected has not judged what is.
        Row::Claim(row) => selection.has_claim(&row.id) || row.verdict != row.expected,
        Row::Agreement(row) => selection.has_claim(&row.id),
        Row::Mutant(row) => row.breaks.iter().any(|claim| selection.has_claim(claim)),
        Row::Bound(_) => selection.has_claim("LIVE-3"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Profile;
    use crate::report::selection::Shard;

    struct Sized(u64);

    impl Job for Sized {
        fn name(&self) -> String {
            format!("test: {}", self.0)
        }
        fn cost(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn shards_share_the_jobs_and_their_cost() {
        let jobs: Vec<_> = [1, 9, 2, 8, 3, 7, 4].map(Sized).into();
        let mut seen = Vec::new();
        for number in 1..=3 {
            let shard = Some(Shard { number, of: 3 });
            let selection = Selection { shard, ..Selection::all(Profile::Quick) };
            let mine = of_shard(&selection, &jobs);
            assert!(mine.iter().any(|job| job.0 >= 7), "each has one of the expensive jobs");
            seen.extend(mine.iter().map(|job| job.0));
        }
        seen.sort_unstable();
        assert_eq!(seen, [1, 2, 3, 4, 7, 8, 9]);
    }

    #[test]
    fn progress_counts_the_jobs_of_an_engine() {
        assert_eq!(progress("loom: two/handoff", 3, 8), "loom, 3 of 8: two/handoff");
    }
}
