//! What a template sees of the page that it renders: `page`, `content`, `paginator`.
//!
//! Made anew for each rendering, so that it does not pile up.

use std::borrow::Cow;
use std::sync::OnceLock;

use bengal_liquid::value::{Object, Value as Liquid};

use super::page_view::{
    Lists, PLAIN, PageView, SiteView, Sources, TocEntry, Views, reading_time, summary, toc,
};
use super::views::{NO_TEXT, list, names, optional};
use crate::incremental::read::{self, What};
use crate::site::{Made, Page, PageId};
use crate::value::Text;

/// `page`, as the template that renders it sees it.
#[derive(Debug)]
pub struct CurrentPage<'r, 'm> {
    view: &'m PageView<'m>,
    /// The body with its links still open.
    made: Made<'r>,
    content: &'r str,
    summary: OnceLock<Text>,
    toc: OnceLock<Vec<TocEntry>>,
    lists: Lists<'m>,
}

impl<'r, 'm> CurrentPage<'r, 'm> {
    /// The page `view`, whose body was `made`, and with its links filled in is `content`.
    pub fn new(view: &'m PageView<'m>, made: Made<'r>, content: &'r str) -> Self {
        Self {
            view,
            made,
            content,
            summary: OnceLock::new(),
            toc: OnceLock::new(),
            lists: Lists::default(),
        }
    }
}

impl CurrentPage<'_, '_> {
    /// The page.
    pub(super) fn page(&self) -> &Page {
        self.view.page
    }
}

impl Object for CurrentPage<'_, '_> {
    fn get(&self, name: &str) -> Option<Liquid<'_>> {
        Some(match name {
            _ if self.view.hides(name) => Liquid::Nil,
            "content" => Liquid::Str(self.content),
            "summary" => Liquid::Str(self.summary.get_or_init(|| summary(self.view, self.made))),
            "toc" => list(self.toc.get_or_init(|| toc(self.view.page, self.made.body))),
            "word_count" => self.made.body.words.into(),
            "reading_time" => reading_time(self.made.body).into(),
            // `pages`, `terms` and `sections` are the shared view's: they are as long as the list, and a
            // list that is shown in pages asks for them in each.
            "ancestors" | "nearby" | "path" | "tags" | "taxonomies" => {
                return self.lists.field(self.view, name);
            }
            _ => return self.view.get(name),
        })
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        names(PLAIN, each);
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        NO_TEXT
    }
}

/// `paginator`.
#[derive(Debug)]
pub struct Paginator<'m> {
    pages: Views<'m>,
    index: u32,
    total_pages: u32,
    total_items: u32,
    page_size: u32,
    url: Text,
    first_url: Text,
    last_url: Text,
    previous_url: Option<Text>,
    next_url: Option<Text>,
}

impl<'m> Paginator<'m> {
    /// Page `number`, from 1, of the list of `id`; `None` where the list is all on one page.
    pub fn new(site: &'m SiteView<'m>, id: PageId, number: usize) -> Option<Self> {
        let Sources { site: model, settings, .. } = site.sources;
        let size = model.page_size(id, &settings.config);
        let figure = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        if size == 0 {
            return None;
        }
        read::note_list(What::Paginator, Some(id), figure(number));
        let list = model.list_of(id);
        let total = list.len().div_ceil(size).max(1);
        let url = |number| Text::from(crate::site::list_url(&model[id].url, number));
        let shown = list.chunks(size).nth(number - 1).unwrap_or_default();
        Some(Self {
            pages: site.views(shown),
            index: figure(number),
            total_pages: figure(total),
            total_items: figure(list.len()),
            page_size: figure(size),
            url: url(number),
            first_url: url(1),
            last_url: url(total),
            previous_url: (number > 1).then(|| url(number - 1)),
            next_url: (number < total).then(|| url(number + 1)),
        })
    }
}

impl Object for Paginator<'_> {
    fn get(&self, name: &str) -> Option<Liquid<'_>> {
        Some(match name {
            "pages" => list(&self.pages),
            "index" => self.index.into(),
            "total_pages" => self.total_pages.into(),
            "total_items" => self.total_items.into(),
            "page_size" => self.page_size.into(),
            "url" => Liquid::Str(&self.url),
            "first_url" => Liquid::Str(&self.first_url),
            "last_url" => Liquid::Str(&self.last_url),
            "previous_url" => optional(&self.previous_url),
            "next_url" => optional(&self.next_url),
            _ => return None,
        })
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        const PLAIN: &[&str] =
            &["index", "total_pages", "total_items", "page_size", "url", "first_url", "last_url"];
        names(PLAIN, each);
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        NO_TEXT
    }
}

/// The names that bengal defines in every template besides `site`.
#[derive(Debug)]
pub struct Globals<'r, 'm> {
    /// `page`.
    pub page: &'r CurrentPage<'r, 'm>,
    /// `content`: what a layout wraps.
    pub content: &'r str,
    /// `paginator`.
    pub paginator: Option<&'r Paginator<'m>>,
}

impl Object for Globals<'_, '_> {
    fn get(&self, name: &str) -> Option<Liquid<'_>> {
        Some(match name {
            "page" => Liquid::Object(self.page),
            "content" => Liquid::Str(self.content),
            "paginator" => {
                self.paginator.map_or(Liquid::Nil, |paginator| Liquid::Object(paginator))
            }
            _ => return None,
        })
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        names(&["page", "content", "paginator"], each);
    }
}
