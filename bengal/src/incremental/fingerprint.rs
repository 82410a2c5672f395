//! What the site holds now of what a rendering read: one number for each.
//!
//! **Invariant:** two equal fingerprints of one [`Read`] mean that templates see the same in it. None is
//! 0, which stands for what is not there.

use std::collections::hash_map::Entry;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::read::{Extent, LENGTH, What};
use crate::content::page::Kind;
use crate::memory;
use crate::site::{Claims, Page, PageId, Posts, Settings, Site};
use crate::stages::Context;
use crate::template::Templates;

/// The page, or the name, of which something was read.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A page; `None` for one that is gone.
    Page(Option<PageId>),
    /// A name.
    Name(&'a str),
    /// The whole site.
    Site,
}

/// The fingerprints of a site.
#[derive(Debug)]
pub struct Fingerprints<'b> {
    site: &'b Site,
    settings: &'b Settings,
    templates: &'b Templates,
    claims: &'b OnceLock<Mutex<Claims>>,
    /// Of each page its plain fields; 0 where nobody has asked yet.
    plain: Vec<AtomicU64>,
    world: OnceLock<World>,
    every_body: OnceLock<u64>,
    posts: OnceLock<Posts<'b>>,
    files: Mutex<FxHashMap<Box<str>, u64>>,
}

/// What is hashed, in one piece.
#[derive(Debug, Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn put(&mut self, value: &(impl Serialize + ?Sized)) -> &mut Self {
        // Into memory: the only errors are those of types that serde refuses, of which there are none here.
        self.0 = postcard::to_extend(value, std::mem::take(&mut self.0)).unwrap_or_default();
        self
    }

    fn hash(&self) -> u64 {
        of_bytes(&self.0)
    }
}

/// The fingerprint of `bytes`.
pub fn of_bytes(bytes: &[u8]) -> u64 {
    xxh3_64(bytes).max(1)
}

/// The fingerprint of a value of the model.
pub fn of(value: &(impl Serialize + ?Sized)) -> u64 {
    Bytes(Vec::with_capacity(USUAL)).put(value).hash()
}

/// Bytes that most values take.
const USUAL: usize = 512;

/// What is the same in a build as in the last: all that derives from it need not be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// Every page but for its body, and the files beside pages.
    pub pages: u64,
    /// The templates.
    pub templates: u64,
    /// The data files.
    pub data: u64,
}

impl<'b> Fingerprints<'b> {
    /// Those of `site`, none of which is made yet.
    pub fn new(site: &'b Site, context: &'b Context<'b>) -> Self {
        Self {
            site,
            settings: context.settings,
            templates: context.templates,
            claims: context.claims,
            plain: site.pages.iter().map(|_| AtomicU64::new(0)).collect(),
            world: OnceLock::new(),
            every_body: OnceLock::new(),
            posts: OnceLock::new(),
            files: Mutex::default(),
        }
    }

    /// The fingerprint of what was read.
    pub fn of(&self, what: What, subject: Subject<'_>, extent: Extent) -> u64 {
        match subject {
            Subject::Page(Some(id)) => self.of_page(what, id, extent),
            Subject::Page(None) => 0,
            Subject::Name(name) => self.of_name(what, name),
            Subject::Site => self.of_site(what, extent),
        }
    }

    fn of_page(&self, what: What, id: PageId, extent: Extent) -> u64 {
        let (site, page) = (self.site, &self.site[id]);
        match what {
            What::Front => of(&(&page.title, &page.url, &page.front, page.path.is_some())),
            What::Body => page.body.print,
            What::Links => self.links(page),
            What::Paginator => self.paginator(id, extent),
            What::Section => self.linked(page.section),
            What::Previous => self.linked(page.previous),
            What::Next => self.linked(page.next),
            What::Pages => self.list(&page.pages, extent),
            What::Sections => self.list(&page.sections, extent),
            What::Nearby => self.list(site.nearby(page), extent),
            What::Ancestors => {
                let up = |id: &PageId| site[*id].section;
                let all: Vec<_> = std::iter::successors(page.section, up).collect();
                self.list(&all, LENGTH | u32::MAX)
            }
            What::Terms => {
                let mut bytes = Bytes::default();
                for (taxonomy, terms) in &page.terms {
                    bytes.put(taxonomy).put(&self.list(terms, LENGTH | u32::MAX));
                }
                bytes.hash()
            }
            What::Resources => of(&page.resources),
            What::Content => of(&(page.body.stored.content(), self.links(page))),
            What::Summary => of(&(
                &page.front.summary,
                page.body.summary_print,
                page.body.template.map(|_| page.body.stored.content()),
                self.links(page),
            )),
            What::Toc => of(&(
                page.front.toc,
                &page.body.headings,
                page.body.template.map(|_| page.body.stored.content()),
            )),
            What::Length => {
                of(&(page.body.words, page.body.template.map(|_| page.body.stored.content())))
            }
            _ => 0,
        }
    }

    fn of_name(&self, what: What, name: &str) -> u64 {
        let Site { taxonomies, menus, data, .. } = self.site;
        match what {
            What::Taxonomy => {
                let found = taxonomies.iter().find(|taxonomy| &*taxonomy.name == name);
                found.map_or(0, |found| self.plain(found.page))
            }
            What::Menu => {
                menus.iter().find(|menu| &*menu.name == name).map_or(0, |menu| of(&menu.items))
            }
            What::Data => data.get(name).map_or(0, of),
            What::Value => self.settings.values.get(name).map_or(0, of),
            What::Template => self.templates.fingerprint(name),
            What::Include => self
                .templates
                .find(name)
                .map_or(0, |(name, _)| of(&(name, self.templates.fingerprint(name)))),
            What::File => self.file(name),
            What::Output => {
                let claims = self.claims.get();
                let has = |claims: &Mutex<Claims>| {
                    claims.lock().unwrap_or_else(PoisonError::into_inner).has(name)
                };
                claims.is_some_and(has).into()
            }
            What::Link => {
                let home = &self.site[self.site.home];
                self.site.url_of_file(home, &format!("/{name}")).map_or(0, |url| of(&url))
            }
            What::Post => {
                let posts = self.posts.get_or_init(|| memory::kept(|| Posts::new(self.site)));
                posts.find(name).map_or(0, |id| of(&self.site[id].url))
            }
            _ => 0,
        }
    }

    fn of_site(&self, what: What, extent: Extent) -> u64 {
        let site = self.site;
        match what {
            What::Newest => self.list(&site.newest, extent),
            What::TopSections => self.list(&site[site.home].sections, extent),
            What::HighlightCss => of(&site.highlight_css),
            What::Taxonomies => of(&site.taxonomies.iter().map(|of| &of.name).collect::<Vec<_>>()),
            What::Menus => of(&site.menus.iter().map(|menu| &menu.name).collect::<Vec<_>>()),
            What::DataNames => of(&site.data.keys().collect::<Vec<_>>()),
            What::Clock => of(&self.settings.now),
            What::EveryPage => self.world().pages,
            What::EveryBody => *self.every_body.get_or_init(|| memory::kept(|| self.every_body())),
            _ => 0,
        }
    }

    /// The plain fields of a page: what a template sees of it however it has come by it.
    fn plain(&self, id: PageId) -> u64 {
        let kept = &self.plain[id.index()];
        match kept.load(Ordering::Relaxed) {
            0 => {
                let Page { kind, path, title, url, front, .. } = &self.site[id];
                let path = path.as_deref();
                let dates = (&front.date, &front.updated);
                let made =
                    of(&(kind.name(), path, title, url, dates, &front.description, &front.params));
                kept.store(made, Ordering::Relaxed);
                made
            }
            made => made,
        }
    }

    fn linked(&self, id: Option<PageId>) -> u64 {
        id.map_or(0, |id| self.plain(id))
    }

    /// The items of a list as far as it was read, and how many there are where that was read.
    fn list(&self, ids: &[PageId], extent: Extent) -> u64 {
        let read = (extent & !LENGTH) as usize;
        let mut bytes = Vec::with_capacity(8 * (1 + read.min(ids.len())));
        for id in ids.iter().take(read) {
            bytes.extend_from_slice(&self.plain(*id).to_le_bytes());
        }
        if extent & LENGTH != 0 {
            bytes.extend_from_slice(&(ids.len() as u64).to_le_bytes());
        }
        of_bytes(&bytes)
    }

    /// Where the links of a page lead.
    fn links(&self, page: &Page) -> u64 {
        if page.body.links.is_empty() {
            return 1;
        }
        let mut bytes = Bytes::default();
        bytes.put(&self.site.has_folder_of_base());
        for link in &page.body.links {
            bytes.put(&self.site.url_of_file(page, &link.target));
        }
        bytes.hash()
    }

    fn paginator(&self, id: PageId, number: Extent) -> u64 {
        let site = self.site;
        let size = site.page_size(id, &self.settings.config);
        let list = site.list_of(id);
        let shown = list.chunks(size.max(1)).nth((number as usize).saturating_sub(1));
        let shown = self.list(shown.unwrap_or_default(), LENGTH | u32::MAX);
        of(&(size, list.len(), shown, &site[id].url))
    }

    /// What the site is as a whole.
    pub fn world(&self) -> World {
        *self.world.get_or_init(|| {
            memory::kept(|| World {
                pages: self.every_page(),
                templates: self.templates.all_fingerprints(),
                data: of(&self.site.data),
            })
        })
    }

    fn every_page(&self) -> u64 {
        let mut bytes = Bytes(Vec::with_capacity(USUAL));
        // One after the other, so that no piece is as long as the site.
        let mut all = Vec::with_capacity(8 * self.site.pages.len());
        for page in &self.site.pages {
            let Page { kind, path, title, url, front, .. } = page;
            bytes.0.clear();
            let print = bytes.put(&(kind.name(), path.as_deref(), title, url, front)).hash();
            all.extend_from_slice(&print.to_le_bytes());
        }
        let site = self.site;
        let besides = (site.resources(), &site.highlight_css, site.has_folder_of_base());
        of(&(of_bytes(&all), besides))
    }

    fn every_body(&self) -> u64 {
        let mut bytes = Bytes::default();
        for page in &self.site.pages {
            bytes.put(&(page.body.print, self.links(page)));
        }
        bytes.hash()
    }

    /// A file: where it really is, and what is in it.
    fn file(&self, name: &str) -> u64 {
        let (path, _) = name.split_once('\0').unwrap_or((name, ""));
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        match files.entry(path.into()) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let read = std::fs::read(self.settings.root.join(path));
                let made = read.map_or(0, |bytes| of_file(&self.settings.root.join(path), &bytes));
                *new.insert(made)
            }
        }
    }
}

/// The fingerprint of the file at `path`, in which `bytes` are.
pub fn of_file(path: &Path, bytes: &[u8]) -> u64 {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    of(&(of_bytes(bytes), real.to_string_lossy()))
}

/// What tells a page from others, in every build.
pub fn identity(page: &Page) -> String {
    match &page.path {
        Some(path) => path.to_string(),
        None => format!("\0{}\0{}", page.url, Kind::name(page.kind)),
    }
}
