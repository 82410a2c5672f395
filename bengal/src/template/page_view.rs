//! Pages and the site as templates see them. Nothing of the site is copied for a page.
//!
//! [`SiteView`] holds one small view for each page; what a view links to is another view. What only
//! the page being rendered is asked for (its content, its lists) is in [`super::current`], made anew
//! for each rendering, so that it does not pile up.
//!
//! **Invariant:** another page's body is read from the store only when a template asks for it.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::OnceLock;

use bengal_liquid::memo::Memo;
use bengal_liquid::value::{List, Object, ToValue, Value as Liquid};
use bengal_liquid::watch::Noted;

use super::Templates;
use super::views::{NO_TEXT, list, names, optional};
use crate::content::page::{Body, Headings, Kind};
use crate::highlight::Languages;
use crate::incremental::read::{self, Extent, LENGTH, What};
use crate::memory;
use crate::site::{Made, MenuItem, Page, PageId, Posts, Settings, Site};
use crate::store::BodyStore;
use crate::value::{Map, Text};

/// What views read from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'m> {
    /// The site.
    pub site: &'m Site,
    /// The build's settings.
    pub settings: &'m Settings,
    /// The bodies.
    pub store: &'m BodyStore,
    /// The templates, for bodies that are such.
    pub templates: &'m Templates,
    /// The languages of code, for the same.
    pub languages: &'m Languages,
    /// Where the site is kept as bodies that are templates see it; `None` in that view itself.
    pub within: Option<&'m SiteCell<'m>>,
}

/// Where a [`SiteView`] is kept: its pages refer to each other through it. For templates it is what holds
/// the names that are the same on every page.
#[derive(Debug, Default)]
pub struct SiteCell<'m> {
    view: OnceLock<SiteView<'m>>,
    /// What templates made of the site and is remembered for the build.
    pub(super) memo: Memo<'m>,
}

impl SiteCell<'_> {
    /// One without a site.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Object for SiteCell<'_> {
    fn get(&self, name: &str) -> Option<Liquid<'_>> {
        (name == "site").then(|| self.view.get().map(|site| Liquid::Object(site)))?
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        each("site");
    }
}

/// `site`.
#[derive(Debug)]
pub struct SiteView<'m> {
    pub(super) sources: Sources<'m>,
    pub(super) cell: &'m SiteCell<'m>,
    pages: Vec<PageView<'m>>,
    newest: OnceLock<Listed<'m>>,
    sections: OnceLock<Listed<'m>>,
    taxonomies: OnceLock<Named<'m>>,
    menus: Named<'m>,
    data: Data<'m>,
    posts: OnceLock<Posts<'m>>,
}

/// Views of pages, in order.
pub(super) type Views<'m> = Vec<&'m PageView<'m>>;

/// A list of pages whose reading is noted: how far, and whether its length was asked for.
#[derive(Debug)]
pub(super) struct Listed<'m> {
    what: What,
    of: Option<PageId>,
    views: Views<'m>,
}

impl<'m> Listed<'m> {
    fn new(what: What, of: Option<PageId>, views: Views<'m>) -> Self {
        Self { what, of, views }
    }

    fn note(&self, read: usize, length: Extent) {
        let read = Extent::try_from(read).unwrap_or(Extent::MAX) & !LENGTH;
        read::note_list(self.what, self.of, read | length);
    }
}

impl List for Listed<'_> {
    fn len(&self) -> usize {
        self.note(0, LENGTH);
        self.views.len()
    }

    fn len_to(&self, most: usize) -> usize {
        let shorter = self.views.len() <= most;
        self.note(if shorter { 0 } else { most }, if shorter { LENGTH } else { 0 });
        self.views.len().min(most)
    }

    fn get(&self, index: usize) -> Option<Liquid<'_>> {
        let shorter = index >= self.views.len();
        self.note(index + 1, if shorter { LENGTH } else { 0 });
        self.views.as_slice().get(index).map(ToValue::to_value)
    }
}

/// A list whose reading is noted.
fn listed<'l>(list: &'l Listed<'_>) -> Liquid<'l> {
    Liquid::List(list)
}

/// What the data files hold, by first names.
#[derive(Debug)]
struct Data<'m>(&'m Map);

impl Object for Data<'_> {
    fn get(&self, name: &str) -> Option<Liquid<'_>> {
        read::note_name(What::Data, name);
        Object::get(self.0, name)
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        read::note(What::DataNames);
        self.0.names(each);
    }
}

/// An object whose fields are named by the site's author; what it is to those who note its reading: all
/// names, and one.
#[derive(Debug)]
struct Named<'m> {
    fields: Vec<(&'m str, Field<'m>)>,
    noted: Option<(What, What)>,
}

/// What such a field holds.
#[derive(Debug)]
enum Field<'m> {
    Page(&'m PageView<'m>),
    Pages(Views<'m>),
    Menu(&'m Vec<MenuItem>),
    /// The name is known, and nothing has it.
    Nothing,
}

impl Object for Named<'_> {
    fn get(&self, name: &str) -> Option<Liquid<'_>> {
        if let Some((_, one)) = self.noted {
            read::note_name(one, name);
        }
        let (_, field) = self.fields.iter().find(|(own, _)| *own == name)?;
        Some(match field {
            Field::Page(page) => Liquid::Object(*page),
            Field::Pages(pages) => list(pages),
            Field::Menu(menu) => list(menu),
            Field::Nothing => Liquid::Nil,
        })
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        if let Some((all, _)) = self.noted {
            read::note(all);
        }
        let filled = self.fields.iter().filter(|(_, field)| !matches!(field, Field::Nothing));
        filled.for_each(|(name, _)| each(name));
    }
}

impl<'m> SiteView<'m> {
    /// The view of the site that `sources` give, kept in `cell`; made when it is first asked for.
    pub fn get(cell: &'m SiteCell<'m>, sources: Sources<'m>) -> &'m Self {
        cell.view.get_or_keep(|| {
            let menus = &sources.site.menus;
            Self {
                sources,
                cell,
                pages: sources.site.ids().map(|id| PageView::new(id, sources.site, cell)).collect(),
                newest: OnceLock::new(),
                sections: OnceLock::new(),
                taxonomies: OnceLock::new(),
                posts: OnceLock::new(),
                menus: Named {
                    fields: menus.iter().map(|of| (&*of.name, Field::Menu(&of.items))).collect(),
                    noted: Some((What::Menus, What::Menu)),
                },
                data: Data(&sources.site.data),
            }
        })
    }

    /// The page whose file is named `name`: see [`Posts::find`].
    pub(super) fn post(&self, name: &str) -> Option<PageId> {
        self.posts.get_or_keep(|| Posts::new(self.sources.site)).find(name)
    }

    /// The view of a page.
    pub fn page(&'m self, id: PageId) -> &'m PageView<'m> {
        &self.pages[id.index()]
    }

    /// The views of pages.
    pub fn views(&'m self, ids: &[PageId]) -> Views<'m> {
        ids.iter().map(|id| self.page(*id)).collect()
    }
}

impl Object for SiteView<'_> {
    fn get(&self, name: &str) -> Option<Liquid<'_>> {
        let config = &self.sources.settings.config;
        Some(match name {
            "title" => config.title.to_value(),
            "base_url" => config.base_url.to_value(),
            "language" => config.language.to_value(),
            "description" => config.description.to_value(),
            "author" => config.author.to_value(),
            "params" => Liquid::Object(&config.params),
            "data" => Liquid::Object(&self.data),
            "menus" => Liquid::Object(&self.menus),
            "highlight_css" => {
                read::note(What::HighlightCss);
                optional(&self.sources.site.highlight_css)
            }
            _ => {
                let of_pages = self.cell.view.get().and_then(|view| view.collection(name));
                return of_pages.or_else(|| {
                    read::note_name(What::Value, name);
                    Object::get(&self.sources.settings.values, name)
                });
            }
        })
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        names(&["title", "base_url", "language", "description", "params"], each);
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        NO_TEXT
    }
}

impl<'m> SiteView<'m> {
    fn collection(&'m self, name: &str) -> Option<Liquid<'m>> {
        let site = self.sources.site;
        Some(match name {
            "pages" => listed(
                self.newest
                    .get_or_keep(|| Listed::new(What::Newest, None, self.views(&site.newest))),
            ),
            "sections" => listed(self.sections.get_or_keep(|| {
                Listed::new(What::TopSections, None, self.views(&site[site.home].sections))
            })),
            "taxonomies" => Liquid::Object(self.taxonomies.get_or_keep(|| {
                let all = site.taxonomies.iter();
                let fields = all.map(|of| (&*of.name, Field::Page(self.page(of.page)))).collect();
                Named { fields, noted: Some((What::Taxonomies, What::Taxonomy)) }
            })),
            _ => return None,
        })
    }
}

/// A page, as any template sees it.
#[derive(Debug)]
pub struct PageView<'m> {
    id: PageId,
    pub(super) page: &'m Page,
    cell: &'m SiteCell<'m>,
    permalink: OnceLock<Text>,
    slug: OnceLock<Text>,
    lists: OnceLock<Box<Lists<'m>>>,
    body: OnceLock<Box<BodyView>>,
}

/// Words that are read in a minute.
const WORDS_PER_MINUTE: u32 = 200;

/// What of a body the field `name` is.
fn of_body(name: &str) -> What {
    match name {
        "content" => What::Content,
        "summary" => What::Summary,
        "toc" => What::Toc,
        _ => What::Length,
    }
}

/// The fields that are made of a page's body.
const OF_BODIES: [&str; 5] = ["content", "summary", "toc", "word_count", "reading_time"];

impl<'m> PageView<'m> {
    fn new(id: PageId, site: &'m Site, cell: &'m SiteCell<'m>) -> Self {
        let page = &site[id];
        Self {
            id,
            page,
            cell,
            permalink: OnceLock::new(),
            slug: OnceLock::new(),
            lists: OnceLock::new(),
            body: OnceLock::new(),
        }
    }

    fn site(&self) -> &'m SiteView<'m> {
        self.cell
            .view
            .get()
            .expect("a page's view is reached through the site's, which is in the cell")
    }

    /// Whether the field `name` is made of a body that is a template, and is not to be seen from one, nor by
    /// who is [`Bodiless`].
    pub(super) fn hides(&self, name: &str) -> bool {
        let written = name == "summary" && self.page.front.summary.is_some();
        self.page.body.template.is_some()
            && OF_BODIES.contains(&name)
            && !written
            && (self.site().sources.within.is_none() || BODILESS.get())
    }

    fn link(&self, what: What, id: Option<PageId>) -> Liquid<'m> {
        read::note_page(what, self.id);
        id.map_or(Liquid::Nil, |id| Liquid::Object(self.site().page(id)))
    }
}

thread_local! {
    static BODILESS: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, what is made of bodies that are templates is nil to the calling thread: for who holds
/// what such a body may wait for, here or on the thread that renders it.
#[derive(Debug)]
pub struct Bodiless {
    around: bool,
}

impl Bodiless {
    /// From now on.
    pub fn begin() -> Self {
        Self { around: BODILESS.replace(true) }
    }
}

impl Drop for Bodiless {
    fn drop(&mut self) {
        BODILESS.set(self.around);
    }
}

impl ToValue for PageView<'_> {
    fn to_value(&self) -> Liquid<'_> {
        Liquid::Object(self)
    }
}

impl Object for PageView<'_> {
    fn get(&self, name: &str) -> Option<Liquid<'_>> {
        let page = self.page;
        Some(match name {
            "title" => page.title.to_value(),
            "url" => page.url.to_value(),
            "permalink" => Liquid::Str(self.permalink.get_or_keep(|| {
                let base = &self.site().sources.settings.config.base_url;
                format!("{base}{}", page.url).into()
            })),
            "kind" => Liquid::Str(page.kind.name()),
            "date" => optional(&page.front.date),
            "updated" => optional(&page.front.updated),
            "description" => optional(&page.front.description),
            "params" => Liquid::Object(&page.front.params),
            "word_count" if page.body.template.is_none() => {
                read::note_page(What::Length, self.id);
                page.body.words.into()
            }
            "reading_time" if page.body.template.is_none() => {
                read::note_page(What::Length, self.id);
                reading_time(&page.body).into()
            }
            "section" => self.link(What::Section, page.section),
            "previous" => self.link(What::Previous, page.previous),
            "next" => self.link(What::Next, page.next),
            "resources" => {
                read::note_page(What::Resources, self.id);
                list(&page.resources)
            }
            "slug" if page.kind == Kind::Term => Liquid::Str(self.slug.get_or_keep(|| {
                page.url.trim_end_matches('/').rsplit('/').next().unwrap_or_default().into()
            })),
            _ if OF_BODIES.contains(&name) => self.body.get_or_keep(Box::default).field(self, name),
            _ => {
                let lists = self.lists.get_or_keep(Box::default);
                return memory::kept(|| lists.field(self, name));
            }
        })
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        names(PLAIN, each);
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        NO_TEXT
    }
}

/// The plain fields of a page.
pub(super) const PLAIN: &[&str] = &[
    "title",
    "url",
    "permalink",
    "kind",
    "date",
    "updated",
    "description",
    "params",
    "tags",
    "word_count",
    "reading_time",
];

/// What is made when it is first asked for, and kept: it is the stage's, not the page's that asked.
trait Keep<T> {
    /// What is there, else what `make` gives.
    fn get_or_keep(&self, make: impl FnOnce() -> T) -> &T;
}

impl<T> Keep<T> for OnceLock<T> {
    fn get_or_keep(&self, make: impl FnOnce() -> T) -> &T {
        self.get_or_init(|| memory::kept(make))
    }
}

/// The lists of a page, each made when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Lists<'m> {
    pages: OnceLock<Listed<'m>>,
    sections: OnceLock<Listed<'m>>,
    ancestors: OnceLock<Listed<'m>>,
    nearby: OnceLock<Listed<'m>>,
    tags: OnceLock<Vec<&'m Text>>,
    taxonomies: OnceLock<Named<'m>>,
}

impl<'m> Lists<'m> {
    /// The list `name` of `view`'s page.
    pub fn field(&self, view: &PageView<'m>, name: &str) -> Option<Liquid<'_>> {
        let (page, site) = (view.page, view.site());
        let new = |what, views| Listed::new(what, Some(view.id), views);
        let pages = || listed(self.pages.get_or_init(|| new(What::Pages, site.views(&page.pages))));
        Some(match name {
            "pages" => pages(),
            "terms" if page.kind == Kind::Taxonomy => pages(),
            "sections" => listed(
                self.sections.get_or_init(|| new(What::Sections, site.views(&page.sections))),
            ),
            "ancestors" => {
                listed(self.ancestors.get_or_init(|| new(What::Ancestors, ancestors(page, site))))
            }
            "nearby" => {
                let nearby = || site.views(site.sources.site.nearby(page));
                listed(self.nearby.get_or_init(|| new(What::Nearby, nearby())))
            }
            "path" => page.path.as_deref().into(),
            "tags" => {
                read::note_page(What::Terms, view.id);
                list(self.tags.get_or_init(|| tags(page, site)))
            }
            "taxonomies" => {
                read::note_page(What::Terms, view.id);
                Liquid::Object(self.taxonomies.get_or_init(|| taxonomies(page, site)))
            }
            _ => return None,
        })
    }
}

/// The sections that `page` is in, outermost first.
fn ancestors<'m>(page: &Page, site: &'m SiteView<'m>) -> Views<'m> {
    let up = |id: &PageId| site.sources.site[*id].section;
    let mut ancestors: Vec<PageId> = std::iter::successors(page.section, up).collect();
    ancestors.reverse();
    site.views(&ancestors)
}

/// The titles of the terms of `page` in the taxonomy `tags`.
fn tags<'m>(page: &Page, site: &'m SiteView<'m>) -> Vec<&'m Text> {
    let Sources { site: model, settings, .. } = site.sources;
    let own = page.terms.iter().filter(|(of, _)| *settings.config.taxonomies[*of].name == *"tags");
    own.flat_map(|(_, terms)| terms).map(|term| &model[*term].title).collect()
}

/// The terms of `page`, by taxonomy.
fn taxonomies<'m>(page: &Page, site: &'m SiteView<'m>) -> Named<'m> {
    let known = site.sources.settings.config.taxonomies.iter().enumerate();
    let field = |index: usize| match page.terms.iter().find(|(of, _)| *of == index) {
        Some((_, terms)) => Field::Pages(site.views(terms)),
        None => Field::Nothing,
    };
    let fields = known.map(|(index, taxonomy)| (&*taxonomy.name, field(index))).collect();
    Named { fields, noted: None }
}

/// What derives from the body of a page other than the one being rendered. Each is kept alone: a list
/// of summaries must not keep every page's content.
#[derive(Debug, Default)]
struct BodyView {
    content: Kept<Text>,
    summary: Kept<Text>,
    toc: Kept<Vec<TocEntry>>,
    /// Words and minutes, where the body is a template.
    length: Kept<(u32, u32)>,
}

/// What was made once; and what was read for it, which counts as read by all who see it. That is
/// something where the body is a template.
type Kept<T> = OnceLock<(T, Noted)>;

fn kept<T>(cell: &Kept<T>, make: impl FnOnce() -> T) -> &T {
    let (made, noted) = cell.get_or_keep(|| read::apart(make));
    read::again(noted);
    made
}

impl BodyView {
    fn field(&self, view: &PageView<'_>, name: &str) -> Liquid<'_> {
        if view.hides(name) {
            return Liquid::Nil;
        }
        read::note_page(of_body(name), view.id);
        let Sources { site, settings, .. } = view.site().sources;
        match name {
            "content" => Liquid::Str(kept::<Text>(&self.content, || {
                let fill = |made: Made<'_>| {
                    site.fill_links(view.page, made, 0..made.html.len(), settings).into()
                };
                view.with_body(fill).unwrap_or_default()
            })),
            "summary" => {
                Liquid::Str(kept::<Text>(&self.summary, || match &view.page.front.summary {
                    Some(summary) => summary.clone(),
                    None => view.with_body(|made| summary(view, made)).unwrap_or_default(),
                }))
            }
            "toc" => list(kept(&self.toc, || match view.page.body.template {
                None => toc(view.page, &view.page.body),
                Some(_) => view.with_body(|made| toc(view.page, made.body)).unwrap_or_default(),
            })),
            _ => {
                let (words, minutes) = *kept(&self.length, || {
                    let length = |made: Made<'_>| (made.body.words, reading_time(made.body));
                    view.with_body(length).unwrap_or_default()
                });
                if name == "word_count" { words.into() } else { minutes.into() }
            }
        }
    }
}

impl PageView<'_> {
    /// What `make` makes of the page's body; `None` for one that cannot be read or made, of which the
    /// page's own rendering says why.
    fn with_body<T>(&self, make: impl FnOnce(Made<'_>) -> T) -> Option<T> {
        let mut bytes = Vec::new();
        let body = &self.page.body;
        let text = self.site().sources.store.read(body.stored, &mut bytes).ok()?;
        if body.template.is_none() {
            return Some(make(Made { body, html: text }));
        }
        let expanded = self.site().expand(self.id, text, &mut Vec::new())?;
        Some(make(expanded.made()))
    }
}

/// The minutes that it takes to read `body`.
pub(super) fn reading_time(body: &Body) -> u32 {
    body.words.div_ceil(WORDS_PER_MINUTE)
}

/// The summary of a page whose body was `made`.
pub(super) fn summary(view: &PageView<'_>, made: Made<'_>) -> Text {
    if let Some(summary) = &view.page.front.summary {
        return summary.clone();
    }
    let Sources { site, settings, .. } = view.site().sources;
    let range = &made.body.summary;
    let range = range.start as usize..(range.end as usize).min(made.html.len());
    site.fill_links(view.page, made, range, settings).into()
}

/// An entry of `page.toc`.
#[derive(Debug)]
pub(super) struct TocEntry {
    level: u8,
    id: Text,
    title: Text,
    children: Vec<TocEntry>,
}

impl ToValue for TocEntry {
    fn to_value(&self) -> Liquid<'_> {
        Liquid::Object(self)
    }
}

impl Object for TocEntry {
    fn get(&self, name: &str) -> Option<Liquid<'_>> {
        Some(match name {
            "level" => Liquid::Int(self.level.into()),
            "id" => self.id.to_value(),
            "title" => self.title.to_value(),
            "children" => list(&self.children),
            _ => return None,
        })
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        names(&["level", "id", "title", "children"], each);
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        NO_TEXT
    }
}

/// The table of contents of a page, unless it wants none.
pub(super) fn toc(page: &Page, body: &Body) -> Vec<TocEntry> {
    match page.front.toc {
        Some(false) => Vec::new(),
        _ => nest(&body.headings),
    }
}

/// Headings as a tree: each stands below the nearest one before it of a smaller level.
fn nest(headings: &Headings) -> Vec<TocEntry> {
    let mut open: Vec<TocEntry> = Vec::new();
    let mut top = Vec::new();
    let close = |open: &mut Vec<TocEntry>, top: &mut Vec<TocEntry>| {
        if let Some(entry) = open.pop() {
            open.last_mut().map_or(top, |parent| &mut parent.children).push(entry);
        }
    };
    for heading in headings.iter() {
        while open.last().is_some_and(|last| last.level >= heading.level) {
            close(&mut open, &mut top);
        }
        let (id, title) = (heading.id.into(), heading.title.into());
        open.push(TocEntry { level: heading.level, id, title, children: Vec::new() });
    }
    while !open.is_empty() {
        close(&mut open, &mut top);
    }
    top
}
