//! The definition of a litmus test.

use std::fmt::Write;

/// A memory order of C11.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Orders nothing.
    Relaxed,
    /// Later accesses stay after it.
    Acquire,
    /// Earlier accesses stay before it.
    Release,
}

/// A step of a thread. Locations and registers are named; each register belongs to one thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// Writes a value.
    Store {
        /// The location.
        at: &'static str,
        /// The value.
        value: u32,
        /// The memory order.
        order: Order,
    },
    /// Reads into a register.
    Load {
        /// The location.
        at: &'static str,
        /// The memory order.
        order: Order,
        /// The register.
        into: &'static str,
    },
    /// A compare-and-swap, relaxed on failure. The register says whether it succeeded.
    Swap {
        /// The location.
        at: &'static str,
        /// The expected value.
        from: u32,
        /// The new value.
        to: u32,
        /// The memory order on success.
        order: Order,
        /// The register.
        into: &'static str,
    },
    /// Writes a value; the register gets the previous one.
    Exchange {
        /// The location.
        at: &'static str,
        /// The value.
        value: u32,
        /// The memory order.
        order: Order,
        /// The register.
        into: &'static str,
    },
    /// Steps that are taken if a register has a value.
    If {
        /// The register.
        register: &'static str,
        /// The value.
        is: u32,
        /// The steps.
        then: Vec<Self>,
    },
}

/// Whether the outcome in question happens. The words are those of Linux's litmus tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Result {
    /// In no execution.
    Never,
    /// In some.
    Sometimes,
}

/// A litmus test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Litmus {
    /// Its name. Each `+` names an order that is weaker than in the lock.
    pub name: String,
    /// What it tests.
    pub says: &'static str,
    /// The locations, with their first values.
    pub memory: Vec<(&'static str, u32)>,
    /// The threads.
    pub threads: Vec<Vec<Op>>,
    /// The outcome in question: values of registers, and of locations at the end.
    pub asks: Vec<(&'static str, u32)>,
    /// Locations whose last values are part of an outcome.
    pub last: Vec<&'static str>,
    /// The verdict.
    pub result: Result,
    /// Every outcome that C11 allows.
    pub outcomes: Vec<&'static str>,
    /// Those of them that loom does not show.
    pub beyond_loom: Vec<&'static str>,
    /// Outcomes that loom shows and C11 does not allow.
    pub only_loom: Vec<&'static str>,
}

impl Litmus {
    /// The verdict for a set of outcomes.
    #[must_use]
    pub fn judge<'a>(&self, outcomes: impl IntoIterator<Item = &'a str>) -> Result {
        match outcomes.into_iter().any(|outcome| self.is_asked(outcome)) {
            true => Result::Sometimes,
            false => Result::Never,
        }
    }

    fn is_asked(&self, outcome: &str) -> bool {
        let has = |(name, value): &(&str, u32)| {
            outcome.split(' ').any(|part| part == format!("{name}={value}"))
        };
        self.asks.iter().all(has)
    }

    /// The thread that a register belongs to; `None` for a location.
    #[must_use]
    pub fn thread_of(&self, register: &str) -> Option<usize> {
        self.threads.iter().position(|steps| registers(steps).contains(&register))
    }

    /// An outcome in words: the registers that were written, then the last values.
    #[must_use]
    pub fn outcome(&self, values: &[(&'static str, u32)]) -> String {
        let registers = self.threads.iter().flat_map(|steps| registers(steps));
        let mut text = String::new();
        for name in registers.chain(self.last.iter().copied()) {
            if let Some((_, value)) = values.iter().find(|(of, _)| *of == name) {
                let gap = if text.is_empty() { "" } else { " " };
                let _ = write!(text, "{gap}{name}={value}");
            }
        }
        text
    }
}

/// The registers of a thread, in order.
#[must_use]
pub fn registers(steps: &[Op]) -> Vec<&'static str> {
    let mut found = Vec::new();
    for step in steps {
        match step {
            Op::Store { .. } => {}
            Op::Load { into, .. } | Op::Swap { into, .. } | Op::Exchange { into, .. } => {
                found.push(*into)
            }
            Op::If { then, .. } => found.extend(registers(then)),
        }
    }
    found
}
