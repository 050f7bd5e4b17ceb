//! What each thread was doing at which time: spans and marks, made from a recording.

use std::ops::Range;

use crate::trace::{TraceEvent, TraceRecord};
use gil_core::engine::Event;
use gil_core::protocol::ThreadId;

/// What a thread is doing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// It runs with the lock.
    Runs,
    /// It was granted the lock and has not run yet.
    Granted,
    /// It sleeps for the lock.
    Waits,
    /// It has been woken and is acquiring the lock.
    Woken,
    /// It was woken and had to wait again.
    Wasted,
    /// It is outside: blocked in I/O, or computing without the lock.
    Outside,
    /// It has released and is about to reacquire the lock.
    Between,
}

impl Kind {
    /// All kinds, in the order of legends.
    pub const ALL: [Self; 7] = [
        Self::Runs,
        Self::Granted,
        Self::Waits,
        Self::Woken,
        Self::Wasted,
        Self::Between,
        Self::Outside,
    ];

    /// In words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Runs => "running",
            Self::Granted => "granted, not running yet",
            Self::Waits => "waiting",
            Self::Woken => "woken, on its way",
            Self::Wasted => "wasted wake-up",
            Self::Outside => "outside (blocked in I/O)",
            Self::Between => "released, wants it back",
        }
    }
}

/// The four steps of the handshake, as marks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// It requests a switch.
    Requested,
    /// It releases on request.
    Answered,
    /// It is granted the lock.
    Granted,
    /// It runs with the lock that it was granted, or that it found free after a request was
    /// answered.
    Confirmed,
}

impl Step {
    /// All steps in order.
    pub const ALL: [Self; 4] = [Self::Requested, Self::Answered, Self::Granted, Self::Confirmed];

    /// In words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Answered => "answered",
            Self::Granted => "granted",
            Self::Confirmed => "confirmed",
        }
    }
}

/// One activity of a thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// Start and end, in nanoseconds.
    pub ns: Range<u64>,
    /// The activity.
    pub kind: Kind,
}

/// A step of the handshake at an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The time, in nanoseconds.
    pub at_ns: u64,
    /// The step.
    pub step: Step,
}

/// For time in steps, one per nanosecond, instead of a clock: a run of a model, in which the state
/// after step `n` lasts from `n` to `n + 1`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Steps {
    /// The number of steps.
    pub count: u64,
    /// After this number of steps a loop begins that repeats forever; the last step closes it. If
    /// no step is left, the run stays in its state.
    pub circle: Option<u64>,
    /// The end of the run, or the part that repeats forever.
    pub end: String,
}

/// One lane for each thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lanes {
    pub(super) title: String,
    pub(super) names: Vec<String>,
    pub(super) window: Range<u64>,
    pub(super) steps: Option<Steps>,
    pub(super) spans: Vec<Vec<Span>>,
    pub(super) marks: Vec<Vec<Mark>>,
}

struct Lane {
    since_ns: u64,
    kind: Kind,
    notified_ns: Option<u64>,
    spans: Vec<Span>,
    marks: Vec<Mark>,
}

impl Lane {
    fn new() -> Self {
        Self {
            since_ns: 0,
            kind: Kind::Outside,
            notified_ns: None,
            spans: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// The thread is `kind` from now on; until now it was `was`.
    fn turn(&mut self, at_ns: u64, was: Kind, kind: Kind) {
        if at_ns > self.since_ns {
            match self.spans.last_mut().filter(|last| last.kind == was) {
                Some(last) => last.ns.end = at_ns,
                None => self.spans.push(Span { ns: self.since_ns..at_ns, kind: was }),
            }
        }
        (self.since_ns, self.kind) = (at_ns, kind);
    }

    fn become_kind(&mut self, at_ns: u64, kind: Kind) {
        self.turn(at_ns, self.kind, kind);
    }

    fn mark(&mut self, at_ns: u64, step: Step) {
        self.marks.push(Mark { at_ns, step });
    }
}

impl Lane {
    /// `asked`: the lock was released on request, and no thread has had it since.
    fn happen(&mut self, at_ns: u64, event: Event, asked: &mut bool) {
        match event {
            Event::Requested(..) => self.mark(at_ns, Step::Requested),
            Event::Answered(_) => {
                self.mark(at_ns, Step::Answered);
                self.become_kind(at_ns, Kind::Between);
                *asked = true;
            }
            Event::Released(_) => self.become_kind(at_ns, Kind::Between),
            Event::Granted(_) => {
                self.mark(at_ns, Step::Granted);
                self.become_kind(at_ns, Kind::Granted);
                *asked = false;
            }
            Event::Confirmed(_) => {
                self.mark(at_ns, Step::Confirmed);
                self.become_kind(at_ns, Kind::Runs);
            }
            Event::Taken(_) => {
                if std::mem::take(asked) {
                    self.mark(at_ns, Step::Confirmed);
                }
                self.become_kind(at_ns, Kind::Runs);
            }
            Event::Waiting(_) => {
                // In the same section: it found the lock held. In a later one it was woken to
                // continue.
                let wasted = self.kind == Kind::Woken && self.notified_ns == Some(at_ns);
                let was = if wasted { Kind::Wasted } else { self.kind };
                self.turn(at_ns, was, Kind::Waits);
            }
            Event::Cancelled(_) => self.become_kind(at_ns, Kind::Outside),
            Event::Notified(_) => self.notified_ns = Some(at_ns),
            Event::TimedOut(_) => {}
        }
    }
}

impl Lanes {
    /// The lanes of `threads` threads, in a window of time.
    #[must_use]
    pub fn new(record: &[TraceRecord], threads: usize, window: Range<u64>) -> Self {
        let mut lanes: Vec<_> = (0..threads).map(|_| Lane::new()).collect();
        let mut asked = false;
        for &TraceRecord { at_ns, what } in record {
            let Some(lane) = lanes.get_mut(whom(what).index()) else { continue };
            match what {
                TraceEvent::Woken(_) if lane.kind == Kind::Waits => {
                    lane.become_kind(at_ns, Kind::Woken)
                }
                TraceEvent::Woken(_) => {}
                TraceEvent::Left(_) => lane.become_kind(at_ns, Kind::Outside),
                TraceEvent::Event(event) => lane.happen(at_ns, event, &mut asked),
            }
        }
        for lane in &mut lanes {
            lane.become_kind(window.end.max(lane.since_ns), lane.kind);
            lane.spans.retain(|span| span.ns.start < window.end && span.ns.end > window.start);
            for Span { ns, .. } in &mut lane.spans {
                *ns = ns.start.max(window.start)..ns.end.min(window.end);
            }
            lane.marks.retain(|mark| window.contains(&mark.at_ns));
        }
        let (spans, marks) = lanes.into_iter().map(|lane| (lane.spans, lane.marks)).unzip();
        let names = (0..threads).map(|thread| format!("T{thread}")).collect();
        Self { title: String::new(), names, window, steps: None, spans, marks }
    }

    /// With a title.
    #[must_use]
    pub fn named(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// With a name for each lane; `T0` and so on for missing names.
    #[must_use]
    pub fn with_threads(mut self, names: impl IntoIterator<Item = String>) -> Self {
        for (name, given) in self.names.iter_mut().zip(names) {
            *name = given;
        }
        self
    }

    /// With time in steps; the window is from 0 to one more than their number.
    #[must_use]
    pub fn in_steps(mut self, steps: Steps) -> Self {
        self.window = 0..steps.count + 1;
        self.steps = Some(steps);
        self
    }

    /// The activities of each thread, in order.
    #[must_use]
    pub fn spans(&self) -> &[Vec<Span>] {
        &self.spans
    }

    /// The steps of the handshake, by thread.
    #[must_use]
    pub fn marks(&self) -> &[Vec<Mark>] {
        &self.marks
    }

    /// The number of wasted wake-ups.
    #[must_use]
    pub fn wasted_wake_ups(&self) -> usize {
        let all = self.spans.iter().flatten();
        all.filter(|span| span.kind == Kind::Wasted).count()
    }

    /// The longest time that a thread was acquiring the lock without having it, in nanoseconds.
    #[must_use]
    pub fn longest_wait_ns(&self) -> u64 {
        let mut longest = 0;
        for spans in &self.spans {
            let mut waited = 0;
            for span in spans {
                waited = match span.kind {
                    Kind::Runs | Kind::Outside => 0,
                    _ => waited + (span.ns.end - span.ns.start),
                };
                longest = longest.max(waited);
            }
        }
        longest
    }

    /// The share of the window in which no thread ran although one was acquiring.
    #[must_use]
    pub fn idle_share(&self) -> f64 {
        let mut turns: Vec<(u64, i64, i64)> = Vec::new();
        for span in self.spans.iter().flatten() {
            let (runs, wants) = match span.kind {
                Kind::Runs => (1, 0),
                Kind::Outside => continue,
                _ => (0, 1),
            };
            turns.push((span.ns.start, runs, wants));
            turns.push((span.ns.end, -runs, -wants));
        }
        turns.sort_unstable();
        let (mut running, mut wanting, mut idle_ns, mut last_ns) = (0, 0, 0, self.window.start);
        for (at_ns, runs, wants) in turns {
            if running == 0 && wanting > 0 {
                idle_ns += at_ns - last_ns;
            }
            (running, wanting, last_ns) = (running + runs, wanting + wants, at_ns);
        }
        idle_ns as f64 / (self.window.end - self.window.start).max(1) as f64
    }

    /// The figures under a picture.
    #[must_use]
    pub fn summary(&self) -> String {
        let wasted = format!("wasted wake-ups {}", self.wasted_wake_ups());
        match &self.steps {
            None => {}
            Some(Steps { count, circle: None, .. }) => {
                return format!("{count} steps; {wasted}");
            }
            Some(Steps { count, circle: Some(begins), .. }) => {
                return format!("{begins} steps, then a loop of {}; {wasted}", count - begins);
            }
        }
        format!(
            "{wasted}; no thread runs although one waits: {:.0} % of the time; longest wait {}",
            100.0 * self.idle_share(),
            duration(self.longest_wait_ns())
        )
    }

    /// The kinds of spans that occur, in the order of legends.
    pub(super) fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        let occurs = |kind: &Kind| self.spans.iter().flatten().any(|span| span.kind == *kind);
        Kind::ALL.into_iter().filter(occurs)
    }
}

fn whom(what: TraceEvent) -> ThreadId {
    match what {
        TraceEvent::Woken(thread) | TraceEvent::Left(thread) => thread,
        TraceEvent::Event(
            Event::Requested(thread, _)
            | Event::Answered(thread)
            | Event::Released(thread)
            | Event::Granted(thread)
            | Event::Confirmed(thread)
            | Event::Taken(thread)
            | Event::Waiting(thread)
            | Event::TimedOut(thread)
            | Event::Notified(thread)
            | Event::Cancelled(thread),
        ) => thread,
    }
}

/// A duration as text, in the unit that fits.
pub(super) fn duration(ns: u64) -> String {
    let (value, unit) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => (ns as f64 / 1e3, "us"),
        1_000_000..1_000_000_000 => (ns as f64 / 1e6, "ms"),
        _ => (ns as f64 / 1e9, "s"),
    };
    let digits = if value < 10.0 && value.fract() > 0.0 { 1 } else { 0 };
    format!("{value:.digits$} {unit}")
}
