//! cargo gives `--cfg loom` from RUSTFLAGS to the compiler and not to rustdoc, which would then
//! read another crate than the one it links. What a build script sets reaches both.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for (variable, cfg) in [("CARGO_CFG_LOOM", "loom"), ("CARGO_CFG_SHUTTLE", "shuttle")] {
        if std::env::var_os(variable).is_some() {
            println!("cargo::rustc-cfg={cfg}");
        }
    }
}
