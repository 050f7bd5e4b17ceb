//! A litmus test under loom.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use ::loom::sync::atomic::{AtomicU32, Ordering};

use super::super::model::explore_all;
use super::program::{Litmus, Op, Order};

type Memory = Arc<Vec<(&'static str, AtomicU32)>>;
type Values = Vec<(&'static str, u32)>;

/// Every outcome that loom reaches.
///
/// # Panics
/// Where a test writes to a location that it does not have.
#[must_use]
pub fn outcomes(litmus: &Litmus) -> BTreeSet<String> {
    let reached = Arc::new(Mutex::new(BTreeSet::new()));
    let (into, litmus) = (reached.clone(), litmus.clone());
    explore_all(&::loom::model::Builder::new(), move || {
        let outcome = once(&litmus);
        into.lock().expect("one execution at a time").insert(outcome);
    });
    let reached = reached.lock().expect("the model has ended");
    reached.clone()
}

fn once(litmus: &Litmus) -> String {
    let memory = litmus.memory.iter().map(|(name, value)| (*name, AtomicU32::new(*value)));
    let memory: Memory = Arc::new(memory.collect());
    let threads: Vec<_> = litmus
        .threads
        .iter()
        .map(|steps| {
            let (memory, steps) = (memory.clone(), steps.clone());
            ::loom::thread::spawn(move || {
                let mut registers = Vec::new();
                perform(&steps, &memory, &mut registers);
                registers
            })
        })
        .collect();
    let mut values = Values::new();
    for thread in threads {
        values.extend(thread.join().expect("no thread panics"));
    }
    // A load may return any store that no order puts before another one, also if a
    // read-modify-write between the two decides it. A read-modify-write returns the last value.
    let last = |cell: &AtomicU32| cell.fetch_or(0, Ordering::Relaxed);
    values.extend(memory.iter().map(|(name, cell)| (*name, last(cell))));
    litmus.outcome(&values)
}

fn perform(steps: &[Op], memory: &Memory, registers: &mut Values) {
    let cell = |at: &str| {
        let found = memory.iter().find(|(name, _)| *name == at);
        &found.expect("every location has a first value").1
    };
    for step in steps {
        match step {
            Op::Store { at, value, order } => cell(at).store(*value, ordering(*order)),
            Op::Load { at, order, into } => registers.push((into, cell(at).load(ordering(*order)))),
            Op::Swap { at, from, to, order, into } => {
                let (order, relaxed) = (ordering(*order), Ordering::Relaxed);
                let swapped = cell(at).compare_exchange(*from, *to, order, relaxed);
                registers.push((into, u32::from(swapped.is_ok())));
            }
            Op::Exchange { at, value, order, into } => {
                registers.push((into, cell(at).swap(*value, ordering(*order))));
            }
            Op::If { register, is, then } => {
                if registers.contains(&(register, *is)) {
                    perform(then, memory, registers);
                }
            }
        }
    }
}

const fn ordering(order: Order) -> Ordering {
    match order {
        Order::Relaxed => Ordering::Relaxed,
        Order::Acquire => Ordering::Acquire,
        Order::Release => Ordering::Release,
    }
}
