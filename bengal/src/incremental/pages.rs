//! Pages as they were parsed, kept from one build to the next: no Markdown is read twice.
//!
//! The index names each page's file, by which stamp and hash that is known again, and where its record
//! and its HTML are in the body store. One serves all output directories.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::file::{self, Unusable};
use super::fingerprint;
use super::key::Key;
use super::stamp::Stamp;
use crate::content::front_matter::FrontMatter;
use crate::content::page::Body;
use crate::diagnostic::Diagnostic;
use crate::store::{BodyStore, Stored};
use crate::value::Text;

/// The index's file in `.bengal`.
pub const INDEX: &str = "pages";

/// What was made of a page's file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    /// Whether it was left out, as a draft or for its dates, before its Markdown was read.
    pub excluded: bool,
    /// Its title.
    pub title: Text,
    /// Its URL from the site's root.
    pub url: Text,
    /// Its front matter.
    pub front: FrontMatter,
    /// What was found in its Markdown.
    pub body: Body,
    /// What is wrong with it.
    pub reports: Vec<Diagnostic>,
}

/// A page of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The stamp of its file; `None` where that does not tell whether it is the same.
    pub stamp: Option<Stamp>,
    /// The hash of its file.
    pub hash: u128,
    /// Its record in the body store.
    pub record: Stored,
    /// Its HTML there; of a template its text.
    pub body: Stored,
}

#[derive(Serialize, Deserialize)]
struct Index<'a> {
    key: Key,
    generation: u64,
    /// Bytes of the body store.
    length: u64,
    #[serde(borrow)]
    pages: Vec<(&'a str, Known)>,
}

/// The pages that the last build kept.
#[derive(Debug, Default)]
pub struct Pages<'a> {
    by_path: RwLock<FxHashMap<&'a str, Known>>,
    kept: Mutex<Vec<(Arc<str>, Known)>>,
    /// Whether what is kept is what the last build kept.
    same: AtomicBool,
}

/// What the index of the last build says of the body store.
#[derive(Clone, Copy, Debug)]
pub struct Bodies {
    /// Which file it is.
    pub generation: u64,
    /// How many bytes of it are good.
    pub length: u64,
    /// How many of these pages need.
    pub live: u64,
}

impl<'a> Pages<'a> {
    /// What stands in `bytes`, an index that was made with `key`; and what it says of the body store.
    ///
    /// # Errors
    /// When it is damaged, or with the key that it was made with.
    pub fn read(bytes: &'a [u8], key: &Key) -> Result<(Self, Bodies), Unusable> {
        let (pages, bodies, own) = Self::read_any(bytes)?;
        if own == *key { Ok((pages, bodies)) } else { Err(Unusable::Foreign) }
    }

    /// The same, whatever it was made with, and that.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn read_any(bytes: &'a [u8]) -> Result<(Self, Bodies, Key), Unusable> {
        let Index { key, generation, length, pages } = file::read::<Index<'_>>(bytes)?;
        let live = pages.iter().map(|(_, known)| known.bytes()).sum();
        let by_path = RwLock::new(pages.into_iter().collect());
        let bodies = Bodies { generation, length, live };
        Ok((Self { by_path, ..Self::default() }, bodies, key))
    }

    /// The page whose file is `path`, under `content/`.
    pub fn get(&self, path: &str) -> Option<Known> {
        self.by_path.read().unwrap_or_else(PoisonError::into_inner).get(path).copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_path.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All pages are parsed: what the last build kept is let go.
    pub fn settle(&self) {
        let mut by_path = self.by_path.write().unwrap_or_else(PoisonError::into_inner);
        let by_path = std::mem::take(&mut *by_path);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = |(path, known): &(Arc<str>, Known)| by_path.get(&**path) == Some(known);
        let same = kept.len() == by_path.len() && kept.iter().all(is_known);
        self.same.store(same, Ordering::Relaxed);
    }

    /// Keeps pages for the next build.
    pub fn keep(&self, pages: &mut Vec<(Arc<str>, Known)>) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).append(pages);
    }

    /// Writes the index of what was kept, unless it is what the last build wrote.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, folder: PathBuf, key: &Key, store: &BodyStore) -> std::io::Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if self.same.load(Ordering::Relaxed) {
            return Ok(());
        }
        kept.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let pages = kept.iter().map(|(path, known)| (&**path, *known)).collect();
        let index =
            Index { key: key.clone(), generation: store.generation(), length: store.len(), pages };
        file::replace(&folder.join(INDEX), &index)
    }
}

impl Known {
    /// The fingerprint of the page's body: of its HTML, and of all that was found.
    pub fn print(&self) -> u64 {
        fingerprint::of(&(self.record.content(), self.body.content()))
    }

    fn bytes(&self) -> u64 {
        (self.record.len() + self.body.len()) as u64
    }
}
