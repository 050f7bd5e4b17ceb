//! The command line of the checks.

#[cfg(loom)]
fn main() -> std::process::ExitCode {
    eprintln!("this build has --cfg loom: run gil-loom; `cargo verify` builds it automatically");
    std::process::ExitCode::from(gil_verify::report::judge::EXIT_HARNESS_BROKEN)
}

#[cfg(not(loom))]
fn main() -> std::process::ExitCode {
    gil_verify::cli::main()
}
