//! A new plugin: a project that builds and tests as it stands, with all that it needs beside it.
//!
//! Nothing of bengal is published, so the program brings along what plugins are written with: the SDK's
//! source, or the C header.

use std::path::{Path, PathBuf};

use super::making::{Making, at};
use super::{ScaffoldError, refused};
use crate::plugin::handshake::is_name;
use crate::stages::NAMES;

/// The language of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginLanguage {
    /// Rust, with the SDK.
    Rust,
    /// C, with the header.
    C,
}

/// A plugin that was made.
#[derive(Debug)]
pub struct NewPlugin {
    /// Its folder.
    pub folder: PathBuf,
    /// How many files it has.
    pub files: usize,
    /// The command that builds and tests it.
    pub test: &'static str,
}

/// The crate of the SDK, which a plugin cannot be besides.
const SDK: &str = "bengal-plugin";

type Files = &'static [(&'static str, &'static str)];

const RUST: Files = &[
    ("Cargo.toml", include_str!("../../starters/plugin-rust/Cargo.toml.txt")),
    ("README.md", include_str!("../../starters/plugin-rust/README.md.txt")),
    (".gitignore", "/target/\n/*.so\n"),
    ("src/lib.rs", include_str!("../../starters/plugin-rust/src/lib.rs.txt")),
    ("bengal-plugin/Cargo.toml", include_str!("../../starters/plugin-rust/sdk.toml.txt")),
    ("bengal-plugin/src/abi.rs", include_str!("../../../plugins/sdk/src/abi.rs")),
    ("bengal-plugin/src/allocator.rs", include_str!("../../../plugins/sdk/src/allocator.rs")),
    ("bengal-plugin/src/entry.rs", include_str!("../../../plugins/sdk/src/entry.rs")),
    ("bengal-plugin/src/error.rs", include_str!("../../../plugins/sdk/src/error.rs")),
    ("bengal-plugin/src/lib.rs", include_str!("../../../plugins/sdk/src/lib.rs")),
    ("bengal-plugin/src/plugin.rs", include_str!("../../../plugins/sdk/src/plugin.rs")),
    ("bengal-plugin/src/stage.rs", include_str!("../../../plugins/sdk/src/stage.rs")),
    ("bengal-plugin/src/testing.rs", include_str!("../../../plugins/sdk/src/testing.rs")),
    ("bengal-plugin/src/value.rs", include_str!("../../../plugins/sdk/src/value.rs")),
];

const C: Files = &[
    ("Makefile", include_str!("../../starters/plugin-c/Makefile.txt")),
    ("README.md", include_str!("../../starters/plugin-c/README.md.txt")),
    (".gitignore", "/*.so\n/test/public/\n/test/.bengal/\n/test/.bengal-metrics/\n"),
    ("bengal_plugin.h", include_str!("../../../plugins/sdk/include/bengal_plugin.h")),
    ("plugin.c", include_str!("../../starters/plugin-c/plugin.c.txt")),
    ("test/content/a.md", include_str!("../../starters/plugin-c/test/content/a.md.txt")),
    (
        "test/templates/page.liquid",
        include_str!("../../starters/plugin-c/test/templates/page.liquid.txt"),
    ),
];

/// Makes a plugin named `name` in the folder of that name in `parent`.
///
/// # Errors
/// When that is there already, `name` is no name, or it cannot be written.
pub fn new_plugin(
    parent: &Path,
    name: &str,
    language: PluginLanguage,
) -> Result<NewPlugin, ScaffoldError> {
    // Cargo wants a letter in front.
    if !is_name(name) || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        let reason = "is no name for a plugin: a letter, then letters, digits, `-` and `_`";
        return Err(refused(name, reason));
    }
    if NAMES.contains(&name) {
        return Err(refused(name, "is a stage of bengal's: a plugin's would be a second one"));
    }
    if name.replace('_', "-") == SDK {
        return Err(refused(name, "is what plugins are written with"));
    }
    let folder = std::path::absolute(parent.join(name)).map_err(at(parent))?;
    if folder.symlink_metadata().is_ok() {
        return Err(refused(name, "is there already"));
    }
    let (files, test) = match language {
        PluginLanguage::Rust => (RUST, "cargo test"),
        PluginLanguage::C => (C, "make test"),
    };
    let mut making = Making::default();
    for (path, text) in files {
        making.file(&folder.join(path), filled(text, name).as_bytes())?;
    }
    making.keep();
    Ok(NewPlugin { folder, files: files.len(), test })
}

fn filled(text: &str, name: &str) -> String {
    text.replace("PLUGIN_NAME", name)
        .replace("CRATE_NAME", &name.replace('-', "_"))
        .replace("SDK_VERSION", env!("CARGO_PKG_VERSION"))
}
