//! Files and folders being made: all of them, or none.
//!
//! **Invariant:** only what was made here is ever removed.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{ScaffoldError, refused};

/// What was made so far. It is removed again unless it is [kept](Self::keep).
#[derive(Debug, Default)]
pub(super) struct Making {
    made: Vec<PathBuf>,
}

impl Making {
    /// Makes the folder at `path`, which is absolute, and those above it that are missing.
    pub fn folder(&mut self, path: &Path) -> Result<(), ScaffoldError> {
        let missing: Vec<_> = path.ancestors().take_while(|folder| !folder.exists()).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder).map_err(at(folder))?;
            self.made.push(folder.to_owned());
        }
        Ok(())
    }

    /// Makes a file at `path`, which is absolute, and the folders above it that are missing.
    pub fn file(&mut self, path: &Path, bytes: &[u8]) -> Result<(), ScaffoldError> {
        path.parent().map_or(Ok(()), |folder| self.folder(folder))?;
        // Never through a symbolic link, nor over what appeared a moment ago.
        let opened = OpenOptions::new().write(true).create_new(true).open(path);
        let mut file = opened.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => refused(path.to_string_lossy(), "is there already"),
            _ => at(path)(error),
        })?;
        self.made.push(path.to_owned());
        file.write_all(bytes).map_err(at(path))
    }

    /// Keeps what was made; gives how many files these are.
    pub fn keep(mut self) -> usize {
        self.made.drain(..).filter(|path| !path.is_dir()).count()
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        for path in self.made.drain(..).rev() {
            // A folder goes only if nobody has put anything into it. Why not all could be made is about
            // to be said; that some of it stays cannot be helped.
            let _ = if path.is_dir() { fs::remove_dir(&path) } else { fs::remove_file(&path) };
        }
    }
}

/// What the file at `path` holds.
///
/// # Errors
/// When it is no plain file, and no link to one: a pipe would be waited for.
pub(super) fn read_plain(path: &Path, shown: &str) -> Result<Vec<u8>, ScaffoldError> {
    if !fs::metadata(path).map_err(at(path))?.is_file() {
        return Err(refused(shown, "is no file"));
    }
    fs::read(path).map_err(at(path))
}

/// An error at `path`.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> ScaffoldError {
    let path = path.to_owned();
    move |source| ScaffoldError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_half_way_leaves_nothing_and_what_was_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("taken"), "mine").unwrap();
        let mut making = Making::default();
        making.file(&path("a/b/c"), b"1").unwrap();
        assert!(making.file(&path("taken"), b"2").is_err());
        assert!(making.file(&path("taken/below"), b"3").is_err());
        drop(making);
        assert!(!path("a").exists());
        assert_eq!(fs::read(path("taken")).unwrap(), b"mine");

        let mut making = Making::default();
        making.file(&path("a/b"), b"1").unwrap();
        making.keep();
        assert_eq!(fs::read(path("a/b")).unwrap(), b"1");
    }
}
