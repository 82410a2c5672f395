//! Pages by the names of their files, for Jekyll's `post_url`.

use rustc_hash::FxHashMap;

use super::{PageId, Site};
use crate::content::permalink::folder_and_stem;

/// The pages that come from files, by the name of the file without what it ends in.
#[derive(Debug)]
pub struct Posts<'s> {
    site: &'s Site,
    by_stem: FxHashMap<&'s str, Vec<PageId>>,
}

impl<'s> Posts<'s> {
    /// Those of `site`.
    pub fn new(site: &'s Site) -> Self {
        let mut by_stem: FxHashMap<&str, Vec<PageId>> = FxHashMap::default();
        for id in site.ids() {
            let path = site[id].path.as_deref();
            let stem = path.map(|path| folder_and_stem(path).1).filter(|stem| !stem.is_empty());
            if let Some(stem) = stem {
                by_stem.entry(stem).or_default().push(id);
            }
        }
        Self { site, by_stem }
    }

    /// The page whose file is named `name`, without what it ends in, perhaps with folders before it.
    pub fn find(&self, name: &str) -> Option<PageId> {
        let named = self.by_stem.get(name.rsplit('/').next()?)?;
        let is_named = |id: &&PageId| {
            let path = self.site[**id].path.as_deref().and_then(|path| path.rsplit_once('.'));
            path.is_some_and(|(path, _)| path == name || path.ends_with(&format!("/{name}")))
        };
        named.iter().find(is_named).or(named.first().filter(|_| !name.contains('/'))).copied()
    }
}
