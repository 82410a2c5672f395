//! The folder of the measurements, and how a record comes into it.
//!
//! 1. The folder is made, where it is not there, within the site.
//! 2. The history is locked: builds of other processes wait, for a moment.
//! 3. The record is appended, by one write.
//! 4. Where so many records are not wanted, the oldest go.
//! 5. `latest.json` is replaced.
//!
//! **Invariant:** a reader, who takes no lock, never sees half of `latest.json`, and sees each line of the
//! history whole, or not at all, or as the unfinished last one. Nothing is written through a symbolic link.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use crate::history::{HISTORY, LATEST};
use crate::record::Record;

/// How long it is waited for builds of other processes. They hold the lock for a millisecond.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why a record was not kept, in words.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub(crate) struct Fault {
    what: String,
    why: String,
}

impl Fault {
    pub fn new(what: impl Display, why: impl Display) -> Self {
        Self { what: what.to_string(), why: why.to_string() }
    }
}

/// The folder.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    /// Relative to the site.
    shown: String,
}

impl Store {
    /// The folder at `path` in that of the site, made where it is not there.
    pub fn open(site: &Path, path: &str) -> Result<Self, Fault> {
        let mut folder = site.to_owned();
        for part in Path::new(path).components() {
            let Component::Normal(part) = part else {
                return Err(Fault::new(path, "this leads out of the site"));
            };
            folder.push(part);
            match fs::create_dir(&folder) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    return Err(Fault::new(path, error));
                }
                _ => {}
            }
            let kind = fs::symlink_metadata(&folder).map_err(|error| Fault::new(path, error))?;
            match kind.file_type() {
                kind if kind.is_dir() => {}
                kind if kind.is_symlink() => {
                    let why =
                        "this is a symbolic link, and figures are kept in the site's own folder";
                    return Err(Fault::new(path, why));
                }
                _ => return Err(Fault::new(path, "this is no folder")),
            }
        }
        Ok(Self { folder, shown: path.to_owned() })
    }

    /// Adds a record; of all, the newest `keep` stay.
    pub fn add(&self, record: &Record, keep: Option<u64>) -> Result<(), Fault> {
        let json = |json: serde_json::Result<String>| {
            json.map_err(|error| Fault::new("the figures", error)).map(|json| json + "\n")
        };
        let (line, latest) =
            (json(serde_json::to_string(record))?, json(serde_json::to_string_pretty(record))?);
        let mut history = self.lock_history()?;
        let fault = |name: &'static str| {
            move |error: io::Error| Fault::new(format_args!("{}/{name}", self.shown), error)
        };
        append(&mut history, &line).map_err(fault(HISTORY))?;
        if let Some(keep) = keep {
            self.cut(&mut history, keep).map_err(fault(HISTORY))?;
        }
        self.replace(LATEST, |file| file.write_all(latest.as_bytes())).map_err(fault(LATEST))
    }

    /// The history, opened to be appended to, and locked where the system can.
    fn lock_history(&self) -> Result<File, Fault> {
        let fault = |why: &dyn Display| Fault::new(format_args!("{}/{HISTORY}", self.shown), why);
        let path = self.folder.join(HISTORY);
        let begun = Instant::now();
        loop {
            let file = open_history(&path).map_err(|error| fault(&error))?;
            match file.try_lock() {
                // Where it was replaced meanwhile, what is locked is not what others write to.
                Ok(()) if is_at(&file, &path) => return Ok(file),
                // Without locks a line is still one write.
                Err(TryLockError::Error(_)) => return Ok(file),
                Ok(()) | Err(TryLockError::WouldBlock) => {}
            }
            if begun.elapsed() > PATIENCE {
                return Err(fault(&"another process has it locked"));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Takes all but the last `keep` lines out of the history.
    fn cut(&self, history: &mut File, keep: u64) -> io::Result<()> {
        let start = start_of_last(history, keep)?;
        if start == 0 {
            return Ok(());
        }
        history.seek(SeekFrom::Start(start))?;
        let permissions = history.metadata()?.permissions();
        self.replace(HISTORY, |new| {
            io::copy(history, new)?;
            new.set_permissions(permissions)
        })
    }

    /// Replaces a file, by renaming one that `write` fills.
    fn replace(
        &self,
        name: &str,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        let new = self.folder.join(format!("{name}.new"));
        match fs::remove_file(&new) {
            // Of a build that was killed.
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(&new)?;
        let written = write(&mut file).and_then(|()| {
            drop(file);
            fs::rename(&new, self.folder.join(name))
        });
        if written.is_err() {
            // It has no use, and where the disk is full its place has.
            let _ = fs::remove_file(&new);
        }
        written
    }
}

/// Opens the file at `path` to append to it, and to read it. Only a plain file: another would be written
/// elsewhere, or keep the build waiting.
fn open_history(path: &Path) -> io::Result<File> {
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => Err(io::Error::other("this is no plain file")),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => OpenOptions::new().read(true).append(true).create(true).open(path),
    }
}

/// Whether the open `file` is the one at `path`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let id = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino());
    matches!((file.metadata(), fs::symlink_metadata(path)), (Ok(a), Ok(b)) if id(&a) == id(&b))
}

#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

/// Appends `line` by one write.
fn append(history: &mut File, line: &str) -> io::Result<()> {
    // After a line that a full disk has cut off, on a line of its own.
    let text = match ends_a_line(history)? {
        true => line.to_owned(),
        false => format!("\n{line}"),
    };
    loop {
        match history.write(text.as_bytes()) {
            Ok(written) if written == text.len() => return Ok(()),
            // The rest may not follow: another build's line could come between.
            Ok(_) => return Err(ErrorKind::StorageFull.into()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Where the last `lines` lines of `file`, which ends with one, begin; 0 where there are no more.
fn start_of_last(file: &mut File, lines: u64) -> io::Result<u64> {
    let mut buffer = vec![0; 64 << 10];
    let mut end = file.seek(SeekFrom::End(0))?;
    // The end of the line before those is looked for, and each of them has one.
    let mut to_pass = lines;
    while end > 0 {
        let length = end.min(buffer.len() as u64);
        let start = end - length;
        file.seek(SeekFrom::Start(start))?;
        let part = &mut buffer[..usize::try_from(length).map_err(io::Error::other)?];
        file.read_exact(part)?;
        for at in memchr::memrchr_iter(b'\n', part) {
            if to_pass == 0 {
                return Ok(start + at as u64 + 1);
            }
            to_pass -= 1;
        }
        end = start;
    }
    Ok(0)
}
