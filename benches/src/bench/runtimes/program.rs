//! The programs of the benches, each in one or several languages, and their output.
//!
//! A program gets its settings as `name=value` and prints lines of a name and a number.

use std::collections::BTreeMap;

/// The language of a program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Language {
    /// The small language of [`crate::lang`].
    Gil,
    /// Python 3.
    Python,
    /// Ruby.
    Ruby,
    /// OCaml, with its threads library.
    OCaml,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Gil, Self::Python, Self::Ruby, Self::OCaml];

    /// The extension of its files.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Gil => "gil",
            Self::Python => "py",
            Self::Ruby => "rb",
            Self::OCaml => "ml",
        }
    }
}

/// The same program in the languages that it is written in.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// In the language.
    pub gil: Option<&'static str>,
    /// In Python.
    pub python: Option<&'static str>,
    /// In Ruby.
    pub ruby: Option<&'static str>,
    /// In OCaml.
    pub ocaml: Option<&'static str>,
}

impl Program {
    /// Its text in a language.
    #[must_use]
    pub const fn text(&self, language: Language) -> Option<&'static str> {
        match language {
            Language::Gil => self.gil,
            Language::Python => self.python,
            Language::Ruby => self.ruby,
            Language::OCaml => self.ocaml,
        }
    }
}

/// A program of the folder `programs`, in the language and those named.
macro_rules! program {
    ($name:literal $(, $field:ident: $extension:literal)*) => {
        $crate::bench::runtimes::Program {
            $($field: Some(include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/programs/", $name, ".", $extension
            ))),)*
            ..$crate::bench::runtimes::Program {
                name: $name,
                gil: Some(include_str!(concat!(
                    env!("CARGO_MANIFEST_DIR"), "/programs/", $name, ".gil"
                ))),
                python: None,
                ruby: None,
                ocaml: None,
            }
        }
    };
}
pub(crate) use program;

/// Settings of a program, by name.
pub type Settings = BTreeMap<String, i64>;

/// A setting from the command line, `name=value`.
///
/// # Errors
/// When it is not one.
pub fn setting(text: &str) -> Result<(String, i64), String> {
    let (name, value) = text.split_once('=').ok_or("a setting is name=value")?;
    let value = value.parse().map_err(|_| format!("the value of `{name}` is a number"))?;
    Ok((name.to_owned(), value))
}

/// The names and numbers that a program printed, in order.
///
/// # Errors
/// A line that is not a name and a number.
pub fn printed(text: &str) -> Result<Vec<(String, f64)>, String> {
    let line = |line: &str| {
        let (name, number) = line.split_once(' ')?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    let wrong = |text: &str| format!("`{text}` is not a name and a number");
    text.lines().map(|text| line(text).ok_or_else(|| wrong(text))).collect()
}
