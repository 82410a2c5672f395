//! Which files bengal wrote into an output directory: only those are ever removed.
//!
//! One file under `.bengal/` for each output directory: the paths, each ended by a NUL, in no order.
//!
//! **Invariant:** a path is in that file before the file of that name is made, so that what a killed
//! build leaves is known to the next.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashSet;
use walkdir::WalkDir;
use xxhash_rust::xxh3::xxh3_64;

use crate::diagnostic::{Code, Diagnostic};
use crate::store::StateDir;

/// What the names of manifests begin with.
pub const PREFIX: &str = "outputs-";

/// The manifest of one output directory.
#[derive(Debug)]
pub struct Manifest {
    file: PathBuf,
    output: PathBuf,
    known: Mutex<Known>,
}

/// What is known of the output directory.
#[derive(Debug, Default)]
struct Known {
    /// What the file holds.
    text: String,
    /// Paths of earlier builds that this one has not planned; empty before there is a plan.
    stale: FxHashSet<Box<str>>,
    /// Files removed to make way.
    removed: u64,
}

impl Known {
    fn paths(&self) -> FxHashSet<&str> {
        self.text.split_terminator('\0').collect()
    }
}

impl Manifest {
    /// The manifest, kept in `state`, of the output directory `output`, which is canonical.
    pub fn new(state: &StateDir, output: &Path) -> Self {
        let hash = xxh3_64(output.as_os_str().as_encoded_bytes());
        let file = state.path().join(format!("{PREFIX}{hash:016x}"));
        // Left by a build that was killed while it wrote; no other may write it anew.
        let _ = fs::remove_file(unfinished(&file));
        let text = fs::read_to_string(&file).unwrap_or_default();
        let known = Mutex::new(Known { text, ..Known::default() });
        Self { file, output: output.to_owned(), known }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds `paths` to what is known: before they are made, and after a build that did not come to
    /// its end. Nothing is written when all are known.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn add<P: AsRef<str>>(&self, paths: &[P]) -> io::Result<()> {
        let mut known = self.known();
        let mut stale = known.paths();
        let mut text = String::new();
        for path in paths.iter().map(AsRef::as_ref) {
            if !stale.remove(path) {
                push(&mut text, path);
            }
        }
        let stale = stale.into_iter().map(Box::from).collect();
        known.stale = stale;
        if text.is_empty() {
            return Ok(());
        }
        text.insert_str(0, &known.text);
        self.write(&mut known, text)
    }

    /// Adds one path, that of a file which was not planned, before it is made.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn note(&self, path: &str) -> io::Result<()> {
        let mut known = self.known();
        if known.stale.remove(path) {
            return Ok(());
        }
        let mut text = String::new();
        push(&mut text, path);
        // Appended, as writing all anew for each would take long where there are many.
        let mut file = OpenOptions::new().create(true).append(true).open(&self.file)?;
        file.write_all(text.as_bytes())?;
        known.text.push_str(&text);
        Ok(())
    }

    /// Replaces what is known by `paths`, and removes the files that are no longer among them.
    /// Returns how many were removed, with those that made way. Nothing is written when `paths` is
    /// what is known.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn replace<P: AsRef<str>>(&self, paths: &[P]) -> io::Result<u64> {
        let mut known = self.known();
        let mut gone = known.paths();
        let before = gone.len();
        let paths: FxHashSet<&str> = paths.iter().map(AsRef::as_ref).collect();
        gone.retain(|path| !paths.contains(path));
        if gone.is_empty() && before == paths.len() {
            return Ok(known.removed);
        }
        let removed = known.removed + self.remove(gone);
        let mut text = String::with_capacity(paths.iter().map(|path| path.len() + 1).sum());
        paths.into_iter().for_each(|path| push(&mut text, path));
        self.write(&mut known, text)?;
        Ok(removed)
    }

    /// Removes every file that is known, and what is known. Returns how many files were removed.
    ///
    /// # Errors
    /// When the manifest cannot be removed.
    pub fn clean(&self) -> io::Result<u64> {
        let mut known = self.known();
        let removed = self.remove(known.paths());
        *known = Known::default();
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(removed),
        }
    }

    /// Removes what stands in the way of `path`, where that is a file of an earlier build that this
    /// one has not planned, or a folder of nothing but such files, or of nothing at all. Returns whether the
    /// way is free.
    pub fn make_way(&self, path: &str) -> bool {
        // The lock is held throughout: of two workers in whose way one file stands, the second must
        // find it gone.
        let mut known = self.known();
        if !self.is_inside(path) {
            return false;
        }
        let mut folders = path.match_indices('/').map(|(end, _)| &path[..end]);
        if let Some(file) = folders.find(|folder| self.is_file(folder)) {
            let removed = known.stale.contains(file) && self.remove_file(file);
            known.removed += u64::from(removed);
            return removed;
        }
        let folder = self.output.join(path);
        if !fs::symlink_metadata(&folder).is_ok_and(|found| found.is_dir()) {
            return true;
        }
        let Some(files) = self.stale_files(&folder, &known) else { return false };
        known.removed += self.remove(files.iter().map(String::as_str));
        remove_empty(&folder);
        !folder.exists()
    }

    fn is_file(&self, path: &str) -> bool {
        fs::symlink_metadata(self.output.join(path)).is_ok_and(|found| found.is_file())
    }

    fn remove_file(&self, path: &str) -> bool {
        fs::remove_file(self.output.join(path)).is_ok()
    }

    /// The files in `folder`, when all that is in it are stale files and their folders.
    fn stale_files(&self, folder: &Path, known: &Known) -> Option<Vec<String>> {
        let mut files = Vec::new();
        for entry in WalkDir::new(folder) {
            let entry = entry.ok()?;
            if entry.file_type().is_dir() {
                continue;
            }
            let path = entry.path().strip_prefix(&self.output).ok()?.to_str()?;
            let path = path.replace(std::path::MAIN_SEPARATOR, "/");
            if !known.stale.contains(path.as_str()) {
                return None;
            }
            files.push(path);
        }
        Some(files)
    }

    fn write(&self, known: &mut Known, text: String) -> io::Result<()> {
        let temporary = unfinished(&self.file);
        fs::write(&temporary, &text)?;
        fs::rename(temporary, &self.file)?;
        known.text = text;
        Ok(())
    }

    /// Removes files, and the folders that are empty without them.
    fn remove<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> u64 {
        let mut removed = 0;
        for path in paths {
            if !self.is_inside(path) {
                continue;
            }
            removed += u64::from(self.remove_file(path));
            // An empty folder in its place is nobody's.
            let _ = fs::remove_dir(self.output.join(path));
            let mut folder = path;
            while let Some((parent, _)) = folder.rsplit_once('/') {
                folder = parent;
                if fs::remove_dir(self.output.join(folder)).is_err() {
                    break;
                }
            }
        }
        removed
    }

    /// Whether `path` stays in the output directory: the manifest may have been tampered with, and
    /// a folder on the way may be a symbolic link.
    fn is_inside(&self, path: &str) -> bool {
        let mut folders = path.match_indices('/').map(|(end, _)| self.output.join(&path[..end]));
        path.split('/').all(|part| !matches!(part, "" | "." | ".."))
            && folders.all(|folder| !folder.is_symlink())
    }
}

/// Removes `folder` and those in it, as far as they are empty: these are nobody's.
fn remove_empty(folder: &Path) {
    for entry in WalkDir::new(folder).contents_first(true).into_iter().flatten() {
        // What is no folder, or not empty, stays.
        let _ = fs::remove_dir(entry.path());
    }
}

/// Says that the manifest could not be written.
pub fn unwritten(error: &io::Error) -> Diagnostic {
    let message = format!("what was written could not be noted: {error}");
    Diagnostic::warning(Code::StoreFallback, message)
}

/// Where the manifest `file` is written before it is renamed.
fn unfinished(file: &Path) -> PathBuf {
    file.with_extension("new")
}

fn push(text: &mut String, path: &str) {
    text.push_str(path);
    text.push('\0');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Opened;

    fn state(site: &Path) -> StateDir {
        match StateDir::open(site, || ()).unwrap() {
            Opened::Own(state) | Opened::Temporary(state, _) => state,
        }
    }

    fn put(output: &Path, files: &[&str]) {
        for file in files {
            fs::create_dir_all(output.join(file).parent().unwrap()).unwrap();
            fs::write(output.join(file), b"x").unwrap();
        }
    }

    #[test]
    fn only_what_bengal_wrote_is_removed() {
        let site = tempfile::tempdir().unwrap();
        let state = state(site.path());
        let output = site.path().join("public");
        put(&output, &["a/b/c.html", "a/own.txt", "d.html"]);
        let manifest = Manifest::new(&state, &output);
        assert_eq!(manifest.replace(&["d.html", "a/b/c.html"]).unwrap(), 0);
        assert_eq!(manifest.replace(&["d.html"]).unwrap(), 1);
        assert!(!output.join("a/b").exists() && output.join("a/own.txt").exists());
        manifest.add(&["../../x", "gone.html"]).unwrap();
        assert_eq!(manifest.clean().unwrap(), 1);
        assert!(!output.join("d.html").exists() && output.join("a/own.txt").exists());
        fs::create_dir_all(output.join("b/gone.html")).unwrap();
        manifest.add(&["b/gone.html", "a"]).unwrap();
        assert_eq!(manifest.clean().unwrap(), 0);
        assert!(!output.join("b").exists() && output.join("a/own.txt").exists());
    }

    #[test]
    fn what_was_added_is_known_to_the_next_build_and_what_is_known_is_not_written_again() {
        let site = tempfile::tempdir().unwrap();
        let state = state(site.path());
        let output = site.path().join("public");
        put(&output, &["a.html", "b.html"]);
        let manifest = Manifest::new(&state, &output);
        manifest.add(&["a.html", "b.html"]).unwrap();
        // The build is killed here.
        let manifest = Manifest::new(&state, &output);
        fs::remove_file(&manifest.file).unwrap();
        manifest.add(&["b.html", "a.html"]).unwrap();
        assert_eq!(manifest.replace(&["b.html", "a.html"]).unwrap(), 0);
        assert!(!manifest.file.exists(), "it was written though nothing is new");
        assert_eq!(manifest.replace(&["a.html"]).unwrap(), 1);
        assert!(!output.join("b.html").exists() && manifest.file.exists());
    }

    #[test]
    fn only_files_of_earlier_builds_make_way() {
        let site = tempfile::tempdir().unwrap();
        let state = state(site.path());
        let output = site.path().join("public");
        put(&output, &["file", "kept", "own", "folder/a", "mixed/a", "mixed/own"]);
        let manifest = Manifest::new(&state, &output);
        manifest.add(&["file", "kept", "folder/a", "mixed/a"]).unwrap();
        let manifest = Manifest::new(&state, &output);
        manifest.add(&["file/x", "folder", "kept"]).unwrap();
        fs::create_dir_all(output.join("empty/a/b")).unwrap();
        for (path, free) in [
            ("file/x", true),
            ("file/y", true),
            ("folder", true),
            ("kept/x", false),
            ("own/x", false),
            ("empty", true),
            ("mixed", false),
            ("../x", false),
        ] {
            assert_eq!(manifest.make_way(path), free, "{path}");
        }
        assert!(!output.join("file").exists() && !output.join("folder").exists());
        for path in ["kept", "own", "mixed/a", "mixed/own"] {
            assert!(output.join(path).exists(), "{path}");
        }
    }
}
