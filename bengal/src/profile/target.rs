//! Where profiles are written.
//!
//! **Invariant:** what is no profile is never overwritten, and what can be known to be wrong is known
//! before the build.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::replace::{beside, cause};

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    path: PathBuf,
}

/// Bytes from the beginning in which a profile has its mark.
const HEAD_BYTES: u64 = 1024;

impl Target {
    /// The file `path`, of which a former one, that may be replaced, has `mark` in its beginning.
    ///
    /// # Errors
    /// Why it cannot be written, in a sentence.
    pub fn new(path: &Path, mark: &str) -> Result<Self, String> {
        let shown = path.display();
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(format!("{shown} is a folder, not a file")),
            Ok(found) if !found.is_file() => return Err(format!("{shown} is no plain file")),
            Ok(_) if !has_mark(path, mark).map_err(|error| format!("{shown}: {error}"))? => {
                return Err(format!(
                    "{shown} is there and was not made by this option; name another file"
                ));
            }
            _ => {}
        }
        let target = Self { path: path.to_owned() };
        if !crate::replace::folder(path).is_dir() {
            return Err(format!("{shown}: its folder is not there"));
        }
        // Whether it can be written shows best by doing so.
        beside(path).map_err(|error| target.unwritten(&error))?;
        Ok(target)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// Why it could not be written, in a sentence.
    pub fn write(
        &self,
        write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
    ) -> Result<(), String> {
        let written = beside(&self.path).and_then(|mut file| {
            let mut out = BufWriter::new(file.as_file_mut());
            write(&mut out)?;
            out.flush()?;
            drop(out);
            file.persist(&self.path)?;
            Ok(())
        });
        written.map_err(|error| self.unwritten(&error))
    }

    /// That it cannot be written, and why.
    fn unwritten(&self, error: &io::Error) -> String {
        format!("{} cannot be written: {}", self.path.display(), cause(error))
    }
}

fn has_mark(path: &Path, mark: &str) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head.is_empty() || String::from_utf8_lossy(&head).contains(mark))
}

/// Makes the folder `path` where it is not there. A folder that holds something must hold the file `known`
/// with `mark` in its beginning, as one with a former profile does.
///
/// # Errors
/// Why nothing can be written there, in a sentence.
pub fn folder(path: &Path, known: &str, mark: &str) -> Result<(), String> {
    let shown = path.display();
    if fs::metadata(path).is_ok_and(|found| !found.is_dir()) {
        return Err(format!("{shown} is no folder"));
    }
    let entries = fs::create_dir_all(path).and_then(|()| fs::read_dir(path));
    let mut entries = entries.map_err(|error| format!("{shown}: {error}"))?;
    let known = path.join(known);
    if entries.next().is_some() && !has_mark(&known, mark).unwrap_or(false) {
        return Err(format!("{shown} holds other files; name another folder, or a new one"));
    }
    Target::new(&known, mark).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_profile_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        fs::write(&path, "# Mine").unwrap();
        assert!(Target::new(&path, "MARK").unwrap_err().contains("not made by this option"));
        fs::write(&path, "").unwrap();
        let target = Target::new(&path, "MARK").unwrap();
        target.write(|out| out.write_all(b"a MARK")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a MARK");
        assert!(Target::new(&path, "MARK").is_ok());
        assert!(target.write(|_| Err(io::Error::other("full"))).unwrap_err().contains("full"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(Target::new(folder.path(), "MARK").unwrap_err().contains("is a folder"));
        assert!(Target::new(&folder.path().join("no/x"), "MARK").is_err());
    }

    #[test]
    fn a_folder_is_new_or_empty_or_has_a_profile() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("a/b");
        folder(&inner, "known", "MARK").unwrap();
        fs::write(inner.join("other"), "x").unwrap();
        assert!(folder(&inner, "known", "MARK").unwrap_err().contains("other files"));
        fs::write(inner.join("known"), "MARK").unwrap();
        folder(&inner, "known", "MARK").unwrap();
        assert!(folder(&inner.join("other"), "known", "MARK").unwrap_err().contains("no folder"));
    }
}
