//! What is kept, for people to look at; nothing is built.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::file;
use super::made::{self, Files};
use super::pages::{self, Pages};
use super::read::{About, Extent, LENGTH, What};
use crate::store;

/// How much is kept of a site, for one output directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CacheStats {
    /// Pages that need not be parsed again.
    pub pages: u64,
    /// Bytes of the file that names them.
    pub pages_bytes: u64,
    /// Bytes of the body store.
    pub bodies_bytes: u64,
    /// Of those, bytes that pages need; the rest goes when it is over half.
    pub bodies_live_bytes: u64,
    /// Output files that are known.
    pub files: u64,
    /// Of those, files that were rendered, and whose inputs are known.
    pub rendered: u64,
    /// Inputs of all of them.
    pub inputs: u64,
    /// Bytes of the file that names them.
    pub files_bytes: u64,
}

/// Something that a page was made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Input {
    /// What it is.
    pub what: What,
    /// Of which page or name; `None` for the whole site.
    pub of: Option<String>,
    /// Of a list, how many items were read; `None` for all, and for what is no list.
    pub items: Option<u32>,
}

/// How much is kept in `state` for the output directory `output`.
///
/// # Errors
/// When there is nothing, or it cannot be read.
pub fn stats(state: &Path, output: &Path) -> Result<CacheStats, file::Unusable> {
    let pages_bytes = file::load(&state.join(pages::INDEX))?;
    let (pages, bodies, _) = Pages::read_any(&pages_bytes)?;
    let mut stats = CacheStats {
        pages: pages.len() as u64,
        pages_bytes: pages_bytes.len() as u64,
        bodies_bytes: store::length(state, bodies.generation),
        bodies_live_bytes: bodies.live,
        ..CacheStats::default()
    };
    if let Ok(bytes) = file::load(&made::index(state, output)) {
        let (files, _) = Files::read_any(&bytes)?;
        (stats.files, stats.rendered, stats.inputs) = files.counts();
        stats.files_bytes = bytes.len() as u64;
    }
    Ok(stats)
}

/// What each output file of the page that people call `page` was made of: its path, and its inputs.
///
/// # Errors
/// When nothing is kept, or it cannot be read.
pub fn inputs(
    state: &Path,
    output: &Path,
    page: &str,
) -> Result<Vec<(String, BTreeSet<Input>)>, file::Unusable> {
    let bytes = file::load(&made::index(state, output))?;
    let (files, _) = Files::read_any(&bytes)?;
    let is_wanted = |path: &str, name: &str| {
        let url = format!("/{}", path.strip_suffix("index.html").unwrap_or(path));
        name == page || path == page || url.trim_end_matches('/') == page.trim_end_matches('/')
    };
    Ok(files.inputs_of(is_wanted))
}

impl Input {
    /// The input that was read so far.
    pub(super) fn new(what: What, of: String, extent: Extent) -> Self {
        let is_list = matches!(
            what,
            What::Pages | What::Sections | What::Ancestors | What::Nearby | What::Newest
        );
        Self {
            what,
            of: (what.about() != About::Site).then_some(of),
            items: (is_list && extent & LENGTH == 0).then_some(extent),
        }
    }
}
