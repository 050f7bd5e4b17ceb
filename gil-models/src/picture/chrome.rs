//! The trace-event format of Chrome, which Perfetto opens: complete events for spans, instants for
//! the steps of the handshake.

use serde_json::{Value, json};

use super::{Kind, Lanes};

const PROCESS: u32 = 1;

fn us(ns: u64) -> f64 {
    ns as f64 / 1_000.0
}

impl Lanes {
    /// The lanes as a JSON document of the trace-event format. Times are microseconds.
    #[must_use]
    pub fn chrome_trace(&self) -> String {
        let name = |name: &str, thread: Option<usize>, value: &str| {
            let thread = thread.map_or(0, |thread| thread + 1);
            json!({"ph": "M", "pid": PROCESS, "tid": thread, "name": name, "args": {"name": value}})
        };
        let mut events = vec![name("process_name", None, &self.title)];
        for (thread, thread_name) in self.names.iter().enumerate() {
            events.push(name("thread_name", Some(thread), thread_name));
        }
        for (thread, (spans, marks)) in self.spans.iter().zip(&self.marks).enumerate() {
            let tid = thread + 1;
            let shown = spans.iter().filter(|span| span.kind != Kind::Outside);
            events.extend(shown.map(|span| {
                json!({
                    "ph": "X", "pid": PROCESS, "tid": tid, "cat": "lock",
                    "name": span.kind.label(),
                    "ts": us(span.ns.start), "dur": us(span.ns.end - span.ns.start),
                })
            }));
            events.extend(marks.iter().map(|mark| {
                json!({
                    "ph": "i", "pid": PROCESS, "tid": tid, "cat": "handshake", "s": "t",
                    "name": mark.step.label(), "ts": us(mark.at_ns),
                })
            }));
        }
        let document: Value = json!({"displayTimeUnit": "ns", "traceEvents": events});
        document.to_string() + "\n"
    }
}
