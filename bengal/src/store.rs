//! The body store: an append-only file under `.bengal/` that holds each page's HTML between parse
//! and render, so that what waits at the barrier is small.
//!
//! Workers append through a [`BodyWriter`] each, which takes a stretch of the file at a time and
//! writes it in one piece; a body is read back with one positioned read into the reader's buffer.
//! The file is not mapped: a mapping would count as resident memory, and a truncated one would kill
//! the process.
//!
//! **Invariant:** a body that is read is, by length and hash, the one that was written.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use crate::incremental::pages::Bodies;
use crate::memory;

/// Where a body stands in the store, and what it must hash to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stored {
    offset: u64,
    length: u32,
    hash: u64,
}

impl Stored {
    /// Length in bytes.
    pub fn len(self) -> usize {
        self.length as usize
    }

    /// What stands there, as far as its length and hash tell.
    pub fn content(self) -> (u32, u64) {
        (self.length, self.hash)
    }

    /// Whether there is no body at all.
    pub fn is_empty(self) -> bool {
        self.length == 0
    }
}

/// The folder that bengal keeps for itself in a site, locked for as long as this lives.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    #[expect(dead_code, reason = "held for its lock")]
    lock: Option<File>,
    temporary: Option<tempfile::TempDir>,
}

/// How [`StateDir::open`] got its folder.
#[derive(Debug)]
pub enum Opened {
    /// The site's own, at once.
    Own(StateDir),
    /// A temporary one, since the site's cannot be written, for this reason.
    Temporary(StateDir, io::Error),
}

impl StateDir {
    /// Opens `folder`, a site's [`FOLDER`] or one that takes its place, and locks it; `waiting` is
    /// called when another build holds it, which is then waited for.
    ///
    /// # Errors
    /// When not even a temporary folder can be made.
    pub fn open(folder: &Path, waiting: impl FnOnce()) -> io::Result<Opened> {
        match Self::open_own(folder, waiting) {
            Ok(own) => Ok(Opened::Own(own)),
            Err(error) => {
                let temporary = tempfile::Builder::new().prefix("bengal-").tempdir()?;
                let path = temporary.path().to_owned();
                Ok(Opened::Temporary(Self { path, lock: None, temporary: Some(temporary) }, error))
            }
        }
    }

    fn open_own(path: &Path, waiting: impl FnOnce()) -> io::Result<Self> {
        // What it leads to is not bengal's, and what is in there would be removed.
        if path.is_symlink() {
            return Err(io::Error::other("it is a symbolic link"));
        }
        std::fs::create_dir_all(path)?;
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                waiting();
                lock.lock()?;
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
        Ok(Self { path: path.to_owned(), lock: Some(lock), temporary: None })
    }

    /// Whether it is the folder that was asked for, and so will be there in the next build.
    pub fn is_own(&self) -> bool {
        self.temporary.is_none()
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The name of the folder in a site that bengal keeps for itself.
pub const FOLDER: &str = ".bengal";

/// The bodies of a build, and of those before it.
#[derive(Debug)]
pub struct BodyStore {
    file: File,
    path: PathBuf,
    generation: u64,
    end: AtomicU64,
    /// The generation before, whose bodies are moved to this one as they are asked for.
    before: Option<File>,
    /// Whether the file outlives this build: an index says what a later one may read of it.
    kept: AtomicBool,
    /// Whether a body that should be there could not be read.
    lost: AtomicBool,
}

impl BodyStore {
    /// A new generation in `state`, empty.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(state: &StateDir) -> io::Result<Self> {
        let generation =
            generations(state)?.iter().map(|(number, _)| *number).max().unwrap_or(0) + 1;
        let path = state.path().join(format!("{PREFIX}{generation}"));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        Ok(Self::new(file, path, generation, 0, false))
    }

    /// The generation in `state` that an index speaks of; a new one in its stead where over half of it is
    /// dead.
    ///
    /// # Errors
    /// When it cannot be opened, or is shorter than it should be.
    pub fn reopen(state: &StateDir, bodies: Bodies) -> io::Result<Self> {
        let Bodies { generation, length, live } = bodies;
        let path = state.path().join(format!("{PREFIX}{generation}"));
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        let held = file.metadata()?.len();
        if held < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let end = held.max(length);
        if end > DEAD && live < end / 2 {
            let mut new = Self::create(state)?;
            new.before = Some(file);
            return Ok(new);
        }
        Ok(Self::new(file, path, generation, end, true))
    }

    fn new(file: File, path: PathBuf, generation: u64, end: u64, kept: bool) -> Self {
        let (end, kept, lost) =
            (AtomicU64::new(end), AtomicBool::new(kept), AtomicBool::new(false));
        Self { file, path, generation, end, before: None, kept, lost }
    }

    /// Whether a body that should be there could not be read.
    pub fn has_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Keeps the file for later builds, and removes all other generations: an index names this one.
    ///
    /// # Errors
    /// When `state` cannot be read.
    pub fn keep(&self, state: &StateDir) -> io::Result<()> {
        self.kept.store(true, Ordering::Relaxed);
        for (generation, path) in generations(state)? {
            if generation != self.generation {
                // What cannot be removed now is removed by a later build.
                let _ = std::fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// Which file it is.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether bodies of earlier builds are in another file, and are to be appended to this one.
    pub fn moves(&self) -> bool {
        self.before.is_some()
    }

    /// A writer for one worker.
    pub fn writer(&self) -> BodyWriter<'_> {
        BodyWriter { store: self, buffer: Vec::new(), start: 0, room: 0 }
    }

    /// Reads `body` into the head of `buffer`, which grows where it is too short, and gives it.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else there.
    pub fn read<'b>(&self, body: Stored, buffer: &'b mut Vec<u8>) -> io::Result<&'b str> {
        let read = read(&self.file, body, buffer);
        let read = read.and_then(|bytes| std::str::from_utf8(bytes).map_err(|_| damaged()));
        self.lost.fetch_or(read.is_err(), Ordering::Relaxed);
        read
    }

    /// The same for bytes that an earlier build has appended.
    ///
    /// # Errors
    /// As [`BodyStore::read`].
    pub fn read_earlier<'b>(
        &self,
        stored: Stored,
        buffer: &'b mut Vec<u8>,
    ) -> io::Result<&'b [u8]> {
        read(self.before.as_ref().unwrap_or(&self.file), stored, buffer)
    }

    /// Bytes that the file takes.
    pub fn len(&self) -> u64 {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for BodyStore {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Relaxed) {
            // A file that cannot be removed now is removed by a later build.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

const PREFIX: &str = "bodies-";

/// The generations in `state`, each with its file.
fn generations(state: &StateDir) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(state.path())? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            found.push((number, entry.path()));
        }
    }
    Ok(found)
}

/// Bytes of a generation in `state`; 0 where it is not there.
pub fn length(state: &Path, generation: u64) -> u64 {
    let file = std::fs::metadata(state.join(format!("{PREFIX}{generation}")));
    file.map_or(0, |file| file.len())
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the body store is damaged")
}

fn read<'b>(file: &File, stored: Stored, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
    if stored.is_empty() {
        return Ok(&[]);
    }
    if buffer.len() < stored.len() {
        memory::kept(|| buffer.resize(stored.len(), 0));
    }
    let bytes = &mut buffer[..stored.len()];
    read_at(file, bytes, stored.offset)?;
    if xxh3_64(bytes) == stored.hash { Ok(bytes) } else { Err(damaged()) }
}

/// Bytes of a store below which nobody minds how many of them are dead.
const DEAD: u64 = 1 << 20;

/// Bytes that a writer takes of the file at a time: some sixty bodies, so that a body costs a
/// sixtieth of a system call, and what a worker leaves unused is little.
const STRETCH: usize = 256 * 1024;

/// Appends bodies for one worker. What it was given can be read only after [`BodyWriter::flush`].
#[derive(Debug)]
pub struct BodyWriter<'a> {
    store: &'a BodyStore,
    buffer: Vec<u8>,
    start: u64,
    room: usize,
}

impl BodyWriter<'_> {
    /// Appends `body`.
    ///
    /// # Errors
    /// When the file cannot be written, or `body` is over 4 GiB.
    pub fn append(&mut self, body: &[u8]) -> io::Result<Stored> {
        let length = u32::try_from(body.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        if self.buffer.len() + body.len() > self.room {
            self.flush()?;
            self.room = STRETCH.max(body.len());
            self.start = self.store.end.fetch_add(self.room as u64, Ordering::Relaxed);
        }
        let offset = self.start + self.buffer.len() as u64;
        memory::kept(|| self.buffer.extend_from_slice(body));
        Ok(Stored { offset, length, hash: xxh3_64(body) })
    }

    /// Writes what is still held.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        write_at(&self.store.file, &self.buffer, self.start)?;
        // The rest is free again, unless another worker has taken what is behind it.
        let (end, rest) = (self.start + self.room as u64, (self.room - self.buffer.len()) as u64);
        let end_of_file = &self.store.end;
        let _ = end_of_file.compare_exchange(end, end - rest, Ordering::Relaxed, Ordering::Relaxed);
        self.buffer.clear();
        self.room = 0;
        Ok(())
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                buffer = &mut buffer[count..];
                offset += count as u64;
            }
        }
    }
    Ok(())
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        bytes = &bytes[count..];
        offset += count as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(site: &Path) -> StateDir {
        match StateDir::open(site, || ()).unwrap() {
            Opened::Own(state) | Opened::Temporary(state, _) => state,
        }
    }

    #[test]
    fn bodies_come_back_from_many_writers() {
        let site = tempfile::tempdir().unwrap();
        let state = state(site.path());
        let store = BodyStore::create(&state).unwrap();
        let body = |worker: usize, i: usize| format!("{worker}-{i}-").repeat(1 + (i * 7919) % 5000);
        let stored: Vec<Vec<Stored>> = std::thread::scope(|scope| {
            let run = |worker| {
                let store = &store;
                move || {
                    let mut writer = store.writer();
                    let stored =
                        (0..200).map(|i| writer.append(body(worker, i).as_bytes()).unwrap());
                    let stored = stored.collect();
                    writer.flush().unwrap();
                    stored
                }
            };
            let handles: Vec<_> = (0..4).map(|worker| scope.spawn(run(worker))).collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect()
        });
        let mut buffer = Vec::new();
        for (worker, bodies) in stored.iter().enumerate() {
            for (i, place) in bodies.iter().enumerate() {
                assert_eq!(store.read(*place, &mut buffer).unwrap(), body(worker, i));
            }
        }
    }

    #[test]
    fn a_damaged_or_truncated_store_is_an_error_and_not_another_body() {
        let site = tempfile::tempdir().unwrap();
        let state = state(site.path());
        let store = BodyStore::create(&state).unwrap();
        let mut writer = store.writer();
        let place = writer.append(b"a body").unwrap();
        writer.flush().unwrap();
        let mut buffer = Vec::new();
        std::fs::write(&store.path, b"A body").unwrap();
        assert_eq!(store.read(place, &mut buffer).unwrap_err().kind(), io::ErrorKind::InvalidData);
        std::fs::write(&store.path, b"a").unwrap();
        assert!(store.read(place, &mut buffer).is_err());
    }

    #[test]
    fn a_generation_is_new_and_what_was_left_behind_is_removed() {
        let site = tempfile::tempdir().unwrap();
        let state = state(site.path());
        let before = state.path().join("bodies-7");
        std::fs::write(&before, b"left behind").unwrap();
        let store = BodyStore::create(&state).unwrap();
        assert!(store.path.ends_with("bodies-8"));
        let path = store.path.clone();
        drop(store);
        assert!(before.exists() && !path.exists());
        let store = BodyStore::create(&state).unwrap();
        store.keep(&state).unwrap();
        drop(store);
        assert!(!before.exists() && path.exists());
    }

    #[test]
    fn a_second_build_waits_for_the_first() {
        let site = tempfile::tempdir().unwrap();
        let first = state(site.path());
        let (told, hear) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| StateDir::open(site.path(), || told.send(()).unwrap()));
            hear.recv().unwrap();
            drop(first);
            assert!(matches!(second.join().unwrap().unwrap(), Opened::Own(_)));
        });
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_a_link_is_left_alone() {
        let site = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(other.path(), site.path().join(FOLDER)).unwrap();
        let opened = StateDir::open(&site.path().join(FOLDER), || ()).unwrap();
        assert!(matches!(opened, Opened::Temporary(..)));
        assert_eq!(std::fs::read_dir(other.path()).unwrap().count(), 0);
    }
}
