//! A workload's program as files, one per language, for as long as a workload runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::{Language, Program};

/// The files, in their own folder.
#[derive(Debug)]
pub struct Files(PathBuf);

impl Files {
    /// Writes a program, and compiles it if there is a `compiler` for it.
    ///
    /// # Errors
    /// When it cannot be written or compiled.
    pub fn new(program: &Program, compiler: Option<&str>) -> Result<Self, String> {
        let name = format!("gil-bench-{}-{}", std::process::id(), program.name);
        let files = Self(std::env::temp_dir().join(name));
        let failed =
            |error: std::io::Error| format!("cannot write into {}: {error}", files.0.display());
        std::fs::create_dir_all(&files.0).map_err(failed)?;
        for language in Language::ALL {
            if let Some(text) = program.text(language) {
                std::fs::write(files.program(language), text).map_err(failed)?;
            }
        }
        if let Some(compiler) = compiler {
            files.compile(compiler)?;
        }
        Ok(files)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The program in a language.
    #[must_use]
    pub fn program(&self, language: Language) -> PathBuf {
        self.0.join("program").with_extension(language.extension())
    }

    /// The compiled program.
    #[must_use]
    pub fn compiled(&self) -> PathBuf {
        self.0.join("program.out")
    }

    /// OCaml's compiler has its threads library next to the standard one. Before OCaml 5 `+unix` is
    /// not a folder, and that is no error.
    fn compile(&self, compiler: &str) -> Result<(), String> {
        let mut command = Command::new(compiler);
        command.args(["-I", "+unix", "-I", "+threads", "unix.cmxa", "threads.cmxa"]);
        command.arg(self.program(Language::OCaml)).arg("-o").arg(self.compiled());
        let output = command.output().map_err(|error| format!("{compiler}: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("{compiler}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
