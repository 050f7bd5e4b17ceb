//! Splits a text into tokens.

use logos::{Lexer, Logos};

use super::error::ScriptError;

#[derive(Logos, Clone, PartialEq, Debug)]
#[logos(skip r"[ \t\r]+")]
#[logos(skip r"#[^\n]*")]
pub(super) enum Token {
    #[token("let")]
    Let,
    #[token("fn")]
    Fn,
    #[token("if")]
    If,
    #[token("else")]
    Else,
    #[token("while")]
    While,
    #[token("for")]
    For,
    #[token("in")]
    In,
    #[token("return")]
    Return,
    #[token("break")]
    Break,
    #[token("continue")]
    Continue,
    #[token("and")]
    And,
    #[token("or")]
    Or,
    #[token("not")]
    Not,
    #[token("true")]
    True,
    #[token("false")]
    False,
    #[token("nil")]
    Nil,
    #[token("(")]
    ParenOpen,
    #[token(")")]
    ParenClose,
    #[token("[")]
    BracketOpen,
    #[token("]")]
    BracketClose,
    #[token("{")]
    BraceOpen,
    #[token("}")]
    BraceClose,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    #[token("..")]
    Range,
    #[token("=")]
    Assign,
    #[token("==")]
    Equal,
    #[token("!=")]
    NotEqual,
    #[token("<")]
    Less,
    #[token("<=")]
    LessEqual,
    #[token(">")]
    Greater,
    #[token(">=")]
    GreaterEqual,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("%")]
    Percent,
    #[token("\n")]
    #[token(";")]
    End,
    /// Unsigned, so that the smallest integer can be written: it is `-9223372036854775808`.
    #[regex("[0-9][0-9_]*", |lexer| lexer.slice().replace('_', "").parse().ok())]
    Int(u64),
    #[regex(r#""([^"\\\n]|\\[^\n])*""#, text)]
    Text(String),
    #[regex("[A-Za-z_][A-Za-z0-9_]*", |lexer| lexer.slice().to_owned())]
    Name(String),
}

fn text(lexer: &Lexer<'_, Token>) -> Option<String> {
    let inside = lexer.slice().strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => match characters.next()? {
                'n' => '\n',
                't' => '\t',
                other @ ('"' | '\\') => other,
                _ => return None,
            },
            other => other,
        });
    }
    Some(text)
}

/// All tokens with their lines.
pub(super) fn tokens(source: &str) -> Result<Vec<(Token, u32)>, ScriptError> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source); // a byte order mark
    let mut tokens = Vec::new();
    let (mut line, mut counted) = (1, 0);
    for (token, span) in Token::lexer(source).spanned() {
        line += source[counted..span.start].matches('\n').count() as u32;
        counted = span.start;
        match token {
            Ok(token) => tokens.push((token, line)),
            Err(()) => return Err(ScriptError::new(line, complaint(&source[span]))),
        }
    }
    Ok(tokens)
}

fn complaint(text: &str) -> String {
    if text.len() > 1 && text.starts_with('"') && text.ends_with('"') {
        format!("the text {text} has an unknown escape; there are \\n, \\t, \\\" and \\\\")
    } else if text.starts_with('"') {
        "this text has no closing quote on its line".to_owned()
    } else if text.starts_with(|c: char| c.is_ascii_digit()) {
        format!("the number {text} does not fit into 64 bits")
    } else {
        format!("`{text}` means nothing here")
    }
}
