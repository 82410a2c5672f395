//! The site: every page with its place among the others, as it is after the barrier.
//!
//! **Invariant:** a [`Site`] never changes once it is assembled, and depends on its input alone: not
//! on the order in which pages were parsed.

mod assemble;
mod claims;
mod files;
mod links;
mod menus;
mod posts;
mod terms;
mod tree;

use std::ops::Index;
use std::path::PathBuf;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use assemble::in_order;
pub use assemble::{Assembled, Gathered, assemble, list_url};
pub use claims::{Claims, Owner};
pub use links::{Made, Missing};
pub use posts::Posts;

use crate::config::Config;
use crate::content::date::Date;
use crate::content::front_matter::{Excluded, FrontMatter, Wanted};
use crate::content::page::{Body, Kind, Language};
use crate::value::{Map, Text};

/// What shapes a build besides the site's content.
#[derive(Debug)]
pub struct Settings {
    /// The site's folder, canonical.
    pub root: PathBuf,
    /// The site's configuration, with what the command line changes in it.
    pub config: Config,
    /// What plugins add to `site`.
    pub values: Map,
    /// The moment that counts as now.
    pub now: Date,
    /// Which pages are built besides those that are published now.
    pub wanted: Wanted,
}

/// A page's place in [`Site::pages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageId(u32);

impl PageId {
    /// The place as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    fn new(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// A site, assembled.
#[derive(Debug)]
pub struct Site {
    /// Every rendered thing: first the pages from files, in the order of their paths, then those
    /// that bengal adds.
    pub pages: Vec<Page>,
    /// How many pages come from files.
    from_files: usize,
    /// The pages from files, by language and path.
    by_path: Vec<FxHashMap<Arc<str>, PageId>>,
    /// The regular pages, newest first.
    pub newest: Vec<PageId>,
    /// The home page.
    pub home: PageId,
    /// The taxonomies that have terms.
    pub taxonomies: Vec<Taxonomy>,
    /// The menus by name.
    pub menus: Vec<Menu>,
    /// What the data files hold.
    pub data: Map,
    /// The URL of the style sheet of highlighted code, from the site's root; `None` where no page has
    /// such code.
    pub highlight_css: Option<Text>,
    /// Files beside pages, in the order of their paths.
    resources: Vec<FileLink>,
    /// Whether the site has a folder, or a file, of the name that the path of `base_url` is.
    has_folder_of_base: bool,
    /// How many pages were left out.
    pub excluded: Excluded,
}

/// A page, with its place in the site.
#[derive(Debug)]
pub struct Page {
    /// What it is.
    pub kind: Kind,
    /// The language it is in.
    pub language: Language,
    /// Its path under `content/`; `None` when bengal added it.
    pub path: Option<Arc<str>>,
    /// Its title.
    pub title: Text,
    /// Its URL from the site's root.
    pub url: Text,
    /// Its front matter, with what sections above cascade.
    pub front: FrontMatter,
    /// What was made of its Markdown.
    pub body: Body,
    /// The section it belongs to; `None` for the home page.
    pub section: Option<PageId>,
    /// The page before it in its section's order.
    pub previous: Option<PageId>,
    /// The page after it in its section's order.
    pub next: Option<PageId>,
    /// The pages it lists, in order: a section's own pages, a term's pages, a taxonomy's terms.
    pub pages: Box<[PageId]>,
    /// The sections right below it, in order.
    pub sections: Box<[PageId]>,
    /// Its terms: index of the taxonomy in [`Config::taxonomies`], and the terms' pages.
    pub terms: Box<[(usize, Box<[PageId]>)]>,
    /// The taxonomy that it or its terms belong to, as an index of [`Config::taxonomies`].
    pub taxonomy: Option<usize>,
    /// Files beside it, for a bundle.
    pub resources: Vec<FileLink>,
}

/// A taxonomy, and the page that lists its terms.
#[derive(Debug)]
pub struct Taxonomy {
    /// Its name.
    pub name: Text,
    /// Its page, whose `pages` are its terms'.
    pub page: PageId,
}

/// A menu.
#[derive(Debug)]
pub struct Menu {
    /// Its name.
    pub name: Text,
    /// Its entries in order.
    pub items: Vec<MenuItem>,
}

/// An entry of a menu.
#[derive(Debug, serde::Serialize)]
pub struct MenuItem {
    /// What it is called.
    pub name: Text,
    /// Where it leads.
    pub url: Text,
    /// Its weight.
    pub weight: Option<i64>,
    /// Its identifier.
    pub identifier: Text,
    /// The entries below it, in order.
    pub children: Vec<MenuItem>,
}

/// A file that is copied, and its URL.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FileLink {
    /// Its path: under `content/`, or relative to the bundle it belongs to.
    pub path: Text,
    /// Its URL from the site's root.
    pub url: Text,
}

impl Index<PageId> for Site {
    type Output = Page;

    fn index(&self, id: PageId) -> &Page {
        &self.pages[id.index()]
    }
}

impl Site {
    /// Whether links that begin with the path of `base_url` are meant from the site's root.
    pub fn has_folder_of_base(&self) -> bool {
        self.has_folder_of_base
    }

    /// The files beside pages, in the order of their paths.
    pub fn resources(&self) -> &[FileLink] {
        &self.resources
    }

    /// The pages, in their order.
    pub fn ids(&self) -> impl Iterator<Item = PageId> + use<> {
        (0..self.pages.len()).map(PageId::new)
    }

    /// The page at `index`.
    pub fn id(&self, index: usize) -> Option<PageId> {
        (index < self.pages.len()).then(|| PageId::new(index))
    }

    /// The page of that language made from the file at `path` under `content/`.
    pub fn by_path(&self, language: Language, path: &str) -> Option<PageId> {
        self.by_path.get(language.index())?.get(path).copied()
    }

    /// The name of the top-level section that a page stands in, as its folder is written; empty for
    /// pages at the top.
    pub fn top_folder<'a>(&'a self, page: &'a Page) -> &'a str {
        let Some(path) = &page.path else {
            // A section that bengal added: some page below it has a path.
            let below = page.pages.first().or(page.sections.first());
            return below.map_or("", |id| self.top_folder(&self[*id]));
        };
        // A bundle's own folder is no section.
        let path = path.strip_suffix("/index.md").unwrap_or(path);
        path.split_once('/').map_or("", |(first, _)| first)
    }

    /// What a page is called in messages: its file, or its URL where it has none.
    pub fn name_of(&self, id: PageId) -> String {
        match &self[id].path {
            Some(path) => content_path(path),
            None => format!("the page {}", self[id].url),
        }
    }

    /// How many items of its list each page of `id`'s list shows; 0 for all.
    pub fn page_size(&self, id: PageId, config: &Config) -> usize {
        let page = &self[id];
        let of_taxonomy = page.taxonomy.and_then(|taxonomy| config.taxonomies[taxonomy].page_size);
        match page.kind {
            Kind::Page | Kind::NotFound => 0,
            _ => page.front.page_size.or(of_taxonomy).unwrap_or(config.page_size),
        }
    }

    /// The list that `id` shows in pages: the home page's is every regular page, newest first.
    pub fn list_of(&self, id: PageId) -> &[PageId] {
        match self[id].kind {
            Kind::Home => &self.newest,
            _ => &self[id].pages,
        }
    }

    /// Of the list that `page` stands in, its section's pages or sections, those around it, itself
    /// among them: what navigation can show of a list of any length.
    pub fn nearby(&self, page: &Page) -> &[PageId] {
        let Some(section) = page.section else { return &[] };
        let list = match page.kind {
            Kind::Page => &self[section].pages,
            Kind::Section => &self[section].sections,
            _ => return &[],
        };
        let at = list.partition_point(|id| in_order(&self[*id], page).is_lt());
        let start = at.saturating_sub(NEARBY / 2).min(list.len().saturating_sub(NEARBY));
        &list[start..list.len().min(start + NEARBY)]
    }
}

/// How many pages [`Site::nearby`] gives: a section of that many is shown whole, and a page's
/// navigation stays a few kilobytes.
const NEARBY: usize = 40;

/// The path of a content file as messages name it.
pub fn content_path(path: &str) -> String {
    format!("{CONTENT}/{path}")
}

/// The folder of a site that holds its pages.
pub const CONTENT: &str = "content";
