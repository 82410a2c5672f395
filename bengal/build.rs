//! Tells the crate which compiler builds it, for the records of builds; and the number of its sources, as what
//! another program has kept of a site is not used: the version alone does not change between two commits.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// All that decides what bengal makes of a site, but for rustc.
const SOURCES: &[&str] =
    &["src", "liquid/src", "theme", "starters", "Cargo.toml", "../plugins", "../Cargo.lock"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    tell_compiler();
    tell_sources();
}

fn tell_compiler() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    // `rustc 1.95.0 (59807616e 2026-04-14)`
    let output = Command::new(rustc).arg("--version").output();
    let version = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    if let Some(version) = version.as_deref().and_then(|said| said.split_whitespace().nth(1)) {
        println!("cargo::rustc-env=BENGAL_RUSTC={version}");
    }
}

fn tell_sources() {
    let mut number = OFFSET;
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
        // In a package of its own, some are not there.
        let _ = add(Path::new(source), &mut number);
    }
    println!("cargo::rustc-env=BENGAL_SOURCES={number:016x}");
}

fn add(path: &Path, number: &mut u64) -> io::Result<()> {
    if path.is_dir() {
        let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
        let mut paths = entries.collect::<io::Result<Vec<PathBuf>>>()?;
        paths.sort();
        return paths.iter().try_for_each(|path| add(path, number));
    }
    mix(path.to_string_lossy().as_bytes(), number);
    mix(&fs::read(path)?, number);
    Ok(())
}

/// FNV-1a, which is the same everywhere. Source: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn mix(bytes: &[u8], number: &mut u64) {
    for byte in bytes {
        *number = (*number ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
