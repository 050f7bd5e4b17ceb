//! `cargo verify mutation`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Args;

use super::screen::{fail, print};
use crate::mutants::source::list::{Change, LEAVE_OUT, changes};
use crate::mutants::source::run::Copy;
use crate::mutants::source::{
    MutationError, Outcome, Results, Verdict, committed, done, equivalent, root, sources, stale,
};
use crate::parallel::workers;
use crate::report::judge::{EXIT_HARNESS_BROKEN, EXIT_INTERNAL, EXIT_MUTANT_SURVIVED};
use crate::report::selection::Shard;

/// The exit code of a usage error, as clap's own.
const EXIT_USAGE: u8 = 2;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Run nothing: print the committed results, and whether they match the present sources.
    #[arg(long)]
    check: bool,
    /// Only part K of N of the changes, for several machines; run again without it to merge.
    #[arg(long, value_name = "K/N", default_value = "1/1")]
    shard: Shard,
    /// Run the changes that were missed or timed out again.
    #[arg(long)]
    again: bool,
    /// Begin no change after this many minutes. Files with all changes run are written; the others
    /// stay stale, are listed, and do not fail the run.
    #[arg(long, value_name = "MINUTES", conflicts_with = "check")]
    minutes: Option<u64>,
    /// Run only the changes whose name contains this text, and write nothing.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["check", "shard", "again", "minutes"])]
    only: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let root = root();
    let mut results = match committed() {
        Ok(results) => results,
        Err(error) => {
            return fail(&format!("gil-verify/golden/mutation.json: {error}"), EXIT_INTERNAL);
        }
    };
    let present = match sources(&root) {
        Ok(present) => present,
        Err(error) => return fail(&error.to_string(), EXIT_INTERNAL),
    };
    if let Some(text) = &arguments.only {
        return only(&root, present.keys().cloned().collect(), text);
    }
    if arguments.check {
        return check(&results, &stale(&results, &present), false);
    }
    match perform(&root, arguments, &mut results) {
        Ok(()) => {}
        Err(error) => return fail(&error.to_string(), EXIT_HARNESS_BROKEN),
    }
    check(&results, &stale(&results, &present), arguments.minutes.is_some())
}

fn check(results: &Results, stale: &[String], may_be_stale: bool) -> ExitCode {
    for outcome in &results.mutants {
        if !matches!(outcome.verdict, Verdict::Caught | Verdict::Unviable) {
            let verdict = format!("{:?}", outcome.verdict).to_lowercase();
            print(&format!("{verdict}  {}  {}\n", outcome.name, outcome.by));
        }
    }
    print(&format!("{}\n", results.summary()));
    if !stale.is_empty() {
        let what = format!("not run since it changed: {}; cargo verify mutation", stale.join(", "));
        if !may_be_stale {
            return fail(&what, EXIT_MUTANT_SURVIVED);
        }
        print(&format!("{what}\n"));
    }
    match results.count(Verdict::Missed) {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(EXIT_MUTANT_SURVIVED),
    }
}

/// Runs the changes whose name contains a text, and writes nothing.
fn only(root: &Path, files: Vec<String>, text: &str) -> ExitCode {
    let tried = changes(root, &files).and_then(|all| {
        let due: Vec<_> = all.iter().filter(|change| change.name.contains(text)).collect();
        let mut missed = 0;
        try_all(root, &due, None, |outcome| {
            missed += usize::from(outcome.verdict == Verdict::Missed);
            Ok(())
        })?;
        Ok((due.len(), missed))
    });
    match tried {
        Ok((0, _)) => fail(&format!("no change's name contains `{text}`"), EXIT_USAGE),
        Ok((_, 0)) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(EXIT_MUTANT_SURVIVED),
        Err(error) => fail(&error.to_string(), EXIT_HARNESS_BROKEN),
    }
}

/// Where an interrupted run continues.
fn partial(root: &Path) -> PathBuf {
    root.join("target").join("mutation").join("partial.json")
}

/// Runs the changes of the files whose results are stale, and writes all results after each.
fn perform(root: &Path, arguments: &Arguments, results: &mut Results) -> Result<(), MutationError> {
    let present = sources(root)?;
    let partial = partial(root);
    results.keep(&present);
    if let Ok(text) = std::fs::read_to_string(&partial)
        && let Ok(mut cut) = serde_json::from_str::<Results>(&text)
    {
        cut.keep(&present);
        let known = |outcome: &Outcome| cut.mutants.iter().any(|cut| cut.name == outcome.name);
        results.mutants.retain(|outcome| !known(outcome));
        results.mutants.append(&mut cut.mutants);
    }
    for outcome in &mut results.mutants {
        let argument = equivalent(&outcome.file, &outcome.name);
        if let (Verdict::Missed, Some(why)) = (outcome.verdict, argument) {
            (outcome.verdict, outcome.by) = (Verdict::Equivalent, why.to_owned());
        }
    }
    if arguments.again {
        let open = [Verdict::Missed, Verdict::Timeout];
        results.mutants.retain(|outcome| !open.contains(&outcome.verdict));
    }
    results.sources = present;
    let files: Vec<_> = results.sources.keys().cloned().collect();
    let all = changes(root, &files)?;
    results.mutants.retain(|outcome| all.iter().any(|change| change.name == outcome.name));
    let Shard { number, of } = arguments.shard;
    let known = |change: &Change| results.mutants.iter().any(|known| known.name == change.name);
    let mine = all.iter().enumerate().filter(|(index, _)| index % of == number - 1);
    let mut due: Vec<_> = mine.map(|(_, change)| change).filter(|change| !known(change)).collect();
    // The rules first: a deleted line that no claim misses is the worst finding. Then the rest of
    // the protocols, so that a run with a limit completes their files.
    due.sort_by_key(|change| {
        let deleted = done(&change.name).starts_with(LEAVE_OUT);
        (!deleted, !change.file.starts_with("gil-core/src/protocol/"))
    });
    let minutes = arguments.minutes.map(|minutes| Duration::from_secs(60 * minutes));
    let ends = minutes.and_then(|minutes| Instant::now().checked_add(minutes));
    try_all(root, &due, ends, |outcome| {
        results.mutants.push(outcome);
        save(results, &partial)
    })?;
    let place = |name: &str| all.iter().position(|change| change.name == name);
    results.mutants.sort_by_key(|outcome| place(&outcome.name));
    let complete = results.mutants.len() == all.len();
    if complete || arguments.minutes.is_some() {
        let known = |change: &Change| results.mutants.iter().any(|it| it.name == change.name);
        let open: BTreeSet<_> = all.iter().filter(|it| !known(it)).map(|it| &it.file).collect();
        results.sources.retain(|file, _| !open.contains(file));
        let Results { sources, mutants } = results;
        mutants.retain(|outcome| sources.contains_key(&outcome.file));
        save(results, &root.join("gil-verify/golden/mutation.json"))?;
    }
    if complete {
        let _ = std::fs::remove_file(&partial);
    }
    Ok(())
}

fn save(results: &Results, path: &Path) -> Result<(), MutationError> {
    let text = serde_json::to_string_pretty(results).map_err(std::io::Error::other)?;
    Ok(std::fs::write(path, text + "\n")?)
}

/// Runs changes, each worker in its own copy; `tell` gets each outcome.
fn try_all(
    root: &Path,
    due: &[&Change],
    ends: Option<Instant>,
    tell: impl FnMut(Outcome) -> Result<(), MutationError> + Send,
) -> Result<(), MutationError> {
    let next = AtomicUsize::new(0);
    let tell = Mutex::new(tell);
    let work = |worker: usize| -> Result<(), MutationError> {
        let folder = root.join("target").join("mutation").join(format!("copy-{worker}"));
        let copy = Copy::new(root, folder)?;
        copy.warm_up()?;
        loop {
            if ends.is_some_and(|ends| Instant::now() >= ends) {
                return Ok(());
            }
            let index = next.fetch_add(1, Ordering::Relaxed); // each change once
            let Some(change) = due.get(index) else { return Ok(()) };
            let outcome = copy.try_change(change)?;
            let Outcome { verdict, name, by, seconds, .. } = &outcome;
            let place = format!("{}/{}", index + 1, due.len());
            print(&format!("{place} {verdict:?} {name} ({by}, {seconds} s)\n"));
            tell.lock().expect("no thread panics while it holds this")(outcome)?;
        }
    };
    std::thread::scope(|scope| {
        let work = &work;
        let workers = workers().min(due.len());
        let handles: Vec<_> = (0..workers).map(|n| scope.spawn(move || work(n))).collect();
        handles.into_iter().try_for_each(|handle| handle.join().expect("no worker panics"))
    })
}
