//! What a template sees of the page that it renders: `page`, `content`, `paginator`.
//!
//! Made anew for each rendering, so that it does not pile up.

use std::cell::OnceCell;

use liquid_core::model::ValueView;

use super::page_view::{
    Lists, PageView, SiteView, Sources, TocEntry, Views, optional, reading_time, summary, toc,
};
use super::views::{Fields, NIL, object};
use crate::site::{Made, PageId};
use crate::value::Text;

/// `page`, as the template that renders it sees it.
#[derive(Debug)]
pub struct CurrentPage<'r, 'm> {
    view: &'m PageView<'m>,
    /// The body with its links still open.
    made: Made<'r>,
    content: &'r str,
    /// Minutes.
    reading_time: u32,
    summary: OnceCell<Text>,
    toc: OnceCell<Vec<TocEntry>>,
    lists: Lists<'m>,
}

impl<'r, 'm> CurrentPage<'r, 'm> {
    /// The page `view`, whose body was `made`, and with its links filled in is `content`.
    pub fn new(view: &'m PageView<'m>, made: Made<'r>, content: &'r str) -> Self {
        Self {
            view,
            made,
            content,
            reading_time: reading_time(made.body),
            summary: OnceCell::new(),
            toc: OnceCell::new(),
            lists: Lists::default(),
        }
    }
}

impl Fields for CurrentPage<'_, '_> {
    fn field(&self, name: &str) -> Option<&dyn ValueView> {
        match name {
            _ if self.view.hides(name) => Some(&NIL),
            "content" => Some(&self.content),
            "summary" => Some(self.summary.get_or_init(|| summary(self.view, self.made))),
            "toc" => Some(self.toc.get_or_init(|| toc(self.view.page, self.made.body))),
            "word_count" => Some(&self.made.body.words),
            "reading_time" => Some(&self.reading_time),
            // `pages`, `terms` and `sections` are the shared view's: they are as long as the list, and a
            // list that is shown in pages asks for them in each.
            "ancestors" | "nearby" | "path" | "tags" | "taxonomies" => {
                self.lists.field(self.view, name)
            }
            _ => self.view.field(name),
        }
    }

    fn names(&self) -> Vec<&str> {
        self.view.names()
    }
}
object!(CurrentPage<'r, 'm>);

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
        if size == 0 {
            return None;
        }
        let list = model.list_of(id);
        let total = list.len().div_ceil(size).max(1);
        let url = |number| Text::from(crate::site::list_url(&model[id].url, number));
        let shown = list.chunks(size).nth(number - 1).unwrap_or_default();
        let figure = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
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

impl Fields for Paginator<'_> {
    fn field(&self, name: &str) -> Option<&dyn ValueView> {
        Some(match name {
            "pages" => &self.pages,
            "index" => &self.index,
            "total_pages" => &self.total_pages,
            "total_items" => &self.total_items,
            "page_size" => &self.page_size,
            "url" => &self.url,
            "first_url" => &self.first_url,
            "last_url" => &self.last_url,
            "previous_url" => optional(&self.previous_url),
            "next_url" => optional(&self.next_url),
            _ => return None,
        })
    }

    fn names(&self) -> Vec<&str> {
        vec!["index", "total_pages", "total_items", "page_size", "url", "first_url", "last_url"]
    }
}
object!(Paginator<'m>);

/// The names that bengal defines in every template.
#[derive(Debug)]
pub struct Globals<'r, 'm> {
    /// `site`.
    pub site: &'m SiteView<'m>,
    /// `page`.
    pub page: &'r CurrentPage<'r, 'm>,
    /// `content`: what a layout wraps.
    pub content: &'r str,
    /// `paginator`.
    pub paginator: Option<&'r Paginator<'m>>,
}

impl Fields for Globals<'_, '_> {
    fn field(&self, name: &str) -> Option<&dyn ValueView> {
        match name {
            "site" => Some(self.site),
            "page" => Some(self.page),
            "content" => Some(&self.content),
            "paginator" => {
                Some(self.paginator.map_or(&NIL as &dyn ValueView, |paginator| paginator))
            }
            _ => None,
        }
    }

    fn names(&self) -> Vec<&str> {
        super::scope::GLOBALS.to_vec()
    }
}
object!(Globals<'r, 'm>);
