//! Lanes in the terminal: one character per moment.

use std::fmt::Write;
use std::ops::Range;

use super::lanes::duration;
use super::{Kind, Lanes};

const fn character(kind: Kind) -> char {
    match kind {
        Kind::Runs => '█',
        Kind::Granted => '▒',
        Kind::Waits => '·',
        Kind::Woken => '-',
        Kind::Wasted => '!',
        Kind::Between => ':',
        Kind::Outside => ' ',
    }
}

impl Lanes {
    /// The lanes as text, `columns` characters for the whole window. A column shows the longest
    /// activity of that time, or `!` for a wasted wake-up.
    #[must_use]
    pub fn terminal(&self, columns: usize) -> String {
        let columns = columns.max(1);
        let width = self.names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        let mut text = String::new();
        if !self.title.is_empty() {
            let _ = writeln!(text, "{}", self.title);
        }
        let length = self.window.end - self.window.start;
        for (name, spans) in self.names.iter().zip(&self.spans) {
            let edge = |column: usize| self.window.start + length * column as u64 / columns as u64;
            let mut next = 0;
            let lane: String = (0..columns)
                .map(|column| {
                    let moment = edge(column)..edge(column + 1).max(edge(column) + 1);
                    while spans.get(next).is_some_and(|span| span.ns.end <= moment.start) {
                        next += 1;
                    }
                    character(main_kind(&spans[next..], &moment))
                })
                .collect();
            let _ = writeln!(text, "{name:>width$} │{lane}│");
        }
        let legend: Vec<_> =
            self.kinds().map(|kind| format!("{} {}", character(kind), kind.label())).collect();
        let indent = " ".repeat(width);
        let _ = writeln!(text, "{indent}  {}", legend.join("   "));
        let _ = writeln!(text, "{indent}  {} in all; {}", duration(length), self.summary());
        text
    }
}

/// The activity that took the largest part of a moment.
fn main_kind(spans: &[super::Span], moment: &Range<u64>) -> Kind {
    let mut shares = [0; Kind::ALL.len()];
    for span in spans.iter().take_while(|span| span.ns.start < moment.end) {
        if span.kind == Kind::Wasted {
            return Kind::Wasted;
        }
        let part = span.ns.end.min(moment.end) - span.ns.start.max(moment.start);
        let place = Kind::ALL.iter().position(|kind| *kind == span.kind).unwrap_or_default();
        shares[place] += part;
    }
    let most = (0..shares.len()).max_by_key(|place| shares[*place]).unwrap_or_default();
    if shares[most] == 0 { Kind::Outside } else { Kind::ALL[most] }
}
