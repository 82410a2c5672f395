//! The folder of the measurements, and how a record comes into it.
//!
//! 1. The folder is made, where it is not there, within the site.
//! 2. The history is locked: builds of other processes wait, for a moment.
//! 3. The record is appended, by one write.
//! 4. `latest.json` is replaced.
//! 5. Where so many records are not wanted, the oldest go. This is last, as the lock goes with the file.
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

/// How long it is waited for builds of other processes. Each holds the lock for a millisecond, but a machine
/// may be busy. Who holds it for ever does not hold up a build for ever.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// Makes the folder at `path` in that of the site, where it is not there; gives its path.
///
/// # Errors
/// When it cannot be made, or would be another's: nothing leads out of the site, no `..` and no symbolic
/// link.
pub fn make_folder(site: &Path, path: &Path) -> io::Result<PathBuf> {
    let mut folder = site.to_owned();
    for part in path.components() {
        let Component::Normal(part) = part else {
            return Err(io::Error::other("this leads out of the site"));
        };
        folder.push(part);
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let kind = fs::symlink_metadata(&folder)?.file_type();
        if kind.is_symlink() {
            let why = "this is a symbolic link, and figures are kept in the site's own folder";
            return Err(io::Error::other(why));
        }
        if !kind.is_dir() {
            return Err(io::Error::other("this is no folder"));
        }
    }
    Ok(folder)
}

impl Store {
    /// The folder at `path` in that of the site, made where it is not there.
    pub fn open(site: &Path, path: &str) -> Result<Self, Fault> {
        let folder = make_folder(site, Path::new(path)).map_err(|error| Fault::new(path, error))?;
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
        self.replace(LATEST, |file| file.write_all(latest.as_bytes())).map_err(fault(LATEST))?;
        match keep {
            Some(keep) => self.cut(&mut history, keep).map_err(fault(HISTORY)),
            None => Ok(()),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::History;

    fn record(number: u64) -> Record {
        let timestamp = "2026-11-22T13:04:00.123Z".to_owned();
        Record {
            schema: crate::record::SCHEMA,
            timestamp,
            total_pages: number,
            ..Record::default()
        }
    }

    fn numbers(folder: &Path) -> Vec<u64> {
        let mut history = History::open(&folder.join("metrics").join(HISTORY)).unwrap();
        let numbers = history.by_ref().map(|record| record.unwrap().total_pages).collect();
        assert_eq!((history.notes().damaged, history.notes().unfinished), (0, false));
        numbers
    }

    #[test]
    fn what_several_add_at_once_is_whole_and_none_is_lost_while_others_cut() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "metrics").unwrap();
        (0..100).for_each(|number| store.add(&record(number), None).unwrap());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let folder = folder.path();
                scope.spawn(move || {
                    // The oldest go while others add, and wait for the file that goes.
                    for number in 0..40 {
                        let own = 1_000 + thread * 100 + number;
                        Store::open(folder, "metrics")
                            .and_then(|store| store.add(&record(own), Some(190)))
                            .unwrap();
                    }
                });
            }
        });
        let mut kept = numbers(folder.path());
        assert_eq!(kept[..30], (70..100).collect::<Vec<_>>());
        let mut added = kept.split_off(30);
        added.sort_unstable();
        let all =
            (0..4).flat_map(|thread| (0..40).map(move |number| 1_000 + thread * 100 + number));
        assert_eq!(added, all.collect::<Vec<_>>());
    }

    #[test]
    fn as_many_lines_are_kept_as_are_wanted_however_long_they_are() {
        for length in [1, 1_000, 70_000] {
            let mut file = tempfile::tempfile().unwrap();
            let line = "x".repeat(length - 1) + "\n";
            file.write_all(line.repeat(5).as_bytes()).unwrap();
            for (lines, start) in [(1, 4), (2, 3), (4, 1), (5, 0), (6, 0), (u64::MAX, 0)] {
                let found = start_of_last(&mut file, lines).unwrap();
                assert_eq!(found, start * length as u64, "{lines} of length {length}");
            }
        }
        assert_eq!(start_of_last(&mut tempfile::tempfile().unwrap(), 1).unwrap(), 0);
    }

    #[test]
    fn a_line_that_was_cut_off_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "metrics").unwrap();
        fs::write(folder.path().join("metrics").join(HISTORY), "{\"schema\": 1, \"bu").unwrap();
        store.add(&record(1), None).unwrap();
        store.add(&record(2), None).unwrap();
        let path = folder.path().join("metrics").join(HISTORY);
        let mut history = History::open(&path).unwrap();
        assert_eq!(history.by_ref().count(), 2);
        assert_eq!(history.notes().damaged, 1);
        // No line was begun where one had ended.
        assert_eq!(fs::read_to_string(path).unwrap().lines().count(), 3);
    }
}
