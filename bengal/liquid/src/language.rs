//! The tags and filters that templates have, and the reading of templates.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::error::SyntaxError;
use crate::filter::{Builtin, Filter};
use crate::filters::STANDARD;
use crate::tag::Tag;
use crate::template::Template;

/// What templates are written in.
pub struct Language {
    builtins: FxHashMap<&'static str, &'static Builtin>,
    filters: FxHashMap<String, Arc<dyn Filter>>,
    tags: FxHashMap<String, Arc<dyn Tag>>,
    partials: Option<FxHashSet<String>>,
    ids: AtomicU32,
}

/// A filter that was found.
pub(crate) enum Found<'l> {
    Builtin(&'static Builtin),
    Host(&'l Arc<dyn Filter>),
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Language").finish_non_exhaustive()
    }
}

impl Default for Language {
    fn default() -> Self {
        Self::new()
    }
}

impl Language {
    /// The standard tags and filters.
    pub fn new() -> Self {
        Self {
            builtins: STANDARD.iter().map(|filter| (filter.name, filter)).collect(),
            filters: FxHashMap::default(),
            tags: FxHashMap::default(),
            partials: None,
            ids: AtomicU32::new(0),
        }
    }

    /// Adds filters that come with the crate; one of the same name is replaced.
    pub fn add_builtins(&mut self, filters: &'static [Builtin]) {
        self.builtins.extend(filters.iter().map(|filter| (filter.name, filter)));
    }

    /// Adds a filter; one of the same name is replaced.
    pub fn add_filter(&mut self, filter: Arc<dyn Filter>) {
        self.filters.insert(filter.name().to_owned(), filter);
    }

    /// Adds a tag; one of the same name is replaced.
    pub fn add_tag(&mut self, tag: Arc<dyn Tag>) {
        self.tags.insert(tag.name().to_owned(), tag);
    }

    /// Says which partials there are, by every name that `include` and `render` may use: one that is not
    /// among them is a fault of the template.
    pub fn set_partials(&mut self, names: impl IntoIterator<Item = String>) {
        self.partials = Some(names.into_iter().collect());
    }

    /// Reads a template. Of one that is wrong, every fault is given that can be found.
    ///
    /// # Errors
    /// When anything is wrong with it.
    pub fn parse(&self, name: &str, source: &str) -> Result<Template, Vec<SyntaxError>> {
        crate::parser::parse(self, name, source)
    }

    pub(crate) fn filter(&self, name: &str) -> Option<Found<'_>> {
        let host = self.filters.get(name).map(Found::Host);
        host.or_else(|| self.builtins.get(name).copied().map(Found::Builtin))
    }

    pub(crate) fn tag(&self, name: &str) -> Option<&Arc<dyn Tag>> {
        self.tags.get(name)
    }

    /// The filter here that does what `name` does in another dialect of Liquid.
    pub(crate) fn same_as(&self, name: &str) -> Option<&'static str> {
        const OTHERS: [(&str, &str); 8] = [
            ("json", "jsonify"),
            ("to_json", "jsonify"),
            ("natural_sort", "sort_natural"),
            ("markdown", "markdownify"),
            ("url", "relative_url"),
            ("asset_url", "relative_url"),
            ("slug", "slugify"),
            ("handleize", "slugify"),
        ];
        let (_, same) = OTHERS.iter().find(|(other, _)| *other == name)?;
        self.filter(same).map(|_| *same)
    }

    /// Every filter's name.
    pub fn filter_names(&self) -> impl Iterator<Item = &str> {
        let special = ["where_exp", "find_exp", "group_by_exp"];
        self.filters.keys().map(String::as_str).chain(self.builtins.keys().copied()).chain(special)
    }

    /// Every tag's name.
    pub fn tag_names(&self) -> impl Iterator<Item = &str> {
        self.tags.keys().map(String::as_str).chain(crate::parser::TAGS.iter().copied())
    }

    /// The names of the partials, where they are known.
    pub(crate) fn partials(&self) -> Option<&FxHashSet<String>> {
        self.partials.as_ref()
    }

    pub(crate) fn next_id(&self) -> u32 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }
}
