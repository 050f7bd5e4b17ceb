//! The tree of a program.

/// An expression and its line.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Expression {
    pub line: u32,
    pub kind: ExpressionKind,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum ExpressionKind {
    Nil,
    Bool(bool),
    Int(i64),
    Text(String),
    Name(String),
    List(Vec<Expression>),
    Dict(Vec<(Expression, Expression)>),
    Negate(Box<Expression>),
    Not(Box<Expression>),
    Binary(Binary, Box<Expression>, Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Index(Box<Expression>, Box<Expression>),
    Call(Box<Expression>, Vec<Expression>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// A statement and its line.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Statement {
    pub line: u32,
    pub kind: StatementKind,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum StatementKind {
    Let(String, Expression),
    Assign(String, Expression),
    SetIndex(Expression, Expression, Expression),
    Expression(Expression),
    If(Expression, Vec<Statement>, Vec<Statement>),
    While(Expression, Vec<Statement>),
    For(String, Expression, Vec<Statement>),
    ForRange(String, Expression, Expression, Vec<Statement>),
    Return(Option<Expression>),
    Break,
    Continue,
    Function(FunctionTree),
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct FunctionTree {
    pub name: String,
    pub parameters: Vec<String>,
    pub body: Vec<Statement>,
}
