//! Sections: which folder is one, what it hands down, and who stands where in it.
//!
//! Every folder that holds pages is a section, whether it has an `_index.md` or not. A folder with
//! an `index.md` is a bundle, which is one page; pages beside or below that file belong to the
//! section that the bundle stands in.

use std::collections::{HashMap, HashSet};

use super::assemble::{Builder, in_order};
use super::{Page, PageId};
use crate::content::front_matter::FrontMatter;
use crate::content::page::{Kind, Parsed};
use crate::content::permalink::{self, Subject, folder_and_stem};
use crate::content::slug::titleize;

/// Hands down what sections cascade. `pages` are sorted by path.
pub fn cascade(pages: &mut [Box<Parsed>]) {
    let mut cascades: HashMap<String, FrontMatter> = HashMap::new();
    // A folder's `_index.md` may sort behind its sub-folders, so: all first, then merged top down.
    for page in pages.iter_mut() {
        let Some(folder) = section_folder(&page.path) else { continue };
        if let Some(own) = page.front.rare.as_mut().and_then(|rare| rare.cascade.take()) {
            cascades.insert(folder.to_owned(), own);
        }
    }
    if cascades.is_empty() {
        return;
    }
    let mut folders: Vec<_> = cascades.keys().cloned().collect();
    folders.sort_by_key(|folder| folder.matches('/').count() + usize::from(!folder.is_empty()));
    for folder in folders {
        let above = parent(&folder).and_then(|up| nearest(up, |f| cascades.get(f))).cloned();
        if let (Some(above), Some(own)) = (above, cascades.get_mut(&folder)) {
            own.inherit(&above);
        }
    }
    for page in pages {
        let from = match section_folder(&page.path) {
            Some(folder) => parent(folder),
            None => Some(folder_and_stem(&page.path).0),
        };
        if let Some(cascade) = from.and_then(|from| nearest(from, |f| cascades.get(f))) {
            page.front.inherit(cascade);
        }
    }
}

const SECTION_FILE: &str = "_index.md";

/// The folder of a section's own page; `None` for other pages. The home page is the content folder's,
/// under either of its names.
fn section_folder(path: &str) -> Option<&str> {
    if path == "index.md" {
        return Some("");
    }
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    (name == SECTION_FILE).then_some(folder)
}

/// The folder above; `None` for the content folder itself.
pub(super) fn parent(folder: &str) -> Option<&str> {
    (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(up, _)| up))
}

/// What `find` gives for `folder`, else for the nearest folder above.
pub(super) fn nearest<T>(mut folder: &str, find: impl Fn(&str) -> Option<T>) -> Option<T> {
    loop {
        match find(folder) {
            Some(found) => return Some(found),
            None => folder = parent(folder)?,
        }
    }
}

/// What the tree gives besides the links between pages.
pub struct Tree {
    /// The pages of files and the sections, in the total order.
    pub order: Vec<PageId>,
}

/// Adds sections that have no page of their own, and links all pages.
pub fn build(builder: &mut Builder<'_>) -> Tree {
    let bundles = bundles(&builder.pages);
    let mut sections = own_sections(builder);
    add_sections(builder, &bundles, &mut sections);
    for page in &mut builder.pages {
        page.section = section_of(page, &sections);
    }
    for (folder, id) in &sections {
        builder.pages[id.index()].section =
            parent(folder).and_then(|up| nearest(up, |folder| sections.get(folder).copied()));
    }
    let mut order: Vec<PageId> = (0..builder.pages.len())
        .map(PageId::new)
        .filter(|id| builder.pages[id.index()].kind != Kind::NotFound)
        .collect();
    order.sort_by(|a, b| in_order(&builder.pages[a.index()], &builder.pages[b.index()]));
    link(&mut builder.pages, &order);
    builder.sections = sections;
    Tree { order }
}

/// Folders that are bundles.
fn bundles(pages: &[Page]) -> HashSet<String> {
    let folder = |page: &Page| {
        let (folder, name) = page.path.as_deref()?.rsplit_once('/')?;
        (name == "index.md").then(|| folder.to_owned())
    };
    pages.iter().filter_map(folder).collect()
}

/// Sections that have a page of their own, by folder. The home page is the content folder's.
fn own_sections(builder: &Builder<'_>) -> HashMap<String, PageId> {
    let own = |(index, page): (usize, &Page)| {
        let folder = section_folder(page.path.as_deref()?)?;
        Some((folder.to_owned(), PageId::new(index)))
    };
    let mut sections: HashMap<_, _> = builder.pages.iter().enumerate().filter_map(own).collect();
    sections.insert(String::new(), builder.home);
    sections
}

/// Adds a section for each folder that holds pages and has none, and for those above it. The folder
/// of a taxonomy is none: the taxonomy's own page lists its terms.
fn add_sections(
    builder: &mut Builder<'_>,
    bundles: &HashSet<String>,
    sections: &mut HashMap<String, PageId>,
) {
    let taxonomies = &builder.settings.config.taxonomies;
    let mut missing: HashSet<&str> = HashSet::new();
    for page in &builder.pages {
        let Some(path) = page.path.as_deref() else { continue };
        let mut folder = Some(folder_and_stem(path).0);
        while let Some(at) = folder.filter(|at| !missing.contains(at)) {
            let in_bundle = || nearest(at, |folder| bundles.get(folder)).is_some();
            let is_taxonomy = || taxonomies.iter().any(|taxonomy| *taxonomy.name == *at);
            if !sections.contains_key(at) && !is_taxonomy() && !in_bundle() {
                missing.insert(at);
            }
            folder = parent(at);
        }
    }
    let mut missing: Vec<String> = missing.into_iter().map(str::to_owned).collect();
    missing.sort_unstable();
    for folder in missing {
        let path = format!("{folder}/{SECTION_FILE}");
        let subject = Subject { path: &path, title: "", date: None, slug: None, url: None };
        let Ok(url) = permalink::url_of(&subject, None, false) else { continue };
        let name = folder.rsplit('/').next().unwrap_or_default();
        // Beside `a.md`, which has the URL already, the pages of `a/` belong to the section above.
        if let Ok(id) = builder.try_add(Kind::Section, &url.url, titleize(name).into()) {
            sections.insert(folder, id);
        }
    }
}

/// The section that a page which is none itself stands in.
fn section_of(page: &Page, sections: &HashMap<String, PageId>) -> Option<PageId> {
    let (folder, stem) = folder_and_stem(page.path.as_deref()?);
    let from = if stem.is_empty() { parent(folder)? } else { folder };
    let listed = page.kind == Kind::Page;
    nearest(from, |folder| sections.get(folder).copied()).filter(|_| listed)
}

/// Lists each page in its section, in the total order, and links neighbours.
fn link(pages: &mut [Page], order: &[PageId]) {
    let mut lists: Vec<(Vec<PageId>, Vec<PageId>)> = Vec::new();
    lists.resize_with(pages.len(), Default::default);
    for id in order {
        let page = &pages[id.index()];
        let Some(section) = page.section else { continue };
        let list = &mut lists[section.index()];
        match page.kind {
            Kind::Page => list.0.push(*id),
            Kind::Section => list.1.push(*id),
            _ => {}
        }
    }
    for (index, (own, below)) in lists.into_iter().enumerate() {
        for pair in own.windows(2) {
            pages[pair[0].index()].next = Some(pair[1]);
            pages[pair[1].index()].previous = Some(pair[0]);
        }
        pages[index].pages = own.into();
        pages[index].sections = below.into();
    }
}
