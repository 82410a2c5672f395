//! Which files bengal wrote into an output directory: only those are ever removed.
//!
//! One file under `.bengal/` for each output directory: the paths, each ended by a NUL, in order.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::store::StateDir;

/// What the names of manifests begin with.
pub const PREFIX: &str = "outputs-";

/// The manifest of one output directory.
#[derive(Debug)]
pub struct Manifest {
    file: PathBuf,
    output: PathBuf,
}

impl Manifest {
    /// The manifest, kept in `state`, of the output directory `output`, which is canonical.
    pub fn new(state: &StateDir, output: &Path) -> Self {
        let hash = xxh3_64(output.as_os_str().as_encoded_bytes());
        Self { file: state.path().join(format!("{PREFIX}{hash:016x}")), output: output.to_owned() }
    }

    /// The paths that earlier builds wrote; empty where nothing is known.
    fn read(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    /// Replaces what is known by `paths`, and removes the files that are no longer among them.
    /// Returns how many were removed.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn replace(&self, mut paths: Vec<Arc<str>>) -> io::Result<u64> {
        paths.sort_unstable();
        let gone = self.read().into_iter();
        let gone = gone.filter(|old| paths.binary_search_by(|path| (**path).cmp(old)).is_err());
        let removed = self.remove(gone);
        self.write(&paths)?;
        Ok(removed)
    }

    /// Adds `paths` to what is known: after a build that did not come to its end.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn add(&self, mut paths: Vec<Arc<str>>) -> io::Result<()> {
        paths.extend(self.read().into_iter().map(Arc::from));
        paths.sort_unstable();
        paths.dedup();
        self.write(&paths)
    }

    /// Removes every file that is known, and what is known. Returns how many files were removed.
    ///
    /// # Errors
    /// When the manifest cannot be removed.
    pub fn clean(&self) -> io::Result<u64> {
        let removed = self.remove(self.read().into_iter());
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(removed),
        }
    }

    fn write(&self, paths: &[Arc<str>]) -> io::Result<()> {
        let mut text = String::with_capacity(paths.iter().map(|path| path.len() + 1).sum());
        for path in paths {
            text.push_str(path);
            text.push('\0');
        }
        let temporary = self.file.with_extension("new");
        fs::write(&temporary, text)?;
        fs::rename(temporary, &self.file)
    }

    /// Removes files, and the folders that are empty without them.
    fn remove(&self, paths: impl Iterator<Item = String>) -> u64 {
        let mut removed = 0;
        for path in paths {
            let mut parts = path.split('/');
            // The manifest may have been tampered with.
            if parts.any(|part| matches!(part, "" | "." | "..")) || !self.is_inside(&path) {
                continue;
            }
            let file = self.output.join(&path);
            removed += u64::from(fs::remove_file(&file).is_ok());
            let mut folder = path.as_str();
            while let Some((parent, _)) = folder.rsplit_once('/') {
                folder = parent;
                if fs::remove_dir(self.output.join(folder)).is_err() {
                    break;
                }
            }
        }
        removed
    }

    /// Whether no folder on the way to `path` is a symbolic link.
    fn is_inside(&self, path: &str) -> bool {
        let folders = path.match_indices('/').map(|(end, _)| self.output.join(&path[..end]));
        folders.into_iter().all(|folder| !folder.is_symlink())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Opened;

    #[test]
    fn only_what_bengal_wrote_is_removed() {
        let site = tempfile::tempdir().unwrap();
        let state = match StateDir::open(site.path(), || ()).unwrap() {
            Opened::Own(state) | Opened::Temporary(state, _) => state,
        };
        let output = site.path().join("public");
        for file in ["a/b/c.html", "a/own.txt", "d.html"] {
            fs::create_dir_all(output.join(file).parent().unwrap()).unwrap();
            fs::write(output.join(file), b"x").unwrap();
        }
        let manifest = Manifest::new(&state, &output);
        let paths = |paths: &[&str]| paths.iter().map(|path| Arc::from(*path)).collect();
        assert_eq!(manifest.replace(paths(&["d.html", "a/b/c.html"])).unwrap(), 0);
        assert_eq!(manifest.replace(paths(&["d.html"])).unwrap(), 1);
        assert!(!output.join("a/b").exists() && output.join("a/own.txt").exists());
        manifest.add(paths(&["../../x", "gone.html"])).unwrap();
        assert_eq!(manifest.clean().unwrap(), 1);
        assert!(!output.join("d.html").exists() && output.join("a/own.txt").exists());
        assert_eq!(manifest.clean().unwrap(), 0);
    }
}
