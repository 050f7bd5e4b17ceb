//! The report of a run, as the command line prints and writes it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use tempfile::NamedTempFile;

use super::screen::{ReportFormat, fail, print};
use crate::claims::promise::bounds;
use crate::mutants::matrix;
use crate::report::job::Run;
use crate::report::judge::{self, EXIT_INTERNAL, EXIT_USAGE, Report};
use crate::report::verify;
use crate::report::{Profile, counts, due, junit, loom_counterexamples, text_report};

#[derive(Args, Debug)]
pub(super) struct Output {
    /// Text; or JSON of the schema gil-verify/1, or JUnit XML, alone on standard output.
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: ReportFormat,
    /// Also write report.json, report.txt and report.xml into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub(super) out_dir: Option<PathBuf>,
    /// Print the counterexamples and every mutant.
    #[arg(short, long)]
    verbose: bool,
}

impl Output {
    /// Makes the folder for the files, before anything runs.
    pub(super) fn make_folder(&self) -> Result<(), ExitCode> {
        let Some(folder) = &self.out_dir else { return Ok(()) };
        std::fs::create_dir_all(folder).map_err(|error| {
            fail(&format!("cannot create the folder {}: {error}", folder.display()), EXIT_USAGE)
        })
    }

    /// Judges a run, accepts its counts if that is requested, prints and writes the report.
    pub(super) fn finish(&self, run: Run, accept: bool) -> ExitCode {
        let (mut report, counts_found, bounds_found) = verify::finish(run);
        if accept {
            if let Err(error) = bless(&counts_found, &bounds_found, &report) {
                let why = format!("cannot write into gil-verify/golden: {error}");
                return fail(&why, EXIT_INTERNAL);
            }
            report.problems.retain(|problem| !problem.contains(counts::BLESS));
            report.left_out.clear();
        }
        if let Some(folder) = &self.out_dir
            && let Err(error) = self.write(folder, &report)
        {
            return fail(&format!("cannot write into {}: {error}", folder.display()), EXIT_USAGE);
        }
        self.print(&report)
    }

    /// Prints a report; returns its exit code.
    pub(super) fn print(&self, report: &Report) -> ExitCode {
        let text = match self.text(report, self.format) {
            Ok(text) => text,
            Err(error) => return fail(&error.to_string(), EXIT_INTERNAL),
        };
        let printed = print(&text);
        let code = ExitCode::from(judge::exit_code(report));
        if printed == ExitCode::SUCCESS { code } else { printed }
    }

    fn write(&self, folder: &Path, report: &Report) -> io::Result<()> {
        for (name, format) in [
            ("report.json", ReportFormat::Json),
            ("report.txt", ReportFormat::Human),
            ("report.xml", ReportFormat::Junit),
        ] {
            write_whole(&folder.join(name), &self.text(report, format)?)?;
        }
        Ok(())
    }

    fn text(&self, report: &Report, format: ReportFormat) -> io::Result<String> {
        match format {
            ReportFormat::Human => Ok(text_report::report(report, self.verbose)),
            ReportFormat::Json => Ok(serde_json::to_string_pretty(report)? + "\n"),
            ReportFormat::Junit => junit::text(report).map_err(io::Error::other),
        }
    }
}

/// Writes a file that appears complete or not at all.
pub(super) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

fn bless(found: &counts::Counts, bounds: &bounds::Bounds, report: &Report) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    if report.profile == Profile::Full {
        let text = serde_json::to_string_pretty(&matrix::of(&report.mutants))?;
        std::fs::write(folder.join("kills.json"), text + "\n")?;
    }
    let text = serde_json::to_string_pretty(&loom_counterexamples::of(&report.claims))?;
    std::fs::write(folder.join("stories.json"), text + "\n")?;
    // A check that this profile does not run keeps its count and its bound.
    let mut table = bounds::committed().unwrap_or_default();
    table.extend(bounds.clone());
    let text = serde_json::to_string_pretty(&table)?;
    std::fs::write(folder.join("bounds.json"), text + "\n")?;
    let mut due = due::committed().unwrap_or_default();
    due::replace(&mut due, report.profile, &report.rows());
    let text = serde_json::to_string_pretty(&due)?;
    std::fs::write(folder.join("due.json"), text + "\n")?;
    let mut all = counts::committed().unwrap_or_default();
    all.extend(found.clone());
    let text = serde_json::to_string_pretty(&all)?;
    std::fs::write(folder.join("counts.json"), text + "\n")
}
