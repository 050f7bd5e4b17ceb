//! Parses tokens into a tree: recursive descent, with binding powers for the binary operators.

use super::error::ScriptError;
use super::syntax::{Binary, Expression, ExpressionKind, FunctionTree, Statement, StatementKind};
use super::token::{Token, tokens};

/// Nesting of blocks and expressions: the parser calls itself, and its stack is finite.
const DEPTH_MAX: u32 = 100;

/// The statements of a program.
pub(super) fn parse(source: &str) -> Result<Vec<Statement>, ScriptError> {
    let mut parser = Parser { tokens: tokens(source)?, at: 0, depth: 0 };
    let mut statements = Vec::new();
    parser.skip_ends();
    while parser.peek().is_some() {
        statements.push(parser.statement()?);
        parser.end_of_statement()?;
    }
    Ok(statements)
}

struct Parser {
    tokens: Vec<(Token, u32)>,
    at: usize,
    depth: u32,
}

type Parsed<T> = Result<T, ScriptError>;

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn line(&self) -> u32 {
        let here = self.tokens.get(self.at).or_else(|| self.tokens.last());
        here.map_or(1, |(_, line)| *line)
    }

    fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(ScriptError::new(self.line(), message))
    }

    fn accept(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token, what: &str) -> Parsed<()> {
        if self.accept(token) {
            return Ok(());
        }
        match self.peek() {
            None => self.fail(format!("the program ends where {what} should be")),
            Some(Token::End) => self.fail(format!("the line ends where {what} should be")),
            Some(_) => self.fail(format!("{what} should be here")),
        }
    }

    fn skip_ends(&mut self) {
        while self.accept(&Token::End) {}
    }

    fn name(&mut self, what: &str) -> Parsed<String> {
        match self.peek() {
            Some(Token::Name(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => self.fail(format!("{what} should be here")),
        }
    }

    /// Runs `inner` one level deeper.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEPTH_MAX {
            return self.fail(format!("more than {DEPTH_MAX} levels of nesting"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn end_of_statement(&mut self) -> Parsed<()> {
        match self.peek() {
            None | Some(Token::BraceClose) => Ok(()),
            Some(Token::End) => {
                self.skip_ends();
                Ok(())
            }
            Some(_) => self.fail("the statement should end here: a new line or `;`"),
        }
    }

    fn block(&mut self) -> Parsed<Vec<Statement>> {
        self.expect(&Token::BraceOpen, "`{`")?;
        self.nested(|parser| {
            let mut statements = Vec::new();
            parser.skip_ends();
            while !parser.accept(&Token::BraceClose) {
                if parser.peek().is_none() {
                    return parser.fail("a block is not closed: `}` is missing");
                }
                statements.push(parser.statement()?);
                parser.end_of_statement()?;
            }
            Ok(statements)
        })
    }

    fn statement(&mut self) -> Parsed<Statement> {
        let line = self.line();
        let kind = match self.peek() {
            Some(Token::Let) => {
                self.at += 1;
                let name = self.name("a name for the variable")?;
                self.expect(&Token::Assign, "`=`")?;
                StatementKind::Let(name, self.expression()?)
            }
            Some(Token::Fn) => self.function()?,
            Some(Token::If) => self.if_else()?,
            Some(Token::While) => {
                self.at += 1;
                StatementKind::While(self.expression()?, self.block()?)
            }
            Some(Token::For) => self.for_in()?,
            Some(Token::Return) => {
                self.at += 1;
                let bare = matches!(self.peek(), None | Some(Token::End | Token::BraceClose));
                StatementKind::Return(if bare { None } else { Some(self.expression()?) })
            }
            Some(Token::Break) => {
                self.at += 1;
                StatementKind::Break
            }
            Some(Token::Continue) => {
                self.at += 1;
                StatementKind::Continue
            }
            _ => self.assignment_or_expression()?,
        };
        Ok(Statement { line, kind })
    }

    fn assignment_or_expression(&mut self) -> Parsed<StatementKind> {
        let target = self.expression()?;
        if !self.accept(&Token::Assign) {
            return Ok(StatementKind::Expression(target));
        }
        let line = target.line;
        let value = self.expression()?;
        match target.kind {
            ExpressionKind::Name(name) => Ok(StatementKind::Assign(name, value)),
            ExpressionKind::Index(of, index) => Ok(StatementKind::SetIndex(*of, *index, value)),
            _ => Err(ScriptError::new(line, "only a variable or an element can be assigned to")),
        }
    }

    fn function(&mut self) -> Parsed<StatementKind> {
        self.at += 1;
        let name = self.name("a name for the function")?;
        self.expect(&Token::ParenOpen, "`(`")?;
        let mut parameters = Vec::new();
        while !self.accept(&Token::ParenClose) {
            parameters.push(self.name("a parameter's name or `)`")?);
            if !self.accept(&Token::Comma) {
                self.expect(&Token::ParenClose, "`,` or `)`")?;
                break;
            }
        }
        Ok(StatementKind::Function(FunctionTree { name, parameters, body: self.block()? }))
    }

    fn if_else(&mut self) -> Parsed<StatementKind> {
        self.at += 1;
        let (condition, then) = (self.expression()?, self.block()?);
        if !self.accept(&Token::Else) {
            return Ok(StatementKind::If(condition, then, Vec::new()));
        }
        let line = self.line();
        let otherwise = match self.peek() {
            Some(Token::If) => {
                let kind = self.nested(Self::if_else)?;
                vec![Statement { line, kind }]
            }
            _ => self.block()?,
        };
        Ok(StatementKind::If(condition, then, otherwise))
    }

    fn for_in(&mut self) -> Parsed<StatementKind> {
        self.at += 1;
        let name = self.name("a name for the loop's variable")?;
        self.expect(&Token::In, "`in`")?;
        let first = self.expression()?;
        if self.accept(&Token::Range) {
            let end = self.expression()?;
            return Ok(StatementKind::ForRange(name, first, end, self.block()?));
        }
        Ok(StatementKind::For(name, first, self.block()?))
    }

    fn expression(&mut self) -> Parsed<Expression> {
        self.nested(|parser| parser.binary(0))
    }

    fn binary(&mut self, least: u8) -> Parsed<Expression> {
        let mut left = self.unary()?;
        while let Some((power, operator)) = self.peek().and_then(operator) {
            if power < least {
                break;
            }
            let line = self.line();
            self.at += 1;
            self.skip_ends();
            let (of, with) = (Box::new(left), Box::new(self.binary(power + 1)?));
            let kind = match operator {
                Operator::And => ExpressionKind::And(of, with),
                Operator::Or => ExpressionKind::Or(of, with),
                Operator::Binary(operator) => ExpressionKind::Binary(operator, of, with),
            };
            left = Expression { line, kind };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expression> {
        let line = self.line();
        const SMALLEST: Token = Token::Int(i64::MIN.unsigned_abs());
        let next = |at: usize| self.tokens.get(at).map(|(token, _)| token);
        if (next(self.at), next(self.at + 1)) == (Some(&Token::Minus), Some(&SMALLEST)) {
            self.at += 2;
            return Ok(Expression { line, kind: ExpressionKind::Int(i64::MIN) });
        }
        let kind = if self.accept(&Token::Minus) {
            ExpressionKind::Negate(Box::new(self.nested(Self::unary)?))
        } else if self.accept(&Token::Not) {
            // Binds weaker than comparisons: `not a == b` is `not (a == b)`.
            ExpressionKind::Not(Box::new(self.nested(|parser| parser.binary(NOT))?))
        } else {
            return self.postfix();
        };
        Ok(Expression { line, kind })
    }

    fn postfix(&mut self) -> Parsed<Expression> {
        let mut value = self.primary()?;
        loop {
            let line = self.line();
            let kind = if self.accept(&Token::ParenOpen) {
                ExpressionKind::Call(Box::new(value), self.list(&Token::ParenClose, "`)`")?)
            } else if self.accept(&Token::BracketOpen) {
                let index = self.expression()?;
                self.expect(&Token::BracketClose, "`]`")?;
                ExpressionKind::Index(Box::new(value), Box::new(index))
            } else {
                return Ok(value);
            };
            value = Expression { line, kind };
        }
    }

    /// Expressions up to a closing token, over any number of lines.
    fn list(&mut self, close: &Token, what: &str) -> Parsed<Vec<Expression>> {
        let mut values = Vec::new();
        self.skip_ends();
        while !self.accept(close) {
            values.push(self.expression()?);
            self.skip_ends();
            if !self.accept(&Token::Comma) {
                self.expect(close, &format!("`,` or {what}"))?;
                break;
            }
            self.skip_ends();
        }
        Ok(values)
    }

    fn dict(&mut self) -> Parsed<ExpressionKind> {
        let mut entries = Vec::new();
        self.skip_ends();
        while !self.accept(&Token::BraceClose) {
            let key = self.expression()?;
            self.expect(&Token::Colon, "`:`")?;
            self.skip_ends();
            entries.push((key, self.expression()?));
            self.skip_ends();
            if !self.accept(&Token::Comma) {
                self.expect(&Token::BraceClose, "`,` or `}`")?;
                break;
            }
            self.skip_ends();
        }
        Ok(ExpressionKind::Dict(entries))
    }

    fn primary(&mut self) -> Parsed<Expression> {
        let line = self.line();
        let Some(token) = self.peek().cloned() else {
            return self.fail("the program ends where a value should be");
        };
        self.at += 1;
        let kind = match token {
            Token::Nil => ExpressionKind::Nil,
            Token::True => ExpressionKind::Bool(true),
            Token::False => ExpressionKind::Bool(false),
            Token::Int(value) => match i64::try_from(value) {
                Ok(value) => ExpressionKind::Int(value),
                Err(_) => {
                    return self.fail(format!("the number {value} does not fit into 64 bits"));
                }
            },
            Token::Text(text) => ExpressionKind::Text(text),
            Token::Name(name) => ExpressionKind::Name(name),
            Token::ParenOpen => {
                self.skip_ends();
                let inner = self.expression()?;
                self.skip_ends();
                self.expect(&Token::ParenClose, "`)`")?;
                return Ok(inner);
            }
            Token::BracketOpen => ExpressionKind::List(self.list(&Token::BracketClose, "`]`")?),
            Token::BraceOpen => self.dict()?,
            _ => {
                self.at -= 1;
                return self.fail("a value should be here");
            }
        };
        Ok(Expression { line, kind })
    }
}

/// The operand of `not`: everything that binds as strongly as a comparison.
const NOT: u8 = 3;

enum Operator {
    And,
    Or,
    Binary(Binary),
}

fn operator(token: &Token) -> Option<(u8, Operator)> {
    let (power, operator) = match token {
        Token::Or => return Some((1, Operator::Or)),
        Token::And => return Some((2, Operator::And)),
        Token::Equal => (3, Binary::Equal),
        Token::NotEqual => (3, Binary::NotEqual),
        Token::Less => (3, Binary::Less),
        Token::LessEqual => (3, Binary::LessEqual),
        Token::Greater => (3, Binary::Greater),
        Token::GreaterEqual => (3, Binary::GreaterEqual),
        Token::Plus => (4, Binary::Add),
        Token::Minus => (4, Binary::Subtract),
        Token::Star => (5, Binary::Multiply),
        Token::Slash => (5, Binary::Divide),
        Token::Percent => (5, Binary::Remainder),
        _ => return None,
    };
    Some((power, Operator::Binary(operator)))
}
