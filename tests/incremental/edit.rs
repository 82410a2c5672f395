//! What can happen to a site between two builds.

use std::fmt;

use crate::support::NOW;

/// Something that happens to a site, to its output, or to what bengal keeps.
///
/// It says what is done, not to what it leads: one that cannot be made, as its file is not there, is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// A file gets this text, whether or not it was there.
    Write(String, String),
    /// A file gets this text, cut or filled up to the size that it had, and keeps its time.
    WriteUnseen(String, String),
    /// A file or folder is removed.
    Remove(String),
    /// A file or folder is renamed.
    Move(String, String),
    /// Every file is made anew with the same bytes, as a fresh clone does.
    Checkout,
    /// The next builds are asked for in this way.
    Shape(Shape),
    /// A file of the output is changed behind bengal's back.
    Tamper(Tamper, String),
    /// Somebody puts a file of theirs into the output, at this path.
    Mine(String),
    /// What bengal keeps is damaged.
    Damage(Damage),
}

/// How a build is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    pub drafts: bool,
    pub future: bool,
    pub expired: bool,
    pub strict: bool,
    pub base_url: Option<&'static str>,
    /// Seconds since 1970.
    pub now: i64,
    pub jobs: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            drafts: false,
            future: false,
            expired: false,
            strict: false,
            base_url: None,
            now: NOW.parse().unwrap(),
            jobs: 1,
        }
    }
}

/// What is done to a file of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tamper {
    /// Something is appended.
    Append,
    /// It gets other bytes of the same number, and keeps its time.
    Unseen,
    /// It is cut to half its size.
    Truncate,
    /// It is removed.
    Remove,
    /// It is removed, and an empty folder has its name.
    Folder,
    /// It is removed, and its name leads to a file elsewhere.
    Link,
    /// Its folder is removed, with all in it.
    RemoveFolder,
}

/// What is done to what bengal keeps. A number means a file: the files in order, round and round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// A file is cut at this thousandth of its size.
    Truncate(usize, u64),
    /// The byte at this thousandth of a file's size is changed.
    Flip(usize, u64),
    /// A file holds something else.
    Garbage(usize),
    /// A file is removed.
    Remove(usize),
    /// The folder is removed.
    All,
    /// The output directory is removed; the folder stays.
    Output,
}

/// The edit as a call of [`crate::recipe::Recipe`].
impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(path, text) => write!(f, ".write({path:?}, {text:?})"),
            Self::WriteUnseen(path, text) => write!(f, ".write_unseen({path:?}, {text:?})"),
            Self::Remove(path) => write!(f, ".remove({path:?})"),
            Self::Move(from, to) => write!(f, ".rename({from:?}, {to:?})"),
            Self::Checkout => write!(f, ".checkout()"),
            Self::Shape(shape) => write!(f, ".shape({shape:?})"),
            Self::Tamper(tamper, path) => write!(f, ".tamper(Tamper::{tamper:?}, {path:?})"),
            Self::Mine(path) => write!(f, ".mine({path:?})"),
            Self::Damage(damage) => write!(f, ".damage(Damage::{damage:?})"),
        }
    }
}
