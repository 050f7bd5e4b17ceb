//! Bytecode of the stack machine.

use super::builtins::Builtin;

/// One instruction. A jump's target is an index into the function's code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Op {
    /// Push a constant of the program.
    Constant(u32),
    Int(i32),
    Function(u32),
    Nil,
    Bool(bool),
    Pop,
    /// Push a local variable: a place on the stack, from the frame's base.
    Local(u32),
    SetLocal(u32),
    Global(u32),
    SetGlobal(u32),
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Negate,
    Not,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Jump(u32),
    /// Pops the condition.
    JumpIfFalse(u32),
    /// `and`: jump with the value if it is false, else pop it.
    JumpIfFalseOrPop(u32),
    /// `or`: jump with the value if it is true, else pop it.
    JumpIfTrueOrPop(u32),
    /// A loop's back edge: a safepoint.
    Loop(u32),
    /// Call a function of the program: a safepoint.
    Call {
        function: u32,
        arguments: u8,
    },
    CallBuiltin {
        builtin: Builtin,
        arguments: u8,
    },
    /// Call what lies below the arguments.
    CallValue(u8),
    Return,
    /// Make a list of N values.
    List(u32),
    /// Make a dictionary of N pairs.
    Dict(u32),
    Index,
    SetIndex,
    /// With the list and the index on top: push the next element, or jump.
    ForNext(u32),
    /// With the end and the present number on top: push the number, or jump.
    ForRange(u32),
}

/// A compiled function.
#[derive(Clone, Debug, Default)]
pub(super) struct Function {
    pub name: String,
    pub parameters: u8,
    pub code: Vec<Op>,
    /// The line of each instruction.
    pub lines: Vec<u32>,
}

/// A compiled program; function 0 is its top level.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub functions: Vec<Function>,
    pub constants: Vec<Constant>,
    pub globals: u32,
}

impl Program {
    /// The line of the last instruction of the top level.
    pub(super) fn last_line(&self) -> u32 {
        let top = self.functions.first();
        top.and_then(|function| function.lines.last()).copied().unwrap_or(1)
    }
}

/// What an instruction is too small to hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Constant {
    Int(i64),
    Text(String),
}
