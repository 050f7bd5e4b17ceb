//! cargo passes `--cfg loom` from RUSTFLAGS to the compiler and not to rustdoc, which would then
//! read a different crate from the one it links. A cfg that a build script sets reaches both.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for (variable, cfg) in [("CARGO_CFG_LOOM", "loom"), ("CARGO_CFG_SHUTTLE", "shuttle")] {
        if std::env::var_os(variable).is_some() {
            println!("cargo::rustc-cfg={cfg}");
        }
    }
}
