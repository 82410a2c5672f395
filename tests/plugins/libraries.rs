//! The libraries of example plugins and of the tests' own, for whichever test wants them.
//!
//! Those in Rust are built by cargo into the directory that the tests were built into.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder that cargo builds into.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_bengal")).parent().unwrap().to_owned()
}

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The library of an example plugin, or a test's, in Rust.
pub fn library(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let packages =
            ["badges", "word-goal", "csv-pages", "build-report", "misbehaving", "own-stage"];
        cargo_build(&packages.map(|package| ["--package", package]).concat());
    });
    target().join(library_name(name))
}

/// The file that cargo makes of a library of that name.
pub fn library_name(name: &str) -> String {
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    format!("{prefix}{}{suffix}", name.replace('-', "_"))
}

/// Has cargo build something as the tests were built, and beside them.
pub fn cargo_build(what: &[&str]) {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(root()).args(["build", "--quiet", "--locked", "--target-dir"]);
    let profile = target();
    cargo.arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.args(what).status().unwrap().success(), "cargo could not build {what:?}");
}
