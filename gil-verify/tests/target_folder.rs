//! Where the builds of the checkers go, and what they are told: a program that takes cargo's place
//! writes down how it was called.

#![cfg(all(unix, not(loom)))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with `gil-verify` in a target folder of its own, and with a program in cargo's place.
struct Elsewhere {
    folder: tempfile::TempDir,
}

impl Elsewhere {
    /// `says`: what the program in cargo's place writes before it fails.
    fn new(says: &str) -> Self {
        let elsewhere = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        let target = elsewhere.path("target");
        std::fs::create_dir_all(target.join("release")).expect("a new folder");
        std::fs::write(target.join("CACHEDIR.TAG"), "cargo marks target folders").expect("a file");
        let copied = std::fs::copy(env!("CARGO_BIN_EXE_gil-verify"), elsewhere.program());
        copied.expect("the binary was built for this test");
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$PWD\" \"$RUSTFLAGS\" \"$*\" > {}\necho '{says}' >&2\nexit 101\n",
            elsewhere.path("called").display()
        );
        std::fs::write(elsewhere.cargo(), script).expect("a file");
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(elsewhere.cargo(), executable).expect("it is ours");
        elsewhere
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self) -> PathBuf {
        self.path("target/release/gil-verify")
    }

    fn cargo(&self) -> PathBuf {
        self.path("cargo")
    }

    /// Judges a claim that needs the loom build.
    fn judge(&self, from: &Path, variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(self.program());
        command
            .args(["--claim", "NEED-1", "--protocol", "handoff"])
            .current_dir(from)
            .env("CARGO", self.cargo())
            .env_remove("RUSTFLAGS");
        command.envs(variables.iter().copied());
        watchdog::output(&mut command).expect("it starts")
    }

    /// The folder, the flags and the arguments that the program in cargo's place saw.
    fn called(&self) -> [String; 3] {
        let text = std::fs::read_to_string(self.path("called")).expect("a build was started");
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.try_into().expect("three lines")
    }
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

#[test]
fn loom_build_goes_next_to_the_program_wherever_cargo_put_it() {
    let elsewhere = Elsewhere::new("error: no build today");
    let expected = format!("--target-dir {}", elsewhere.path("target/loom").display());
    for (from, variables) in [
        (workspace(), &[][..]),
        (workspace(), &[("CARGO_TARGET_DIR", "some/folder")]),
        (&workspace().join("gil-core/src"), &[("CARGO_TARGET_DIR", "../relative")]),
        (workspace(), &[("CARGO_BUILD_TARGET_DIR", "build")]),
        (elsewhere.folder.path(), &[]),
    ] {
        let output = elsewhere.judge(from, variables);
        assert_eq!(output.status.code(), Some(5), "{output:?}");
        let [folder, flags, arguments] = elsewhere.called();
        assert_eq!(Path::new(&folder), workspace(), "{variables:?}");
        assert_eq!(flags.trim(), "--cfg loom", "{variables:?}");
        assert!(arguments.ends_with(&expected), "{arguments}");
    }
}

#[test]
fn flags_of_the_user_are_kept() {
    let elsewhere = Elsewhere::new("error: no build today");
    elsewhere.judge(workspace(), &[("RUSTFLAGS", "-C debuginfo=1")]);
    let [_, flags, _] = elsewhere.called();
    assert_eq!(flags, "-C debuginfo=1 --cfg loom");
}

#[test]
fn failed_build_says_how_to_repeat_it() {
    let elsewhere = Elsewhere::new("error: no build today");
    let output = elsewhere.judge(workspace(), &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("error: no build today"), "{said}");
    let by_hand = "RUSTFLAGS=\"--cfg loom\" cargo build --release -p gil-verify --bin gil-loom";
    assert!(said.contains(by_hand) && !said.contains("cargo fetch"), "{said}");
}

#[test]
fn build_without_a_network_says_what_to_run() {
    for says in [
        "attempting to make an HTTP request, but --offline was specified",
        "error: failed to download from `https://index.crates.io/config.json`",
    ] {
        let output = Elsewhere::new(says).judge(workspace(), &[("CARGO_NET_OFFLINE", "true")]);
        assert_eq!(output.status.code(), Some(5));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(says) && said.contains("run `cargo fetch` once"), "{said}");
    }
}

#[test]
fn other_cargo_at_work_is_said() {
    let waits = "    Blocking waiting for file lock on build directory";
    let output = Elsewhere::new(waits).judge(workspace(), &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("another cargo holds the target folder"), "{said}");
}
