//! A new site, from a starter.
//!
//! 1. The folder must be missing or empty; its name becomes the title.
//! 2. Each file of the starter is filled in, as an archetype is, and written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::making::{Making, at};
use super::starters::{GITIGNORE, Starter, is_filled};
use super::{ScaffoldError, refused};
use crate::build::now;
use crate::config::Config;
use crate::content::slug::titleize;
use crate::template::{TemplateSource, fill_archetype};

/// A site that was made.
#[derive(Debug)]
pub struct NewSite {
    /// Its title.
    pub title: String,
    /// How many files it has.
    pub files: usize,
}

/// Makes a site of `starter` in the folder `dir`, which must be missing or empty.
///
/// # Errors
/// When it is not, or cannot be written.
pub fn new_site(dir: &Path, starter: &Starter) -> Result<NewSite, ScaffoldError> {
    check_empty(dir)?;
    let root = absolute(dir)?;
    let title = title_of(&root);
    let now = now()?;
    let date = now.rfc3339();
    let mut making = Making::default();
    making.file(&root.join(".gitignore"), GITIGNORE.as_bytes())?;
    for (path, text) in starter.files {
        if !is_filled(path) {
            making.file(&root.join(path), text.as_bytes())?;
            continue;
        }
        let file = (*path).to_owned();
        let source = TemplateSource { name: file.clone(), file, text: (*text).to_owned() };
        let names = [("title", title.as_str()), ("date", &date)];
        let filled =
            fill_archetype(source, &names, now, &Config::default()).map_err(|diagnostics| {
                ScaffoldError::Archetype { file: (*path).to_owned(), diagnostics }
            })?;
        making.file(&root.join(path), filled.as_bytes())?;
    }
    making.keep();
    Ok(NewSite { title, files: starter.files.len() + 1 })
}

/// Refuses a folder that holds anything but a repository that was just made or cloned.
fn check_empty(dir: &Path) -> Result<(), ScaffoldError> {
    let shown = dir.to_string_lossy();
    let mut entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        // A link that leads nowhere is no room for a site.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !dir.is_symlink() => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(refused(shown, "is there already, and is no folder"));
        }
        Err(error) => return Err(at(dir)(error)),
    };
    match entries.find(|entry| !matches!(entry, Ok(entry) if entry.file_name() == ".git")) {
        None => Ok(()),
        Some(Ok(entry)) => {
            let name = entry.file_name();
            let reason = format!(
                "is not empty: it holds `{}`; name a folder that is empty or not there yet",
                name.to_string_lossy()
            );
            Err(refused(shown, reason))
        }
        Some(Err(error)) => Err(at(dir)(error)),
    }
}

/// `dir` with its real name, which `.` does not say.
fn absolute(dir: &Path) -> Result<PathBuf, ScaffoldError> {
    dir.canonicalize().or_else(|_| std::path::absolute(dir)).map_err(at(dir))
}

fn title_of(root: &Path) -> String {
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    // Line ends and the like are no part of a title, and no YAML.
    let plain: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    titleize(plain.trim())
}
