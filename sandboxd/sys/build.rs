//! Builds `inside/`, the library for the template of all zygotes.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=inside");
    let variable = |name| env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}"));
    let library = PathBuf::from(variable("OUT_DIR")).join("inside.so");
    let status = Command::new(variable("RUSTC"))
        .args([
            "--edition=2024",
            "--crate-type=cdylib",
            "--crate-name=inside",
        ])
        .args(["-Copt-level=2", "-Cpanic=abort", "-Cstrip=symbols"])
        // It is loaded with everything resolved: nothing of it is written to later.
        .args(["-Clink-arg=-Wl,-z,now", "--target"])
        .arg(variable("TARGET"))
        .arg("-o")
        .arg(&library)
        .arg("inside/lib.rs")
        .status()
        .expect("rustc starts");
    assert!(
        status.success(),
        "rustc could not build inside/lib.rs: {status}"
    );
}
