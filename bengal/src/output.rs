//! The output directory: files are written under a temporary name and renamed, and not touched when
//! they are equal.
//!
//! **Invariant:** nothing is ever written, followed or removed outside the output directory: not
//! through `..`, and not through a symbolic link in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

/// The folder in the output directory that holds unfinished files; gone when a build ends.
pub const TEMPORARY: &str = ".bengal-tmp";

/// An output directory, open for one build.
#[derive(Debug)]
pub struct OutputDir {
    root: PathBuf,
}

/// What writing a file came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The file is new, or has new bytes.
    Changed,
    /// The file held these bytes already.
    Unchanged,
}

impl OutputDir {
    /// Opens `root`, making it where it is missing; what a killed build left half done is removed.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        let root = root.canonicalize()?;
        let temporary = root.join(TEMPORARY);
        remove_temporary(&temporary)?;
        fs::create_dir(&temporary)?;
        Ok(Self { root })
    }

    /// The directory, canonical.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A writer for one worker; `number` differs for each.
    pub fn writer(&self, number: usize) -> OutputWriter<'_> {
        OutputWriter {
            directory: self,
            temporary: self.root.join(TEMPORARY).join(number.to_string()),
            folders: FxHashSet::default(),
            held: Vec::new(),
        }
    }
}

impl Drop for OutputDir {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next build.
        let _ = remove_temporary(&self.root.join(TEMPORARY));
    }
}

fn remove_temporary(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Writes files for one worker.
#[derive(Debug)]
pub struct OutputWriter<'o> {
    directory: &'o OutputDir,
    temporary: PathBuf,
    /// Folders that are known to be folders, and no links.
    folders: FxHashSet<Box<str>>,
    held: Vec<u8>,
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Something stands in its way that bengal did not make.
    #[error("{0}")]
    Blocked(String),
    /// The directory cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A folder, and whether this writer has just made it: then no file is in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Folder {
    Made,
    There,
}

impl OutputWriter<'_> {
    /// Writes `bytes` to `path`, relative to the output directory with `/`.
    ///
    /// # Errors
    /// When something stands in the way, or the directory cannot be written.
    pub fn write(&mut self, path: &str, bytes: &[u8]) -> Result<Written, OutputError> {
        let folder = self.prepare(path)?;
        let target = self.directory.root.join(path);
        if folder == Folder::There && self.holds(&target, bytes)? {
            return Ok(Written::Unchanged);
        }
        let mut file = File::create(&self.temporary)?;
        file.write_all(bytes)?;
        drop(file);
        self.place(&target, path)
    }

    /// Copies the file at `from` to `path`, relative to the output directory with `/`.
    ///
    /// # Errors
    /// When `from` cannot be read ([`OutputError::Blocked`]), or as in [`OutputWriter::write`].
    pub fn copy(&mut self, path: &str, from: &Path) -> Result<Written, OutputError> {
        let unreadable =
            |error: io::Error| OutputError::Blocked(format!("it cannot be read: {error}"));
        let length = fs::metadata(from).map_err(unreadable)?.len();
        if length <= SMALL {
            let bytes = fs::read(from).map_err(unreadable)?;
            return self.write(path, &bytes);
        }
        let folder = self.prepare(path)?;
        let target = self.directory.root.join(path);
        if folder == Folder::There && same_file(from, &target)? {
            return Ok(Written::Unchanged);
        }
        let mut source = File::open(from).map_err(unreadable)?;
        io::copy(&mut source, &mut File::create(&self.temporary)?)?;
        self.place(&target, path)
    }

    fn place(&self, target: &Path, path: &str) -> Result<Written, OutputError> {
        match fs::rename(&self.temporary, target) {
            Ok(()) => Ok(Written::Changed),
            Err(error) if is_directory(&error) || target.is_dir() => {
                Err(OutputError::Blocked(format!("in the output directory, {path} is a directory")))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the folder of `path`, after making sure that it is in the output directory.
    fn prepare(&mut self, path: &str) -> Result<Folder, OutputError> {
        let inside = |part: &str| !part.is_empty() && part != "." && part != "..";
        if !path.split('/').all(inside) || path.contains('\\') && cfg!(windows) {
            return Err(OutputError::Blocked(format!("{path} leaves the output directory")));
        }
        match path.rsplit_once('/') {
            Some((folder, _)) => self.folder(folder),
            None => Ok(Folder::There),
        }
    }

    fn folder(&mut self, folder: &str) -> Result<Folder, OutputError> {
        if self.folders.contains(folder) {
            return Ok(Folder::There);
        }
        if let Some((parent, _)) = folder.rsplit_once('/') {
            self.folder(parent)?;
        }
        let path = self.directory.root.join(folder);
        let made = match fs::create_dir(&path) {
            Ok(()) => Folder::Made,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Folder::There,
            Err(error) if error.kind() == io::ErrorKind::InvalidFilename => {
                return Err(OutputError::Blocked(format!("{folder} is too long a name")));
            }
            Err(error) => return Err(error.into()),
        };
        if made == Folder::There && !fs::symlink_metadata(&path)?.is_dir() {
            let message = format!("in the output directory, {folder} is a file or a symbolic link");
            return Err(OutputError::Blocked(message));
        }
        self.folders.insert(folder.into());
        Ok(made)
    }

    /// Whether the file at `target` is a plain one that holds `bytes`.
    fn holds(&mut self, target: &Path, bytes: &[u8]) -> io::Result<bool> {
        let mut file = match open_plain(target) {
            Ok(Some(file)) => file,
            Ok(None) => return Ok(false),
            Err(error) => return Err(error),
        };
        if file.metadata()?.len() != bytes.len() as u64 {
            return Ok(false);
        }
        self.held.clear();
        file.read_to_end(&mut self.held)?;
        Ok(self.held == bytes)
    }
}

/// Files up to this many bytes are compared and written in one piece.
const SMALL: u64 = 1 << 20;

/// Opens a file that is no link; `None` where there is none, or it is no plain file.
fn open_plain(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW);
    match options.open(path) {
        Ok(file) => Ok(file.metadata()?.is_file().then_some(file)),
        // Not there, a link, unreadable: what is right is put in its place.
        Err(_) => Ok(None),
    }
}

fn same_file(from: &Path, target: &Path) -> io::Result<bool> {
    let Some(mut there) = open_plain(target)? else { return Ok(false) };
    let mut here = File::open(from)?;
    if here.metadata()?.len() != there.metadata()?.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        let length = here.read(&mut a)?;
        if length == 0 {
            return Ok(true);
        }
        there.read_exact(&mut b[..length])?;
        if a[..length] != b[..length] {
            return Ok(false);
        }
    }
}

fn is_directory(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::IsADirectory | io::ErrorKind::DirectoryNotEmpty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output() -> (tempfile::TempDir, OutputDir) {
        let site = tempfile::tempdir().unwrap();
        let output = OutputDir::open(&site.path().join("public")).unwrap();
        (site, output)
    }

    #[test]
    fn an_equal_file_is_not_touched() {
        let (_site, output) = output();
        let path = output.root().join("a/b.html");
        assert_eq!(output.writer(0).write("a/b.html", b"one").unwrap(), Written::Changed);
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        assert_eq!(output.writer(0).write("a/b.html", b"one").unwrap(), Written::Unchanged);
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        assert_eq!(output.writer(0).write("a/b.html", b"two").unwrap(), Written::Changed);
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }

    #[test]
    fn a_file_is_copied_and_compared_whatever_its_size() {
        let (site, output) = output();
        let from = site.path().join("from");
        for size in [0, 10, usize::try_from(SMALL).unwrap() + 10] {
            fs::write(&from, vec![7; size]).unwrap();
            assert_eq!(output.writer(0).copy("x", &from).unwrap(), Written::Changed, "{size}");
            assert_eq!(output.writer(0).copy("x", &from).unwrap(), Written::Unchanged, "{size}");
            assert_eq!(fs::read(output.root().join("x")).unwrap(), vec![7; size]);
        }
    }

    #[test]
    fn nothing_is_written_outside() {
        let (site, output) = output();
        for path in ["../x", "a/../../x", "/x", "a//b", ""] {
            assert!(output.writer(0).write(path, b"x").is_err(), "{path}");
        }
        assert!(!site.path().join("x").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_in_the_output_are_not_followed() {
        let (site, output) = output();
        let outside = site.path().join("outside");
        fs::create_dir(&outside).unwrap();
        std::os::unix::fs::symlink(&outside, output.root().join("a")).unwrap();
        assert!(matches!(output.writer(0).write("a/b", b"x"), Err(OutputError::Blocked(_))));
        fs::write(outside.join("f"), b"x").unwrap();
        std::os::unix::fs::symlink(outside.join("f"), output.root().join("f")).unwrap();
        assert_eq!(output.writer(0).write("f", b"x").unwrap(), Written::Changed);
        assert!(!output.root().join("f").is_symlink());
    }

    #[test]
    fn what_stands_in_the_way_is_said() {
        let (_site, output) = output();
        fs::create_dir(output.root().join("d")).unwrap();
        fs::write(output.root().join("f"), b"x").unwrap();
        assert!(matches!(output.writer(0).write("d", b"x"), Err(OutputError::Blocked(_))));
        assert!(matches!(output.writer(0).write("f/x", b"x"), Err(OutputError::Blocked(_))));
    }

    #[test]
    fn unfinished_files_go_when_the_build_ends_and_when_the_next_begins() {
        let (site, output) = output();
        let root = output.root().to_owned();
        fs::write(root.join(TEMPORARY).join("7"), b"half").unwrap();
        drop(output);
        assert!(!root.join(TEMPORARY).exists());
        fs::create_dir(root.join(TEMPORARY)).unwrap();
        fs::write(root.join(TEMPORARY).join("7"), b"half").unwrap();
        let output = OutputDir::open(&site.path().join("public")).unwrap();
        assert!(!root.join(TEMPORARY).join("7").exists());
        drop(output);
    }
}
