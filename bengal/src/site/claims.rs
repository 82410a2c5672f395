//! Who has which output path.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::content_path;
use crate::content::permalink::output_path;
use crate::content::slug::fold;

/// Who has an output path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The file of that path under `content/`.
    Content(Arc<str>),
    /// The stage of that name, of a plugin.
    Stage(Arc<str>),
    /// Something else, as messages name it.
    Other(Arc<str>),
}

impl Owner {
    /// Something that is no file under `content/`.
    pub fn other(name: impl Into<Arc<str>>) -> Self {
        Self::Other(name.into())
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Content(path) => f.write_str(&content_path(path)),
            Self::Stage(name) => write!(f, "the stage {name}"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// The output paths that are taken, and the folders that these need. Paths that differ only by case or
/// Unicode form are one, as they are one file on some systems.
#[derive(Debug, Default)]
pub struct Claims {
    taken: FxHashMap<String, Owner>,
    folders: FxHashMap<Box<str>, Owner>,
}

impl Claims {
    /// Room for `count` claims.
    pub fn with_capacity(count: usize) -> Self {
        Self {
            taken: FxHashMap::with_capacity_and_hasher(count, Default::default()),
            folders: FxHashMap::with_capacity_and_hasher(count, Default::default()),
        }
    }

    /// Claims the file at `url` for `owner`.
    ///
    /// # Errors
    /// With its owner when it is taken.
    pub fn claim_url(&mut self, url: &str, owner: &Owner) -> Result<(), Owner> {
        self.claim(output_path(url), owner)
    }

    /// Claims the output path `path` for `owner`.
    ///
    /// # Errors
    /// With its owner when it is taken.
    pub fn claim(&mut self, path: String, owner: &Owner) -> Result<(), Owner> {
        let key = match fold(&path) {
            Cow::Borrowed(_) => path,
            Cow::Owned(folded) => folded,
        };
        if let Some(owner) = self.taken.get(&key).or_else(|| self.folders.get(&*key)) {
            return Err(owner.clone());
        }
        // What is above a known folder is known too.
        let known = |folder: &&str| !self.folders.contains_key(*folder);
        let new: Vec<&str> = above(&key).take_while(known).collect();
        if let Some(file) = new.iter().find_map(|folder| self.taken.get(*folder)) {
            return Err(file.clone());
        }
        for folder in new {
            self.folders.insert(folder.into(), owner.clone());
        }
        self.taken.insert(key, owner.clone());
        Ok(())
    }
}

impl Claims {
    /// Whether the output path `path` is taken, or a folder is there.
    pub fn has(&self, path: &str) -> bool {
        let key = fold(path);
        self.taken.contains_key(&*key) || self.folders.contains_key(&*key)
    }
}

/// The folders of `path`, the nearest first.
fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('/'), |(folder, _)| folder.rsplit_once('/'))
        .map(|(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_are_one_file_somewhere_are_one_claim() {
        let mut claims = Claims::default();
        let (first, second) = (Owner::other("a"), Owner::other("b"));
        claims.claim_url("/Ä/", &first).unwrap();
        for url in ["/ä/", "/A\u{0308}/", "/ä/index.html"] {
            assert_eq!(claims.claim_url(url, &second).unwrap_err(), first, "{url}");
        }
        claims.claim_url("/ä.html", &second).unwrap();
    }

    #[test]
    fn a_file_and_a_folder_cannot_have_one_name() {
        let mut claims = Claims::default();
        let (first, second) = (Owner::other("a"), Owner::other("b"));
        claims.claim_url("/x.y", &first).unwrap();
        claims.claim_url("/a/b/c/", &first).unwrap();
        for url in ["/x.y/", "/X.y/z/w/"] {
            assert_eq!(claims.claim_url(url, &second).unwrap_err(), first, "{url}");
        }
        for path in ["a", "a/b", "a/B/c"] {
            assert_eq!(claims.claim(path.to_owned(), &second).unwrap_err(), first, "{path}");
        }
        claims.claim_url("/a/b/", &second).unwrap();
        claims.claim_url("/x/", &second).unwrap();
    }
}
