//! Every outcome that C11 allows a litmus test, computed with an operational semantics of views.
//!
//! Each location has its values in their final order (C11's modification order). A thread has a
//! view: for each location, its position in that order. It reads no value before its view, and
//! inserts what it writes anywhere after it, but never between a read-modify-write and the value
//! that it read. A release stores the writer's view with the value. A read-modify-write passes on
//! the view that it found. An acquire joins that view to the reader's.
//!
//! Without promises this is RC11 for relaxed, acquire and release accesses: the repaired C11, which
//! excludes load buffering. It shares only the tests with loom.

use std::collections::BTreeSet;

use super::program::{Litmus, Op, Order};

/// For each location, the number of the value that has been seen.
type View = Vec<usize>;

#[derive(Clone)]
struct Value {
    number: usize,
    is: u32,
    view: View,
    /// Written by a read-modify-write, which read the value before it.
    is_glued: bool,
}

#[derive(Clone)]
struct Thread {
    /// The remaining steps, the next one last.
    steps: Vec<Op>,
    registers: Vec<(&'static str, u32)>,
    view: View,
}

#[derive(Clone)]
struct State {
    names: Vec<&'static str>,
    memory: Vec<Vec<Value>>,
    threads: Vec<Thread>,
    written: usize,
}

/// Every outcome that C11 allows.
#[must_use]
pub fn outcomes(litmus: &Litmus) -> BTreeSet<String> {
    let view: View = vec![0; litmus.memory.len()];
    let first = |is: u32| vec![Value { number: 0, is, view: view.clone(), is_glued: false }];
    let thread = |steps: &Vec<Op>| Thread {
        steps: steps.iter().rev().cloned().collect(),
        registers: Vec::new(),
        view: view.clone(),
    };
    let mut open = vec![State {
        names: litmus.memory.iter().map(|(name, _)| *name).collect(),
        memory: litmus.memory.iter().map(|(_, is)| first(*is)).collect(),
        threads: litmus.threads.iter().map(thread).collect(),
        written: 0,
    }];
    let mut reached = BTreeSet::new();
    while let Some(state) = open.pop() {
        let next: Vec<_> = (0..state.threads.len()).flat_map(|t| state.after_step_of(t)).collect();
        if state.threads.iter().all(|thread| thread.steps.is_empty()) {
            reached.insert(litmus.outcome(&state.values()));
        }
        open.extend(next);
    }
    reached
}

impl State {
    fn values(&self) -> Vec<(&'static str, u32)> {
        let registers = self.threads.iter().flat_map(|thread| thread.registers.iter().copied());
        let last = |values: &Vec<Value>| values.last().map_or(0, |value| value.is);
        registers.chain(self.names.iter().copied().zip(self.memory.iter().map(last))).collect()
    }

    /// Every state that the next step of a thread can produce.
    fn after_step_of(&self, t: usize) -> Vec<Self> {
        let mut state = self.clone();
        let Some(step) = state.threads[t].steps.pop() else { return Vec::new() };
        let of = |at: &str| self.names.iter().position(|name| *name == at).unwrap_or_default();
        match step {
            Op::If { register, is, then } => {
                if state.threads[t].registers.contains(&(register, is)) {
                    state.threads[t].steps.extend(then.into_iter().rev());
                }
                vec![state]
            }
            Op::Store { at, value, order } => state.after_store(t, of(at), value, order),
            Op::Load { at, order, into } => state.each_read(t, of(at), |state, _, is, index| {
                state.sees(t, of(at), index, order);
                state.threads[t].registers.push((into, is));
                true
            }),
            Op::Swap { at, from, to, order, into } => {
                state.each_read(t, of(at), |state, at, is, index| {
                    state.threads[t].registers.push((into, u32::from(is == from)));
                    if is == from {
                        return state.modifies(t, at, index, to, order);
                    }
                    state.sees(t, at, index, Order::Relaxed);
                    true
                })
            }
            Op::Exchange { at, value, order, into } => {
                state.each_read(t, of(at), |state, at, is, index| {
                    state.threads[t].registers.push((into, is));
                    state.modifies(t, at, index, value, order)
                })
            }
        }
    }

    /// The position of a view in the order of a location's values.
    fn index(&self, at: usize, number: usize) -> usize {
        self.memory[at].iter().position(|value| value.number == number).unwrap_or_default()
    }

    /// A state for each value that a thread can read, where `then` allows it.
    fn each_read(
        &self,
        t: usize,
        at: usize,
        then: impl Fn(&mut Self, usize, u32, usize) -> bool,
    ) -> Vec<Self> {
        let begins = self.index(at, self.threads[t].view[at]);
        let read = |index: usize| {
            let mut state = self.clone();
            then(&mut state, at, self.memory[at][index].is, index).then_some(state)
        };
        (begins..self.memory[at].len()).filter_map(read).collect()
    }

    /// A thread has read a value.
    fn sees(&mut self, t: usize, at: usize, index: usize, order: Order) {
        let Value { number, view, .. } = self.memory[at][index].clone();
        self.threads[t].view[at] = number;
        if order == Order::Acquire {
            self.threads[t].view = self.join(&self.threads[t].view, &view);
        }
    }

    fn join(&self, one: &View, other: &View) -> View {
        let later = |at: usize| {
            let is_later = self.index(at, other[at]) > self.index(at, one[at]);
            if is_later { other[at] } else { one[at] }
        };
        (0..one.len()).map(later).collect()
    }

    fn after_store(&self, t: usize, at: usize, is: u32, order: Order) -> Vec<Self> {
        let begins = self.index(at, self.threads[t].view[at]) + 1;
        let store = |index: usize| {
            let mut state = self.clone();
            state.puts(t, at, index, is, order, None).then_some(state)
        };
        (begins..=self.memory[at].len()).filter_map(store).collect()
    }

    /// A thread has read a value and writes another one directly after it.
    fn modifies(&mut self, t: usize, at: usize, index: usize, is: u32, order: Order) -> bool {
        let found = self.memory[at][index].view.clone();
        self.sees(t, at, index, order);
        self.puts(t, at, index + 1, is, order, Some(found))
    }

    /// Inserts a value into the order of a location; `false` if that would separate a
    /// read-modify-write from the value that it read.
    fn puts(
        &mut self,
        t: usize,
        at: usize,
        index: usize,
        is: u32,
        order: Order,
        found: Option<View>,
    ) -> bool {
        if self.memory[at].get(index).is_some_and(|next| next.is_glued) {
            return false;
        }
        self.written += 1;
        let (number, is_glued) = (self.written, found.is_some());
        let view = vec![0; self.names.len()];
        self.memory[at].insert(index, Value { number, is, view, is_glued });
        self.threads[t].view[at] = number;
        let mut view = found.unwrap_or_else(|| vec![0; self.names.len()]);
        if order == Order::Release {
            view = self.join(&view, &self.threads[t].view);
        }
        view[at] = number;
        self.memory[at][index].view = view;
        true
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::program::Result;
    use super::*;

    fn write(at: &'static str, value: u32, order: Order) -> Op {
        Op::Store { at, value, order }
    }

    fn read(at: &'static str, order: Order, into: &'static str) -> Op {
        Op::Load { at, order, into }
    }

    fn reaches(threads: Vec<Vec<Op>>, last: &[&'static str], outcome: &str) -> bool {
        let litmus = Litmus {
            name: String::new(),
            says: "",
            memory: vec![("x", 0), ("y", 0)],
            threads,
            asks: Vec::new(),
            last: last.to_vec(),
            result: Result::Never,
            outcomes: Vec::new(),
            beyond_loom: Vec::new(),
            only_loom: Vec::new(),
        };
        outcomes(&litmus).contains(outcome)
    }

    /// The classic tests, with the verdicts of RC11.
    #[test]
    fn view_machine_allows_the_classic_outcomes() {
        use Order::{Acquire, Relaxed, Release};
        let buffered = vec![
            vec![write("x", 1, Release), read("y", Acquire, "a")],
            vec![write("y", 1, Release), read("x", Acquire, "b")],
        ];
        assert!(reaches(buffered, &[], "a=0 b=0"), "SB");
        let loads = vec![
            vec![read("y", Relaxed, "a"), write("x", 1, Relaxed)],
            vec![read("x", Relaxed, "b"), write("y", 1, Relaxed)],
        ];
        assert!(!reaches(loads, &[], "a=1 b=1"), "LB");
        let passes = |release, acquire| {
            let writer = vec![write("x", 1, Relaxed), write("y", 1, release)];
            vec![writer, vec![read("y", acquire, "a"), read("x", Relaxed, "b")]]
        };
        assert!(!reaches(passes(Release, Acquire), &[], "a=1 b=0"), "MP");
        assert!(reaches(passes(Release, Relaxed), &[], "a=1 b=0"), "MP, relaxed load");
        assert!(reaches(passes(Relaxed, Acquire), &[], "a=1 b=0"), "MP, relaxed store");
        let twice = vec![
            vec![write("x", 1, Relaxed), write("x", 2, Relaxed)],
            vec![read("x", Relaxed, "a"), read("x", Relaxed, "b")],
        ];
        assert!(!reaches(twice, &[], "a=2 b=1"), "CoRR");
        let crossed = vec![
            vec![write("x", 1, Relaxed), write("y", 2, Relaxed)],
            vec![write("y", 1, Relaxed), write("x", 2, Relaxed)],
        ];
        assert!(reaches(crossed, &["x", "y"], "x=1 y=1"), "2+2W");
        let readers = vec![
            vec![write("x", 1, Release)],
            vec![write("y", 1, Release)],
            vec![read("x", Acquire, "a"), read("y", Acquire, "b")],
            vec![read("y", Acquire, "c"), read("x", Acquire, "d")],
        ];
        assert!(reaches(readers, &[], "a=1 b=0 c=1 d=0"), "IRIW");
    }

    #[test]
    fn read_modify_write_is_one_step_and_continues_a_release() {
        use Order::{Acquire, Relaxed, Release};
        let change = |value, order, into| Op::Exchange { at: "x", value, order, into };
        let two = || vec![vec![change(1, Relaxed, "a")], vec![change(2, Relaxed, "b")]];
        assert!(!reaches(two(), &["x"], "a=0 b=0 x=2") && reaches(two(), &["x"], "a=0 b=1 x=2"));
        let through = |release| {
            vec![
                vec![write("y", 1, Relaxed), write("x", 1, release)],
                vec![change(2, Relaxed, "a")],
                vec![read("x", Acquire, "b"), read("y", Relaxed, "c")],
            ]
        };
        assert!(!reaches(through(Release), &[], "a=1 b=2 c=0"), "a release sequence");
        assert!(reaches(through(Relaxed), &[], "a=1 b=2 c=0"));
        let between = vec![vec![change(2, Relaxed, "a")], vec![write("x", 4, Relaxed)]];
        assert!(!reaches(between, &["x"], "a=0 x=2"), "nothing between the two");
    }
}
