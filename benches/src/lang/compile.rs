//! Compiles a tree into bytecode, with all names resolved.
//!
//! A local variable is a place on the stack. Statements begin and end with the stack at the height
//! of the locals in scope, so a `let` only has to leave its value there.

use std::collections::HashMap;

use super::builtins::Builtin;
use super::code::{Constant, Function, Op, Program};
use super::error::ScriptError;
use super::parse::parse;
use super::syntax::{Binary, Expression, ExpressionKind, FunctionTree, Statement, StatementKind};

type Compiled<T = ()> = Result<T, ScriptError>;

/// Compiles a program.
pub(super) fn compile(source: &str) -> Compiled<Program> {
    let tree = parse(source)?;
    let mut names = Names::default();
    names.declare(&tree)?;
    let mut program = Program { globals: names.globals.len() as u32, ..Program::default() };
    let mut functions =
        vec![Body::new(&names, &mut program.constants, "the top level", true).compile(&[], &tree)?];
    for statement in &tree {
        if let StatementKind::Function(function) = &statement.kind {
            let body = Body::new(&names, &mut program.constants, &function.name, false);
            functions.push(body.compile(&function.parameters, &function.body)?);
        }
    }
    program.functions = functions;
    Ok(program)
}

/// The names that are known everywhere.
#[derive(Default)]
struct Names {
    globals: HashMap<String, u32>,
    /// Index and number of parameters.
    functions: HashMap<String, (u32, usize)>,
}

impl Names {
    fn declare(&mut self, tree: &[Statement]) -> Compiled {
        for Statement { line, kind } in tree {
            let (name, new) = match kind {
                StatementKind::Let(name, _) => {
                    let number = self.globals.len() as u32;
                    (name, self.globals.insert(name.clone(), number).is_none())
                }
                StatementKind::Function(FunctionTree { name, parameters, .. }) => {
                    let number = self.functions.len() as u32 + 1;
                    let function = (number, parameters.len());
                    (name, self.functions.insert(name.clone(), function).is_none())
                }
                _ => continue,
            };
            let both = self.globals.contains_key(name) && self.functions.contains_key(name);
            if !new || both {
                return Err(ScriptError::new(*line, format!("there is a `{name}` already")));
            }
        }
        Ok(())
    }
}

/// A loop that is being compiled.
struct Loop {
    start: usize,
    /// Locals outside its body.
    locals: usize,
    breaks: Vec<usize>,
}

/// One function that is being compiled.
struct Body<'a> {
    names: &'a Names,
    constants: &'a mut Vec<Constant>,
    function: Function,
    is_top: bool,
    depth: usize,
    locals: Vec<String>,
    loops: Vec<Loop>,
    line: u32,
}

impl<'a> Body<'a> {
    fn new(names: &'a Names, constants: &'a mut Vec<Constant>, name: &str, is_top: bool) -> Self {
        let function = Function { name: name.to_owned(), ..Function::default() };
        let (locals, loops) = (Vec::new(), Vec::new());
        Self { names, constants, function, is_top, depth: 0, locals, loops, line: 1 }
    }

    fn compile(mut self, parameters: &[String], body: &[Statement]) -> Compiled<Function> {
        self.function.parameters = self.count(parameters.len(), "parameters")?;
        self.locals = parameters.to_vec();
        for statement in body {
            self.statement(statement)?;
        }
        self.emit(Op::Nil);
        self.emit(Op::Return);
        Ok(self.function)
    }

    fn fail<T>(&self, message: impl Into<String>) -> Compiled<T> {
        Err(ScriptError::new(self.line, message))
    }

    fn count(&self, count: usize, of: &str) -> Compiled<u8> {
        count.try_into().or_else(|_| self.fail(format!("more than 255 {of}")))
    }

    fn emit(&mut self, op: Op) -> usize {
        self.function.code.push(op);
        self.function.lines.push(self.line);
        self.function.code.len() - 1
    }

    fn here(&self) -> usize {
        self.function.code.len()
    }

    /// Makes the jump at `place` lead here.
    fn land(&mut self, place: usize) {
        let here = self.here() as u32;
        if let Op::Jump(target)
        | Op::JumpIfFalse(target)
        | Op::JumpIfFalseOrPop(target)
        | Op::JumpIfTrueOrPop(target)
        | Op::ForNext(target)
        | Op::ForRange(target) = &mut self.function.code[place]
        {
            *target = here;
        }
    }

    fn constant(&mut self, constant: Constant) -> Op {
        let known = self.constants.iter().position(|other| *other == constant);
        Op::Constant(known.unwrap_or_else(|| {
            self.constants.push(constant);
            self.constants.len() - 1
        }) as u32)
    }

    fn block(&mut self, statements: &[Statement]) -> Compiled {
        let outside = self.locals.len();
        self.depth += 1;
        for statement in statements {
            self.statement(statement)?;
        }
        self.depth -= 1;
        self.leave(outside);
        Ok(())
    }

    /// Ends the scope of all locals except the first N.
    fn leave(&mut self, outside: usize) {
        self.pop_down_to(outside);
        self.locals.truncate(outside);
    }

    fn pop_down_to(&mut self, outside: usize) {
        for _ in outside..self.locals.len() {
            self.emit(Op::Pop);
        }
    }

    fn statement(&mut self, statement: &Statement) -> Compiled {
        self.line = statement.line;
        match &statement.kind {
            StatementKind::Let(name, value) => {
                self.expression(value)?;
                if self.is_top && self.depth == 0 {
                    self.emit(Op::SetGlobal(self.names.globals[name]));
                } else {
                    self.locals.push(name.clone());
                }
            }
            StatementKind::Assign(name, value) => self.assign(name, value)?,
            StatementKind::SetIndex(of, index, value) => {
                self.expression(of)?;
                self.expression(index)?;
                self.expression(value)?;
                self.line = statement.line;
                self.emit(Op::SetIndex);
            }
            StatementKind::Expression(value) => {
                self.expression(value)?;
                self.emit(Op::Pop);
            }
            StatementKind::If(condition, then, otherwise) => {
                self.expression(condition)?;
                let to_else = self.emit(Op::JumpIfFalse(0));
                self.block(then)?;
                if otherwise.is_empty() {
                    self.land(to_else);
                } else {
                    let to_end = self.emit(Op::Jump(0));
                    self.land(to_else);
                    self.block(otherwise)?;
                    self.land(to_end);
                }
            }
            StatementKind::While(condition, body) => {
                let start = self.here();
                self.expression(condition)?;
                let to_end = self.emit(Op::JumpIfFalse(0));
                self.loop_body(start, statement.line, body)?;
                self.land(to_end);
                self.end_loop();
            }
            StatementKind::For(name, list, body) => {
                self.expression(list)?;
                self.emit(Op::Int(0));
                self.for_loop(name, Op::ForNext(0), body)?;
            }
            StatementKind::ForRange(name, first, end, body) => {
                self.expression(end)?;
                self.expression(first)?;
                self.for_loop(name, Op::ForRange(0), body)?;
            }
            StatementKind::Return(value) => {
                match value {
                    Some(value) => self.expression(value)?,
                    None => drop(self.emit(Op::Nil)),
                }
                self.emit(Op::Return);
            }
            StatementKind::Break => {
                let Some(inner) = self.loops.last() else {
                    return self.fail("`break` outside a loop");
                };
                self.pop_down_to(inner.locals);
                let jump = self.emit(Op::Jump(0));
                if let Some(inner) = self.loops.last_mut() {
                    inner.breaks.push(jump);
                }
            }
            StatementKind::Continue => {
                let Some(inner) = self.loops.last() else {
                    return self.fail("`continue` outside a loop");
                };
                let start = inner.start as u32;
                self.pop_down_to(inner.locals);
                self.emit(Op::Loop(start));
            }
            StatementKind::Function(function) => {
                if !self.is_top || self.depth > 0 {
                    let name = &function.name;
                    return self.fail(format!("`fn {name}` can only be at the top level"));
                }
            }
        }
        Ok(())
    }

    fn assign(&mut self, name: &str, value: &Expression) -> Compiled {
        let line = self.line;
        self.expression(value)?;
        self.line = line;
        if let Some(place) = self.local(name) {
            self.emit(Op::SetLocal(place));
        } else if let Some(number) = self.names.globals.get(name) {
            self.emit(Op::SetGlobal(*number));
        } else {
            return self.fail(format!("there is no variable `{name}`; make it with `let`"));
        }
        Ok(())
    }

    /// The body of a loop up to its back edge.
    fn loop_body(&mut self, start: usize, line: u32, body: &[Statement]) -> Compiled {
        self.loops.push(Loop { start, locals: self.locals.len(), breaks: Vec::new() });
        self.block(body)?;
        self.line = line;
        self.emit(Op::Loop(start as u32));
        Ok(())
    }

    fn end_loop(&mut self) {
        let ended = self.loops.pop();
        for jump in ended.map(|ended| ended.breaks).unwrap_or_default() {
            self.land(jump);
        }
    }

    /// A `for` whose two hidden locals are on the stack.
    fn for_loop(&mut self, name: &str, next: Op, body: &[Statement]) -> Compiled {
        let line = self.line;
        let outside = self.locals.len();
        self.locals.extend([String::new(), String::new()]);
        let start = self.emit(next);
        self.loops.push(Loop { start, locals: self.locals.len(), breaks: Vec::new() });
        self.locals.push(name.to_owned());
        self.block(body)?;
        self.leave(outside + 2);
        self.line = line;
        self.emit(Op::Loop(start as u32));
        self.land(start);
        self.end_loop();
        self.leave(outside);
        Ok(())
    }

    fn local(&self, name: &str) -> Option<u32> {
        self.locals.iter().rposition(|local| local == name).map(|place| place as u32)
    }

    fn expression(&mut self, expression: &Expression) -> Compiled {
        self.line = expression.line;
        match &expression.kind {
            ExpressionKind::Nil => drop(self.emit(Op::Nil)),
            ExpressionKind::Bool(value) => drop(self.emit(Op::Bool(*value))),
            ExpressionKind::Int(value) => {
                let op = match i32::try_from(*value) {
                    Ok(small) => Op::Int(small),
                    Err(_) => self.constant(Constant::Int(*value)),
                };
                self.emit(op);
            }
            ExpressionKind::Text(text) => {
                let op = self.constant(Constant::Text(text.clone()));
                self.emit(op);
            }
            ExpressionKind::Name(name) => {
                let op = self.name(name)?;
                self.emit(op);
            }
            ExpressionKind::List(values) => {
                values.iter().try_for_each(|value| self.expression(value))?;
                self.emit(Op::List(values.len() as u32));
            }
            ExpressionKind::Dict(entries) => {
                for (key, value) in entries {
                    self.expression(key)?;
                    self.expression(value)?;
                }
                self.line = expression.line;
                self.emit(Op::Dict(entries.len() as u32));
            }
            ExpressionKind::Negate(of) => self.then(&[of], expression.line, Op::Negate)?,
            ExpressionKind::Not(of) => self.then(&[of], expression.line, Op::Not)?,
            ExpressionKind::Binary(operator, left, right) => {
                self.then(&[left, right], expression.line, binary(*operator))?;
            }
            ExpressionKind::And(left, right) => {
                self.expression(left)?;
                let jump = self.emit(Op::JumpIfFalseOrPop(0));
                self.expression(right)?;
                self.land(jump);
            }
            ExpressionKind::Or(left, right) => {
                self.expression(left)?;
                let jump = self.emit(Op::JumpIfTrueOrPop(0));
                self.expression(right)?;
                self.land(jump);
            }
            ExpressionKind::Index(of, index) => {
                self.then(&[of, index], expression.line, Op::Index)?;
            }
            ExpressionKind::Call(callee, arguments) => {
                self.call(callee, arguments, expression.line)?;
            }
        }
        Ok(())
    }

    fn then(&mut self, operands: &[&Expression], line: u32, op: Op) -> Compiled {
        operands.iter().try_for_each(|operand| self.expression(operand))?;
        self.line = line;
        self.emit(op);
        Ok(())
    }

    /// The meaning of a name: the innermost local, a global, a function, a builtin.
    fn name(&self, name: &str) -> Compiled<Op> {
        if let Some(place) = self.local(name) {
            Ok(Op::Local(place))
        } else if let Some(number) = self.names.globals.get(name) {
            Ok(Op::Global(*number))
        } else if let Some((number, _)) = self.names.functions.get(name) {
            Ok(Op::Function(*number))
        } else if Builtin::named(name).is_some() {
            self.fail(format!("`{name}` is built in: it can only be called"))
        } else {
            self.fail(format!("there is no variable or function `{name}`"))
        }
    }

    fn call(&mut self, callee: &Expression, arguments: &[Expression], line: u32) -> Compiled {
        let given = self.count(arguments.len(), "arguments")?;
        if let ExpressionKind::Name(name) = &callee.kind
            && let Some(builtin) = Builtin::named(name).filter(|_| self.is_free(name))
        {
            builtin.check_count(given).or_else(|message| self.fail(message))?;
            return self.arguments(arguments, line, Op::CallBuiltin { builtin, arguments: given });
        }
        let known = match &callee.kind {
            ExpressionKind::Name(name) => self.name(name)?,
            _ => Op::Nil,
        };
        let op = match known {
            Op::Function(function) => {
                let wanted = self.names.functions.values().find(|(number, _)| *number == function);
                let wanted = wanted.map_or(0, |(_, parameters)| *parameters);
                if arguments.len() != wanted {
                    let ExpressionKind::Name(name) = &callee.kind else { return Ok(()) };
                    return self.fail(format!("`{name}` takes {wanted} arguments, not {given}"));
                }
                Op::Call { function, arguments: given }
            }
            _ => {
                self.expression(callee)?;
                Op::CallValue(given)
            }
        };
        self.arguments(arguments, line, op)
    }

    fn arguments(&mut self, arguments: &[Expression], line: u32, call: Op) -> Compiled {
        arguments.iter().try_for_each(|argument| self.expression(argument))?;
        self.line = line;
        self.emit(call);
        Ok(())
    }

    /// Whether the program does not define the name.
    fn is_free(&self, name: &str) -> bool {
        let Names { globals, functions } = self.names;
        self.local(name).is_none() && !globals.contains_key(name) && !functions.contains_key(name)
    }
}

fn binary(operator: Binary) -> Op {
    match operator {
        Binary::Add => Op::Add,
        Binary::Subtract => Op::Subtract,
        Binary::Multiply => Op::Multiply,
        Binary::Divide => Op::Divide,
        Binary::Remainder => Op::Remainder,
        Binary::Equal => Op::Equal,
        Binary::NotEqual => Op::NotEqual,
        Binary::Less => Op::Less,
        Binary::LessEqual => Op::LessEqual,
        Binary::Greater => Op::Greater,
        Binary::GreaterEqual => Op::GreaterEqual,
    }
}
