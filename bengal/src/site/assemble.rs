//! Puts a site together from what was parsed.
//!
//! 1. Pages are sorted by path, so that nothing depends on who was parsed first.
//! 2. What sections cascade is handed down; pages that are thereby drafts or expired leave.
//! 3. Each page claims its output path; the smaller path has it, the other is an error.
//! 4. Sections without a page of their own, the home page and the 404 page are added.
//! 5. The tree: sections, the total order, neighbours.
//! 6. Terms, and the pages that list them.
//! 7. Menus, data, files beside pages, redirects, and the style sheet of highlighted code.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::claims::{Claims, Owner};
use super::{Page, PageId, Settings, Site, content_path, files, menus, terms, tree};
use crate::config::HighlightConfig;
use crate::content::front_matter::{Excluded, FrontMatter, exclusion};
use crate::content::page::{Body, Kind, Language, Parsed};
use crate::content::permalink;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::highlight;
use crate::pipeline::item::{Data, FileBytes, FileCopy, Render};
use crate::value::Text;

/// What has come to the barrier.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The pages, in any order.
    pub pages: Vec<Box<Parsed>>,
    /// The data files, in any order.
    pub data: Vec<Data>,
    /// The files to be copied, in any order.
    pub files: Vec<FileCopy>,
    /// Whether templates may make highlighted code, which no page knows of.
    pub templates_make_code: bool,
}

/// A site, and what is to be made of it.
#[derive(Debug)]
pub struct Assembled {
    /// The site.
    pub site: Site,
    /// What is to be rendered: lists first, as they take longest.
    pub renders: Vec<Render>,
    /// What is to be copied.
    pub files: Vec<FileCopy>,
    /// Redirect pages: output path, and the URL they lead to.
    pub redirects: Vec<(String, Text)>,
    /// Who has which output path.
    pub claims: Claims,
}

/// Puts a site together.
pub fn assemble(
    gathered: Gathered,
    settings: &Settings,
    reports: &mut Vec<Diagnostic>,
) -> Assembled {
    let Gathered { mut pages, data, files, templates_make_code } = gathered;
    // Two of one path, as a stage may make, are told apart by what stands in them.
    let key = |page: &Parsed| (page.language, page.body.stored.content());
    let facts = |page: &Parsed| format!("{:?} {} {:?}", page.title, page.url, page.front);
    pages.sort_unstable_by(|a, b| {
        let alike = a.path.cmp(&b.path).then_with(|| key(a).cmp(&key(b)));
        alike.then_with(|| facts(a).cmp(&facts(b)))
    });
    tree::cascade(&mut pages);
    let (left_out, excluded) = leave_out(&mut pages, settings);
    let mut claims = Claims::with_capacity(pages.len() * 2);
    let pages = claim_pages(pages, &mut claims, &settings.root, reports);
    let mut builder = Builder::new(pages, settings, claims, reports);
    let adopted = terms::adopt(&mut builder);
    builder.add_pages();
    let tree = tree::build(&mut builder);
    let taxonomies = terms::build(&mut builder, &tree.order, &adopted);
    let newest = newest(&builder.pages, &tree.order);
    let menus = menus::build(&builder.pages, settings, builder.reports);
    let data = files::data(data, builder.reports);
    let (mut files, resources) = files::place(&mut builder, files, &left_out);
    let mut site = Site {
        from_files: builder.from_files,
        by_path: by_path(&builder.pages),
        home: builder.home,
        pages: std::mem::take(&mut builder.pages),
        newest,
        taxonomies,
        menus,
        data,
        resources,
        excluded,
        highlight_css: None,
        has_folder_of_base: false,
    };
    site.pages.shrink_to_fit();
    let renders = renders(&site, &mut builder);
    let redirects = redirects(&site, &mut builder);
    let base = settings.config.base_path().trim_start_matches('/');
    site.has_folder_of_base = builder.claims.has(base);
    let may_have_code = templates_make_code && settings.config.markdown.highlight.is_some();
    if may_have_code || site.pages.iter().any(|page| page.body.has_styled_code) {
        site.highlight_css = Some(format!("/{HIGHLIGHT_CSS}").into());
        files.extend(style_sheet(&mut builder));
    }
    Assembled { site, renders, files, redirects, claims: builder.claims }
}

/// The output path of the style sheet of highlighted code.
const HIGHLIGHT_CSS: &str = "highlight.css";

/// The style sheet of highlighted code; `None` where the site has its own.
fn style_sheet(builder: &mut Builder<'_>) -> Option<FileCopy> {
    let HighlightConfig { light, dark, .. } =
        builder.settings.config.markdown.highlight.as_ref()?;
    let owner = Owner::other("the style sheet of highlighted code");
    builder.claims.claim(HIGHLIGHT_CSS.to_owned(), &owner).ok()?;
    let css = highlight::style_sheet(*light, *dark);
    let from = FileBytes::Memory(css.into_bytes().into());
    Some(FileCopy { resource: None, from, to: HIGHLIGHT_CSS.into() })
}

/// Takes out the pages that are not to be built, with what sections cascade; gives the folders of the
/// bundles among them, and how many they are.
#[expect(clippy::vec_box, reason = "pages come in boxes, and sorting moves those")]
fn leave_out(pages: &mut Vec<Box<Parsed>>, settings: &Settings) -> (Vec<String>, Excluded) {
    let mut bundles = Vec::new();
    let mut excluded = Excluded::default();
    pages.retain(|page| {
        let out = exclusion(&page.front, settings.now.seconds, settings.wanted);
        out.into_iter().for_each(|out| excluded.count(out));
        if let (Some(_), Some(folder)) = (out, page.path.strip_suffix("/index.md")) {
            bundles.push(folder.to_owned());
        }
        out.is_none()
    });
    (bundles, excluded)
}

/// The pages that come from files, by language and path.
fn by_path(pages: &[Page]) -> Vec<FxHashMap<Arc<str>, PageId>> {
    let mut by_path: Vec<FxHashMap<Arc<str>, PageId>> = Vec::new();
    for (id, page) in (0..).map(PageId).zip(pages) {
        let Some(path) = &page.path else { continue };
        let language = page.language.index();
        if by_path.len() <= language {
            let empty = || FxHashMap::with_capacity_and_hasher(pages.len(), Default::default());
            by_path.resize_with(language + 1, empty);
        }
        by_path[language].insert(Arc::clone(path), id);
    }
    by_path
}

#[expect(clippy::vec_box, reason = "pages come in boxes, and sorting moves those")]
/// Keeps the pages that get the output path they ask for.
fn claim_pages(
    pages: Vec<Box<Parsed>>,
    claims: &mut Claims,
    root: &Path,
    reports: &mut Vec<Diagnostic>,
) -> Vec<Page> {
    let mut kept = Vec::with_capacity(pages.len() + pages.len() / 8 + 16);
    for page in pages {
        let Err(owner) = claims.claim_url(&page.url, &Owner::Content(Arc::clone(&page.path)))
        else {
            kept.push((*page).into());
            continue;
        };
        let file = content_path(&page.path);
        if owner == Owner::Content(Arc::clone(&page.path)) {
            reports.push(added_twice(&file));
            continue;
        }
        let rare = page.front.rare.as_deref();
        let what = match rare.map(|rare| (&rare.url, &rare.slug)) {
            Some((Some(_), _)) => "url:",
            Some((None, Some(_))) => "slug:",
            _ => "",
        };
        let place = Place::find(root, &file, what);
        reports.push(conflict(&file, &page.url, &owner).at(place));
    }
    kept
}

fn added_twice(file: &str) -> Diagnostic {
    let message = "there are two pages of this path, as a stage has added one";
    Diagnostic::error(Code::UrlConflict, message).in_file(file).hint("one of them is left out")
}

fn conflict(file: &str, url: &str, owner: &Owner) -> Diagnostic {
    Diagnostic::error(Code::UrlConflict, format!("the URL {url} is taken by {owner}"))
        .in_file(file)
        .hint("give one of them another `slug` or `url`, or rename it")
}

/// `owner` has the URL that the list titled `title` needs.
fn needed(owner: &Owner, url: &str, title: &str) -> Diagnostic {
    let message =
        |name: &str| format!("{name} has the URL {url}, which the list of `{title}` needs");
    let diagnostic = match owner {
        Owner::Content(path) => {
            Diagnostic::error(Code::UrlConflict, message("it")).in_file(&content_path(path))
        }
        owner => Diagnostic::error(Code::UrlConflict, message(&owner.to_string())),
    };
    diagnostic.hint("give the page another `slug` or `url`")
}

impl From<Parsed> for Page {
    fn from(parsed: Parsed) -> Self {
        Self {
            kind: parsed.kind,
            language: parsed.language,
            path: Some(parsed.path),
            title: parsed.title,
            url: parsed.url,
            front: parsed.front,
            body: parsed.body,
            section: None,
            previous: None,
            next: None,
            pages: Box::default(),
            sections: Box::default(),
            terms: Box::default(),
            taxonomy: None,
            resources: Vec::new(),
        }
    }
}

/// A site in the making.
pub(super) struct Builder<'a> {
    pub pages: Vec<Page>,
    pub from_files: usize,
    pub home: PageId,
    /// The sections by folder, once the tree is built.
    pub sections: HashMap<String, PageId>,
    pub settings: &'a Settings,
    pub claims: Claims,
    pub reports: &'a mut Vec<Diagnostic>,
}

impl<'a> Builder<'a> {
    fn new(
        pages: Vec<Page>,
        settings: &'a Settings,
        claims: Claims,
        reports: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let from_files = pages.len();
        let home = PageId(0);
        Self { pages, from_files, home, sections: HashMap::new(), settings, claims, reports }
    }

    /// Adds the home page and the 404 page where no file is theirs.
    fn add_pages(&mut self) {
        let find = |pages: &[Page], kind| pages.iter().position(|page| page.kind == kind);
        let home = find(&self.pages, Kind::Home).map(PageId::new);
        self.home = match home {
            Some(home) => home,
            None => {
                let title = self.settings.config.title.clone();
                self.add(Kind::Home, "/", title).unwrap_or(PageId(0))
            }
        };
        if find(&self.pages, Kind::NotFound).is_none() {
            self.add(Kind::NotFound, permalink::NOT_FOUND_URL, "Page not found".into());
        }
    }

    /// Adds a page that no file makes. `None` when its output path is taken, which is reported.
    pub fn add(&mut self, kind: Kind, url: &str, title: Text) -> Option<PageId> {
        let shown = title.clone();
        match self.try_add(kind, url, title) {
            Ok(id) => Some(id),
            Err(owner) => {
                self.reports.push(needed(&owner, url, &shown));
                None
            }
        }
    }

    /// Adds a page that no file makes.
    ///
    /// # Errors
    /// With its owner, when its output path is taken.
    pub fn try_add(&mut self, kind: Kind, url: &str, title: Text) -> Result<PageId, Owner> {
        self.claims.claim_url(url, &Owner::other(format!("the page {url}")))?;
        let parsed = Parsed {
            language: Language::OWN,
            path: Arc::from(""),
            kind,
            title,
            url: url.into(),
            front: FrontMatter::default(),
            body: Body::default(),
        };
        self.pages.push(Page { path: None, ..parsed.into() });
        Ok(PageId::new(self.pages.len() - 1))
    }
}

/// The total order: weight (none last), date descending (none last), title (whatever its case), path.
pub(super) fn in_order(a: &Page, b: &Page) -> Ordering {
    let date = |page: &Page| Reverse(page.front.date.map_or(i64::MIN, |date| date.seconds));
    let weight = |page: &Page| page.front.weight.unwrap_or(i64::MAX);
    (weight(a), date(a))
        .cmp(&(weight(b), date(b)))
        .then_with(|| lower(&a.title).cmp(lower(&b.title)))
        .then_with(|| (&a.title, &a.path, &a.url).cmp(&(&b.title, &b.path, &b.url)))
}

fn lower(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}

/// The regular pages, newest first; those of one moment in the total order.
fn newest(pages: &[Page], order: &[PageId]) -> Vec<PageId> {
    let regular = |id: &PageId| pages[id.index()].kind == Kind::Page;
    let mut newest: Vec<_> = order.iter().copied().filter(regular).collect();
    newest.sort_by_key(|id| Reverse(pages[id.index()].front.date.map_or(i64::MIN, |d| d.seconds)));
    newest
}

/// What is to be rendered, with each page of each list.
fn renders(site: &Site, builder: &mut Builder<'_>) -> Vec<Render> {
    let mut renders = Vec::with_capacity(site.pages.len());
    let ids = site.ids();
    let (lists, regular): (Vec<_>, Vec<_>) = ids.partition(|id| site[*id].kind != Kind::Page);
    for page in lists {
        renders.push(Render { page, number: 1 });
        let size = site.page_size(page, &builder.settings.config);
        let count = if size == 0 { 1 } else { site.list_of(page).len().div_ceil(size) };
        let owner = Owner::other(site.name_of(page));
        for number in 2..=count {
            let url = list_url(&site[page].url, number);
            match builder.claims.claim_url(&url, &owner) {
                Ok(()) => renders.push(Render { page, number }),
                Err(other) => {
                    builder.reports.push(needed(&other, &url, &site[page].title));
                }
            }
        }
    }
    renders.extend(regular.into_iter().map(|page| Render { page, number: 1 }));
    renders
}

/// The URL of page `number` of the list at `url`.
pub fn list_url(url: &str, number: usize) -> String {
    match (number, url.rsplit_once('.')) {
        (1, _) => url.to_owned(),
        (_, Some((stem, extension))) if !url.ends_with('/') => {
            format!("{stem}/page/{number}.{extension}")
        }
        _ => format!("{url}page/{number}/"),
    }
}

/// The redirect pages that aliases ask for.
fn redirects(site: &Site, builder: &mut Builder<'_>) -> Vec<(String, Text)> {
    let mut redirects = Vec::new();
    for page in &site.pages[..site.from_files] {
        let Some(rare) = &page.front.rare else { continue };
        let file = content_path(page.path.as_deref().unwrap_or_default());
        for alias in &rare.aliases {
            match claim_alias(alias, page, builder) {
                Ok(Some(path)) => redirects.push((path, page.url.clone())),
                Ok(None) => {}
                Err(diagnostic) => {
                    let place = Place::find(&builder.settings.root, &file, alias);
                    builder.reports.push(diagnostic.at(place));
                }
            }
        }
    }
    redirects
}

/// `alias` as a path from the site's root, where it is relative to the folder of the page at `url`.
/// What climbs over the root is left as it is, to be refused.
fn beside(url: &str, alias: &str) -> String {
    let parent = url.trim_end_matches('/').rfind('/').map_or("", |end| &url[..end]);
    let mut path = parent.to_owned();
    let mut rest = alias;
    while let Some(up) = rest.strip_prefix("../").filter(|_| !path.is_empty()) {
        path.truncate(path.rfind('/').unwrap_or(0));
        rest = up;
    }
    format!("{path}/{}", rest.strip_prefix("./").unwrap_or(rest))
}

/// The output path of `alias`; `None` where it is the page itself.
fn claim_alias(
    alias: &str,
    page: &Page,
    builder: &mut Builder<'_>,
) -> Result<Option<String>, Diagnostic> {
    let absolute = match alias.starts_with('/') {
        true => alias.to_owned(),
        false => beside(&page.url, alias),
    };
    let wrong = |message| Diagnostic::error(Code::UrlOutside, format!("in `aliases`: {message}"));
    let url = permalink::explicit(&absolute).map_err(wrong)?.url;
    if url == *page.url {
        return Ok(None);
    }
    let owner = Owner::other(format!("an alias of {}", page.url));
    match builder.claims.claim_url(&url, &owner) {
        Ok(()) => Ok(Some(permalink::output_path(&url))),
        Err(other) if other == owner => Ok(None),
        Err(other) => {
            let message = format!("the alias `{alias}` is taken by {other}");
            Err(Diagnostic::error(Code::AliasConflict, message).hint("remove the alias"))
        }
    }
}
