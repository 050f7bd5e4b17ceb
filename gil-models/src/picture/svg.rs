//! Lanes as SVG, in the style of David Beazley's pictures of the GIL battle. One file, readable at
//! the width of a page, light and dark.

use std::fmt::Write;

use super::lanes::duration;
use super::{Kind, Lanes, Step, Steps};

const WIDTH: f64 = 900.0;
const MARGIN: f64 = 16.0;
const LABELS: f64 = 90.0;
const TOP: f64 = 48.0;
const LANE: f64 = 50.0;
const BAR: f64 = 22.0;
/// The width of a character of the smaller text, for the legend.
const CHARACTER: f64 = 6.6;
/// With more marks than this, marks would cover the picture.
const MARKS_MAX: usize = 400;

const STYLE: &str = "
text{font-family:system-ui,-apple-system,'Segoe UI',sans-serif;fill:#24292f}
.title{font-size:15px;font-weight:600}.small{font-size:12px}.faint{fill:#57606a}
.page{fill:#ffffff}.rail{stroke:#d0d7de}.grid{stroke:#eaeef2}
.runs{fill:#2da44e}.granted{fill:#94d3a2}.waits{fill:#d8dee4}.woken{fill:#f0c000}
.wasted{fill:#d1242f}.between{fill:#8c959f}.outside{fill:#cfe4ff}.step{fill:#24292f;stroke:#24292f}
.hollow{fill:#ffffff}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.faint{fill:#9198a1}.page{fill:#0d1117}
.rail{stroke:#3d444d}.grid{stroke:#21262d}.runs{fill:#3fb950}.granted{fill:#1f6f34}
.waits{fill:#3d444d}.woken{fill:#d29922}.wasted{fill:#f85149}.between{fill:#767e88}
.outside{fill:#1f4b80}.step{fill:#e6edf3;stroke:#e6edf3}.hollow{fill:#0d1117}}
";

/// The parts that only a run in steps has.
const STEPS_STYLE: &str =
    ".again{fill:#fff1e5}.end{fill:#d1242f}.close{stroke:#d1242f;stroke-width:2}
@media (prefers-color-scheme:dark){.again{fill:#3d2a16}.end{fill:#f85149}.close{stroke:#f85149}}
";

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Runs => "runs",
        Kind::Granted => "granted",
        Kind::Waits => "waits",
        Kind::Woken => "woken",
        Kind::Wasted => "wasted",
        Kind::Between => "between",
        Kind::Outside => "outside",
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A step of the handshake, with its tip or centre at `x`, `y`: a hollow triangle is a request, a
/// full one an answer, a diamond a grant, a circle a confirmation.
fn shape(step: Step, x: f64, y: f64) -> String {
    let polygon = |class: &str, points: &[(f64, f64)]| {
        let at: Vec<_> =
            points.iter().map(|(dx, dy)| format!("{:.1},{:.1}", x + dx, y + dy)).collect();
        format!("<polygon class=\"{class}\" points=\"{}\"/>", at.join(" "))
    };
    match step {
        Step::Requested => polygon("step hollow", &[(-4.0, 4.0), (4.0, 4.0), (0.0, -4.0)]),
        Step::Answered => polygon("step", &[(-4.0, -4.0), (4.0, -4.0), (0.0, 4.0)]),
        Step::Granted => {
            polygon("step hollow", &[(-4.0, 0.0), (0.0, -4.5), (4.0, 0.0), (0.0, 4.5)])
        }
        Step::Confirmed => {
            format!("<circle class=\"step\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.2\"/>")
        }
    }
}

impl Lanes {
    /// The lanes as an SVG document.
    #[must_use]
    pub fn svg(&self) -> String {
        let lanes = self.names.len() as f64;
        let axis = TOP + lanes * LANE + 4.0;
        let below = if self.steps.is_some() { 64.0 } else { 44.0 };
        let (legend, rows) = self.legend(axis + below);
        let height = axis + below + 20.0 * f64::from(rows) + 4.0;
        let steps_style = if self.steps.is_some() { STEPS_STYLE } else { "" };
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             role=\"img\" aria-label=\"{}\">\n<style>{STYLE}{steps_style}</style>\n\
             <rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
             <text class=\"title\" x=\"{MARGIN}\" y=\"22\">{}</text>\n\
             <text class=\"small faint\" x=\"{MARGIN}\" y=\"40\">{}</text>\n",
            escape(&self.title),
            escape(&self.title),
            escape(&self.summary())
        );
        svg += &match &self.steps {
            Some(steps) => self.steps_axis(steps, axis),
            None => self.axis(axis),
        };
        for (lane, name) in self.names.iter().enumerate() {
            let middle = TOP + lane as f64 * LANE + LANE / 2.0 + 4.0;
            let _ = writeln!(
                svg,
                "<text class=\"small\" x=\"{MARGIN}\" y=\"{:.1}\">{}</text>",
                middle + 4.0,
                escape(name)
            );
            svg += &self.bars(lane, middle - BAR / 2.0);
        }
        let marks: usize = self.marks.iter().map(Vec::len).sum();
        if marks <= MARKS_MAX {
            for (lane, marks) in self.marks.iter().enumerate() {
                let middle = TOP + lane as f64 * LANE + LANE / 2.0 + 4.0;
                for mark in marks {
                    // Requests and answers above the bar, grants and confirmations below it.
                    let away = BAR / 2.0 + 7.0;
                    let y = match mark.step {
                        Step::Requested | Step::Answered => middle - away,
                        Step::Granted | Step::Confirmed => middle + away,
                    };
                    let _ = writeln!(svg, "{}", shape(mark.step, self.x(mark.at_ns), y));
                }
            }
        }
        svg + &legend + "</svg>\n"
    }

    fn x(&self, ns: u64) -> f64 {
        let length = (self.window.end - self.window.start).max(1) as f64;
        let width = WIDTH - LABELS - MARGIN;
        LABELS + width * ns.saturating_sub(self.window.start) as f64 / length
    }

    /// The spans of a lane. A span narrower than a third of a pixel joins its neighbours, unless it
    /// is a run or a wasted wake-up: the picture is there to show those.
    fn bars(&self, lane: usize, y: f64) -> String {
        let mut text = String::new();
        let mut drawn_to = f64::MIN;
        for span in &self.spans[lane] {
            let (from, to) = (self.x(span.ns.start), self.x(span.ns.end));
            let wasted = span.kind == Kind::Wasted;
            let seen = wasted || span.kind == Kind::Runs;
            if to < drawn_to + 0.3 && !seen {
                continue;
            }
            let width = (to - from).max(if seen { 1.2 } else { 0.3 });
            drawn_to = to;
            let (y, height) = match span.kind {
                Kind::Outside => (y + BAR / 2.0 - 2.0, 4.0),
                Kind::Waits | Kind::Between => (y + 4.0, BAR - 8.0),
                _ => (y, BAR),
            };
            let _ = writeln!(
                text,
                "<rect class=\"{}\" x=\"{from:.2}\" y=\"{y:.1}\" width=\"{width:.2}\" \
                 height=\"{height}\"/>",
                class(span.kind)
            );
        }
        text
    }

    fn axis(&self, y: f64) -> String {
        let length = self.window.end - self.window.start;
        let step = nice(length / 8);
        let mut text = format!(
            "<line class=\"rail\" x1=\"{LABELS}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\"/>\n",
            WIDTH - MARGIN
        );
        let mut at = 0;
        while at <= length {
            let x = self.x(self.window.start + at);
            let _ = writeln!(
                text,
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{y}\"/>\
                 <text class=\"small faint\" text-anchor=\"{}\" x=\"{x:.1}\" y=\"{:.1}\">{}\
                 </text>",
                if x > WIDTH - MARGIN - 30.0 { "end" } else { "middle" },
                y + 16.0,
                if at == 0 { "0".to_owned() } else { duration(at) }
            );
            at += step;
        }
        text
    }

    /// The steps by number, the loop shaded, and the end of the run.
    fn steps_axis(&self, steps: &Steps, y: f64) -> String {
        let end = self.x(steps.count + 1);
        let (mut text, mut above) = (String::new(), String::new());
        let says = escape(&steps.end);
        let below = y + 36.0;
        match steps.circle {
            Some(begins) => {
                let from = self.x(if begins < steps.count { begins + 1 } else { begins });
                let _ = writeln!(
                    text,
                    "<rect class=\"again\" x=\"{from:.1}\" y=\"{TOP}\" width=\"{:.1}\" \
                     height=\"{:.1}\"/>\n<path class=\"close\" fill=\"none\" \
                     d=\"M{from:.1} {:.1}v6H{end:.1}v-6\"/>\n<text class=\"small end\" \
                     text-anchor=\"end\" x=\"{end:.1}\" y=\"{:.1}\">{says}</text>",
                    end - from,
                    y - TOP,
                    y + 20.0,
                    y + 41.0
                );
            }
            None => {
                let at = self.x(steps.count);
                let _ = writeln!(
                    above,
                    "<line class=\"close\" x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" \
                     y2=\"{y}\"/>\n<text class=\"small end\" text-anchor=\"end\" \
                     x=\"{end:.1}\" y=\"{below:.1}\">{says}</text>"
                );
            }
        }
        let _ = writeln!(
            text,
            "<line class=\"rail\" x1=\"{LABELS}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\"/>\n\
             <text class=\"small faint\" x=\"{MARGIN}\" y=\"{:.1}\">step</text>",
            WIDTH - MARGIN,
            y + 16.0
        );
        let every = nice(steps.count.div_ceil(40).max(1));
        for step in (0..=steps.count).step_by(every as usize) {
            let x = self.x(step);
            let _ = writeln!(
                text,
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{y}\"/>\
                 <text class=\"small faint\" text-anchor=\"middle\" x=\"{x:.1}\" \
                 y=\"{:.1}\">{step}</text>",
                y + 16.0
            );
        }
        text + &above
    }

    /// The legend, in as many rows as it needs.
    fn legend(&self, y: f64) -> (String, u32) {
        let marks: usize = self.marks.iter().map(Vec::len).sum();
        let bars = self.kinds().map(|kind| (None, kind, kind.label().to_owned()));
        let steps = Step::ALL.into_iter().filter(|step| {
            self.marks.iter().flatten().any(|mark| mark.step == *step) && marks <= MARKS_MAX
        });
        let steps = steps.map(|step| (Some(step), Kind::Runs, step.label().to_owned()));
        let mut items: Vec<_> = bars.chain(steps).collect();
        if marks > MARKS_MAX {
            let left_out = format!("({marks} steps of handshakes are not drawn)");
            items.push((None, Kind::Outside, left_out));
        }
        let (mut text, mut x, mut row) = (String::new(), MARGIN, 0);
        for (step, kind, label) in items {
            let width = 20.0 + label.chars().count() as f64 * CHARACTER + 14.0;
            if x + width > WIDTH - MARGIN {
                (x, row) = (MARGIN, row + 1);
            }
            let top = y + 20.0 * f64::from(row);
            text += &match step {
                Some(step) => shape(step, x + 6.0, top - 4.0),
                None => format!(
                    "<rect class=\"{}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\"/>",
                    class(kind),
                    top - 10.0
                ),
            };
            let _ = writeln!(
                text,
                "<text class=\"small\" x=\"{:.1}\" y=\"{top:.1}\">{}</text>",
                x + 18.0,
                escape(&label)
            );
            x += width;
        }
        (text, row + 1)
    }
}

/// The next of 1, 2, 5, 10, 20 ... that is not smaller.
fn nice(ns: u64) -> u64 {
    let mut step = 1;
    while step < ns {
        step = match step.to_string().as_bytes()[0] {
            b'2' => step / 2 * 5,
            _ => step * 2,
        };
    }
    step
}
