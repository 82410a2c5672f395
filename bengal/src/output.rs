//! The output directory: files are written under a temporary name and renamed, and not touched when
//! they are equal.
//!
//! **Invariant:** nothing is ever written, followed or removed outside the output directory: not
//! through `..`, and not through a symbolic link in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use crate::incremental::fingerprint::of_bytes;
use crate::incremental::stamp::Stamp;

/// The folder in the output directory that holds unfinished files; gone when a build ends.
pub const TEMPORARY: &str = ".bengal-tmp";

/// An output directory.
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
    /// The directory `root`, canonical as far as it is there. Nothing is made yet.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Opens the directory for writers, making it where it is missing; what a killed build left half
    /// done is removed. `waiting` is called when another build writes there, which is then waited
    /// for.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub fn open(&self, waiting: impl FnOnce()) -> io::Result<Opened<'_>> {
        fs::create_dir_all(&self.root)?;
        let lock = lock(&self.root, waiting)?;
        // While this build waited, `bengal clean` may have removed it.
        fs::create_dir_all(&self.root)?;
        let temporary = self.root.join(TEMPORARY);
        remove_temporary(&temporary)?;
        fs::create_dir(&temporary)?;
        Ok(Opened { directory: self, lock })
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A reader for one worker.
    pub fn reader(&self) -> OutputReader<'_> {
        OutputReader { directory: self, folders: FxHashSet::default(), held: Vec::new() }
    }

    /// A writer for one worker; `number` differs for each. It can write while the directory is open.
    pub fn writer(&self, number: usize) -> OutputWriter<'_> {
        OutputWriter {
            directory: self,
            temporary: self.root.join(TEMPORARY).join(number.to_string()),
            folders: FxHashSet::default(),
            held: Vec::new(),
        }
    }
}

/// Looks at what stands in an output directory, for one worker.
#[derive(Debug)]
pub struct OutputReader<'o> {
    directory: &'o OutputDir,
    /// Folders that are known to be folders, and no links.
    folders: FxHashSet<Box<str>>,
    held: Vec<u8>,
}

impl OutputReader<'_> {
    /// The stamp of the plain file at `path`, to which no link leads.
    pub fn stamp(&mut self, path: &str) -> Option<Stamp> {
        for (end, _) in path.match_indices('/') {
            let folder = &path[..end];
            if !self.folders.contains(folder) {
                let found = fs::symlink_metadata(self.directory.root.join(folder)).ok()?;
                if !found.is_dir() {
                    return None;
                }
                self.folders.insert(folder.into());
            }
        }
        let found = fs::symlink_metadata(self.directory.root.join(path)).ok()?;
        found.is_file().then(|| Stamp::of(&found))
    }

    /// The stamp of the plain file at `path`, if its bytes have the fingerprint `hash`: that it had
    /// `stamp` when they had is as good as reading them.
    pub fn holds(&mut self, path: &str, stamp: Option<Stamp>, hash: u64) -> Option<Stamp> {
        let now = self.stamp(path)?;
        if Some(now) == stamp {
            return Some(now);
        }
        let mut file = open_plain(&self.directory.root.join(path)).ok()??;
        let now = Stamp::of(&file.metadata().ok()?);
        self.held.clear();
        file.read_to_end(&mut self.held).ok()?;
        (of_bytes(&self.held) == hash).then_some(now)
    }
}

/// An output directory that is open, and locked, for as long as this lives.
#[derive(Debug)]
pub struct Opened<'o> {
    directory: &'o OutputDir,
    #[expect(dead_code, reason = "held for its lock")]
    lock: Option<File>,
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next build.
        let _ = remove_temporary(&self.directory.root.join(TEMPORARY));
    }
}

/// Locks the directory itself, so that no lock file is left in it. `None` where its file system has
/// no locks: builds from one site exclude each other all the same.
fn lock(root: &Path, waiting: impl FnOnce()) -> io::Result<Option<File>> {
    if cfg!(not(unix)) {
        return Ok(None);
    }
    let directory = File::open(root)?;
    match directory.try_lock() {
        Ok(()) => Ok(Some(directory)),
        Err(fs::TryLockError::WouldBlock) => {
            waiting();
            directory.lock()?;
            Ok(Some(directory))
        }
        Err(fs::TryLockError::Error(_)) => Ok(None),
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
    /// Writes `bytes` to `path`, relative to the output directory with `/`; gives the stamp that the file
    /// has then.
    ///
    /// # Errors
    /// When something stands in the way, or the directory cannot be written.
    pub fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(Written, Stamp), OutputError> {
        let folder = self.prepare(path)?;
        let target = self.directory.root.join(path);
        if folder == Folder::There
            && let Some(stamp) = self.holds(&target, bytes)?
        {
            return Ok((Written::Unchanged, stamp));
        }
        let mut file = File::create(&self.temporary)?;
        file.write_all(bytes)?;
        self.place(file, &target, path)
    }

    /// Copies the file at `from` to `path`, relative to the output directory with `/`.
    ///
    /// # Errors
    /// When `from` cannot be read ([`OutputError::Blocked`]), or as in [`OutputWriter::write`].
    pub fn copy(&mut self, path: &str, from: &Path) -> Result<(Written, Stamp), OutputError> {
        let unreadable =
            |error: io::Error| OutputError::Blocked(format!("it cannot be read: {error}"));
        let length = fs::metadata(from).map_err(unreadable)?.len();
        if length <= SMALL {
            let bytes = fs::read(from).map_err(unreadable)?;
            return self.write(path, &bytes);
        }
        let folder = self.prepare(path)?;
        let target = self.directory.root.join(path);
        if folder == Folder::There
            && let Some(stamp) = same_file(from, &target).map_err(unreadable)?
        {
            return Ok((Written::Unchanged, stamp));
        }
        let mut source = File::open(from).map_err(unreadable)?;
        let mut file = File::create(&self.temporary)?;
        if let Err(error) = io::copy(&mut source, &mut file) {
            // It does not say which side failed; a source that can be read is not to blame.
            source
                .rewind()
                .and_then(|()| io::copy(&mut source, &mut io::sink()))
                .map_err(unreadable)?;
            return Err(error.into());
        }
        self.place(file, &target, path)
    }

    fn place(
        &self,
        file: File,
        target: &Path,
        path: &str,
    ) -> Result<(Written, Stamp), OutputError> {
        match fs::rename(&self.temporary, target) {
            // Asked now, as renaming is a change too.
            Ok(()) => Ok((Written::Changed, Stamp::of(&file.metadata()?))),
            Err(error) if is_directory(&error) || target.is_dir() => {
                Err(OutputError::Blocked(format!("in the output directory, {path} is a directory")))
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidFilename => Err(too_long(path)),
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

    /// Makes `folder` and those above it; a loop, as a path may have more parts than the stack room.
    fn folder(&mut self, folder: &str) -> Result<Folder, OutputError> {
        if self.folders.contains(folder) {
            return Ok(Folder::There);
        }
        for (end, _) in folder.match_indices('/') {
            self.folder_itself(&folder[..end])?;
        }
        self.folder_itself(folder)
    }

    fn folder_itself(&mut self, folder: &str) -> Result<Folder, OutputError> {
        if self.folders.contains(folder) {
            return Ok(Folder::There);
        }
        let path = self.directory.root.join(folder);
        let made = match fs::create_dir(&path) {
            Ok(()) => Folder::Made,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Folder::There,
            Err(error) if error.kind() == io::ErrorKind::InvalidFilename => {
                return Err(too_long(folder));
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

    /// The stamp of the file at `target`, where that is a plain one that holds `bytes`.
    fn holds(&mut self, target: &Path, bytes: &[u8]) -> io::Result<Option<Stamp>> {
        let Some(mut file) = open_plain(target)? else { return Ok(None) };
        let stamp = Stamp::of(&file.metadata()?);
        if stamp.size() != bytes.len() as u64 {
            return Ok(None);
        }
        self.held.clear();
        file.read_to_end(&mut self.held)?;
        Ok((self.held == bytes).then_some(stamp))
    }
}

fn too_long(path: &str) -> OutputError {
    OutputError::Blocked(format!("{path} is too long a name"))
}

/// Files up to this many bytes are compared and written in one piece.
const SMALL: u64 = 1 << 20;

/// Opens a file that is no link, without waiting for a pipe's other end; `None` where there is none, or it is no plain file.
pub(crate) fn open_plain(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        libc::O_NOFOLLOW | libc::O_NONBLOCK,
    );
    match options.open(path) {
        Ok(file) => Ok(file.metadata()?.is_file().then_some(file)),
        // Not there, a link, unreadable: what is right is put in its place.
        Err(_) => Ok(None),
    }
}

/// The stamp of the file at `target`, where that is a plain one that holds what the file at `from` holds.
///
/// # Errors
/// When `from` cannot be read. A `target` that cannot be read is not the same.
fn same_file(from: &Path, target: &Path) -> io::Result<Option<Stamp>> {
    let mut here = File::open(from)?;
    let Ok(Some(mut there)) = open_plain(target) else { return Ok(None) };
    let length = here.metadata()?.len();
    let Ok(stamp) = there.metadata().map(|metadata| Stamp::of(&metadata)) else { return Ok(None) };
    if stamp.size() != length {
        return Ok(None);
    }
    let (mut a, mut b) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        let length = here.read(&mut a)?;
        if length == 0 {
            return Ok(Some(stamp));
        }
        if there.read_exact(&mut b[..length]).is_err() || a[..length] != b[..length] {
            return Ok(None);
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
        let output = OutputDir::new(site.path().join("public"));
        fs::create_dir_all(output.root().join(TEMPORARY)).unwrap();
        (site, output)
    }

    #[test]
    fn an_equal_file_is_not_touched() {
        let (_site, output) = output();
        let path = output.root().join("a/b.html");
        assert_eq!(output.writer(0).write("a/b.html", b"one").unwrap().0, Written::Changed);
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        assert_eq!(output.writer(0).write("a/b.html", b"one").unwrap().0, Written::Unchanged);
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        assert_eq!(output.writer(0).write("a/b.html", b"two").unwrap().0, Written::Changed);
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }

    #[test]
    fn a_file_is_copied_and_compared_whatever_its_size() {
        let (site, output) = output();
        let from = site.path().join("from");
        for size in [0, 10, usize::try_from(SMALL).unwrap() + 10] {
            fs::write(&from, vec![7; size]).unwrap();
            assert_eq!(output.writer(0).copy("x", &from).unwrap().0, Written::Changed, "{size}");
            assert_eq!(output.writer(0).copy("x", &from).unwrap().0, Written::Unchanged, "{size}");
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
        assert_eq!(output.writer(0).write("f", b"x").unwrap().0, Written::Changed);
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
        let (_site, output) = output();
        let unfinished = output.root().join(TEMPORARY).join("7");
        fs::write(&unfinished, b"half").unwrap();
        let opened = output.open(|| ()).unwrap();
        assert!(!unfinished.exists());
        fs::write(&unfinished, b"half").unwrap();
        drop(opened);
        assert_eq!(fs::read_dir(output.root()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_second_build_into_one_directory_waits_for_the_first() {
        let (_site, output) = output();
        let first = output.open(|| ()).unwrap();
        let (told, hear) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| drop(output.open(|| told.send(()).unwrap()).unwrap()));
            hear.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
            assert!(output.root().join(TEMPORARY).exists());
            drop(first);
            second.join().unwrap();
        });
    }

    #[test]
    fn a_large_file_that_cannot_be_read_is_an_error_of_that_file_alone() {
        let (site, output) = output();
        fs::write(output.root().join("x"), b"x").unwrap();
        // It is the source that cannot be read: that the target is a folder is no error here.
        let from = site.path().join("from");
        fs::write(&from, b"x").unwrap();
        assert!(same_file(&from, output.root()).unwrap().is_none());
        assert!(same_file(&site.path().join("gone"), &output.root().join("x")).is_err());
    }

    #[test]
    fn a_name_that_is_too_long_is_an_error_of_that_file_alone() {
        let (_site, output) = output();
        let name = "n".repeat(300);
        for path in [name.clone(), format!("{name}/x"), "d/".repeat(3_000) + "x"] {
            let written = output.writer(0).write(&path, b"x");
            assert!(matches!(written, Err(OutputError::Blocked(_))), "{written:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_the_output_is_replaced_and_not_waited_for() {
        let (_site, output) = output();
        let pipe = output.root().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert_eq!(output.writer(0).write("pipe", b"x").unwrap().0, Written::Changed);
        assert_eq!(fs::read(&pipe).unwrap(), b"x");
    }
}
