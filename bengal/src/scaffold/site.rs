//! A new site, from a starter.
//!
//! 1. The folder must be missing, or hold nothing but what a new repository does; its name becomes the title.
//! 2. Each file of the starter is filled in, as an archetype is, and written.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::making::{Making, at, read_plain};
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
    /// How many files were made.
    pub files: usize,
    /// The lines that a `.gitignore` that was there, and was left as it is, lacks.
    pub not_ignored: Vec<&'static str>,
}

/// Makes a site of `starter` in the folder `dir`, which must be missing, or hold nothing but what a new
/// repository does; what is there stays as it is.
///
/// # Errors
/// When it holds more, or cannot be written.
pub fn new_site(dir: &Path, starter: &Starter) -> Result<NewSite, ScaffoldError> {
    check_new(dir)?;
    let root = absolute(dir)?;
    let title = title_of(&root);
    let now = now()?;
    let date = now.rfc3339();
    let mut making = Making::default();
    let not_ignored = ignore_output(&root, &mut making)?;
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
    let files = making.keep();
    Ok(NewSite { title, files, not_ignored })
}

/// Makes the `.gitignore` of the site at `root`; where one is there, gives the lines that it lacks.
fn ignore_output(root: &Path, making: &mut Making) -> Result<Vec<&'static str>, ScaffoldError> {
    let path = root.join(GITIGNORE_NAME);
    if path.symlink_metadata().is_err() {
        making.file(&path, GITIGNORE.as_bytes())?;
        return Ok(Vec::new());
    }
    let own = read_plain(&path, GITIGNORE_NAME)?;
    let own = String::from_utf8_lossy(&own);
    // Whoever ignores a folder wants no exception within it.
    let folder = |line: &'static str| line.trim_matches(['!', '/']).split('/').next();
    let has = |line: &'static str| {
        own.lines().any(|own| Some(own.trim().trim_matches(['/', '*'])) == folder(line))
    };
    Ok(GITIGNORE.lines().filter(|line| line.starts_with(['/', '!']) && !has(line)).collect())
}

const GITIGNORE_NAME: &str = ".gitignore";

/// Whether a repository that was just made may hold the file or folder `name`, which no site needs for itself.
fn is_of_repository(name: &str) -> bool {
    let stem = name.split(['.', '-']).next().unwrap_or_default();
    name.starts_with(".git")
        || ["README", "LICENSE", "LICENCE", "COPYING"]
            .iter()
            .any(|own| stem.eq_ignore_ascii_case(own))
}

/// Refuses a folder that holds anything but what a repository that was just made or cloned does.
fn check_new(dir: &Path) -> Result<(), ScaffoldError> {
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
    let is_kept = |name: &OsStr| name.to_str().is_some_and(is_of_repository);
    match entries.find(|entry| !matches!(entry, Ok(entry) if is_kept(&entry.file_name()))) {
        None => Ok(()),
        Some(Ok(entry)) => {
            let name = entry.file_name();
            let reason = format!(
                "is not empty: it holds `{}`; name a folder that is not there yet, or holds nothing but \
                 a repository's own files (.git…, README, LICENSE)",
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
