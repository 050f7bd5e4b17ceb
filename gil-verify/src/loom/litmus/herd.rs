//! A litmus test in the C of herd7.

use std::fmt::Write;

use super::program::{Litmus, Op, Order, Result};

/// The text of `docs/litmus/NAME.litmus`.
#[must_use]
pub fn text(litmus: &Litmus) -> String {
    let mut text = format!("C {}\n\n(*\n * Result: {}\n *\n", litmus.name, result(litmus.result));
    for line in litmus.says.lines() {
        let _ = writeln!(text, " * {line}");
    }
    let _ = writeln!(text, " *\n * Every outcome:");
    for outcome in &litmus.outcomes {
        let shows = if litmus.beyond_loom.contains(outcome) { "   (not under loom)" } else { "" };
        let _ = writeln!(text, " *   {outcome}{shows}");
    }
    text += " *)\n\n{\n";
    for (name, value) in &litmus.memory {
        let _ = writeln!(text, "[{name}] = {value};");
    }
    for (thread, steps) in litmus.threads.iter().enumerate() {
        for value in expected(steps) {
            let _ = writeln!(text, "[{}] = {value};", expects(thread, value));
        }
    }
    text += "}\n";
    for (thread, steps) in litmus.threads.iter().enumerate() {
        let mut names: Vec<_> = litmus.memory.iter().map(|(name, _)| (*name).to_owned()).collect();
        names.retain(|name| places(steps).contains(&name.as_str()));
        names.extend(expected(steps).into_iter().map(|value| expects(thread, value)));
        let parameters: Vec<_> = names.iter().map(|name| format!("atomic_int* {name}")).collect();
        let _ = writeln!(text, "\nP{thread}({})\n{{", parameters.join(", "));
        let nested = steps.iter().filter_map(|step| match step {
            Op::If { then, .. } => Some(super::program::registers(then)),
            _ => None,
        });
        for register in nested.flatten() {
            let _ = writeln!(text, "\tint {register} = 0;");
        }
        write_steps(&mut text, thread, steps, "\t");
        text += "}\n";
    }
    let asks = litmus.asks.iter().map(|(name, value)| match litmus.thread_of(name) {
        Some(thread) => format!("{thread}:{name}={value}"),
        None => format!("{name}={value}"),
    });
    let _ = writeln!(text, "\nexists ({})", asks.collect::<Vec<_>>().join(" /\\ "));
    text
}

const fn result(result: Result) -> &'static str {
    match result {
        Result::Never => "Never",
        Result::Sometimes => "Sometimes",
    }
}

/// A compare-and-swap of C needs its expected value in memory, and writes there.
fn expects(thread: usize, value: u32) -> String {
    format!("expected_{thread}_{value}")
}

fn expected(steps: &[Op]) -> Vec<u32> {
    let mut found = Vec::new();
    for step in steps {
        match step {
            Op::Swap { from, .. } => found.push(*from),
            Op::If { then, .. } => found.extend(expected(then)),
            Op::Store { .. } | Op::Load { .. } | Op::Exchange { .. } => {}
        }
    }
    found
}

fn places(steps: &[Op]) -> Vec<&'static str> {
    let mut found = Vec::new();
    for step in steps {
        match step {
            Op::Store { at, .. }
            | Op::Load { at, .. }
            | Op::Swap { at, .. }
            | Op::Exchange { at, .. } => {
                found.push(*at);
            }
            Op::If { then, .. } => found.extend(places(then)),
        }
    }
    found
}

const fn order(order: Order) -> &'static str {
    match order {
        Order::Relaxed => "memory_order_relaxed",
        Order::Acquire => "memory_order_acquire",
        Order::Release => "memory_order_release",
    }
}

fn write_steps(text: &mut String, thread: usize, steps: &[Op], indent: &str) {
    // A register of a branch is declared before it.
    let declares = if indent.len() == 1 { "int " } else { "" };
    for step in steps {
        let _ = match step {
            Op::Store { at, value, order: of } => {
                writeln!(text, "{indent}atomic_store_explicit({at}, {value}, {});", order(*of))
            }
            Op::Load { at, order: of, into } => {
                writeln!(
                    text,
                    "{indent}{declares}{into} = atomic_load_explicit({at}, {});",
                    order(*of)
                )
            }
            Op::Swap { at, from, to, order: of, into } => writeln!(
                text,
                "{indent}{declares}{into} = atomic_compare_exchange_strong_explicit({at}, {}, {to}, {}, {});",
                expects(thread, *from),
                order(*of),
                order(Order::Relaxed)
            ),
            Op::Exchange { at, value, order: of, into } => writeln!(
                text,
                "{indent}{declares}{into} = atomic_exchange_explicit({at}, {value}, {});",
                order(*of)
            ),
            Op::If { register, is, then } => {
                let _ = writeln!(text, "{indent}if ({register} == {is}) {{");
                write_steps(text, thread, then, &format!("{indent}\t"));
                writeln!(text, "{indent}}}")
            }
        };
    }
}
