//! What plugins see of values, pages and the site.
//!
//! Pages have the names that templates know them by. None is copied: a page is its place in the site.

use super::call::{Call, Node};
use crate::content::page::Kind;
use crate::site::{Made, Page, PageId, Settings, Site};
use crate::store::BodyStore;
use crate::value::Value;
use bengal_plugin::abi;

/// The site, as far as it is known.
#[derive(Clone, Copy)]
pub(super) struct World<'c> {
    pub settings: &'c Settings,
    /// From taxonomy on.
    pub site: Option<&'c Site>,
    /// The bodies, where they can be read.
    pub store: Option<&'c BodyStore>,
}

/// The fields of the site, in the order in which a plugin goes through them.
const SITE: &[&str] = &["title", "base_url", "language", "description", "author", "params"];

/// The fields of the site that lead to pages.
const OF_PAGES: &[&str] = &["pages", "all_pages", "sections", "home", "data"];

/// The fields of a page, in the order in which a plugin goes through them.
const PAGE: &[&str] = &[
    "title",
    "url",
    "permalink",
    "kind",
    "path",
    "date",
    "updated",
    "description",
    "word_count",
    "params",
];

impl<'c> Call<'c> {
    /// `BENGAL_KIND_…` of a value.
    pub fn kind(&self, node: Node<'_>) -> u32 {
        match node {
            Node::Nil => abi::KIND_NIL,
            Node::Bool(_) => abi::KIND_BOOL,
            Node::Int(_) => abi::KIND_INT,
            Node::Float(_) => abi::KIND_FLOAT,
            Node::Text(_) => abi::KIND_TEXT,
            Node::Bytes(_) => abi::KIND_BYTES,
            Node::Liquid(place) if self.liquid(place).is_list() => abi::KIND_LIST,
            Node::Liquid(_) => abi::KIND_MAP,
            Node::List(_) | Node::Pages(_) | Node::AllPages => abi::KIND_LIST,
            Node::Map(_) | Node::Site | Node::Page(_) | Node::Options(_) => abi::KIND_MAP,
        }
    }

    /// How many a list or a map has, or bytes of text.
    pub fn length(&self, node: Node<'_>) -> usize {
        match node {
            Node::Text(text) => text.len(),
            Node::Bytes(bytes) => bytes.len(),
            Node::List(list) => list.len(),
            Node::Pages(pages) => pages.len(),
            Node::AllPages => self.known_site().map_or(0, |site| site.pages.len()),
            Node::Liquid(place) => self.liquid(place).len().unwrap_or(0),
            Node::Map(map) => map.len(),
            Node::Options(options) => options.map().len(),
            Node::Site => SITE.len(),
            Node::Page(_) => PAGE.len(),
            Node::Nil | Node::Bool(_) | Node::Int(_) | Node::Float(_) => 0,
        }
    }

    /// The element at `index` of a list or a map.
    pub fn element(&mut self, node: Node<'c>, index: usize) -> Option<Node<'c>> {
        match node {
            Node::List(list) => list.get(index).map(Node::from),
            Node::Pages(pages) => pages.get(index).copied().map(Node::Page),
            Node::AllPages => self.known_site()?.id(index).map(Node::Page),
            Node::Liquid(place) => {
                let of = self.liquid(place);
                let item = match of.is_list() {
                    true => of.item(index),
                    false => of.fields().into_iter().nth(index).map(|(_, value)| value),
                };
                item.map(|item| self.take(item))
            }
            Node::Map(map) => map.get_index(index).map(|(_, value)| Node::from(value)),
            Node::Options(options) => {
                options.ask_all();
                options.map().get_index(index).map(|(_, value)| Node::from(value))
            }
            Node::Site | Node::Page(_) => {
                let key = self.key_at(node, index)?;
                self.field(node, key)
            }
            _ => None,
        }
    }

    /// The key at `index` of a map.
    pub fn key_at(&self, node: Node<'c>, index: usize) -> Option<&'c str> {
        match node {
            Node::Map(map) => map.get_index(index).map(|(key, _)| key.as_str()),
            Node::Options(options) => {
                options.ask_all();
                options.map().get_index(index).map(|(key, _)| key.as_str())
            }
            Node::Liquid(place) => {
                let (key, _) = self.liquid(place).fields().into_iter().nth(index)?;
                match self.keep_text(key.to_text().into_owned()) {
                    Node::Text(key) => Some(key),
                    _ => None,
                }
            }
            Node::Site => SITE.get(index).copied(),
            Node::Page(_) => PAGE.get(index).copied(),
            _ => None,
        }
    }

    /// What a map has at `key`.
    pub fn field(&mut self, node: Node<'c>, key: &str) -> Option<Node<'c>> {
        match node {
            Node::Map(map) => map.get(key).map(Node::from),
            Node::Options(options) => options.get(key).map(Node::from),
            Node::Liquid(place) => {
                let value = self.liquid(place).field(key)?;
                Some(self.take(value))
            }
            Node::Site => self.of_site(key),
            Node::Page(id) => self.of_page(id, key),
            _ => None,
        }
    }

    fn of_site(&self, key: &str) -> Option<Node<'c>> {
        let World { settings, site, .. } = self.world?;
        let config = &settings.config;
        Some(match key {
            "title" => Node::Text(&config.title),
            "base_url" => Node::Text(&config.base_url),
            "language" => Node::Text(&config.language),
            "description" => Node::Text(&config.description),
            "author" => Node::Text(&config.author),
            "params" => Node::Map(&config.params),
            key if OF_PAGES.contains(&key) => {
                let site = site?;
                match key {
                    "pages" => Node::Pages(&site.newest),
                    "all_pages" => Node::AllPages,
                    "sections" => Node::Pages(&site[site.home].sections),
                    "home" => Node::Page(site.home),
                    _ => Node::Map(&site.data),
                }
            }
            key => indexmap::IndexMap::get(&settings.values, key)?.into(),
        })
    }

    fn of_page(&self, id: PageId, key: &str) -> Option<Node<'c>> {
        let World { settings, site, .. } = self.world?;
        let site = site?;
        let page = &site[id];
        let text = |text: &'c Option<crate::value::Text>| text.as_deref().map(Node::Text);
        let date = |date: Option<crate::content::date::Date>| {
            date.map(|date| self.keep_text(date.rfc3339()))
        };
        Some(match key {
            "title" => Node::Text(&page.title),
            "url" => Node::Text(&page.url),
            "permalink" => {
                let base = &settings.config.base_url;
                self.keep_text(format!("{base}{}", page.url))
            }
            "kind" => Node::Text(page.kind.name()),
            "path" => Node::Text(page.path.as_deref()?),
            "date" => return date(page.front.date),
            "updated" => return date(page.front.updated),
            "description" => return text(&page.front.description),
            "summary" => return text(&page.front.summary),
            "layout" => return text(&page.front.layout),
            "params" => Node::Map(&page.front.params),
            "word_count" => Node::Int(i64::from(page.body.words)),
            "html" => return self.html(page),
            "section" => Node::Page(page.section?),
            "previous" => Node::Page(page.previous?),
            "next" => Node::Page(page.next?),
            "pages" => Node::Pages(&page.pages),
            "sections" => Node::Pages(&page.sections),
            "taxonomies" => self.keep(terms(settings, site, page)),
            _ => return None,
        })
    }

    fn known_site(&self) -> Option<&'c Site> {
        self.world?.site
    }

    /// The HTML of a page with its links; `None` where it is not made yet, as its body is a template.
    fn html(&self, page: &Page) -> Option<Node<'c>> {
        if page.body.template.is_some() || page.kind != Kind::Page && page.path.is_none() {
            return None;
        }
        let World { settings, site, store } = self.world?;
        let mut bytes = Vec::new();
        let html = store?.read(page.body.stored, &mut bytes).ok()?;
        let made = Made { body: &page.body, html };
        let filled = site?.fill_links(page, made, 0..html.len(), settings);
        Some(self.keep_text(filled))
    }
}

/// The titles of the terms of a page, by taxonomy.
fn terms(settings: &Settings, site: &Site, page: &Page) -> Value {
    let taxonomies = &settings.config.taxonomies;
    let list = |terms: &[PageId]| {
        Value::List(terms.iter().map(|id| Value::Text(site[*id].title.clone())).collect())
    };
    let entries = page
        .terms
        .iter()
        .filter_map(|(of, terms)| Some((taxonomies.get(*of)?.name.clone(), list(terms))));
    Value::Map(entries.collect())
}
