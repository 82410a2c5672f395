//! A page as parse makes it: what waits at the barrier, about a kilobyte of it.

use std::sync::Arc;

use super::front_matter::FrontMatter;
use super::permalink::folder_and_stem;
use super::slug::titleize;
use crate::incremental::fingerprint;
use crate::store::Stored;
use crate::value::Text;

/// What a page is, as templates see it in `page.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// The first page of the site.
    Home,
    /// The page of a folder.
    Section,
    /// A regular page.
    Page,
    /// The list of a taxonomy's terms.
    Taxonomy,
    /// The list of a term's pages.
    Term,
    /// What is served where nothing is.
    NotFound,
}

impl Kind {
    /// What the page at `path`, under `content/`, is as far as that tells.
    pub fn of(path: &str) -> Self {
        match path {
            "index.md" | "_index.md" => Self::Home,
            "404.md" => Self::NotFound,
            _ if path.ends_with("/_index.md") => Self::Section,
            _ => Self::Page,
        }
    }

    /// The name in templates.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Section => "section",
            Self::Page => "page",
            Self::Taxonomy => "taxonomy",
            Self::Term => "term",
            Self::NotFound => "404",
        }
    }
}

/// The title of the page at `path`: the front matter's, else its first heading, else one made of the
/// file's name, or for the home page the site's.
pub fn title(front: &FrontMatter, heading: Option<String>, path: &str, site: &Text) -> Text {
    let given = front.title.clone().or(heading.map(Text::from));
    given.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| {
        if Kind::of(path) == Kind::Home { site.clone() } else { titleize(name(path)).into() }
    })
}

/// The name of the page at `path`: its file's, or for the page of a folder the folder's; empty for
/// the home page.
pub fn name(path: &str) -> &str {
    match folder_and_stem(path) {
        (folder, "") => folder.rsplit('/').next().unwrap_or(folder),
        (_, stem) => stem,
    }
}

/// A language of the site. There is only its own yet; identities have it from the first day, so that
/// nothing that is keyed by them changes when others come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(u8);

impl Language {
    /// The site's own, as the configuration's `language` names it.
    pub const OWN: Self = Self(0);

    /// Its place among the site's languages.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A page that was parsed.
#[derive(Debug)]
pub struct Parsed {
    /// The language it is in: with the path, its identity.
    pub language: Language,
    /// Its path under `content/`, with `/`.
    pub path: Arc<str>,
    /// What it is, as far as its name tells.
    pub kind: Kind,
    /// Its title.
    pub title: Text,
    /// Its URL from the site's root.
    pub url: Text,
    /// Its front matter.
    pub front: FrontMatter,
    /// What was made of its Markdown.
    pub body: Body,
}

/// What was made of a page's Markdown: small, since the HTML itself is in the body store.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Body {
    /// Where the HTML is; of a template, the text of the file.
    #[serde(skip)]
    pub stored: Stored,
    /// The HTML itself, until the barrier stores it: where a stage between wants to see it.
    #[serde(skip)]
    pub held: Option<Box<str>>,
    /// Of a template, the byte of the file at which it begins. Nothing was made of it yet, as it may
    /// ask for any page of the site.
    pub template: Option<u32>,
    /// Which bytes of the HTML are its summary.
    pub summary: std::ops::Range<u32>,
    /// The fingerprint of those bytes.
    pub summary_print: u64,
    /// The fingerprint of the body: of its HTML, and of what is found in it.
    #[serde(skip)]
    pub print: u64,
    /// Words of text.
    pub words: u32,
    /// Its headings.
    pub headings: Headings,
    /// The spots in the HTML where a link is to be filled in.
    pub links: Box<[Link]>,
    /// Whether it has code that needs the style sheet of highlighting, or may have.
    pub has_styled_code: bool,
}

impl Body {
    /// The body, whose HTML is `html`, with the fingerprint of its summary.
    #[must_use]
    pub fn summed_up(self, html: &str) -> Self {
        let summary = self.summary.start as usize..self.summary.end as usize;
        let summary = html.as_bytes().get(summary).unwrap_or_default();
        Self { summary_print: fingerprint::of_bytes(summary), ..self }
    }
}

/// A spot in a page's HTML at which the URL of another page or file belongs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Link {
    /// Byte of the HTML before which it is to be filled in.
    pub offset: u32,
    /// Line of the source file, from 1; 0 where it is not known.
    pub line: u32,
    /// Column of that line in bytes, from 1.
    pub column: u32,
    /// What was written: a path relative to the file, perhaps with `#…` or `?…`.
    pub target: Text,
}

/// The headings of a page, packed into one text.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Headings {
    text: Box<str>,
    entries: Box<[Entry]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Entry {
    level: u8,
    id_end: u32,
    title_end: u32,
}

/// A heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading<'a> {
    /// 1 to 6.
    pub level: u8,
    /// Its anchor.
    pub id: &'a str,
    /// Its text, without markup.
    pub title: &'a str,
}

impl Headings {
    /// The headings in order.
    pub fn iter(&self) -> impl Iterator<Item = Heading<'_>> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let (id_end, title_end) = (entry.id_end as usize, entry.title_end as usize);
            let heading = Heading {
                level: entry.level,
                id: &self.text[start..id_end],
                title: &self.text[id_end..title_end],
            };
            start = title_end;
            heading
        })
    }
}

/// Gathers headings.
#[derive(Debug, Default)]
pub struct HeadingsBuilder {
    text: String,
    entries: Vec<Entry>,
}

impl HeadingsBuilder {
    /// Adds a heading.
    pub fn push(&mut self, heading: Heading<'_>) {
        self.text.push_str(heading.id);
        let id_end = offset(self.text.len());
        self.text.push_str(heading.title);
        self.entries.push(Entry {
            level: heading.level,
            id_end,
            title_end: offset(self.text.len()),
        });
    }

    /// The headings, and an empty builder again.
    pub fn take(&mut self) -> Headings {
        let headings =
            Headings { text: self.text.as_str().into(), entries: self.entries.as_slice().into() };
        self.text.clear();
        self.entries.clear();
        headings
    }
}

/// A byte offset within a page. Files over 4 GiB are refused when they are read.
pub fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_come_out_as_they_went_in() {
        let given = [
            Heading { level: 1, id: "a", title: "A" },
            Heading { level: 2, id: "", title: "" },
            Heading { level: 3, id: "b-1", title: "B" },
        ];
        let mut builder = HeadingsBuilder::default();
        given.iter().for_each(|heading| builder.push(*heading));
        let headings = builder.take();
        assert_eq!(headings.iter().collect::<Vec<_>>(), given);
        assert_eq!(builder.take(), Headings::default());
    }
}
