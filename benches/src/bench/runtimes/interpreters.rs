//! The real interpreters that are looked for on PATH.

use std::process::Command;

use super::program::Language;
use super::runtime::{Kind, Runtime};

/// An interpreter, or a compiler whose programs have one lock for all threads.
struct Interpreter {
    command: &'static str,
    language: Language,
    /// The help if it is missing.
    help: &'static str,
    /// Makes it print its version.
    version: &'static [&'static str],
    /// The prefix of the output.
    title: &'static str,
}

/// Python prints its path, because `python3` may be a script that looks for one.
const PYTHON_VERSION: &[&str] = &[
    "-c",
    "import platform as p, sys, sysconfig as s; \
     print(p.python_implementation(), p.python_version(), end=''); \
     print('t' * bool(s.get_config_var('Py_GIL_DISABLED'))); print(sys.executable)",
];

const fn python(command: &'static str, help: &'static str) -> Interpreter {
    let language = Language::Python;
    Interpreter { command, language, help, version: PYTHON_VERSION, title: "" }
}

const FREE_THREADED: &str = "there is no Debian package: build CPython with --disable-gil";

const INTERPRETERS: &[Interpreter] = &[
    python("python3", "the Debian package is `python3`"),
    python("python3.13t", FREE_THREADED),
    python("python3.14t", FREE_THREADED),
    python("pypy3", "the Debian package is `pypy3`"),
    Interpreter {
        command: "ruby",
        language: Language::Ruby,
        help: "the Debian package is `ruby`",
        version: &["-e", "puts RUBY_VERSION"],
        title: "Ruby ",
    },
    Interpreter {
        command: "ocamlopt",
        language: Language::OCaml,
        help: "the Debian package is `ocaml-nox`",
        version: &["-version"],
        title: "OCaml ",
    },
];

/// The interpreters that are found, and the packages of the missing ones.
#[must_use]
pub fn find() -> (Vec<Runtime>, Vec<String>) {
    // All at once: some take long to print their version.
    let said: Vec<_> = std::thread::scope(|scope| {
        let ask = |of: &'static Interpreter| scope.spawn(|| output(of.command, of.version));
        let asked: Vec<_> = INTERPRETERS.iter().map(ask).collect();
        asked.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
    });
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (Interpreter { command, language, help, title, .. }, said) in INTERPRETERS.iter().zip(said)
    {
        let Some(said) = said else {
            missing.push(format!("{command} is not on PATH; {help}"));
            continue;
        };
        let mut lines = said.lines();
        found.push(Runtime {
            name: format!("{title}{}", lines.next().unwrap_or_default()),
            kind: Kind::Interpreter {
                language: *language,
                command: lines.next().unwrap_or(command).to_owned(),
            },
        });
    }
    (found, missing)
}

/// The output of a command, if it exists, succeeds and prints something.
pub fn output(command: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(command).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
