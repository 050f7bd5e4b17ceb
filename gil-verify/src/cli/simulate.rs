//! `cargo verify simulate`: figures and pictures of a protocol in virtual time.

use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};
use gil_core::protocol::{Preemption, Protocol, Settings};
use gil_models::picture::Lanes;
use gil_models::sim::{self, Control, Costs, Report, Run, Setup, Workload};
use tempfile::NamedTempFile;

use super::protocol_name;
use super::screen::{Format, fail, print};
use crate::protocols::{self, AnyProtocol, PROTOCOLS};
use crate::report::judge::{EXIT_INTERNAL, EXIT_USAGE};

/// The arguments of `simulate`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The protocol.
    #[arg(
        long,
        ignore_case = true,
        value_parser = protocol_name(),
        default_value = PROTOCOLS[0]
    )]
    protocol: String,
    /// The threads: KIND:THREADS joined by +, like cpu:2+echo:1@pause=2ms. Kinds: cpu, io, echo,
    /// calls, yields, mixed, and the article's countdown, select and story.
    #[arg(long, default_value = "cpu:2")]
    workload: Workload,
    /// A run without a global lock, instead of a protocol.
    #[arg(long, value_enum, conflicts_with = "protocol")]
    control: Option<ControlName>,
    /// Cores of the simulated machine.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    cores: u16,
    /// The seed of all random choices; the same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The virtual time, unless all threads end earlier.
    #[arg(long, default_value = "10s", value_parser = positive_duration)]
    duration: Duration,
    /// The switch interval, if not the protocol's own.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    switch_interval_us: Option<u64>,
    /// Ticks between two releases of a protocol that counts them.
    #[arg(long)]
    check_interval: Option<u32>,
    /// A JSON file with costs that differ from the built-in ones.
    #[arg(long, value_name = "FILE")]
    costs: Option<PathBuf>,
    /// Draw lanes into this file.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write a trace that Perfetto opens (ui.perfetto.dev) into this file.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Draw lanes in the terminal.
    #[arg(long)]
    lanes: bool,
    /// The part of virtual time that pictures show, like 10ms..40ms.
    #[arg(long, value_parser = window)]
    window: Option<Range<u64>>,
    /// The title of pictures.
    #[arg(long)]
    title: Option<String>,
    /// Text, or JSON of the schema gil-simulation/1.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum, Debug)]
enum ControlName {
    /// No lock, and no replacement.
    NoLock,
    /// A lock for each object.
    PerObject,
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let ns: u64 = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        _ => return Err("a duration is a number with ns, us, ms, s or m, like 20ms".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "a duration begins with a number".to_owned())?;
    number.checked_mul(ns).map(Duration::from_nanos).ok_or_else(|| "too long".to_owned())
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("a simulation lasts longer than that".to_owned()),
        duration => Ok(duration),
    }
}

fn window(text: &str) -> Result<Range<u64>, String> {
    let (from, to) = text.split_once("..").ok_or("a window is FROM..TO, like 10ms..40ms")?;
    let range = duration(from)?.as_nanos() as u64..duration(to)?.as_nanos() as u64;
    if range.is_empty() { Err("a window ends after it begins".to_owned()) } else { Ok(range) }
}

/// Simulates, then writes the requested files. Files appear complete or not at all.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match prepare(arguments).and_then(|files| simulate(arguments, files)) {
        Ok(text) => print(&text),
        Err((why, code)) => fail(&why, code),
    }
}

/// The error, and the exit code.
pub(super) type Failure = (String, u8);

/// A file that gets its name when it is complete.
pub(super) struct Output<'a> {
    path: &'a Path,
    file: NamedTempFile,
}

impl<'a> Output<'a> {
    /// Every error of the file is found here, before the work.
    pub(super) fn begin(path: &'a Path) -> Result<Self, Failure> {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let why = |error| (format!("cannot write {}: {error}", path.display()), EXIT_USAGE);
        if path.is_dir() {
            return Err(why(std::io::ErrorKind::IsADirectory.into()));
        }
        let folder = folder.unwrap_or(Path::new("."));
        std::fs::read_dir(folder).map_err(why)?;
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            // As for any new file; a temporary file is readable by its owner alone.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder).map_err(|error| why(error.kind().into()))?;
        Ok(Self { path, file })
    }

    /// Writes the file.
    pub(super) fn finish(mut self, text: &str) -> Result<(), Failure> {
        let why = |error| (format!("cannot write {}: {error}", self.path.display()), EXIT_USAGE);
        self.file.write_all(text.as_bytes()).map_err(why)?;
        self.file.persist(self.path).map(|_| ()).map_err(|error| why(error.error))
    }
}

struct Files<'a> {
    svg: Option<Output<'a>>,
    trace: Option<Output<'a>>,
    costs: Costs,
}

/// Every error of the files is found before the simulation.
fn prepare(arguments: &Arguments) -> Result<Files<'_>, Failure> {
    let costs = match &arguments.costs {
        None => Costs::default(),
        Some(path) => {
            let wrong = |why: String| (format!("{}: {why}", path.display()), EXIT_USAGE);
            let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
            let costs: Costs =
                serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
            costs.check().map_err(|error| wrong(error.to_string()))?;
            costs
        }
    };
    let svg = arguments.svg.as_deref().map(Output::begin).transpose()?;
    let trace = arguments.trace.as_deref().map(Output::begin).transpose()?;
    Ok(Files { svg, trace, costs })
}

/// Simulates a protocol; returns the window to draw as well.
fn run_with_window(
    setup: &mut Setup,
    window: Option<Range<u64>>,
    name: &'static str,
    protocol: AnyProtocol,
) -> Result<(Run, Range<u64>), Failure> {
    // Some switches, after the start has settled.
    let Settings { switch_interval, preemption, .. } = protocol.settings();
    let interval = setup.switch_interval.unwrap_or(switch_interval);
    let intervals = |count| u64::try_from((interval * count).as_nanos()).unwrap_or(u64::MAX);
    let window = window.unwrap_or_else(|| match preemption {
        Preemption::OnRequest => intervals(4)..intervals(10),
        Preemption::EveryTicks(_) => 1_000_000..1_200_000,
    });
    if !setup.record_until.is_zero() {
        if u128::from(window.end) > setup.duration.as_nanos() {
            let end = Duration::from_nanos(window.end);
            let why = format!(
                "the pictures show the time up to {end:?}, and the simulation ends at {:?}: give a \
                 longer --duration or an earlier --window",
                setup.duration
            );
            return Err((why, EXIT_USAGE));
        }
        setup.record_until = Duration::from_nanos(window.end);
    }
    Ok((sim::run(name, protocol, setup), window))
}

fn simulate(arguments: &Arguments, files: Files<'_>) -> Result<String, Failure> {
    let draws = files.svg.is_some() || files.trace.is_some() || arguments.lanes;
    let mut setup = Setup {
        workload: arguments.workload.clone(),
        cores: usize::from(arguments.cores),
        seed: arguments.seed,
        duration: arguments.duration,
        switch_interval: arguments.switch_interval_us.map(Duration::from_micros),
        check_interval_ticks: arguments.check_interval,
        costs: files.costs,
        record_until: if draws { arguments.duration } else { Duration::ZERO },
        ..Setup::default()
    };
    let control = arguments.control.map(|control| match control {
        ControlName::NoLock => Control::NoLock,
        ControlName::PerObject => Control::PerObject,
    });
    if control.is_some() && draws {
        let why = "without a lock there is nothing to draw: no thread waits".to_owned();
        return Err((why, EXIT_USAGE));
    }
    let began = Instant::now();
    let (Run { report, record }, window) = match control {
        Some(control) => (sim::without_lock(control, &setup), 0..0),
        None => {
            let named = protocols::named(&arguments.protocol);
            let (name, protocol) = named.map_err(|error| (error.to_string(), EXIT_USAGE))?;
            run_with_window(&mut setup, arguments.window.clone(), name, protocol)?
        }
    };
    let mut text = match arguments.format {
        Format::Json => serde_json::to_string_pretty(&report)
            .map_err(|error| (error.to_string(), EXIT_INTERNAL))?,
        Format::Human => human(&report, began.elapsed()),
    };
    text.push('\n');
    if draws {
        let title = arguments.title.clone();
        let title = title.unwrap_or_else(|| format!("{}, {}", report.protocol, report.workload));
        let groups = setup.workload.groups.iter();
        let roles = groups.flat_map(|group| std::iter::repeat_n(group.role, group.threads));
        let names = roles.enumerate().map(|(index, role)| format!("T{index} {}", role.name()));
        let lanes = Lanes::new(&record, setup.workload.threads(), window);
        let lanes = lanes.named(&title).with_threads(names);
        if arguments.lanes {
            let _ = write!(text, "\n{}", lanes.terminal(90));
        }
        if let Some(svg) = files.svg {
            svg.finish(&lanes.svg())?;
        }
        if let Some(trace) = files.trace {
            trace.finish(&lanes.chrome_trace())?;
        }
    }
    Ok(text)
}

fn human(report: &Report, took: Duration) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "threads",
        "work",
        "fairness",
        "operations/s",
        "latency p50 / p99 / max",
        "time to acquire p50 / p99 / max",
    ]);
    let spread = |spread: &sim::Spread| match spread.count {
        0 => "-".to_owned(),
        _ => format!("{:.0} / {:.0} / {:.0} us", spread.p50, spread.p99, spread.max),
    };
    for group in &report.groups {
        table.add_row([
            group.group.clone(),
            format!("{:.1} %", 100.0 * group.cpu_share),
            format!("{:.3}", group.fairness),
            format!("{:.0}", group.operations_per_second),
            spread(&group.latency_us),
            spread(&group.time_to_acquire_us),
        ]);
    }
    let table = table.to_string();
    let mut lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    for group in report.groups.iter().filter(|group| group.still_waiting > 0) {
        lines.push(format!(
            "waiting at the end: {} of {}, the longest for {:.0} us so far",
            group.still_waiting, group.group, group.longest_unfinished_us
        ));
    }
    format!(
        "{} on {} cores, seed {}: {:.3} s of virtual time\n{}\n\
         switches {}, requests {}, forced {}, wake-ups {}, wasted {}, timeouts {}, \
         longest run {}\ncontext switches {}, CPU time lost {:.3} s, {} events simulated, \
         {:.1} million a second",
        report.protocol,
        report.cores,
        report.seed,
        report.seconds,
        lines.join("\n"),
        report.switches,
        report.requests,
        report.forced,
        report.wake_ups,
        report.wasted_wake_ups,
        report.timeouts,
        report.longest_run,
        report.context_switches,
        report.lost_seconds,
        report.events,
        report.events as f64 / took.as_secs_f64() / 1e6,
    )
}
