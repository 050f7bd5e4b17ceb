//! The results of one shard of a run in a file, and how the files of all shards become one report.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::report::job::{Done, Run};
use crate::report::selection::{Selection, Shard};

/// Name and version of the file's format.
pub const SCHEMA: &str = "gil-verify-shard/1";

/// The results of one shard.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ShardFile {
    /// [`SCHEMA`].
    pub schema: String,
    /// The results, with the shard in the selection.
    pub run: Run,
}

/// Why files are not the shards of one run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// A file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: std::io::Error,
    },
    /// A file is not the result of a shard.
    #[error("{} is not a file that `cargo verify --shard` has written: {why}", path.display())]
    NoShard {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// There is no file.
    #[error("no shard is given")]
    Nothing,
    /// Two files are of different runs.
    #[error("{} and {} are shards of different runs: {first_run} and {second_run}", first.display(), second.display())]
    Differs {
        /// A file.
        first: PathBuf,
        /// Another file.
        second: PathBuf,
        /// The selection of the first.
        first_run: String,
        /// The selection of the second.
        second_run: String,
    },
    /// A shard is given more than once.
    #[error("shard {shard} is given twice: {} and {}", first.display(), second.display())]
    Twice {
        /// The shard.
        shard: Shard,
        /// A file with it.
        first: PathBuf,
        /// Another file with it.
        second: PathBuf,
    },
    /// Shards are missing.
    #[error("missing: {}", list("shard", shards))]
    Missing {
        /// The shards.
        shards: Vec<Shard>,
    },
    /// The shards have other jobs than this version of the program.
    #[error("the shards are of another version of this program: {}", list("job", jobs))]
    OtherJobs {
        /// Jobs that are missing, or that no run has, or that come twice.
        jobs: Vec<String>,
    },
}

fn list<T: ToString>(what: &str, all: &[T]) -> String {
    let names: Vec<_> =
        all.iter().take(5).map(|one| format!("{what} {}", one.to_string())).collect();
    let more = all.len().saturating_sub(names.len());
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    names.join(", ") + &more
}

impl ShardFile {
    /// The name of its file: `shard-2-of-8.json`.
    #[must_use]
    pub fn name(shard: Shard) -> String {
        format!("shard-{}-of-{}.json", shard.number, shard.of)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`MergeError::Read`] and [`MergeError::NoShard`].
    pub fn read(path: &Path) -> Result<Self, MergeError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| MergeError::Read { path: path.to_owned(), error })?;
        let no_shard = |why: String| MergeError::NoShard { path: path.to_owned(), why };
        let file: Self =
            serde_json::from_str(&text).map_err(|error| no_shard(error.to_string()))?;
        if file.schema != SCHEMA {
            return Err(no_shard(format!("its schema is `{}`", file.schema)));
        }
        if file.run.selection.shard.is_none() {
            return Err(no_shard("it names no shard".to_owned()));
        }
        Ok(file)
    }
}

/// Puts the shards of a run together. `names` lists the jobs of a selection, in order. The time is
/// that of the slowest shard.
///
/// # Errors
/// A [`MergeError`] unless the runs are all shards of one run, each once.
pub fn merge(
    runs: Vec<(PathBuf, Run)>,
    names: impl Fn(&Selection) -> Vec<String>,
) -> Result<Run, MergeError> {
    let (first_path, first) = runs.first().ok_or(MergeError::Nothing)?;
    let of = |run: &Run| run.selection.shard.map_or(1, |shard| shard.of);
    let whole = |run: &Run| Selection { shard: None, ..run.selection.clone() };
    let (selection, count) = (whole(first), of(first));
    let mut seen: BTreeMap<Shard, &Path> = BTreeMap::new();
    for (path, run) in &runs {
        if (whole(run), of(run)) != (selection.clone(), count) {
            return Err(MergeError::Differs {
                first: first_path.clone(),
                second: path.clone(),
                first_run: format!("{selection}, {count} shards"),
                second_run: format!("{}, {} shards", whole(run), of(run)),
            });
        }
        let shard = run.selection.shard.unwrap_or(Shard { number: 1, of: 1 });
        if let Some(first) = seen.insert(shard, path) {
            return Err(MergeError::Twice { shard, first: first.to_owned(), second: path.clone() });
        }
    }
    let all = (1..=count).map(|number| Shard { number, of: count });
    let missing: Vec<_> = all.filter(|shard| !seen.contains_key(shard)).collect();
    if !missing.is_empty() {
        return Err(MergeError::Missing { shards: missing });
    }
    let mut merged = Run { selection, jobs: Vec::new(), notes: Vec::new(), seconds: 0.0 };
    for (_, run) in runs {
        merged.jobs.extend(run.jobs);
        merged.notes.extend(run.notes);
        merged.seconds = merged.seconds.max(run.seconds);
    }
    merged.notes.sort();
    merged.notes.dedup();
    merged.jobs = in_order(merged.jobs, &names(&merged.selection))?;
    Ok(merged)
}

/// The jobs in the order of their names, each exactly once.
fn in_order(jobs: Vec<Done>, names: &[String]) -> Result<Vec<Done>, MergeError> {
    let mut wrong = Vec::new();
    let mut found: BTreeMap<String, Done> = BTreeMap::new();
    for job in jobs {
        if let Some(before) = found.insert(job.job.clone(), job) {
            wrong.push(before.job);
        }
    }
    let mut ordered = Vec::new();
    for name in names {
        match found.remove(name) {
            Some(job) => ordered.push(job),
            None => wrong.push(name.clone()),
        }
    }
    wrong.extend(found.into_keys());
    if wrong.is_empty() { Ok(ordered) } else { Err(MergeError::OtherJobs { jobs: wrong }) }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::report::{Profile, verify};

    fn file(number: usize, of: usize, jobs: &[&str]) -> (PathBuf, Run) {
        let shard = Some(Shard { number, of });
        let selection = Selection { shard, ..Selection::all(Profile::Quick) };
        let done = |job: &&str| Done { job: (*job).to_owned(), rows: Vec::new() };
        let jobs = jobs.iter().map(done).collect();
        let run = Run { selection, jobs, notes: Vec::new(), seconds: 1.0 };
        (PathBuf::from(format!("{number}.json")), run)
    }

    fn names(_: &Selection) -> Vec<String> {
        ["a", "b", "c"].map(str::to_owned).into()
    }

    fn error(files: Vec<(PathBuf, Run)>) -> String {
        merge(files, names).expect_err("they are no whole run").to_string()
    }

    #[test]
    fn shards_of_a_run_merge_in_the_order_of_its_jobs() {
        let merged = merge(vec![file(2, 2, &["b"]), file(1, 2, &["c", "a"])], names);
        let merged = merged.expect("it is the whole run");
        let jobs: Vec<_> = merged.jobs.iter().map(|done| done.job.as_str()).collect();
        assert_eq!(jobs, ["a", "b", "c"]);
        assert!(merged.selection.is_everything());
    }

    /// Two jobs of one name would be refused as double.
    #[test]
    fn each_job_of_a_whole_run_has_a_name_of_its_own() {
        let mut names = verify::names(&Selection::all(Profile::Full));
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(all > 500, "{all} jobs");
    }

    #[test]
    fn missing_or_double_shard_is_an_error_that_names_it() {
        assert_eq!(error(Vec::new()), "no shard is given");
        let two = || vec![file(1, 3, &["a"]), file(2, 3, &["b"])];
        assert_eq!(error(two()), "missing: shard 3/3");
        let twice = [two(), vec![file(2, 3, &["c"])]].concat();
        assert_eq!(error(twice), "shard 2/3 is given twice: 2.json and 2.json");
        let other = [two(), vec![file(3, 4, &["c"])]].concat();
        assert!(error(other).contains("1.json and 3.json are shards of different runs"));
    }

    #[test]
    fn shards_of_another_version_are_an_error_that_names_its_jobs() {
        let lost = vec![file(1, 2, &["a"]), file(2, 2, &["b"])];
        assert!(error(lost).ends_with("another version of this program: job c"));
        let more = vec![file(1, 2, &["a", "d"]), file(2, 2, &["b", "c"])];
        assert!(error(more).ends_with("job d"));
        let double = vec![file(1, 2, &["a", "b"]), file(2, 2, &["b", "c"])];
        assert!(error(double).ends_with("job b"));
    }
}
