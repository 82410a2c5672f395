//! A new theme: a copy of the embedded one, to be changed.

use std::path::{Component, Path};

use super::making::Making;
use super::target::Target;
use super::{ScaffoldError, refused};
use crate::build::{TEMPLATES, THEMES};
use crate::stages::STATIC;
use crate::theme;

/// A theme that was made.
#[derive(Debug)]
pub struct NewTheme {
    /// Its folder, relative to the site.
    pub folder: String,
    /// How many files it has.
    pub files: usize,
}

/// Copies the embedded theme to `themes/NAME` of the site at `site`.
///
/// # Errors
/// When that is there already, `name` is no name of a folder, or it cannot be written.
pub fn new_theme(site: &Path, name: &str) -> Result<NewTheme, ScaffoldError> {
    check_name(name)?;
    let target = Target::open(site)?;
    let shown = format!("{THEMES}/{name}");
    let folder = target.root.join(THEMES).join(name);
    if folder.symlink_metadata().is_ok() {
        return Err(refused(shown, "is there already"));
    }
    target.check_links(&folder)?;
    let mut making = Making::default();
    for (path, text) in theme::TEMPLATES {
        making.file(&folder.join(TEMPLATES).join(path), text.as_bytes())?;
    }
    for (path, bytes) in theme::FILES {
        making.file(&folder.join(STATIC).join(path), bytes)?;
    }
    making.keep();
    Ok(NewTheme { folder: shown, files: theme::TEMPLATES.len() + theme::FILES.len() })
}

fn check_name(name: &str) -> Result<(), ScaffoldError> {
    let mut parts = Path::new(name).components();
    let is_one = matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(part)), None) if part == name
    );
    let wrong = |c: char| c.is_control() || c == '\\';
    if !is_one || name.starts_with('.') || name.contains(wrong) {
        return Err(refused(name, "is no name for a theme: it is one folder, such as `mine`"));
    }
    Ok(())
}
