//! What `bengal new` makes: a site, a page, a theme or a plugin to start from.
//!
//! **Invariant:** nothing that is there already is changed, nothing is made outside of the folder
//! asked for, and what fails half-way leaves nothing behind.

mod making;
mod page;
mod plugin;
mod site;
mod starters;
mod target;
mod theme;

use std::io;
use std::path::PathBuf;

pub use page::{NewPage, new_page};
pub use plugin::{NewPlugin, PluginLanguage, new_plugin};
pub use site::{NewSite, new_site};
pub use starters::{STARTERS, Starter};
pub use theme::{NewTheme, new_theme};

use crate::build::BuildError;
use crate::diagnostic::Diagnostic;

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// What was asked for cannot be, or is there already.
    #[error("{path}: {reason}")]
    Refused {
        /// What was asked for.
        path: String,
        /// Why not.
        reason: String,
    },
    /// The archetype, or the front matter made of it, is wrong.
    #[error("no page can be made of {file}")]
    Archetype {
        /// The archetype.
        file: String,
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
    },
    /// The site or its configuration is wrong.
    #[error(transparent)]
    Site(#[from] BuildError),
    /// Something cannot be read or made.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn refused(path: impl Into<String>, reason: impl Into<String>) -> ScaffoldError {
    ScaffoldError::Refused { path: path.into(), reason: reason.into() }
}
