//! Whether files of a site differ from what git's index says of them.
//!
//! As `git status` does it: where size and time of a file are as the index has them, it is as it was; where
//! only the time differs, its content is hashed. What is not tracked does not count, nor what was added to
//! the index and not committed.
//!
//! **Invariant:** it is `None` where it cannot be told, or not in time: never a guess.

use std::fs::{self, Metadata};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::index::{Entries, Entry};
use super::{Repository, SMALL, open_plain, read_start};

/// The largest file whose content is hashed: it takes a millisecond or two.
const HASHED: u64 = 512 << 10;

/// Entries that are read between two looks at the clock.
const BETWEEN_LOOKS: usize = 32;

// What an entry is, in its mode.
const KIND: u32 = 0o170_000;
const FILE: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

/// How a file compares with its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compared {
    Same,
    Differs,
    /// Its content does, as it stands: git may change it when it takes it in.
    ContentDiffers,
    Unknown,
}

/// What the repository's configuration says, as far as it matters here.
#[derive(Debug, Default)]
struct Settings {
    /// Objects are named by SHA-256.
    sha256: bool,
    /// The permission to run a file says nothing.
    no_file_mode: bool,
    /// The content of files is not what is stored.
    converts: bool,
}

impl Repository {
    /// Whether a file of the site that git tracks differs from the index. Files in the folders `own` do not
    /// count.
    pub(super) fn is_dirty(&self, own: &[PathBuf], deadline: Instant) -> Option<bool> {
        let path = self.git_dir.join("index");
        if !path.exists() {
            // Nothing was ever added.
            return Some(false);
        }
        let file = open_plain(&path)?;
        let metadata = file.metadata().ok()?;
        let settings = self.settings();
        let id_length = if settings.sha256 { 32 } else { 20 };
        let reader = BufReader::with_capacity(32 << 10, file);
        let entries = Entries::new(reader, metadata.len(), id_length)?;
        let look = Look {
            worktree: &self.worktree,
            site: prefix(&self.within),
            own: own
                .iter()
                .filter_map(|own| own.strip_prefix(&self.worktree).ok())
                .map(prefix)
                .collect(),
            settings: &settings,
            index: modified(&metadata)?,
            deadline,
        };
        look.at_all(entries)?.dirty()
    }

    fn settings(&self) -> Settings {
        let mut settings = Settings {
            converts: self.common.join("info/attributes").exists(),
            ..Settings::default()
        };
        let text = read_start(&self.common.join("config"), SMALL).unwrap_or_default();
        // Keys that mean the same in whichever section they stand.
        for line in String::from_utf8_lossy(&text).to_ascii_lowercase().lines() {
            let Some((key, value)) = line.split_once('=') else { continue };
            match (key.trim(), value.trim()) {
                ("objectformat", value) => settings.sha256 = value == "sha256",
                ("filemode", value) => settings.no_file_mode = value == "false",
                ("autocrlf", value) => settings.converts |= value != "false",
                _ => {}
            }
        }
        settings
    }
}

/// What was found in all entries.
#[derive(Debug, Default)]
struct Found {
    differs: bool,
    content_differs: bool,
    unknown: bool,
    /// The content of files may not be what is stored.
    converts: bool,
}

impl Found {
    fn add(&mut self, compared: Compared) {
        match compared {
            Compared::Same => {}
            Compared::Differs => self.differs = true,
            Compared::ContentDiffers => self.content_differs = true,
            Compared::Unknown => self.unknown = true,
        }
    }

    fn dirty(&self) -> Option<bool> {
        if self.differs || self.content_differs && !self.converts {
            return Some(true);
        }
        (!self.unknown && !self.content_differs).then_some(false)
    }
}

/// What is known while entries are compared.
struct Look<'a> {
    worktree: &'a Path,
    /// What the paths of the site's files begin with.
    site: Vec<u8>,
    /// What those of files begin with that do not count.
    own: Vec<Vec<u8>>,
    settings: &'a Settings,
    /// When the index was written.
    index: (u32, u32),
    deadline: Instant,
}

impl Look<'_> {
    /// What is found in all entries; `None` where there are more than those, or no time for them.
    fn at_all(&self, mut entries: Entries<impl BufRead>) -> Option<Found> {
        let mut found = Found { converts: self.settings.converts, ..Found::default() };
        let mut count = 0;
        while let Some(entry) = entries.next()? {
            found.converts |= entry.path.ends_with(b".gitattributes");
            // Where a file differs already, the rest is only read for what it says of the index.
            if !found.differs {
                found.add(self.compare(entry));
            }
            count += 1;
            if count % BETWEEN_LOOKS == 0 && self.is_late() {
                return None;
            }
        }
        (entries.are_all()? && !self.is_late()).then_some(found)
    }

    fn is_late(&self) -> bool {
        Instant::now() > self.deadline
    }

    fn compare(&self, entry: &Entry) -> Compared {
        if entry.unwatched {
            return Compared::Same;
        }
        let path = &entry.path;
        if !path.starts_with(&self.site) || self.own.iter().any(|own| path.starts_with(own)) {
            return Compared::Same;
        }
        if entry.unsettled {
            return Compared::Differs;
        }
        let Some(path) = path_of(path) else { return Compared::Unknown };
        let path = self.worktree.join(path);
        match entry.mode & KIND {
            FILE | LINK => self.compare_file(entry, &path).unwrap_or(Compared::Unknown),
            // Of another repository, or a folder that is not checked out.
            _ => Compared::Same,
        }
    }

    fn compare_file(&self, entry: &Entry, path: &Path) -> Option<Compared> {
        let metadata = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Some(Compared::Differs);
            }
            metadata => metadata.ok()?,
        };
        let is_link = entry.mode & KIND == LINK;
        let same_kind = if is_link { metadata.is_symlink() } else { metadata.is_file() };
        if !same_kind || self.mode_differs(entry, &metadata) {
            return Some(Compared::Differs);
        }
        // Entries have the lowest 32 bits only.
        let same_size = u64::from(entry.size) == metadata.len() & u64::from(u32::MAX);
        // Of a file that was changed while it was added, git notes that it is empty.
        if !same_size && entry.size != 0 {
            return Some(Compared::Differs);
        }
        if same_size && self.same_time(entry.modified, modified(&metadata)?) {
            return Some(Compared::Same);
        }
        if self.settings.sha256 || metadata.len() > HASHED || self.is_late() {
            return Some(Compared::Unknown);
        }
        let content = match is_link {
            true => fs::read_link(path).ok()?.into_os_string().into_encoded_bytes(),
            false => fs::read(path).ok()?,
        };
        Some(match blob_id(&content) == *entry.id {
            true => Compared::Same,
            false if is_link => Compared::Differs,
            // Wherever it is configured, git may take the ends of lines in as others.
            false if memchr::memchr(b'\r', &content).is_some() => Compared::Unknown,
            false => Compared::ContentDiffers,
        })
    }

    /// Whether a time of the entry says that the file was not changed since. Not where the index is not
    /// younger: it may have been changed in the same moment, behind it.
    fn same_time(&self, entry: (u32, u32), file: (u32, u32)) -> bool {
        // Some programs write whole seconds.
        let whole = entry.1 == 0;
        let same = entry.0 == file.0 && (whole || entry.1 == file.1);
        let younger = if whole { self.index.0 > entry.0 } else { self.index > entry };
        same && younger
    }

    #[cfg(unix)]
    fn mode_differs(&self, entry: &Entry, metadata: &Metadata) -> bool {
        use std::os::unix::fs::PermissionsExt;

        let may_run = metadata.permissions().mode() & 0o100 != 0;
        let is_file = entry.mode & KIND == FILE;
        is_file && !self.settings.no_file_mode && may_run != (entry.mode & 0o100 != 0)
    }

    #[cfg(not(unix))]
    fn mode_differs(&self, _entry: &Entry, _metadata: &Metadata) -> bool {
        false
    }
}

/// What the paths of entries in the folder `path` begin with.
fn prefix(path: &Path) -> Vec<u8> {
    let mut prefix = Vec::new();
    for part in path.components() {
        prefix.extend(part.as_os_str().as_encoded_bytes());
        prefix.push(b'/');
    }
    prefix
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> Option<&Path> {
    use std::os::unix::ffi::OsStrExt;

    Some(Path::new(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Option<&Path> {
    std::str::from_utf8(bytes).ok().map(Path::new)
}

/// When a file was last changed, as an entry has it.
fn modified(metadata: &Metadata) -> Option<(u32, u32)> {
    let since = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    // Entries have the lowest 32 bits only.
    Some(((since.as_secs() & u64::from(u32::MAX)).try_into().ok()?, since.subsec_nanos()))
}

/// The name of the object that holds `content`. Source: gitformat-pack(5) and git-hash-object(1).
fn blob_id(content: &[u8]) -> [u8; 20] {
    let mut sha1 = sha1_smol::Sha1::new();
    sha1.update(format!("blob {}\0", content.len()).as_bytes());
    sha1.update(content);
    sha1.digest().bytes()
}
