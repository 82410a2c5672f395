//! Who has which output path.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::content::permalink::output_path;
use crate::content::slug::fold;

/// The output paths that are taken. Paths that differ only by case or Unicode form are one, as they
/// are one file on some systems.
#[derive(Debug, Default)]
pub struct Claims {
    taken: FxHashMap<String, Arc<str>>,
}

impl Claims {
    /// Room for `count` claims.
    pub fn with_capacity(count: usize) -> Self {
        Self { taken: FxHashMap::with_capacity_and_hasher(count, Default::default()) }
    }

    /// Claims the file at `url` for `owner`, who is named in messages.
    ///
    /// # Errors
    /// With the owner's name when it is taken.
    pub fn claim_url(&mut self, url: &str, owner: &Arc<str>) -> Result<(), Arc<str>> {
        self.claim(output_path(url), owner)
    }

    /// Claims the output path `path` for `owner`.
    ///
    /// # Errors
    /// With the owner's name when it is taken.
    pub fn claim(&mut self, path: String, owner: &Arc<str>) -> Result<(), Arc<str>> {
        let key = match fold(&path) {
            Cow::Borrowed(_) => path,
            Cow::Owned(folded) => folded,
        };
        match self.taken.entry(key) {
            std::collections::hash_map::Entry::Occupied(taken) => Err(Arc::clone(taken.get())),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(Arc::clone(owner));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_are_one_file_somewhere_are_one_claim() {
        let mut claims = Claims::default();
        let (first, second) = (Arc::from("a"), Arc::from("b"));
        claims.claim_url("/Ä/", &first).unwrap();
        for url in ["/ä/", "/A\u{0308}/", "/ä/index.html"] {
            assert_eq!(claims.claim_url(url, &second).unwrap_err(), first, "{url}");
        }
        claims.claim_url("/ä.html", &second).unwrap();
    }
}
